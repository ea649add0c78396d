"""Jobs that share one Slurm job, by the profile's `groups`. A failed job of a group leaves the results of the others.

Snakemake alone treats a group as one job: if one of its jobs fails, it deletes the outputs of all, and runs all again.
"""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from snakemake.jobs import GroupJob, Job

from mnist_study.slurm.jobs import is_group


class SharedJob(GroupJob):
    """A group of jobs that keeps finished results; `share` converts a group of Snakemake's into it."""

    __slots__ = ()

    @property
    def wildcards(self) -> list[str]:
        """The words by which the plugin distinguishes Slurm jobs."""
        return [self.jobid]

    @property
    def rule(self) -> SimpleNamespace:
        """The name that the plugin prints if it can't submit a job."""
        return SimpleNamespace(name=self.name)

    def get_target_spec(self) -> list:  # type: ignore[override] # of the interface; GroupJob returns a list, too
        """Give no targets here: get_job_args gives the group's files, and a finished job does not run again."""
        return []

    async def postprocess(self, error: bool = False, **more: bool) -> None:
        """Record and keep the results of finished jobs, also if the group failed."""
        if not error:
            await super().postprocess(**more)
            return
        for job in self.jobs:
            await job.postprocess(error=not is_finished(job), check_output_mtime=False, **more)

    def log_error(self, msg: str | None = None, aux_logs: list | None = None, **more: Any) -> None:
        """Log the error for the unfinished jobs only."""
        for job in self.jobs:
            if not is_finished(job):
                job.log_error(msg, aux_logs=aux_logs, **more)


def share(group: GroupJob) -> None:
    """Convert a group into a SharedJob, and remove old outputs, which would count as finished."""
    if isinstance(group, SharedJob):
        return
    group.__class__ = SharedJob
    for job in group.jobs:
        job.dag.workflow.persistence.cleanup(job)
        for path in job.output:
            Path(path).unlink(missing_ok=True)


def is_finished(job: Job) -> bool:
    """Tell whether a job of a group is finished: all of its outputs exist. A file gets its name when it is complete."""
    return all(Path(path).exists() for path in job.output)


def list_members(job: Job | GroupJob) -> list[Job]:
    """List the jobs that a Slurm job runs, in a stable order."""
    return sorted(job.jobs, key=lambda member: str(member.output)) if is_group(job) else [job]
