"""Questions to Slurm about the jobs of a run, for the check before a run and for `make status`."""

import os
import subprocess
from pathlib import Path

from mnist_study.errors import StudyError

ANSWER_SECONDS = 60
NO_ANSWER = (OSError, subprocess.SubprocessError)

# The states of a job that does not run again (man squeue).
FINAL_STATES = {
    *["BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "NODE_FAIL", "OUT_OF_MEMORY", "PREEMPTED"],
    "TIMEOUT",
}


def ask_squeue(slurm_name: str, *options: str, fields: int) -> list[list[str]]:
    """Ask squeue for the jobs of a run, as rows with `fields` fields. The last one may contain the separator "|".

    Raises NO_ANSWER if Slurm does not answer within a minute.
    """
    run = subprocess.run(
        ["squeue", "--all", "--noheader", f"--name={slurm_name}", *options],
        # Without the user's own options for squeue.
        env={name: value for name, value in os.environ.items() if not name.startswith("SQUEUE_")},
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=ANSWER_SECONDS,
        check=True,
    )
    rows = [line.split("|", fields - 1) for line in run.stdout.splitlines()]
    return [row for row in rows if len(row) == fields]


def check_no_job_left(results: Path, earlier: dict) -> None:
    """Raise StudyError if Slurm still has jobs of an earlier run, which was killed. The message names them.

    `earlier`: the earlier run, as its claim describes it.
    """
    slurm_name = earlier.get("slurm_name")
    if slurm_name is None:
        return
    try:
        rows = ask_squeue(slurm_name, "--format=%i|%T|%N|%k", fields=4)
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
