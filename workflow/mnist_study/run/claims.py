"""A run's claim on its results folder, so that no two runs write the same files, from any checkout."""

import fcntl
import getpass
import json
import logging
import os
import platform
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import IO

from mnist_study.errors import StudyError
from mnist_study.files import parse_json
from mnist_study.run.lifelines import JOBS

# The claim lies in the results folder, so that it is the same file for every checkout and every path to the folder.
CLAIM = Path(".claim", "run.json")
# The name of Snakemake's logger.
SNAKEMAKE = "snakemake.logging"
# Seconds between two attempts to get the lock, and their number. `make status` holds the lock for much less time than
# this, and the jobs of a killed run end sooner.
LOOK_SECONDS = 0.5
LOOKS = 10


def claim_results(results: Path, slurm_name: str | None, events: str | None, check: Callable[[Path, dict], None]) -> IO:
    """Claim a results folder for this process, until the returned file is closed.

    The claim is a file lock. It ends with the process, even if the process is killed. It is seen from other machines if
    the file system's locks are.

    `slurm_name`: the name of the run's jobs in Slurm; None for a run on this machine. `events`: the path of the file
    with its events. `check` is called with `results` and the description of the run before, if any, and may raise
    StudyError.

    Raises StudyError if another run has the folder, if a job of an earlier run still writes there, or if the folder is
    not writable.
    """
    path = locate_claim(results)
    try:
        results.mkdir(parents=True, exist_ok=True)
        if not os.access(results, os.W_OK):
            raise StudyError(f"can't write into {results}: it is read-only, or not yours")
        path.parent.mkdir(exist_ok=True)
        file, jobs = path.open("a+", encoding="utf-8"), path.with_name(JOBS).open("a+", encoding="utf-8")
    except OSError as error:
        raise StudyError(f"can't write {error.filename}: {error.strerror}") from error
    with jobs:
        try:
            taken = lock_both(file, jobs)
            if taken is file:
                raise StudyError(
                    f"another Snakemake writes into {results}: {describe_run(read_run(file))}. Wait until it ends, or "
                    "stop it there by Ctrl-C."
                )
            if taken is jobs:
                holders = list_holders(jobs)  # none, if they are on another machine
                raise StudyError(
                    f"jobs of an earlier run, which was killed, still write into {results}, on "
                    f"{read_run(file).get('host')}. Wait until they end, or stop them there"
                    f"{': kill -9 ' if holders else ''}{' '.join(holders)}"
                )
        except OSError as error:
            logging.getLogger(SNAKEMAKE).warning(
                f"warning: no file locks here ({error.strerror}): run only one Snakemake on {results}"
            )
        earlier = read_run(file)
        if earlier.get("folder") == results.stat().st_ino:
            check(results, earlier)
    try:
        file.truncate(0)
        json.dump(describe_process(results, slurm_name, events), file)
        file.flush()
    except OSError as error:
        raise StudyError(f"can't write {path}: {error.strerror}") from error
    return file


def find_claim(results: Path) -> tuple[dict, bool]:
    """Find the last run that had a results folder (empty if there was none), and whether it still has it."""
    try:
        file = locate_claim(results).open(encoding="utf-8")
    except FileNotFoundError:
        return {}, False
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:  # the run has it; or there are no locks here, and it may have it
            return read_run(file), True
        return read_run(file), False


def locate_claim(results: Path) -> Path:
    """Locate the file that describes the run with a claim on a results folder."""
    return results / CLAIM


def lock_both(file: IO, jobs: IO) -> IO | None:
    """Lock two files for this process alone, or return the one that another process has locked.

    Raises OSError if there are no locks.
    """
    for _ in range(LOOKS):
        try:
            for taken in (file, jobs):
                fcntl.flock(taken, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fcntl.flock(file, fcntl.LOCK_UN)  # the jobs of a dead run wait for this lock, and then end
            time.sleep(LOOK_SECONDS)
        else:
            return None
    return taken


def describe_process(results: Path, slurm_name: str | None, events: str | None) -> dict:
    """Describe this process for a run that is refused, and for `make status`."""
    return {
        "slurm_name": slurm_name,
        "events": events,
        "process": os.getpid(),
        "user": getpass.getuser(),
        "host": platform.node(),
        "start": datetime.now().isoformat(sep=" ", timespec="seconds"),
        "folder": results.stat().st_ino,  # a copy of the folder has another number
    }


def describe_run(run: dict) -> str:
    """Describe in words who started a run; `run`: as describe_process returned it."""
    return f"process {run.get('process')} of {run.get('user')} on {run.get('host')}, since {run.get('start')}"


def read_run(file: IO) -> dict:
    """Read the last run that had a results folder; empty if there was none, or if the file is damaged."""
    file.seek(0)
    try:
        return parse_json(file.read())
    except (OSError, ValueError):
        return {}


def list_holders(file: IO) -> list[str]:
    """List the numbers of the other processes on this machine that have a file open, as far as this user sees them."""
    holders = set()
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        with suppress(OSError):  # it has ended meanwhile, or is another user's
            if link.samefile(file.name):
                holders.add(link.parts[2])
    return sorted(holders - {str(os.getpid())})
