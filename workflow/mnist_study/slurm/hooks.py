"""The hooks of a run: it claims its results before the first job, and on Slurm, it reports after the last one."""

import gc
import os
import signal
from pathlib import Path
from typing import IO, TYPE_CHECKING

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

from mnist_study.errors import StudyError
from mnist_study.run import lifelines
from mnist_study.run.claims import claim_results, locate_claim
from mnist_study.slurm.checks import check_no_job_left

if TYPE_CHECKING:
    from snakemake.workflow import Workflow

# Open until this process ends. The run has the results to itself as long as this file is open.
CLAIMS: list[IO] = []


def runs_on_slurm(workflow: "Workflow") -> bool:
    """Tell whether a run of Snakemake submits its jobs to Slurm."""
    return workflow.executor_plugin.name == "slurm"


def start_run(workflow: "Workflow", results: str, log: str | None) -> None:
    """Claim the results folder for this run. On Slurm, also replace the plugin's executor by the patient one.

    `log`: the path of Snakemake's log. Raises WorkflowError if another run writes the same results.
    """
    gc.enable()
    slurm_name = None
    # The run goes on if its terminal is lost.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        if runs_on_slurm(workflow):
            from mnist_study.slurm.executor import make_patient

            slurm_name = make_patient(workflow.scheduler._executor).run_uuid
        CLAIMS.append(claim_results(Path(results), slurm_name, log, check_no_job_left))
    except StudyError as error:
        raise WorkflowError(str(error)) from None
    os.environ[lifelines.VARIABLE] = str(locate_claim(Path(results)).absolute())


def report_run(workflow: "Workflow", succeeded: bool) -> None:
    """On Slurm, report the failures and their reasons, the command to go on, and the cost of the run."""
    if not runs_on_slurm(workflow):
        return
    from mnist_study.slurm.report import describe_run, list_starts

    executor = workflow.scheduler._executor
    jobs = {submission.slurm_job for submission in executor.submissions if submission.slurm_job}
    try:
        starts = list_starts(executor.run_uuid, executor.start, jobs)
        logger.info(describe_run(executor.submissions, workflow.scheduler.failed, succeeded, starts))
    except Exception as error:  # a report that fails must not make the run fail
        logger.warning(f"The report of this run failed: {error!r}")
