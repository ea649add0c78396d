"""The lifeline of a job: when Snakemake dies, its jobs end too, so that the next run has the results to itself.

A run holds a lock on its claim (claims.py) until it ends. A job waits for that lock in a second thread.
"""

import fcntl
import os
import sys
import threading
from pathlib import Path
from typing import IO

# The path of the run's claim. Only jobs on the same machine as Snakemake have it in their environment.
VARIABLE = "MNIST_STUDY_CLAIM"
# A file beside the claim. Each of these jobs has a lock on it until it ends.
JOBS = "jobs.txt"


def tie_to_run() -> None:
    """End this process when the run that started it ends first, even if the run is killed."""
    claim = os.environ.get(VARIABLE)
    if claim is None:
        return
    run = Path(claim).open(encoding="utf-8")  # noqa: SIM115
    jobs = Path(claim).with_name(JOBS).open("a+", encoding="utf-8")
    try:
        fcntl.flock(jobs, fcntl.LOCK_SH)
    except OSError:  # no locks here; the run has printed a warning
        return
    threading.Thread(target=end_after, args=(run, jobs), daemon=True).start()


def end_after(run: IO, jobs: IO) -> None:
    """End this process when `run` is no longer locked. `jobs` stays open until then, and so locked."""
    fcntl.flock(run, fcntl.LOCK_SH)
    print("Snakemake has ended, and so does this job. The next run goes on where it was.", file=sys.stderr, flush=True)
    os._exit(1)
