"""Estimates of the time left and of the work done."""

from itertools import islice
from statistics import mean
from typing import NamedTuple

from mnist_study.status.runs import Run
from mnist_study.status.states import State, View, Watch

# The number of finished runs of a kind whose mean is the estimate.
SAMPLES = 5
OPEN = ("running", "queued", "waiting", "stopped", "outdated", "missing")


class Times(NamedTuple):
    """Estimates in seconds: work done, work left, and the time left, which is None while nothing runs.

    `complete`: there is an estimate for every kind of run that is not finished.
    """

    work_done: float
    work_left: float
    left: float | None
    complete: bool


def estimate_times(watch: Watch, view: View, now: float) -> Times:
    """Estimate the times of a study, if as many runs as now run at any time; `now`: in s since 1970."""
    seconds = {kind: estimate_epoch(watch, view, kind) for kind in {run.kind for run in watch.runs}}
    known = [
        (view.states[run.name], epoch * count_epochs(run))
        for run in watch.runs
        if (epoch := seconds[run.kind]) is not None
    ]
    done = [whole for state, whole in known if state.name == "done"]
    still_open = [(state.name, whole, estimate_left(state, whole, now)) for state, whole in known if state.name in OPEN]
    running = [left for name, _, left in still_open if name == "running"]
    work_left = sum(left for _, _, left in still_open)
    return Times(
        work_done=sum(done) + sum(max(0, whole - left) for _, whole, left in still_open),
        work_left=work_left,
        left=max(work_left / len(running), *running) if running else None,
        complete=all(view.states[run.name].name not in OPEN for run in watch.runs if seconds[run.kind] is None),
    )


def estimate_epoch(watch: Watch, view: View, kind: str) -> float | None:
    """Estimate the seconds of a run of a kind for each of its epochs: their number can differ in a sweep.

    They are those of finished runs, or else those of the epochs of runs under way.
    """
    runs = [run for run in watch.runs if run.kind == kind]
    durations = ((run, watch.find_duration(run)) for run in runs)
    known = list(islice((seconds / count_epochs(run) for run, seconds in durations if seconds), SAMPLES))
    if not known:
        under_way = [view.states[run.name].progress for run in runs if view.states[run.name].name == "running"]
        known = [way.left / (way.epochs - way.epoch) for way in under_way if way and way.left]
    return mean(known) if known else None


def count_epochs(run: Run) -> int:
    """Count the epochs of a run. An evaluation counts as one."""
    return run.settings.get("epochs", 1)


def estimate_left(state: State, whole: float, now: float) -> float:
    """Estimate the seconds left of a run that takes `whole` seconds."""
    if state.name == "running" and state.progress and state.progress.left is not None:
        return max(0, state.progress.left - (now - state.progress.time))
    return whole
