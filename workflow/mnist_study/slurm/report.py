"""The report after a run on Slurm: a short block for each failed job, and the cost of the run."""

import re
import shlex
import sys
import time
from collections import defaultdict
from datetime import datetime
from pathlib import Path

import pandas as pd

from mnist_study.slurm.executor import find_logs
from mnist_study.slurm.groups import is_finished
from mnist_study.slurm.jobs import FINAL_STATES, NO_ANSWER, Submission, ask, is_group, name_job

FIELDS = ["JobIDRaw", "State", "ExitCode", "NodeList", "ElapsedRaw", "TimelimitRaw", "AllocTRES", "TotalCPU", "MaxRSS"]
COLUMNS = ["job", "state", "exit_code", "node", "seconds", "limit", "cpus", "gpus", "shards", "cpu_seconds", "memory"]
# The accounting shows the end of a job a moment later than the queue.
SETTLE_SECONDS = 20
LOG_LINES = 5
UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


def describe_run(submissions: list[Submission], failed: set, succeeded: bool, starts: pd.DataFrame) -> str:
    """Describe a run that ended: jobs that failed, were stopped or retried, the command to go on, and the cost.

    `failed`: Snakemake's jobs that failed in their last attempt, including those that ran on this machine; `starts`: as
    list_starts returns them.
    """
    blocks = []
    for verdict, jobs in judge_jobs(submissions, failed, succeeded, starts).items():
        alike = defaultdict(list)  # jobs of a group share their attempts
        for job in sorted(jobs, key=name_job):
            attempts = [submission for submission in submissions if submission.job is job]
            lines = [line for attempt in attempts for line in describe_attempt(attempt, starts)]
            if verdict == "FAILED":
                lines += [line for log in find_logs(submissions, job) for line in describe_log(log)]
            alike[tuple(lines)].append(name_job(job))
        blocks += ["\n    ".join([f"{verdict}: {', '.join(names)}", *lines]) for lines, names in alike.items()]
    if not succeeded:
        blocks.append(f"To go on, when the cause is removed: {shlex.join(['snakemake', *sys.argv[1:]])}")
    if len(starts):
        table = tabulate_cost(submissions, starts).to_string(index=False)
        blocks.append(f"What this run cost, in hours (wasted: by starts that did not complete):\n{table}")
    elif any(submission.slurm_job for submission in submissions):
        blocks.append("What this run cost is not known: sacct, Slurm's accounting, does not answer.")
    return "\n\n".join(blocks)


def judge_jobs(submissions: list[Submission], failed: set, succeeded: bool, starts: pd.DataFrame) -> dict[str, set]:
    """Sort jobs into failed, stopped and retried; arguments as above. Each job of a group is judged alone."""
    ends = {number: list(group["state"]) for number, group in starts.groupby("job")}
    submitted = {entry.job: entry.submitted for entry in submissions}
    done = {
        entry.job
        for entry in submissions
        if "COMPLETED" in ends.get(entry.slurm_job, []) or (is_group(entry.submitted) and is_finished(entry.job))
    }
    alone = {job for job in failed if not is_group(job)}
    failed = alone | ({job for job, group in submitted.items() if group in failed} - done)
    stopped = set() if succeeded else submitted.keys() - failed - done
    again = {entry.job for entry in submissions if entry.attempt > 1 or len(ends.get(entry.slurm_job, [])) > 1}
    return {"FAILED": failed, "stopped": stopped, "retried, and done": again - failed - stopped}


def describe_log(log: Path) -> list[str]:
    """Give the last lines of a log."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_LINES:]
    return [f"its log ends, {log}:", *[f"  {line}" for line in lines]]


def describe_attempt(submission: Submission, starts: pd.DataFrame) -> list[str]:
    """Describe the end of each start of an attempt, one line each."""
    if submission.refusal:
        return [f"attempt {submission.attempt}: not submitted. {' '.join(submission.refusal.split())}"]
    lines = []
    for start in starts[starts["job"] == submission.slurm_job].itertuples():
        code = f", exit code {start.exit_code}" if start.state == "FAILED" else ""
        node = start.node if start.node != "None assigned" else "no node"
        lines.append(
            f"attempt {submission.attempt}: Slurm job {start.job} on {node}: {start.state}{code} after "
            f"{start.seconds / 60:.1f} of {start.limit / 60:.0f} min, {start.memory:.0f} MB"
        )
    return lines or [f"attempt {submission.attempt}: Slurm job {submission.slurm_job}"]


def list_starts(slurm_name: str, since: float, jobs: set[str]) -> pd.DataFrame:
    """List every start of a run's Slurm jobs from the accounting, including requeued ones; none if it does not answer.

    `since`: the start of the run, in seconds since 1970; `jobs`: the numbers of its Slurm jobs. In the result,
    `seconds` and `limit` are in s, and `memory` is the peak in MB.
    """
    time_ = datetime.fromtimestamp(since).isoformat(timespec="seconds")
    options = ["--duplicates", "--noheader", "--parsable2", f"--format={','.join(FIELDS)}", f"--starttime={time_}"]
    for _ in range(SETTLE_SECONDS):
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
    starts: list[dict] = []
    for number, state, exit_code, node, seconds, limit, resources, cpu_time, memory in rows:
        if "." in number:  # a step of the start in the row above
            starts[-1]["memory"] = max(starts[-1]["memory"], parse_memory(memory))
            continue
        starts.append(
            {
                "job": number,
                "state": state,
                "exit_code": exit_code.partition(":")[0],
                "node": node,
                "seconds": int(seconds),
                "limit": 60 * int(limit) if limit.isdigit() else 0,
                "cpus": parse_resource(resources, "cpu"),
                "gpus": parse_resource(resources, "gres/gpu"),
                "shards": parse_resource(resources, "gres/shard"),
                "cpu_seconds": parse_duration(cpu_time),
                "memory": 0.0,
            }
        )
    return pd.DataFrame(starts, columns=COLUMNS)


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


def tabulate_cost(submissions: list[Submission], starts: pd.DataFrame) -> pd.DataFrame:
    """Tabulate the cost of each rule, in hours of GPUs (or their shards) and CPUs.

    Asked: the time limits of all starts. Used: the time for which starts held the resource. Wasted: the part of it of
    starts that did not complete. Busy: processor time. Memory: the largest peak, in MB.
    """
    jobs = defaultdict(list)
    for submission in submissions:
        jobs[submission.slurm_job].append(submission.job)
    starts = starts.assign(
        rule=[", ".join(sorted({job.rule.name for job in jobs[number]})) for number in starts["job"]],
        wasted=starts["state"] != "COMPLETED",
    )
    rows = []
    for rule, group in [*starts.groupby("rule"), ("all", starts)]:
        names = {name_job(job) for number in group["job"] for job in jobs[number]}
        row = {("", "rule"): rule, ("", "jobs"): len(names), ("", "starts"): len(group)}
        for unit, column in {"GPUs": "gpus", "shards": "shards", "CPUs": "cpus"}.items():
            if starts[column].any():
                hours = group[column] * group["seconds"] / 3600
                row[unit, "asked"] = (group[column] * group["limit"] / 3600).sum().round(2)
                row[unit, "used"] = hours.sum().round(3)
                row[unit, "wasted"] = hours[group["wasted"]].sum().round(3)
        row["CPUs", "busy"] = (group["cpu_seconds"].sum() / 3600).round(3)
        row["memory", "MB"] = round(group["memory"].max())
        rows.append(row)
    table = pd.DataFrame(rows)
    return table.set_axis(pd.MultiIndex.from_tuples(table.columns), axis="columns")
