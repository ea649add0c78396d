"""Run Snakemake in a fork of a process that has imported it.

A dry run of a small study takes two seconds, and the imports before it three more. The tests of changes make hundreds.
"""

import multiprocessing
import os
import sys
from pathlib import Path
from subprocess import CompletedProcess
from tempfile import NamedTemporaryFile

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["snakemake.cli"])


def run_snakemake_in_fork(study: Path, *arguments: str) -> CompletedProcess:
    """Run Snakemake in a study's folder, as run_python of tests/conftest.py does."""
    with NamedTemporaryFile("r", encoding="utf-8") as output:
        process = FORKS.Process(target=run_snakemake, args=(study, arguments, output.name))
        process.start()
        process.join()
        return CompletedProcess(arguments, process.exitcode, output.read())


def run_snakemake(study: Path, arguments: tuple[str, ...], output: str) -> None:
    """Become Snakemake in this process. `output`: the file for what it prints."""
    from snakemake.cli import main

    with Path(output).open("wb") as file:
        for stream in (sys.stdout, sys.stderr):
            os.dup2(file.fileno(), stream.fileno())
    os.chdir(study)
    # The study's own modules and packages, and none of the tests'.
    installed = [path for path in sys.path if Path(path).is_relative_to(sys.base_prefix) or "site-packages" in path]
    sys.path[:] = [str(study), str(study / "upgraded"), *installed]
    main(arguments)
