"""Bundles: jobs of one rule that share a Slurm job, one after another or side by side."""

from collections import defaultdict
from collections.abc import Iterable
from math import ceil
from pathlib import Path
from typing import Any

from snakemake.jobs import Job
from snakemake_executor_plugin_slurm.utils import get_job_wildcards
from snakemake_interface_common.exceptions import WorkflowError

from snakemake_executor_plugin_slurm_patient.records import Event, find_ends, find_started, read_events

# The resources of a rule that say how many of its jobs share a Slurm job, and how many of these run side by side.
BUNDLE, ABREAST = "bundle", "abreast"
# What a bundle asks for depends on all of its members. In all other resources, they must be alike.
SUMMED = {"disk_mb", "disk_mib", "mem_mb", "mem_mib"}
SIZES = {*SUMMED, "runtime", "disk", "mem"}  # Snakemake adds the last two, as texts
PER_MEMBER = {"cpus_per_task", "cpus_per_gpu"}


class Request(dict):
    """What a bundle asks for. The Slurm plugin reads it as it reads a job's resources."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


class Bundle:
    """Jobs of one rule that share a Slurm job. A job alone is a bundle of one.

    It has the attributes of a job that the Slurm plugin reads to submit it. `slurm_job`: its number in Slurm, empty
    before it has one, and if Slurm refuses it for good; `refusal` is then Slurm's message. `submitted`: in s since
    1970. `slurm_log`: what the job's shell and Snakemake on its node print. `record`: see records.py.
    """

    def __init__(self, members: list[Job]) -> None:
        first = members[0]
        self.members = members
        self.name, self.attempt = first.rule.name, first.attempt
        abreast = min(read_number(first, ABREAST), len(members))
        self.threads = first.threads * abreast
        self.resources = make_request(members, abreast)
        others = [f"and_{len(members) - 1}_more"] if len(members) > 1 else []
        self.label = "_".join(filter(None, [get_job_wildcards(first), *others]))
        self.open = list(members)  # those whose end has not been reported
        self.slurm_job = ""
        self.refusal = ""
        self.submitted = 0.0
        self.slurm_log = Path()
        self.record = Path()

    def read_events(self) -> list[Event]:
        """Read what became of the members so far."""
        return read_events(self.record) if self.slurm_job else []

    def list_ended(self) -> list[tuple[Job, str]]:
        """List the members that have ended since the last time, each with its end."""
        ends = find_ends(self.read_events())
        ended = [(job, ends[job.jobid]) for job in self.open if job.jobid in ends]
        self.open = [job for job in self.open if job.jobid not in ends]
        return ended

    def list_started(self) -> list[Job]:
        """List the open members that the last start of the Slurm job has started."""
        started = find_started(self.read_events())
        return [job for job in self.open if job.jobid in started]


def name_job(job: Job) -> str:
    """Name a job by its rule and wildcards."""
    return " ".join([job.rule.name, *(f"{name}={value}" for name, value in job.wildcards_dict.items())])


def name_bundle(bundle: Bundle) -> str:
    """Name a bundle: its job, or the first one and the number of the others."""
    others = len(bundle.members) - 1
    return name_job(bundle.members[0]) + (f" and {others} more" if others else "")


def make_bundles(jobs: Iterable[Job]) -> list[Bundle]:
    """Put jobs into bundles that are as large as their rule's resource "bundle" says; the last ones may be smaller.

    Jobs share a bundle if they have the same rule, attempt, threads and resources but for memory, disk and time.
    Raises WorkflowError if "bundle" or "abreast" is not a number of jobs.
    """
    alike = defaultdict(list)
    for job in sorted(jobs, key=lambda job: job.jobid):
        shared = {name: str(value) for name, value in job.resources.items() if name not in SIZES}
        alike[job.rule.name, job.attempt, job.threads, *sorted(shared.items())].append(job)
    return [
        Bundle(group[first : first + size])
        for group in alike.values()
        for size in [read_number(group[0], BUNDLE)]
        for first in range(0, len(group), size)
    ]


def is_complete(bundle: Bundle) -> bool:
    """Tell whether a bundle has as many members as its rule allows."""
    return len(bundle.members) >= read_number(bundle.members[0], BUNDLE)


def read_number(job: Job, name: str) -> int:
    """Read a number of jobs from the resources of a job; 1 without it. Raises WorkflowError for another value."""
    value = job.resources.get(name, 1)
    if not isinstance(value, int) or value < 1:
        raise WorkflowError(
            f"rule {job.rule.name}: the resource {name} is {value}. It must be a number of jobs, from 1."
        )
    return value


def make_request(members: list[Job], abreast: int) -> Request:
    """Make the request of members of which `abreast` run side by side.

    It has the memory of the largest ones that can meet, and the time of all in turn.
    """
    request = Request(members[0].resources.items())
    for name in SUMMED & request.keys():
        sizes = sorted((job.resources[name] for job in members), reverse=True)
        request[name] = sum(sizes[:abreast])
    for name in PER_MEMBER & request.keys():
        request[name] *= abreast
    if "runtime" in request:
        request["runtime"] = sum_minutes([job.resources["runtime"] for job in members], abreast)
    return request


def sum_minutes(minutes: list[int], abreast: int) -> int:
    """Give the longest time that jobs can take if `abreast` run side by side and a free place is taken at once.

    The bound is Graham's for any order (1969, SIAM J. Appl. Math. 17, p. 416): the last job to end, which starts when
    all places are busy, is the longest one.
    """
    longest = max(minutes)
    if min(minutes) == longest:
        return ceil(len(minutes) / abreast) * longest
    return ceil((sum(minutes) - longest) / abreast + longest)
