"""The record of a Slurm job: what its node has to do, and what became of each of its jobs.

A record is a file that the nodes share. Its first line is written before the Slurm job is submitted:

    {"arguments": [...], "members": [{"jobid": 4, "target": "train:factor=0.1", "wildcards": {"factor": "0.1"}, ...}]}

The node then adds a line for each of its own starts, and one for each event of a member, which Snakemake's number
names:

    {"time": 1764201599.5, "event": "begun", "jobid": null}
    {"time": 1764201600.5, "event": "started", "jobid": 4}

The module imports the standard library only.
"""

import json
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

# The path of the record, in the environment of the members.
VARIABLE = "SNAKEMAKE_SLURM_RECORD"
BEGUN, STARTED, FINISHED, FAILED = "begun", "started", "finished", "failed"


class Event(NamedTuple):
    """An event of a member, or of the node; `time`: in s since 1970, on the node's clock."""

    time: float
    event: str
    jobid: int | None


def write_record(path: Path, arguments: list[str], members: list[dict[str, Any]]) -> None:
    """Write the first line of a record.

    `arguments`: those of the node's Snakemake. `members`: for each job its number, target, wildcards, output files, and
    its params as they are now, as texts.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"arguments": arguments, "members": members}), encoding="utf-8")


def read_record(path: Path) -> dict[str, Any]:
    """Read the first line of a record: "arguments" and "members"."""
    with path.open(encoding="utf-8") as file:
        return json.loads(file.readline())


def add_event(path: Path, event: str, jobid: int | None = None) -> None:
    """Add an event to a record. The file is closed after each, so that other machines see it."""
    with path.open("a", encoding="utf-8") as file:
        # The line above may be half a line of a node that died.
        file.write("\n" + json.dumps(Event(time.time(), event, jobid)._asdict()))


def read_events(path: Path) -> list[Event]:
    """Read the events of a record; none if it was removed. A line that its node could not finish is left out."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return []
    return list(parse_events(lines[1:]))


def parse_events(lines: Iterable[str]) -> Iterable[Event]:
    """Parse the lines that hold an event."""
    for line in lines:
        try:
            yield Event(**json.loads(line))
        except (ValueError, TypeError):  # half a line: the node has died
            continue


def find_ends(events: Iterable[Event]) -> dict[int, str]:
    """Find the end of each member that has ended, finished or failed, by its number. What comes first counts."""
    ends: dict[int, str] = {}
    for event in events:
        if event.jobid is not None and event.event != STARTED:
            ends.setdefault(event.jobid, event.event)
    return ends


def find_started(events: Iterable[Event]) -> set[int]:
    """Find the members that were started since the node began for the last time, by their numbers."""
    started: set[int] = set()
    for event in events:
        if event.jobid is None:
            started = set()
        else:
            started.add(event.jobid)
    return started
