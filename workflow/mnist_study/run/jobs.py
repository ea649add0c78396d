"""Shared by all scripts: command line, check of reasons, provenance, and messages instead of stack traces."""

import argparse
import errno
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from mnist_study.errors import StudyError
from mnist_study.output import print_any_character
from mnist_study.run.lifelines import tie_to_run
from mnist_study.run.submissions import find_reasons
from mnist_study.trust.provenance import check_unchanged, digest_file, write_provenance
from mnist_study.trust.reasons import Reasons, digest_script, explain_change, list_reasons

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
    """A script's arguments, settings and reasons. The script fills in `device` if its numbers depend on it.

    `inputs`: the SHA-256 of each file that the script reads.
    """

    arguments: argparse.Namespace
    settings: dict[str, Any]
    reasons: Reasons
    device: dict[str, Any]
    inputs: dict[Path, str]

    def note_inputs(self, paths: Iterable[Path]) -> None:
        """Note input files that are not among the script's arguments."""
        self.inputs.update((path, digest_file(path)) for path in paths)


def run_job(main: Callable[[Job], None], description: str, **options: type | list[type]) -> None:
    """Run a script's `main` on its command line, if its code and packages are still those that were submitted.

    `options`: the script's own options, all of them required, each with its type, or with [type] if it takes any
    number of values. The input files must be unchanged since their jobs wrote them. At the end, the provenance of the
    files of `--outputs` is written beside them.
    """
    parser = argparse.ArgumentParser(description=description)
    for name, kind in options.items():
        several = {"nargs": "*", "type": kind[0]} if isinstance(kind, list) else {"type": kind}
        parser.add_argument(f"--{name}", required=True, **several)
    parser.add_argument("--outputs", nargs="+", type=Path, required=True, help="all files that the job makes")
    parser.add_argument("--settings", type=json.loads, required=True, help="all that the job has to know, as JSON")
    parser.add_argument("--submitted", required=True, help="digest of the code and packages that were submitted")
    add_log(parser)
    arguments = parser.parse_args()
    script = sys.modules["__main__"].__spec__.name.rpartition(".")[2]  # type: ignore[union-attr] # it is run as a module

    def check_and_run() -> None:
        start = time.time()
        start_log(arguments.log)
        reasons = list_reasons(script, arguments.settings)
        check_reasons(script, arguments, reasons)
        job = Job(arguments, arguments.settings, reasons, device={}, inputs={})
        for path in sorted(list_paths(vars(arguments)) - {*arguments.outputs, arguments.log}):
            check_unchanged(path)
            job.note_inputs([path])
        main(job)
        write_provenance(arguments.outputs, job.inputs, job.reasons, job.device, start)

    run_script(check_and_run)


def add_log(parser: argparse.ArgumentParser) -> None:
    """Add the option for the path of a job's log."""
    parser.add_argument("--log", type=Path, help="where this output goes, below that of earlier attempts")


def start_log(log: Path | None) -> None:
    """Print the log of earlier attempts, which Snakemake has deleted, and the time and place of this start."""
    if log and log.exists():
        continue_log(log)
    print(f"started {datetime.now():%Y-%m-%d %H:%M:%S}, process {os.getpid()} on {platform.node()}", flush=True)


def continue_log(log: Path) -> None:
    """Print the log of earlier attempts, and give this log a second name, which keeps it for later attempts.

    The second name is a hard link. Without hard links, earlier logs are lost.
    """
    kept = log.with_name(f".{log.name}")
    with suppress(OSError):
        if kept.exists() and not kept.samefile(log):
            print(kept.read_text(encoding="utf-8", errors="replace"), end="", flush=True)
            kept.unlink()
        if not kept.exists():
            kept.hardlink_to(log)


def check_reasons(script: str, arguments: argparse.Namespace, reasons: Reasons) -> None:
    """Raise StudyError if code, packages or settings are not those that the job was submitted with."""
    submitted = find_reasons(arguments.outputs[0])
    changes = explain_change(submitted, reasons) if submitted else []
    if digest_script(script) != arguments.submitted:
        changes.append(f"the code or packages of {script}")
    if changes:
        raise StudyError(f"changed after this job was submitted: {'; '.join(changes)}. Run Snakemake again")


def list_paths(arguments: dict[str, Any]) -> set[Path]:
    """List the paths among arguments."""
    values = [value if isinstance(value, list) else [value] for value in arguments.values()]
    return {value for several in values for value in several if isinstance(value, Path)}


def run_script(main: Callable[[], None]) -> None:
    """Run a script's `main`, which ends when the run that started it ends.

    Bad input, a file that can't be read or written, and a full disk end in one message and exit status 1. A closed
    output, such as that of `head`, ends in exit status 1 without a message.
    """
    print_any_character()
    tie_to_run()
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
