"""Slurm jobs of a run, and how Slurm is asked for them."""

import os
import subprocess
from typing import NamedTuple

ANSWER_SECONDS = 60

# Slurm's final states (man squeue); after any other one, a job can still come to its end.
FAILED_STATES = {"BOOT_FAIL", "CANCELLED", "DEADLINE", "FAILED", "OUT_OF_MEMORY", "TIMEOUT"}
# Ends that are not the job's own doing.
REQUEUED_STATES = {"NODE_FAIL", "PREEMPTED"}
FINAL_STATES = {"COMPLETED", *FAILED_STATES, *REQUEUED_STATES}

NO_ANSWER = (OSError, subprocess.SubprocessError)


class Submission(NamedTuple):
    """One attempt of a job: its number in Slurm, Snakemake's job, and when it was submitted, in seconds since 1970.

    One that Slurm refused for good has no number, but what Slurm said. `submitted`: what Snakemake submitted, the job
    itself or its group.
    """

    slurm_job: str
    job: object
    attempt: int
    time: float
    refusal: str
    submitted: object


class State(NamedTuple):
    """What Slurm says of a job: its state, the reason for it, and its nodes."""

    name: str
    reason: str
    nodes: str

    def __str__(self) -> str:
        reason = f" ({self.reason})" if self.reason not in ("", "None") else ""
        return f"{self.name}{reason}{f' on {self.nodes}' if self.nodes else ''}"


def name_job(job: object) -> str:
    """Name a Snakemake job by its rule and wildcards, a group by how many jobs of which rules it has."""
    if job.is_group():
        return f"{len(job)} jobs of {', '.join(sorted(job.rules))}"
    return " ".join([job.rule.name, *(f"{name}={value}" for name, value in job.wildcards_dict.items())])


def tell(*command: str) -> subprocess.CompletedProcess:
    """Tell Slurm something; what a user's shell sets for queries does not count. Raises NO_ANSWER after a minute."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("SQUEUE_", "SACCT_"))}
    options = {"capture_output": True, "encoding": "utf-8", "errors": "replace", "timeout": ANSWER_SECONDS}
    return subprocess.run(command, env=environment, **options)


def ask(*command: str, fields: int) -> list[list[str]]:
    """Ask Slurm; its answer as rows of so many fields, of which the last may hold the "|" that separates them.

    Raises NO_ANSWER if Slurm gives none.
    """
    run = tell(*command)
    run.check_returncode()
    rows = [line.split("|", fields - 1) for line in run.stdout.splitlines()]
    return [row for row in rows if len(row) == fields]


def ask_queue(run: str) -> dict[str, State]:
    """Ask the controller for the states of all jobs of a run that it remembers; raises as `ask` does."""
    rows = ask("squeue", "--all", "--noheader", "--states=all", f"--name={run}", "--format=%i|%T|%N|%r", fields=4)
    return {job: State(name, reason, nodes) for job, name, nodes, reason in rows}


def ask_accounting(jobs: list[str]) -> dict[str, State]:
    """Ask the accounting for the states of jobs, those left out that it does not know; raises as `ask` does."""
    options = ["--allocations", "--noheader", "--parsable2", "--format=JobIDRaw,State,NodeList,Reason"]
    rows = ask("sacct", *options, f"--jobs={','.join(jobs)}", fields=4)
    # Who cancelled a job stands behind its state.
    return {job: State(name.partition(" ")[0], reason, nodes) for job, name, nodes, reason in rows}
