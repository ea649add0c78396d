"""Run a study on this machine, and show its progress instead of Snakemake's output, which stays in Snakemake's log.

In a terminal, this is the picture of show_status. Elsewhere, it is a line for each job that ends. Ctrl-C stops the run.
The exit status is that of Snakemake.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryFile
from types import FrameType
from typing import IO

from rich.console import Console
from rich.live import Live
from rich.text import Text

from mnist_study.errors import StudyError
from mnist_study.run.claims import find_claim
from mnist_study.run.events import locate_snakemake_log
from mnist_study.run.jobs import run_script
from mnist_study.status.events import EventLog, describe_failure, find_end
from mnist_study.status.studies import list_options, load_config, parse_study
from mnist_study.status.viewer import Viewer

# Seconds between two looks at the events.
LOOK_SECONDS = 0.5
# At most so many failed jobs are listed below the last picture, and so many lines of a Snakemake that crashed.
SHOWN = 20


class Snakemake:
    """A run of Snakemake, and the events of its jobs.

    It has a process group of its own, so that it gets each signal once. `output`: what it prints, which nobody sees
    unless something goes wrong. `begun`: it has claimed the results, and so `events` are its own.
    """

    def __init__(self, configfiles: list[Path], output: IO[bytes]) -> None:
        """Start Snakemake in the working directory."""
        self.start = datetime.now().isoformat(sep=" ", timespec="seconds")
        self.output = output
        self.interrupted = False
        self.begun = False
        self.events = EventLog(Path(os.devnull))
        # Python does not look for modules in the working directory (-P).
        command = [sys.executable, "-P", "-m", "snakemake", *list_options(configfiles)]
        streams = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": output}
        self.process = subprocess.Popen(command, process_group=0, **streams)  # type: ignore[call-overload]
        for number in (signal.SIGINT, signal.SIGTERM):
            # What is ignored here is ignored there too: a script has started this in the background.
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self.pass_on)

    def pass_on(self, number: int, frame: FrameType | None) -> None:
        """Pass a signal on: Ctrl-C also to the jobs, as a terminal does."""
        self.interrupted = True
        with suppress(ProcessLookupError):
            if number == signal.SIGINT and self.process.returncode is None:
                os.killpg(self.process.pid, number)
            else:
                self.process.send_signal(number)

    def read_events(self, results: Path) -> list[dict]:
        """Read the events since the last time; none before it has claimed the results."""
        with suppress(OSError):
            if not self.begun:
                claim, _ = find_claim(results)
                # The number of an earlier process can be the same.
                if claim.get("process") == self.process.pid and claim["start"] >= self.start:
                    self.begun, self.events = True, EventLog(Path(claim["events"] or os.devnull))
            return self.events.update()
        return []

    def print_output(self) -> None:
        """Print all that it has printed."""
        self.output.seek(0)
        shutil.copyfileobj(self.output, sys.stderr.buffer)
        sys.stderr.flush()

    def print_end(self) -> None:
        """Print the last lines that it has printed."""
        self.output.seek(0)
        for line in self.output.read().decode(errors="replace").splitlines()[-SHOWN:]:
            print(line, file=sys.stderr)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    arguments = parse_study(parser, create=True)
    with TemporaryFile() as output:
        snakemake = Snakemake(arguments.configfile, output)
        try:
            show_run(snakemake, arguments.configfile)
        finally:  # the run goes on if nobody reads this output any more
            status = snakemake.process.wait()
        if not snakemake.begun:
            snakemake.print_output()
        elif status and not snakemake.interrupted and not snakemake.events.list_failed():
            snakemake.print_end()
    sys.exit(status if status >= 0 else 128 - status)


def show_run(snakemake: Snakemake, configfiles: list[Path]) -> None:
    """Show a run until it ends."""
    console = Console(highlight=False)
    try:
        viewer = Viewer(load_config(configfiles), console)
    except StudyError:  # Snakemake says so too
        return
    if sys.stdout.isatty() and not console.is_dumb_terminal:
        show_picture(snakemake, viewer)
    else:
        print_ends(snakemake, viewer.results)


def show_picture(snakemake: Snakemake, viewer: Viewer) -> None:
    """Show the picture of a study in a terminal until the run ends, and then what failed and why."""
    due = 0.0
    with Live(Text("Snakemake plans the run …"), console=viewer.console, auto_refresh=False, transient=True) as live:
        live.refresh()
        held: list[str] = []
        for news in follow(snakemake, viewer.results):
            for event in news:
                print_message(event, held)
            if snakemake.begun and (news or time.monotonic() > due):
                live.update(viewer.look()[1], refresh=True)
                due = time.monotonic() + viewer.pause
    if snakemake.begun:
        viewer.console.print(viewer.look()[1])
        print_failures(snakemake.events)
        print(f"complete log: {locate_snakemake_log(str(snakemake.events.path))}")


def print_failures(events: EventLog) -> None:
    """Print what failed and why."""
    failed = events.list_failed()
    for job in failed[:SHOWN]:
        print(f"failed: {job.name}: {job.reason}\n    log: {job.log}")
    if len(failed) > SHOWN:
        print(f"… and {len(failed) - SHOWN} more")


def print_ends(snakemake: Snakemake, results: Path) -> None:
    """Print a line for each job that ends, until the run ends."""
    done, held = 0, list[str]()
    for news in follow(snakemake, results):
        for event in news:
            print_message(event, held)
            done += event["event"] == "job_finished"
            if event["event"] in ("job_finished", "job_error"):
                print(describe_end(event, snakemake.events, done), flush=True)
    if snakemake.begun and snakemake.process.returncode:
        print(f"complete log: {locate_snakemake_log(str(snakemake.events.path))}")


def describe_end(event: dict, events: EventLog, done: int) -> str:
    """Describe the end of a job, `done`: the number of finished jobs so far."""
    name = events.find(event["jobid"]).name
    if event["event"] == "job_finished":
        return f"done: {name} ({done} of {sum(events.planned.values())})"
    if find_end(event) == "stopped":
        return f"stopped: {name}"
    return f"failed{', and tried again' if event['again'] else ''}: {name}: {describe_failure(event)}"


def print_message(event: dict, held: list[str]) -> None:
    """Print a warning or an error that is about no job.

    Errors are held until the run goes on: what Snakemake says at its end is shown in other words.
    """
    if event["event"] == "warning":
        print(event["message"], file=sys.stderr)
    elif event["event"] == "error":
        held.append(event["message"])
    elif held:
        print(*held, sep="\n", file=sys.stderr)
        held.clear()


def follow(snakemake: Snakemake, results: Path) -> Iterator[list[dict]]:
    """Give the events of a run since the last time, some times a second, until it ends."""
    ended = False
    while not ended:
        ended = snakemake.process.poll() is not None  # before the last events are read
        yield snakemake.read_events(results)
        with suppress(subprocess.TimeoutExpired):
            snakemake.process.wait(LOOK_SECONDS)


if __name__ == "__main__":
    run_script(main)
