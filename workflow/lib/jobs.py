"""What all scripts share: the command line, the check of reasons, provenance, and messages instead of stack traces."""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from workflow.lib.errors import StudyError
from workflow.lib.provenance import write_provenance
from workflow.lib.reasons import Reasons, check_reasons, parse_reasons


class Job(NamedTuple):
    """What a script was called with, and the device that it fills in if its numbers depend on one."""

    arguments: argparse.Namespace
    settings: dict[str, Any]
    reasons: Reasons
    device: dict[str, Any]


def run_job(main: Callable[[Job], None], description: str, **options: type | list[type]) -> None:
    """Run a script's `main` on its command line, if the job's reasons are still those that it was submitted with.

    `options`: the script's own options, each required, with its type, or [type] where it takes several values. The
    job's reasons follow `--reasons`, an argument each, as Snakemake's `{params:q}` writes them. At the end, the
    provenance of the files behind `--outputs` is written beside the first of them.
    """
    parser = argparse.ArgumentParser(description=description)
    for name, kind in options.items():
        several = {"nargs": "+", "type": kind[0]} if isinstance(kind, list) else {"type": kind}
        parser.add_argument(f"--{name}", required=True, **several)
    parser.add_argument("--outputs", nargs="+", type=Path, required=True, help="all files that the job makes")
    parser.add_argument("--reasons", nargs="+", required=True, help="settings, code, packages and data, as submitted")
    arguments = parser.parse_args()
    reasons = parse_reasons(arguments.reasons)
    job = Job(arguments, reasons["settings"], reasons, device={})

    def check_and_run() -> None:
        start = time.time()
        check_reasons(sys.modules["__main__"].__spec__.name.rpartition(".")[2], reasons)
        main(job)
        write_provenance(arguments.outputs, reasons, job.device, start)

    run_script(check_and_run)


def run_script(main: Callable[[], None]) -> None:
    """Run a script's `main`; bad input ends in one message and exit status 1."""
    try:
        main()
    except StudyError as error:
        sys.exit(f"error: {error}")
