"""The state of each run of a study, from the run's events, Slurm's queue, the jobs' logs and the results."""

import os
import re
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from mnist_study.errors import StudyError
from mnist_study.files import read_json
from mnist_study.run.claims import find_claim
from mnist_study.run.events import find_error, read_tail
from mnist_study.run.slurm import FINAL_STATES, NO_ANSWER, ask_squeue
from mnist_study.status.events import EventLog, LoggedJob, parse_record
from mnist_study.status.runs import Run
from mnist_study.trust.provenance import locate_provenance, read_provenance
from mnist_study.trust.reasons import list_reasons

# Slurm's states of a job that has not started, or not started again.
QUEUED_STATES = {"CONFIGURING", "PENDING", "REQUEUED", "REQUEUE_FED", "REQUEUE_HOLD", "RESV_DEL_HOLD", "SPECIAL_EXIT"}

# The reason of a job that waits for others in its own Slurm job begins with this.
IN_TURN = "in turn"
EPOCH = re.compile(r"^epoch +(\d+)/\d+  .* ([\d.]+)  (\d+) min (\d\d) s left$")
RESUMED = re.compile(r"^resumed from the checkpoint after epoch (\d+)$")


class Progress(NamedTuple):
    """The progress of a training by its log; `time`: when the log was written, in s since 1970; `left`: in s."""

    time: float
    epoch: int
    epochs: int
    score: float | None = None
    left: float | None = None


class Result(NamedTuple):
    """Whether metrics were made for the present reasons, and their validation accuracy or, without one, loss."""

    current: bool
    score: float | None


class QueuedJob(NamedTuple):
    """A job that Slurm remembers: its state, the reason for it, and the number of requeues."""

    state: str
    reason: str
    restarts: int


class State(NamedTuple):
    """The state of a run: done, running, queued, waiting, blocked, failed, stopped, outdated or missing.

    `tries`: the number of starts. `progress`: from its log, if the log is of the last try.
    """

    name: str
    reason: str = ""
    tries: int = 1
    score: float | None = None
    progress: Progress | None = None


class View(NamedTuple):
    """A study at one moment.

    `claim`: the last run that had the results folder; `alive`: whether it still has it. `silent`: Slurm did not answer.
    `states`: by the name of the run. `steps`: the numbers of finished and planned jobs that are not in the grid.
    """

    claim: dict
    alive: bool
    silent: bool
    states: dict[str, State]
    steps: tuple[int, int]


class Watch:
    """Looks at a study repeatedly. It reads a file again only if the file has changed."""

    def __init__(self, results: Path, runs: list[Run]) -> None:
        self.results = results
        self.runs = runs
        self.events = EventLog(Path(os.devnull))
        self.known: dict[Path, tuple[tuple[int, int], Any]] = {}

    def look(self) -> View:
        """Look at the study; Slurm is asked at most once."""
        claim, alive = find_claim(self.results)
        path = Path(claim.get("events") or os.devnull)
        if path != self.events.path:
            self.events = EventLog(path)
        with suppress(FileNotFoundError):
            self.events.update()
        queue, silent = {}, False
        if any(job.slurm_job and not job.end for job in self.events.jobs.values()):
            try:
                queue = ask_queue(claim["slurm_name"])
            except NO_ANSWER:
                silent = True
        states = {run.name: self.find_state(run, alive, queue) for run in self.runs}
        return View(claim, alive, silent, states, self.count_steps())

    def find_state(self, run: Run, alive: bool, queue: dict[str, QueuedJob]) -> State:
        """Find the state of a run; `queue`: Slurm's jobs by number."""
        job = self.events.jobs.get(str(run.log))
        tries = job.tries if job else 1
        result = self.read(run.metrics, partial(parse_result, run=run))
        if result is not None and result.current:
            return State("done", tries=tries, score=result.score)
        if job is not None and not job.end:
            queued = queue.get(job.slurm_job)
            if alive or (queued is not None and queued.state not in FINAL_STATES):
                return self.describe_started(run, job, alive, queued)
        if job is not None and job.end == "failed":
            return State("failed", job.reason, tries, progress=self.find_progress(run, job))
        if alive and (job is None or job.end == "again"):
            blocked = any(map(self.has_failed, run.needs))
            return State("blocked" if blocked else "waiting", job.reason if job else "", tries)
        if job is not None and job.end != "finished":
            return State("stopped", job.reason, tries, progress=self.find_progress(run, job))
        return State("missing" if result is None else "outdated")

    def describe_started(self, run: Run, job: LoggedJob, alive: bool, queued: QueuedJob | None) -> State:
        """Describe a job that Snakemake waits for. If Slurm does not know it, its log or its node show that it runs."""
        progress = self.find_progress(run, job)
        tries = job.tries + (queued.restarts if queued else 0)
        events = self.read(job.record, parse_record) if job.record else None
        event = events.get(job.number) if events else None
        if event == "failed" and not alive:  # no Snakemake will try it again
            return State("failed", find_error(run.log, job.started), tries, progress=progress)
        if queued.state in QUEUED_STATES if queued else not (job.local or progress or event):
            return State("queued", queued.reason if queued else "", tries, progress=progress)
        if events is not None and event is None and len(job.members) > 1:
            ended = sum(other != "started" for other in events.values())
            turn = f"{IN_TURN}: {ended} of the {len(job.members)} jobs in Slurm job {job.slurm_job} have ended"
            return State("queued", turn, tries)
        return State("running", job.reason, tries, progress=progress)

    def find_progress(self, run: Run, job: LoggedJob) -> Progress | None:
        """Find the progress in a run's log, unless the log is older than the run's last try."""
        progress = self.read(run.log, partial(parse_progress, epochs=run.settings.get("epochs", 0)))
        return progress if progress and progress.time >= job.started else None

    def has_failed(self, log: Path) -> bool:
        """Tell whether the job with this log failed for good in the last run."""
        job = self.events.jobs.get(str(log))
        return job is not None and job.end == "failed"

    def find_duration(self, run: Run) -> float | None:
        """Find the seconds that a run took by its provenance; None if it had other settings."""
        return self.read(locate_provenance(run.metrics), lambda _: parse_duration(run))

    def count_steps(self) -> tuple[int, int]:
        """Count the jobs of the last run that have no cell in the grid: finished ones, and all."""
        rules = {run.rule for run in self.runs}
        finished = [job for job in self.events.jobs.values() if job.end == "finished" and job.rule not in rules]
        return len(finished), sum(count for rule, count in self.events.planned.items() if rule not in rules)

    def read(self, path: Path, parse: Callable[[Path], Any]) -> Any:
        """Read a file if it has changed since the last time; None if it does not exist."""
        with suppress(FileNotFoundError):
            status = path.stat()
            stamp = (status.st_mtime_ns, status.st_size)
            if path not in self.known or self.known[path][0] != stamp:
                self.known[path] = (stamp, parse(path))
            return self.known[path][1]
        return None


def ask_queue(slurm_name: str) -> dict[str, QueuedJob]:
    """Ask the controller for all jobs of a run that it remembers, by number; raises NO_ANSWER if it does not answer."""
    rows = ask_squeue(slurm_name, "--states=all", "--Format=State:|,RestartCnt:|,JobID:|,Reason:|", fields=4)
    return {job: QueuedJob(state, reason.rstrip("|"), int(restarts)) for state, restarts, job, reason in rows}


def parse_progress(log: Path, epochs: int) -> Progress:
    """Parse the end of the log of a training; `epochs`: the number of its epochs."""
    written = log.stat().st_mtime
    for line in read_tail(log):
        if found := EPOCH.match(line):
            epoch, score, minutes, seconds = found.groups()
            return Progress(written, int(epoch), epochs, float(score), 60 * int(minutes) + int(seconds))
        if found := RESUMED.match(line):
            return Progress(written, int(found[1]), epochs)
    return Progress(written, 0, epochs)


def parse_result(metrics: Path, run: Run) -> Result:
    """Parse a metrics file; a damaged one is not current."""
    try:
        content = read_json(metrics)
    except (OSError, ValueError):
        return Result(False, None)
    final = content.get("final", {})
    if not (isinstance(final, dict) and all(isinstance(value, int | float) for value in final.values())):
        return Result(False, None)
    current = content.get("reasons") == list_reasons(run.rule, run.settings)
    return Result(current, final.get("val_accuracy", final.get("val_loss")))


def parse_duration(run: Run) -> float | None:
    """Parse the seconds that a run took from its provenance; None for other settings, and for a damaged file."""
    try:
        provenance = read_provenance(run.metrics)
    except StudyError:
        return None
    return provenance["duration_seconds"] if provenance["reasons"].get("settings") == run.settings else None
