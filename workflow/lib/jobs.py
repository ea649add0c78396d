"""What all scripts share: the command line, the check of reasons, provenance, and messages instead of stack traces."""

import argparse
import errno
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from workflow.lib.errors import StudyError
from workflow.lib.provenance import check_unchanged, write_provenance
from workflow.lib.reasons import Reasons, digest_script, list_reasons

SPACE = "make room there and run Snakemake again, which keeps what is done"
ACCESS = "have its owner give you access, or have results written elsewhere by pathvars in the config"
REMEDIES = {
    errno.ENOSPC: SPACE,
    errno.EDQUOT: SPACE,
    errno.EACCES: ACCESS,
    errno.EPERM: ACCESS,
    errno.EROFS: ACCESS,
}


class Job(NamedTuple):
    """What a script was called with, and the device that it fills in if its numbers depend on one."""

    arguments: argparse.Namespace
    settings: dict[str, Any]
    reasons: Reasons
    device: dict[str, Any]


def run_job(main: Callable[[Job], None], description: str, **options: type | list[type]) -> None:
    """Run a script's `main` on its command line, if its code and packages are still those that were submitted.

    `options`: the script's own options, each required, with its type, or [type] where it takes several values. Files
    that it reads must be as their own jobs left them. At the end, the provenance of the files behind `--outputs` is
    written beside them.
    """
    parser = argparse.ArgumentParser(description=description)
    for name, kind in options.items():
        several = {"nargs": "+", "type": kind[0]} if isinstance(kind, list) else {"type": kind}
        parser.add_argument(f"--{name}", required=True, **several)
    parser.add_argument("--outputs", nargs="+", type=Path, required=True, help="all files that the job makes")
    parser.add_argument("--settings", type=json.loads, required=True, help="all that the job has to know, as JSON")
    parser.add_argument("--submitted", required=True, help="digest of the code and packages that were submitted")
    arguments = parser.parse_args()
    script = sys.modules["__main__"].__spec__.name.rpartition(".")[2]

    def check_and_run() -> None:
        start = time.time()
        if digest_script(script) != arguments.submitted:
            raise StudyError(
                f"the code or packages of {script} changed after this job was submitted: run Snakemake again"
            )
        for path in list_paths(vars(arguments)) - set(arguments.outputs):
            check_unchanged(path)
        job = Job(arguments, arguments.settings, list_reasons(script, arguments.settings), device={})
        main(job)
        write_provenance(arguments.outputs, job.reasons, job.device, start)

    run_script(check_and_run)


def list_paths(arguments: dict[str, Any]) -> set[Path]:
    """List the paths among arguments."""
    values = [value if isinstance(value, list) else [value] for value in arguments.values()]
    return {value for several in values for value in several if isinstance(value, Path)}


def run_script(main: Callable[[], None]) -> None:
    """Run a script's `main`; bad input, a file that can't be read or written, and a full disk end in one message.

    The exit status is 1 then, as where whoever reads the output has stopped reading, such as `head`.
    """
    try:
        try:
            main()
        finally:
            sys.stdout.flush()
    except StudyError as error:
        sys.exit(f"error: {error}")
    except BrokenPipeError:
        # Python flushes once more at its end.
        with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        if error.errno not in REMEDIES:
            raise
        sys.exit(f"error: {error.filename or 'standard output'}: {error.strerror}: {REMEDIES[error.errno]}")
