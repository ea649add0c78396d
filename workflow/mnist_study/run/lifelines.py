"""A job's tie to the run that started it: where Snakemake dies, its jobs end, and leave the results to the next run.

A run holds a lock on its claim (claims.py) for as long as it lives. A job waits for that lock beside its work.
"""

import fcntl
import os
import sys
import threading
from pathlib import Path
from typing import IO

# Where the claim of the run lies; only jobs that run beside Snakemake have it in their environment.
VARIABLE = "MNIST_STUDY_CLAIM"
# Beside the claim: each of these jobs has it locked for as long as it lives.
JOBS = "jobs.txt"


def tie_to_run() -> None:
    """End this process when the run that started it ends before it does, however that happens."""
    claim = os.environ.get(VARIABLE)
    if claim is None:
        return
    run = Path(claim).open(encoding="utf-8")  # noqa: SIM115
    jobs = Path(claim).with_name(JOBS).open("a+", encoding="utf-8")
    try:
        fcntl.flock(jobs, fcntl.LOCK_SH)
    except OSError:  # no locks reach here, as the run has warned
        return
    threading.Thread(target=end_after, args=(run, jobs), daemon=True).start()


def end_after(run: IO, jobs: IO) -> None:
    """End this process when nobody has `run` locked any more; `jobs` stays open, and so locked, until then."""
    fcntl.flock(run, fcntl.LOCK_SH)
    print("Snakemake has ended, and so does this job. The next run goes on where it was.", file=sys.stderr, flush=True)
    os._exit(1)
