"""Questions to Slurm: the states of a run's jobs."""

import os
import subprocess
from typing import NamedTuple

ANSWER_SECONDS = 60

# Slurm's final states (man squeue). A job in any other state can still end without help.
FAILED_STATES = {"BOOT_FAIL", "CANCELLED", "DEADLINE", "FAILED", "OUT_OF_MEMORY", "TIMEOUT"}
# Ends that the job did not cause.
REQUEUED_STATES = {"NODE_FAIL", "PREEMPTED"}
FINAL_STATES = {"COMPLETED", *FAILED_STATES, *REQUEUED_STATES}

NO_ANSWER = (OSError, subprocess.SubprocessError)


class State(NamedTuple):
    """A job's state in Slurm, the reason for it, and the job's nodes."""

    name: str
    reason: str
    nodes: str

    def __str__(self) -> str:
        reason = f" ({self.reason})" if self.reason not in ("", "None") else ""
        return f"{self.name}{reason}{f' on {self.nodes}' if self.nodes else ''}"


def tell(*command: str) -> subprocess.CompletedProcess:
    """Run a command of Slurm, without the user's variables for queries. Raises NO_ANSWER after a minute."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("SQUEUE_", "SACCT_"))}
    return subprocess.run(
        command,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=ANSWER_SECONDS,
    )


def ask(*command: str, fields: int) -> list[list[str]]:
    """Ask Slurm, and return its answer as rows with `fields` fields. The last field may contain the separator "|".

    Raises NO_ANSWER if Slurm does not answer.
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
    """Ask the accounting for the states of jobs. Unknown jobs are left out. Raises as `ask` does."""
    options = ["--allocations", "--noheader", "--parsable2", "--format=JobIDRaw,State,NodeList,Reason"]
    rows = ask("sacct", *options, f"--jobs={','.join(jobs)}", fields=4)
    # The state of a cancelled job is followed by the user who cancelled it.
    return {job: State(name.partition(" ")[0], reason, nodes) for job, name, nodes, reason in rows}
