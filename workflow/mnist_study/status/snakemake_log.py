"""Snakemake's own log of a run: the jobs that started, were submitted, failed and finished."""

import re
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from signal import Signals

LINE = re.compile(
    r"\s*(?:"
    r"\[(?P<time>\w{3} \w{3} [ \d]\d [\d:]{8} \d{4})\]"
    r"|(?P<local>local)?rule (?P<rule>\w+):$"
    r"|Error in rule (?P<failure>\w+):$"
    r"|message: (?P<message>.*)"
    r"|log: (?P<log>.*?)(?: \(check log file.*)?$"
    r"|jobid: (?P<jobid>\w+)$"
    r"|Job (?P<submitted>\w+) has been submitted with SLURM jobid (?P<slurm_job>\d+) "
    r"|Trying to restart job (?P<again>\w+)\.$"
    r"|Finished jobid: (?P<finished>\w+) "
    r"|Command .* >> (?P<output>.*) 2>&1' returned non-zero exit status (?P<status>\d+)\.$"
    r"|(?P<error>error: .*)"
    r"|(?P<planned>\w+) {2,}(?P<count>\d+)$"
    r")"
)

# The words that the plugin adds to every reason.
SEE_ALSO = ". For further error details see the cluster/cloud log and the log files of the involved rule(s)."


@dataclass
class LoggedJob:
    """A job that a run has started, with its last try.

    `local`: it runs where Snakemake runs; other jobs wait for Slurm. `started`: in seconds since 1970. `end`:
    "finished", "failed", "again" between two tries, else empty. `reason`: why a try failed, if the log says so.
    """

    rule: str = ""
    local: bool = False
    tries: int = 0
    started: float = 0
    slurm_job: str = ""
    end: str = ""
    reason: str = ""


class SnakemakeLog:
    """Follows the log of a run. It reads each line once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.read = 0
        self.planned: Counter[str] = Counter()  # jobs by rule
        self.jobs: dict[str, LoggedJob] = {}  # by the path of the job's log
        self.numbers: dict[str, LoggedJob] = {}  # by the number that Snakemake gave
        self.time = 0.0
        self.starting: tuple[str, bool] | None = None
        self.log = ""
        self.message = ""
        self.failing: LoggedJob | None = None

    def update(self) -> None:
        """Read the lines that were added since the last time."""
        if self.path.stat().st_size == self.read:
            return
        with self.path.open("rb") as file:
            file.seek(self.read)
            lines, newline, _ = file.read().rpartition(b"\n")
        self.read += len(lines + newline)
        for line in lines.decode(errors="replace").splitlines():
            if found := LINE.match(line):
                self.take(found)

    def take(self, found: re.Match) -> None:
        """Take in one line. A block begins with a time and a title, and names its job in a separate line."""
        kind = str(found.lastgroup)  # each alternative of LINE has a name
        value = found[kind]
        if kind == "time":
            self.time = time.mktime(time.strptime(value, "%a %b %d %H:%M:%S %Y"))
            self.starting = self.failing = None
        elif kind == "rule":
            self.starting, self.log = (value, bool(found["local"])), ""
        elif kind == "log":
            self.log = value
        elif kind == "message":
            self.message = value
        elif kind == "failure":
            self.starting, self.message = None, ""
        elif kind == "jobid" and self.starting:
            if self.log:  # without a log, this line names a job of a failed group
                self.start(value, *self.starting)
        elif kind == "jobid":
            self.failing = self.find(value)
            self.failing.end = "failed"
            if self.message != "None":
                self.failing.reason = self.message.removesuffix(SEE_ALSO)
        elif kind == "error" and self.failing:
            self.failing.reason = value
        elif kind == "status" and found["output"] in self.jobs:
            self.jobs[found["output"]].reason = describe_status(int(value))
        elif kind == "slurm_job":
            self.find(found["submitted"]).slurm_job = value
        elif kind == "again":
            self.find(value).end = "again"
        elif kind == "finished":
            self.find(value).end = "finished"
        elif kind == "count":
            self.planned[found["planned"]] = int(value)

    def find(self, number: str) -> LoggedJob:
        """Find the job of a number. A quiet Snakemake does not announce jobs, so the number may be new."""
        return self.numbers.setdefault(number, LoggedJob())

    def start(self, number: str, rule: str, local: bool) -> None:
        """Take in the start of a job, the first one or another."""
        job = self.find(number)
        job.rule, job.local = rule, local
        job.tries += 1
        job.started, job.slurm_job, job.end = self.time, "", ""
        self.jobs[self.log] = job
        self.starting = None


def describe_status(status: int) -> str:
    """Describe the exit status of a job's shell. For a killed script, it is 128 plus the number of the signal."""
    return f"exit status {status}" + (f", {Signals(status - 128).name}" if status - 128 in set(Signals) else "")
