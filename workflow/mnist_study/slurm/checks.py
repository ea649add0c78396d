"""The check before a run: Slurm must have no jobs of an earlier run that would write the same files."""

from pathlib import Path

from mnist_study.errors import StudyError
from mnist_study.slurm.jobs import NO_ANSWER, ask


def check_no_job_left(results: Path, earlier: dict) -> None:
    """Raise StudyError if Slurm still has jobs of an earlier run, which was killed. The message names them.

    `earlier`: the earlier run, as its claim describes it.
    """
    slurm_name = earlier.get("slurm_name")
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
