"""The report after a run on Slurm: a short block for each failed job, and the cost of the run."""

import re
import shlex
import sys
import time
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from snakemake.jobs import Job

from snakemake_executor_plugin_slurm_patient.bundles import Bundle, name_job
from snakemake_executor_plugin_slurm_patient.records import FAILED, FINISHED, STARTED, Event
from snakemake_executor_plugin_slurm_patient.slurm import FINAL_STATES, NO_ANSWER, ask

# The first one has no separator in it, the others are numbers or words.
FIELDS = [
    *["JobIDRaw", "State", "ExitCode", "NodeList", "Start", "ElapsedRaw", "TimelimitRaw", "AllocTRES", "TotalCPU"],
    "MaxRSS",
]
# The accounting shows the end of a job a moment later than the queue.
SETTLE_SECONDS = 20
LOG_LINES = 5
UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
# Clocks of different machines may differ by so many seconds: of a file server, and of a node that runs Slurm.
FILE_CLOCKS_DIFFER = 60
NODE_CLOCKS_DIFFER = 5


class Start(NamedTuple):
    """One start of a Slurm job, as the accounting has it. Slurm can start a job more than once.

    `start`: in s since 1970; `seconds`, `limit` and `cpu_seconds`: in s; `memory`: the peak in MB (10⁶ bytes).
    """

    job: str
    state: str
    exit_code: str
    node: str
    start: float
    seconds: int
    limit: int
    cpus: int
    gpus: int
    shards: int
    cpu_seconds: float
    memory: float

    @property
    def end(self) -> float:
        """Give the time of its end, in s since 1970."""
        return self.start + self.seconds


def describe_run(bundles: list[Bundle], failed: set[Job], succeeded: bool, starts: list[Start]) -> str:
    """Describe a run that ended: jobs that failed, were stopped or retried, the command to go on, and the cost.

    `failed`: Snakemake's jobs that failed in their last attempt, including those that ran on this machine; `starts`: as
    list_starts returns them.
    """
    blocks = []
    for verdict, jobs in judge_jobs(bundles, failed, succeeded, starts).items():
        for job in sorted(jobs, key=name_job):
            attempts = [bundle for bundle in bundles if job in bundle.members]
            lines = [line for bundle in attempts for line in describe_attempt(bundle, job, starts)]
            if verdict == "FAILED":
                lines += describe_logs(bundles, job)
            blocks.append("\n    ".join([f"{verdict}: {name_job(job)}", *lines]))
    if not succeeded:
        blocks.append(f"To go on, when the cause is removed: {shlex.join(['snakemake', *sys.argv[1:]])}")
    if starts:
        table = tabulate_cost(bundles, starts).to_string(index=False)
        blocks.append(f"What this run cost, in hours (wasted: by jobs that did not finish):\n{table}")
    elif any(bundle.slurm_job for bundle in bundles):
        blocks.append("What this run cost is not known: sacct, Slurm's accounting, does not answer.")
    return "\n\n".join(blocks)


def judge_jobs(bundles: list[Bundle], failed: set[Job], succeeded: bool, starts: list[Start]) -> dict[str, set[Job]]:
    """Sort jobs into failed, stopped and retried; arguments as above."""
    completed = {start.job for start in starts if start.state == "COMPLETED"}
    submitted = {job for bundle in bundles for job in bundle.members}
    done = {
        job
        for bundle in bundles
        for finished in [{event.jobid for event in bundle.read_events() if event.event == FINISHED}]
        for job in bundle.members
        if job.jobid in finished or bundle.slurm_job in completed
    } - failed
    stopped = set() if succeeded else submitted - failed - done
    times: Counter[Job] = Counter()
    for bundle in bundles:
        for job in bundle.members:
            times[job] += len(list_own_starts(bundle, job, starts)) or 1
    again = {job for job, number in times.items() if number > 1}
    return {"FAILED": set(failed), "stopped": stopped, "retried, and done": again - failed - stopped}


def find_logs(bundles: list[Bundle], job: Job) -> list[Path]:
    """Find the logs of a job that were written since its last attempt was submitted and are not empty."""
    [*_, submitted] = [0.0, *(bundle.submitted for bundle in bundles if job in bundle.members)]
    logs = [Path(log) for log in job.log if Path(log).exists()]
    return [log for log in logs if log.stat().st_size and log.stat().st_mtime > submitted - FILE_CLOCKS_DIFFER]


def describe_logs(bundles: list[Bundle], job: Job) -> list[str]:
    """Give the last lines of a failed job's log, and without one those of the last Slurm job's: it says why."""
    logs = find_logs(bundles, job)
    if not logs:
        logs = [bundle.slurm_log for bundle in bundles if job in bundle.members and bundle.slurm_log.is_file()][-1:]
    return [line for log in logs for line in describe_log(log)]


def describe_log(log: Path) -> list[str]:
    """Give the last lines of a log."""
    lines = log.read_text(encoding="utf-8", errors="replace").rstrip().splitlines()[-LOG_LINES:]
    return [f"its log ends, {log}:", *[f"  {line}" for line in lines]]


def find_start(event: Event, own: list[Start]) -> Start:
    """Find the start of a Slurm job in which an event happened; `own`: all starts of this Slurm job, in their order."""
    [*_, found] = [own[0], *(start for start in own if start.start <= event.time + NODE_CLOCKS_DIFFER)]
    return found


def list_own_starts(bundle: Bundle, job: Job, starts: list[Start]) -> list[Start]:
    """List the starts of a bundle's Slurm job in which a member ran, or was to run: those until its end."""
    own = [start for start in starts if start.job == bundle.slurm_job]
    ends = [event for event in bundle.read_events() if event.jobid == job.jobid and event.event != STARTED]
    return own[: own.index(find_start(ends[0], own)) + 1] if own and ends else own


def describe_attempt(bundle: Bundle, job: Job, starts: list[Start]) -> list[str]:
    """Describe the end of each start of an attempt of a job, one line each."""
    attempt = f"attempt {bundle.attempt}"
    if bundle.refusal:
        return [f"{attempt}: not submitted. {' '.join(bundle.refusal.split())}"]
    own = list_own_starts(bundle, job, starts)
    events = [event for event in bundle.read_events() if event.jobid == job.jobid]
    others = len(bundle.members) - 1
    shared = f" (with {others} more)" if others else ""
    lines = []
    for start in own:
        node = start.node if start.node != "None assigned" else "no node"
        within = [event for event in events if find_start(event, own) is start]
        state, seconds = describe_end(bundle, within, start)
        code = f", exit code {start.exit_code}" if state == "FAILED" and not others else ""
        lines.append(
            f"{attempt}: Slurm job {start.job}{shared} on {node}: {state}{code} after {seconds / 60:.1f} of "
            f"{start.limit / 60:.0f} min, {start.memory:.0f} MB"
        )
    return lines or [f"{attempt}: Slurm job {bundle.slurm_job}"]


def describe_end(bundle: Bundle, events: list[Event], start: Start) -> tuple[str, float]:
    """Describe how a member ended in a start of its Slurm job, and after how many seconds of its own.

    A job alone ends as its Slurm job does. `events`: the member's in this start.
    """
    if len(bundle.members) == 1:
        return start.state, start.seconds
    begun = [event.time for event in events if event.event == STARTED]
    if not begun:
        return f"not started, {start.state}", 0.0
    ended = [event for event in events if event.event != STARTED]
    if not ended:
        return start.state, start.end - begun[-1]
    failed = "OUT_OF_MEMORY" if start.state == "OUT_OF_MEMORY" else "FAILED"
    return "COMPLETED" if ended[0].event == FINISHED else failed, ended[0].time - begun[-1]


def list_starts(slurm_name: str, since: float, jobs: set[str]) -> list[Start]:
    """List every start of a run's Slurm jobs from the accounting, including requeued ones; none if it does not answer.

    `since`: the start of the run, in seconds since 1970; `jobs`: the numbers of its Slurm jobs.
    """
    time_ = datetime.fromtimestamp(since).isoformat(timespec="seconds")
    options = ["--duplicates", "--noheader", "--parsable2", f"--format={','.join(FIELDS)}", f"--starttime={time_}"]
    rows: list[list[str]] = []
    for _ in range(SETTLE_SECONDS if jobs else 0):
        try:
            rows = ask("sacct", *options, f"--name={slurm_name}", fields=len(FIELDS))
        except NO_ANSWER:
            rows = []
            break
        last = {number: state.partition(" ")[0] for number, state, *_ in rows}
        if all(last.get(job) in FINAL_STATES for job in jobs):
            break
        time.sleep(1)
    rows = [row for row in rows if row[0].partition(".")[0] in jobs]
    starts: list[Start] = []
    for number, state, exit_code, node, moment, seconds, limit, resources, cpu_time, memory in rows:
        if "." in number:  # a step of the start in the row above
            starts[-1] = starts[-1]._replace(memory=max(starts[-1].memory, parse_memory(memory)))
            continue
        starts.append(
            Start(
                number,
                state,
                exit_code.partition(":")[0],
                node,
                parse_moment(moment),
                seconds=int(seconds),
                limit=60 * int(limit) if limit.isdigit() else 0,
                cpus=parse_resource(resources, "cpu"),
                gpus=parse_resource(resources, "gres/gpu"),
                shards=parse_resource(resources, "gres/shard"),
                cpu_seconds=parse_duration(cpu_time),
                memory=0.0,
            )
        )
    return starts


def parse_moment(text: str) -> float:
    """Parse Slurm's local time into s since 1970; 0 for a job that never started."""
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return 0.0


def parse_resource(resources: str, name: str) -> int:
    """Parse the number of one resource from Slurm's list, such as cpu=1,gres/gpu=1,mem=3G."""
    [number] = re.findall(rf"(?:^|,){name}=(\d+)", resources) or ["0"]
    return int(number)


def parse_duration(text: str) -> float:
    """Parse Slurm's [DAYS-][HOURS:]MINUTES:SECONDS into seconds; an empty text is 0."""
    days, _, clock = text.rpartition("-")
    parts = clock.split(":")[::-1] if clock else []
    return int(days or 0) * 86400 + sum(float(part) * 60**power for power, part in enumerate(parts))


def parse_memory(text: str) -> float:
    """Parse Slurm's amount of memory, such as 1234K, into MB (10⁶ bytes)."""
    [(number, unit)] = re.findall(r"^([\d.]*)([KMGT]?)$", text)
    return float(number or 0) * UNITS[unit] / 1e6


def find_useful_share(bundle: Bundle, start: Start, own: list[Start]) -> float:
    """Find the share of a start's time that was of use: that of the members that finished in it.

    Slurm's state may not say so: the accounting of a job that ended while the controller was away has no end yet.
    `own`: all starts of this Slurm job.
    """
    if start.state == "COMPLETED":
        return 1.0
    begun: dict[int | None, float] = {}
    seconds = {FINISHED: 0.0, FAILED: 0.0}
    for event in bundle.read_events():
        if find_start(event, own) is not start:
            continue
        if event.event == STARTED:
            begun[event.jobid] = event.time
        elif event.jobid in begun:
            seconds[event.event] += event.time - begun.pop(event.jobid)
    cut_off = sum(max(0.0, start.end - moment) for moment in begun.values())
    return seconds[FINISHED] / (sum(seconds.values()) + cut_off) if seconds[FINISHED] else 0.0


def tabulate_cost(bundles: list[Bundle], starts: list[Start]) -> pd.DataFrame:
    """Tabulate the cost of each rule, in hours of GPUs (or their shards) and CPUs.

    Asked: the time limits of all starts. Used: the time for which starts held the resource. Wasted: the part of it of
    jobs that did not finish there. Busy: processor time. Memory: the largest peak of a Slurm job, in MB.
    """
    by_number = {bundle.slurm_job: bundle for bundle in bundles}
    table = pd.DataFrame(starts).assign(
        rule=[by_number[start.job].name for start in starts],
        useful=[
            find_useful_share(by_number[start.job], start, [other for other in starts if other.job == start.job])
            for start in starts
        ],
    )
    rows = []
    for rule, group in [*table.groupby("rule"), ("all", table)]:
        jobs = {job for number in group["job"] for job in by_number[number].members}
        row = {("", "rule"): rule, ("", "jobs"): len(jobs), ("", "starts"): len(group)}
        for unit, column in {"GPUs": "gpus", "shards": "shards", "CPUs": "cpus"}.items():
            if table[column].any():
                hours = group[column] * group["seconds"] / 3600
                row[unit, "asked"] = (group[column] * group["limit"] / 3600).sum().round(2)
                row[unit, "used"] = hours.sum().round(3)
                row[unit, "wasted"] = (hours * (1 - group["useful"])).sum().round(3)
        row["CPUs", "busy"] = (group["cpu_seconds"].sum() / 3600).round(3)
        row["memory", "MB"] = round(group["memory"].max())
        rows.append(row)
    cost = pd.DataFrame(rows)
    return cost.set_axis(pd.MultiIndex.from_tuples(cost.columns), axis="columns")
