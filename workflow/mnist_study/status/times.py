"""How long a study still takes, and how much of its work is done."""

from itertools import islice
from statistics import mean
from typing import NamedTuple

from mnist_study.status.states import State, View, Watch

# So many runs of a kind that ended tell how long one takes.
SAMPLES = 5
OPEN = ("running", "queued", "waiting", "stopped", "outdated", "missing")


class Times(NamedTuple):
    """Estimates in seconds: work done, work left, and the time until that is done, None while nothing runs.

    They are not `complete` while of some kind of run none has ended or is far enough.
    """

    work_done: float
    work_left: float
    left: float | None
    complete: bool


def estimate_times(watch: Watch, view: View, now: float) -> Times:
    """Estimate the times of a study `now`, in s since 1970; as many runs are taken to run on as run now."""
    seconds = {kind: estimate_run(watch, view, kind) for kind in {run.kind for run in watch.runs}}
    known = [(view.states[run.name], seconds[run.kind]) for run in watch.runs if seconds[run.kind] is not None]
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


def estimate_run(watch: Watch, view: View, kind: str) -> float | None:
    """Estimate the seconds of one run of a kind, from those that ended, or else from the epochs that others had."""
    runs = [run for run in watch.runs if run.kind == kind]
    known = list(islice(filter(None, map(watch.find_duration, runs)), SAMPLES))
    if not known:
        under_way = [view.states[run.name].progress for run in runs if view.states[run.name].name == "running"]
        known = [way.left * way.epochs / (way.epochs - way.epoch) for way in under_way if way and way.left]
    return mean(known) if known else None


def estimate_left(state: State, whole: float, now: float) -> float:
    """Estimate the seconds that an open run still takes, of `whole`."""
    if state.name == "running" and state.progress and state.progress.left is not None:
        return max(0, state.progress.left - (now - state.progress.time))
    return whole
