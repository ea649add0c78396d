"""A run's claim on its results folder, so that no two runs write the same files, wherever they were started."""

import fcntl
import getpass
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import IO

from mnist_study.errors import DAMAGE, StudyError
from mnist_study.run.lifelines import JOBS

# In the results folder, as it is the same one for every checkout, and under every name that leads there.
CLAIM = Path(".claim", "run.json")
# Who looks whether a folder is claimed has its file locked for much less than this in all, and a run's jobs end sooner
# after it.
LOOK_SECONDS = 0.5
LOOKS = 10


def claim_results(results: Path, slurm_name: str | None, log: str | None, check: Callable[[Path, dict], None]) -> IO:
    """Claim a results folder for this process until the file that is returned is closed.

    A lock of the system, which ends with the process, however that ends, and reaches as far as the file system's locks.
    `slurm_name`: what the run's jobs are called in Slurm; None for a run on this machine. `log`: where Snakemake's log
    is. `check` is called with `results` and the description of the run before, if any, and may raise StudyError, too.
    Raises StudyError if another run has the folder, if a job of an earlier one still writes there, or if the folder
    can't be written.
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
                holders = list_holders(jobs)  # none, where they are on another machine
                raise StudyError(
                    f"jobs of an earlier run, which was killed, still write into {results}, on "
                    f"{read_run(file).get('host')}. Wait until they end, or stop them there"
                    f"{': kill -9 ' if holders else ''}{' '.join(holders)}"
                )
        except OSError as error:
            print(
                f"warning: no file locks here ({error.strerror}): run only one Snakemake on {results}", file=sys.stderr
            )
        earlier = read_run(file)
        if earlier.get("folder") == results.stat().st_ino:
            check(results, earlier)
    try:
        file.truncate(0)
        json.dump(describe_process(results, slurm_name, log), file)
        file.flush()
    except OSError as error:
        raise StudyError(f"can't write {path}: {error.strerror}") from error
    return file


def find_claim(results: Path) -> tuple[dict, bool]:
    """Find who had a results folder last, nothing if nobody had, and whether they still have it."""
    try:
        file = locate_claim(results).open(encoding="utf-8")
    except FileNotFoundError:
        return {}, False
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:  # theirs; or there are no locks here, and they may have it
            return read_run(file), True
        return read_run(file), False


def locate_claim(results: Path) -> Path:
    """Locate the file that says who has a results folder."""
    return results / CLAIM


def lock_both(file: IO, jobs: IO) -> IO | None:
    """Lock two files for this process alone, or return the one that another process has.

    Raises OSError where there are no locks.
    """
    for _ in range(LOOKS):
        try:
            for taken in (file, jobs):
                fcntl.flock(taken, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fcntl.flock(file, fcntl.LOCK_UN)  # which the jobs of a run that died wait for, to end
            time.sleep(LOOK_SECONDS)
        else:
            return None
    return taken


def describe_process(results: Path, slurm_name: str | None, log: str | None) -> dict:
    """Describe this process for another one that is refused, or that looks at it."""
    return {
        "slurm_name": slurm_name,
        "log": log,
        "process": os.getpid(),
        "user": getpass.getuser(),
        "host": platform.node(),
        "start": datetime.now().isoformat(sep=" ", timespec="seconds"),
        "folder": results.stat().st_ino,  # which a copy of the folder has not
    }


def describe_run(run: dict) -> str:
    """Describe in words whose a run is, as describe_process gave it."""
    return f"process {run.get('process')} of {run.get('user')} on {run.get('host')}, since {run.get('start')}"


def read_run(file: IO) -> dict:
    """Read who had a results folder last; nothing, if nobody had or the file is damaged."""
    file.seek(0)
    try:
        return json.load(file)
    except DAMAGE:
        return {}


def list_holders(file: IO) -> list[str]:
    """List the numbers of the other processes that have a file open, as far as this machine tells."""
    holders = set()
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        with suppress(OSError):  # it has ended meanwhile, or is another user's
            if link.samefile(file.name):
                holders.add(link.parts[2])
    return sorted(holders - {str(os.getpid())})
