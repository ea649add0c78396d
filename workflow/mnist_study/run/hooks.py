"""The hook of a run: it claims its results before the first job, and records the events of its jobs."""

import gc
import os
import signal
from pathlib import Path
from typing import IO, TYPE_CHECKING

from snakemake.exceptions import WorkflowError

from mnist_study.errors import StudyError
from mnist_study.run import lifelines
from mnist_study.run.claims import claim_results, locate_claim
from mnist_study.run.events import record_events
from mnist_study.run.slurm import check_no_job_left

if TYPE_CHECKING:
    from snakemake.workflow import Workflow

# The name of the run's jobs in Slurm. The executor for Slurm sets it.
RUN_VARIABLE = "SNAKEMAKE_SLURM_RUN"
# Open until this process ends. The run has the results to itself as long as this file is open.
CLAIMS: list[IO] = []


def start_run(workflow: "Workflow", results: str, log: str | None) -> None:
    """Claim the results folder for this run, and record its events beside Snakemake's log.

    `log`: the path of Snakemake's log. Raises WorkflowError if another run writes the same results.
    """
    gc.enable()
    # The run goes on if its terminal is lost.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    slurm_name = None if workflow.local_exec else os.environ.get(RUN_VARIABLE)
    events = record_events(log, workflow.dag)
    try:
        CLAIMS.append(claim_results(Path(results), slurm_name, events, check_no_job_left))
    except StudyError as error:
        raise WorkflowError(str(error)) from None
    os.environ[lifelines.VARIABLE] = str(locate_claim(Path(results)).absolute())
