"""Jobs that share one Slurm job, as the profile's `groups` asks: what one of them has finished stays, whatever happens
to the others.

Snakemake runs and judges a group as one: if one job fails, it deletes the outputs of all, and runs all again.
"""

from pathlib import Path
from types import SimpleNamespace

from snakemake.jobs import GroupJob


class SharedJob(GroupJob):
    """A group of jobs, as above; `share` turns one that Snakemake has made into it."""

    __slots__ = ()

    @property
    def wildcards(self) -> list[str]:
        """What the plugin tells Slurm jobs apart by."""
        return [self.jobid]

    @property
    def rule(self) -> SimpleNamespace:
        """What the plugin names when it can't submit a job."""
        return SimpleNamespace(name=self.name)

    def get_target_spec(self) -> list:
        """What a Slurm job must run though it is finished: nothing; its targets are the group's files."""
        return []

    async def postprocess(self, error: bool = False, **more: bool) -> None:
        """Record and keep what is finished, also where the group failed."""
        if not error:
            await super().postprocess(**more)
            return
        for job in self.jobs:
            await job.postprocess(error=not is_finished(job), check_output_mtime=False, **more)

    def log_error(self, msg: str | None = None, **more: object) -> None:
        """Say which jobs failed, and not those that are finished."""
        for job in self.jobs:
            if not is_finished(job):
                job.log_error(msg, **more)


def share(group: GroupJob) -> None:
    """Turn a group into one that keeps what is finished, and take away whatever could be mistaken for that."""
    if isinstance(group, SharedJob):
        return
    group.__class__ = SharedJob
    for job in group.jobs:
        job.dag.workflow.persistence.cleanup(job)
        for path in job.output:
            Path(path).unlink(missing_ok=True)


def is_finished(job: object) -> bool:
    """Tell whether a job of a group has made its outputs, each of which has its name only when it is complete."""
    return all(Path(path).exists() for path in job.output)


def list_members(job: object) -> list:
    """List the jobs that a Slurm job runs, in a stable order."""
    return sorted(job.jobs, key=lambda member: str(member.output)) if job.is_group() else [job]
