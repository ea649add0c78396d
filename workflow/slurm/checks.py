"""What is looked at before a run starts: that nothing else writes, or will write, the same files."""

import fcntl
import getpass
import json
import os
import platform
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import IO
from urllib.parse import quote

from workflow.lib.errors import DAMAGE, StudyError
from workflow.slurm.jobs import NO_ANSWER, ask

STATE = Path(".snakemake")
# Whoever looks whether a folder is claimed has its file locked for much less.
LOOK_SECONDS = 0.5


def claim_results(results: Path, slurm_name: str | None, log: str | None) -> IO:
    """Claim a results folder for this process until the file that is returned is closed.

    A lock of the system, which ends with the process, however that ends, and reaches as far as the file system's locks.
    `slurm_name`: what the run's jobs are called in Slurm; None for a run on this machine. `log`: where Snakemake's log
    is. Raises StudyError if another run has the folder, if jobs of an earlier run are still in Slurm's queue, or if the
    folder can't be written.
    """
    try:
        results.mkdir(parents=True, exist_ok=True)
        file = locate_claim(results).open("a+", encoding="utf-8")
    except OSError as error:
        raise StudyError(f"can't write {error.filename}: {error.strerror}") from error
    if not os.access(results, os.W_OK):
        raise StudyError(f"can't write into {results}: it is read-only, or not yours")
    try:
        lock(file)
    except BlockingIOError:
        other = read_run(file)
        raise StudyError(
            f"another Snakemake writes into {results}: process {other.get('process')} of {other.get('user')} on "
            f"{other.get('host')}, since {other.get('start')}. Wait until it ends, or stop it there by Ctrl-C."
        ) from None
    except OSError as error:
        print(f"warning: no file locks here ({error.strerror}): run only one Snakemake on {results}", file=sys.stderr)
    check_no_job_left(results, read_run(file).get("slurm_name"))
    file.truncate(0)
    json.dump(describe_process(slurm_name, log), file)
    file.flush()
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
    return STATE / f"run.{quote(str(results), safe='')}.json"


def lock(file: IO) -> None:
    """Lock a file for this process alone; raises BlockingIOError if another one has it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        time.sleep(LOOK_SECONDS)
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def describe_process(slurm_name: str | None, log: str | None) -> dict:
    """Describe this process for another one that is refused, or that looks at it."""
    return {
        "slurm_name": slurm_name,
        "log": log,
        "process": os.getpid(),
        "user": getpass.getuser(),
        "host": platform.node(),
        "start": datetime.now().isoformat(sep=" ", timespec="seconds"),
    }


def read_run(file: IO) -> dict:
    """Read who had a results folder last; nothing, if nobody had or the file is damaged."""
    file.seek(0)
    try:
        return json.load(file)
    except DAMAGE:
        return {}


def check_no_job_left(results: Path, slurm_name: str | None) -> None:
    """Raise StudyError if Slurm still has jobs of an earlier run, which was killed, and name them."""
    if slurm_name is None:
        return
    try:
        rows = ask("squeue", "--all", "--noheader", f"--name={slurm_name}", "--format=%i|%T|%N|%k", fields=4)
    except NO_ANSWER as error:
        raise StudyError(
            f"Slurm does not answer, and may still have jobs that write into {results}: try again when squeue works"
        ) from error
    if rows:
        jobs = "\n".join(f"    {' '.join(row)}" for row in rows)
        raise StudyError(
            f"{len(rows)} Slurm jobs of an earlier run, which was killed, still write into {results}:\n{jobs}\n"
            f"Wait until they end, or stop them: scancel --name={slurm_name}\n"
            "Then run Snakemake again: what they have finished is kept, and trainings resume from their last epoch."
        )
