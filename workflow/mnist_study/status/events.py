"""The events of a run, as run/events.py writes them: the jobs that started, were submitted, failed and finished."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from signal import Signals

# The words that the plugin adds to every reason.
SEE_ALSO = ". For further error details see the cluster/cloud log and the log files of the involved rule(s)."


@dataclass
class LoggedJob:
    """A job that a run has started, with its last try.

    `log`: the path of its log. `local`: it runs where Snakemake runs; other jobs wait for Slurm. `started`: in seconds
    since 1970. `slurm_job`: the Slurm job of the last try; `members`: the numbers of all jobs in it; `record`: the file
    in which its node notes their starts and ends. `end`: "finished", "failed", "stopped" by Ctrl-C, "again" between two
    tries, else empty. `reason`: why a try failed.
    """

    number: int
    rule: str = ""
    wildcards: dict[str, str] = field(default_factory=dict)
    log: str = ""
    local: bool = False
    tries: int = 0
    started: float = 0
    slurm_job: str = ""
    members: list[int] = field(default_factory=list)
    record: Path | None = None
    end: str = ""
    reason: str = ""

    @property
    def name(self) -> str:
        """Its rule and its wildcards."""
        return " ".join([self.rule, *(f"{name}={value}" for name, value in self.wildcards.items())])


class EventLog:
    """Follows the events of a run. It reads each line once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.read = 0
        self.planned: dict[str, int] = {}  # jobs by rule
        self.jobs: dict[str, LoggedJob] = {}  # by the path of the job's log
        self.numbers: dict[int, LoggedJob] = {}  # by the number that Snakemake gave

    def update(self) -> list[dict]:
        """Read and return the events that were added since the last time."""
        if self.path.stat().st_size == self.read:
            return []
        with self.path.open("rb") as file:
            file.seek(self.read)
            lines, newline, _ = file.read().rpartition(b"\n")
        self.read += len(lines + newline)
        events = list(parse_lines(lines))
        for event in events:
            self.take(event)
        return events

    def take(self, event: dict) -> None:
        """Take in one event."""
        kind = event["event"]
        if kind == "planned":
            self.planned = event["rules"]
        elif kind == "job_info":
            self.start(event)
        elif kind == "submission":
            for number in event["jobs"]:
                job = self.find(number)
                job.slurm_job, job.members, job.record = event["slurm_job"], event["jobs"], Path(event["record"])
        elif kind == "job_finished":
            self.find(event["jobid"]).end = "finished"
        elif kind == "job_error":
            job = self.find(event["jobid"])
            job.end = find_end(event)
            job.reason = "" if job.end == "stopped" else describe_failure(event)

    def find(self, number: int) -> LoggedJob:
        """Find the job of a number."""
        return self.numbers.setdefault(number, LoggedJob(number))

    def start(self, event: dict) -> None:
        """Take in the start of a job, the first one or another."""
        job = self.find(event["jobid"])
        job.rule, job.wildcards, job.log, job.local = (event[name] for name in ("rule", "wildcards", "log", "local"))
        job.tries += 1
        job.started, job.slurm_job, job.record, job.end = event["time"], "", None, ""
        self.jobs[job.log] = job

    def list_failed(self) -> list[LoggedJob]:
        """List the jobs that failed for good."""
        return [job for job in self.numbers.values() if job.end == "failed"]


def parse_lines(lines: bytes) -> Iterator[dict]:
    """Parse lines of JSON. One that its writer could not finish, as on a full disk, is left out."""
    for line in lines.splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            continue


def parse_record(record: Path) -> dict[int, str]:
    """Parse the last event of each job in a Slurm job, by number: started, finished or failed.

    When Slurm starts the job again, its node notes that it has begun: what had started then does not run any more.
    """
    _, _, lines = record.read_bytes().partition(b"\n")
    found: dict[int, str] = {}
    for event in parse_lines(lines):
        if event["event"] == "begun":
            found = {number: end for number, end in found.items() if end != "started"}
        else:
            found[event["jobid"]] = event["event"]
    return found


def find_end(event: dict) -> str:
    """Find how a job without results ended: "failed", "stopped" by Ctrl-C, or "again" if it is tried again."""
    if event["again"]:
        return "again"
    return "stopped" if event["status"] == 128 + Signals.SIGINT else "failed"


def describe_failure(event: dict) -> str:
    """Describe why a job failed: in the words of its log, or else of the executor, or else by its exit status."""
    if event["error"] or event["message"]:
        return event["error"] or event["message"].removesuffix(SEE_ALSO)
    return "" if event["status"] is None else describe_status(event["status"])


def describe_status(status: int) -> str:
    """Describe the exit status of a job's shell. For a killed script, it is 128 plus the number of the signal."""
    return f"exit status {status}" + (f", {Signals(status - 128).name}" if status - 128 in set(Signals) else "")
