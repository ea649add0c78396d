"""What a Slurm job runs on its node: one Snakemake for all of its members that have not ended yet.

    python -m snakemake_executor_plugin_slurm_patient.node RECORD

Slurm can start the job again, for example after a preemption. Then it goes on with what is left.
"""

import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from snakemake.cli import main as run_snakemake
from snakemake_interface_logger_plugins.common import LogEvent

from snakemake_executor_plugin_slurm_patient.records import (
    BEGUN,
    FAILED,
    FINISHED,
    STARTED,
    VARIABLE,
    add_event,
    find_ends,
    read_events,
    read_record,
)


class Recorder(logging.Handler):
    """Adds the events of Snakemake's log to a record. `is_ending`: whether Slurm has begun to end its job."""

    def __init__(self, path: Path, members: Sequence[dict], is_ending: Callable[[], bool]) -> None:
        super().__init__()
        self.path = path
        self.is_ending = is_ending
        self.members = {identify(member["wildcards"]): member["jobid"] for member in members}
        self.jobids: dict[int, int] = {}  # of the run that has submitted the members, by this Snakemake's number

    def emit(self, record: logging.LogRecord) -> None:
        """Add an event to the record, if a log record is about the start or the end of a member."""
        event = getattr(record, "event", None)
        if event == LogEvent.JOB_INFO:
            jobid = self.members.get(identify(record.wildcards))  # type: ignore[attr-defined] # Snakemake's
            if jobid is not None:
                self.jobids[record.jobid] = jobid  # type: ignore[attr-defined]
                add_event(self.path, STARTED, jobid)
        elif event == LogEvent.JOB_FINISHED:
            self.end(FINISHED, record.job_id)  # type: ignore[attr-defined]
        elif event == LogEvent.JOB_ERROR and not self.is_ending():
            # When Slurm kills all processes, a member can die first. It has not failed: it ends as the Slurm job does.
            self.end(FAILED, record.jobid)  # type: ignore[attr-defined]

    def end(self, event: str, number: int) -> None:
        """Add the end of a member."""
        if number in self.jobids:
            add_event(self.path, event, self.jobids[number])


def identify(wildcards: dict[str, str]) -> tuple:
    """Give what distinguishes the jobs of one rule."""
    return tuple(sorted(wildcards.items()))


def watch_for_end() -> Callable[[], bool]:
    """Give a function that tells whether this process was sent SIGTERM: Slurm then kills the job some seconds later."""
    reader, writer = os.pipe()
    for end in (reader, writer):
        os.set_blocking(end, False)
    # Python writes the number of each signal that has a handler. The handler is Snakemake's.
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    received = bytearray()

    def is_ending() -> bool:
        with suppress(BlockingIOError):
            received.extend(os.read(reader, 100))
        return signal.SIGTERM in received

    return is_ending


def main() -> None:
    path = Path(sys.argv[1]).absolute()
    record = read_record(path)
    ends = find_ends(read_events(path))
    left = [member for member in record["members"] if member["jobid"] not in ends]
    if not left:
        sys.exit(FAILED in ends.values())
    add_event(path, BEGUN)
    os.environ[VARIABLE] = str(path)
    # Snakemake removes the handlers of its own logger when it starts, but not those of the logger above it.
    logging.getLogger("snakemake").addHandler(Recorder(path, left, watch_for_end()))
    sys.argv = ["snakemake", "--target-jobs", *(member["target"] for member in left), *record["arguments"]]
    try:
        run_snakemake()
    except SystemExit as end:
        sys.exit(end.code or FAILED in ends.values())


if __name__ == "__main__":
    main()
