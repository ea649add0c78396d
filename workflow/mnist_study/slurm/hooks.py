"""What a run does beside its jobs: it claims its results before the first, and on Slurm, reports after the last."""

import gc
import os
import signal
from pathlib import Path
from typing import Any

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

from mnist_study.errors import StudyError
from mnist_study.run import lifelines
from mnist_study.run.claims import claim_results, locate_claim
from mnist_study.slurm.checks import check_no_job_left

# Kept for as long as this process lives, which is how long the run has its results for itself.
CLAIMS = []


def runs_on_slurm(workflow: Any) -> bool:
    """Tell whether a run of Snakemake submits its jobs to Slurm."""
    return workflow.executor_plugin.name == "slurm"


def start_run(workflow: Any, results: str, log: str | None) -> None:
    """Claim the results folder for this run; on Slurm, have it wait patiently for whatever Slurm does.

    `workflow` is Snakemake's; `log`: where its log is. Raises WorkflowError where another run writes the same results.
    """
    gc.enable()
    slurm_name = None
    # A lost connection to the terminal is no reason to stop.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        if runs_on_slurm(workflow):
            from mnist_study.slurm.executor import make_patient

            slurm_name = make_patient(workflow.scheduler._executor).run_uuid
        CLAIMS.append(claim_results(Path(results), slurm_name, log, check_no_job_left))
    except StudyError as error:
        raise WorkflowError(str(error)) from None
    os.environ[lifelines.VARIABLE] = str(locate_claim(Path(results)).absolute())


def report_run(workflow: Any, succeeded: bool) -> None:
    """On Slurm, tell what failed and why, how to go on, and what the run cost."""
    if not runs_on_slurm(workflow):
        return
    from mnist_study.slurm.report import describe_run, list_starts

    executor = workflow.scheduler._executor
    jobs = {submission.slurm_job for submission in executor.submissions if submission.slurm_job}
    try:
        starts = list_starts(executor.run_uuid, executor.start, jobs)
        logger.info(describe_run(executor.submissions, workflow.scheduler.failed, succeeded, starts))
    except Exception as error:  # whatever an accounting says, it makes no run fail
        logger.warning(f"What the jobs did and cost can't be told: {error!r}")
