"""The picture of a study in a terminal, at most one screen high. Colours only repeat what symbols and words say."""

from collections import Counter
from datetime import datetime
from itertools import groupby

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.text import Text

from mnist_study.status.runs import Row, Run
from mnist_study.status.states import IN_TURN, Progress, State, View
from mnist_study.status.times import Times

LOOKS = {
    "done": ("✓", "green"),
    "running": ("▶", "bold cyan"),
    "queued": ("◦", "cyan"),
    "waiting": ("·", ""),
    "blocked": ("⊘", "yellow"),
    "failed": ("✗", "bold red"),
    "stopped": ("■", "yellow"),
    "outdated": ("≠", "yellow"),
    "missing": ("·", ""),
}
# Reasons for which a healthy job is in the queue.
USUAL_REASONS = ("", "None", "Priority", "Resources")
# The states that are listed below the grid, in this order.
LISTED = ("failed", "stopped", "running", "queued")
CELL = 15
LISTED_LINES = 6


def draw_study(rows: list[Row], view: View, times: Times, now: float, console: Console) -> RenderableType:
    """Draw a study so that it fits into a console; `now`: in s since 1970."""
    width, height = console.size
    head = draw_head(view, times, now, console)
    room = height - len(head) - 3  # an empty line between the parts, and one for the prompt
    listed = list_runs([run for row in rows for run in row.runs], view.states, now, console)
    grid = draw_grid(rows, view.states, width, room - min(LISTED_LINES, sum(map(len, listed))))
    return Group(*head, Text(), *grid, Text(), *cut(listed, room - len(grid)))


def draw_head(view: View, times: Times, now: float, console: Console) -> list[RenderableType]:
    """Draw the lines about the whole study, each part one line high."""
    states = list(view.states.values())
    completed = sum(1 if state.name == "done" else find_share(state.progress) for state in states)
    counts = Text(f"{completed / len(states):.0%}  ").append_text(describe_counts(states))
    lines = [fit(describe_times(times, now))]
    if view.steps[1]:
        lines.append(
            fit(f"other jobs of this run, such as tables and figures: {view.steps[0]} of {view.steps[1]} done")
        )
    if view.silent:
        lines.append(fit("Slurm does not answer: the states below come from the logs alone"))
    bar = Padding(ProgressBar(total=len(states), completed=completed), 0)
    return [fit(describe_claim(view)), *counts.wrap(console, console.width), bar, *lines]


def fit(line: str | Text) -> Text:
    """Cut a line at the width of the console."""
    text = Text(line) if isinstance(line, str) else line
    text.no_wrap, text.overflow = True, "ellipsis"
    return text


def find_share(progress: Progress | None) -> float:
    """Find the share of a run's epochs that are done."""
    return progress.epoch / progress.epochs if progress and progress.epochs else 0


def describe_claim(view: View) -> str:
    """Describe the run that writes the results, or the last one."""
    if not view.claim:
        return "nothing runs, and nothing ran here yet"
    where = "Slurm" if view.claim["slurm_name"] else "this machine"
    who = "(process {process} of {user} on {host})".format(**view.claim)
    return f"{'runs' if view.alive else 'nothing runs; last run'} on {where} since {view.claim['start']} {who}"


def describe_counts(states: list[State]) -> Text:
    """Count the runs in each state, and those that were started again."""
    counts = Counter(state.name for state in states)
    text = Text("  ").join(mark(name, f"{counts[name]} {name}") for name in LOOKS if counts[name])
    again = sum(state.tries > 1 for state in states)
    return text.append(f"  ↻ {again} restarted") if again else text


def mark(name: str, words: str) -> Text:
    """Put a state's symbol before words, in the state's colour."""
    symbol, style = LOOKS[name]
    return Text(f"{symbol} {words}", style)


def describe_times(times: Times, now: float) -> str:
    """Describe the time left and the work left; "more than" if the duration of a kind of run is not known."""
    if not times.work_left:
        return "time left: none" if times.complete else "time left: not known before a run is far enough"
    about = "about" if times.complete else "more than"
    work = f"work: {format_time(times.work_done)} done, {about} {format_time(times.work_left)} left"
    if times.left is None:
        return f"time left: not known while nothing runs; {work}"
    until = f", until {format_moment(now + times.left, now)}" if times.complete else ""
    return f"time left: {about} {format_time(times.left)}{until}; {work}"


def format_moment(moment: float, now: float) -> str:
    """Format a moment in s since 1970: 17:30, or Nov 23, 17:30 if it is not today."""
    then, today = datetime.fromtimestamp(moment), datetime.fromtimestamp(now)
    return f"{then:%H:%M}" if then.date() == today.date() else f"{then:%b %d, %H:%M}"


def format_time(seconds: float) -> str:
    """Format a duration: 50 s, 12 min, 3.4 h."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def draw_grid(rows: list[Row], states: dict[str, State], width: int, room: int) -> list[Text]:
    """Draw the runs in rows. If there are too few lines, count the kinds with the most lines in one line each."""
    kinds = {kind: list(group) for kind, group in groupby(rows, key=lambda row: row.kind)}
    indent = 1 + max(len(label) for row in rows for label in (row.kind, f"  {row.label}"))
    parts = {kind: draw_kind(group, states, indent, width) for kind, group in kinds.items()}
    while sum(map(len, parts.values())) > room and max(map(len, parts.values())) > 1:
        longest = max(parts, key=lambda kind: len(parts[kind]))
        runs = [run for row in kinds[longest] for run in row.runs]
        parts[longest] = [draw_counts(longest.ljust(indent), runs, states)]
    return [fit(line) for part in parts.values() for line in part]


def draw_kind(rows: list[Row], states: dict[str, State], indent: int, width: int) -> list[Text]:
    """Draw the rows of one kind of run: one row behind the kind's name, or a header and a row for each label."""
    kind = rows[0].kind.ljust(indent)
    side_by_side = max(1, (width - indent) // CELL)
    if len(rows) == 1:
        runs = rows[0].runs
        parts = [runs[first : first + side_by_side] for first in range(0, len(runs), side_by_side)]
        labels = [kind, *[" " * indent] * (len(parts) - 1)]
        return [draw_cells(label, part, states, named=True) for label, part in zip(labels, parts, strict=True)]
    several = [(f"  {row.label}".ljust(indent), row.runs) for row in rows]
    if len(rows[0].runs) > side_by_side:
        return [Text(kind), *[draw_counts(label, runs, states) for label, runs in several]]
    columns = [run.label or f"replicate {number}" for number, run in enumerate(rows[0].runs, start=1)]
    header = "".join(column.ljust(CELL) for column in columns).rstrip()
    return [Text(kind + header), *[draw_cells(label, runs, states, named=False) for label, runs in several]]


def draw_cells(label: str, runs: list[Run], states: dict[str, State], named: bool) -> Text:
    """Draw runs side by side. `named`: each with its label, as there is no header."""
    line = Text(label)
    for run in runs:
        cell = Text(f"{run.label} " if named and run.label else "").append_text(draw_cell(states[run.name]))
        cell.align("left", CELL)
        line.append_text(cell)
    line.rstrip()
    return line


def draw_cell(state: State) -> Text:
    """Draw one run: its accuracy or loss if it is done, and its epoch if it runs."""
    words = state.name
    if state.name == "done" and state.score is not None:
        words = f"{state.score:.4f}"
    elif state.name == "running" and state.progress and state.progress.epoch:
        words = f"{state.progress.epoch}/{state.progress.epochs}"
    return mark(state.name, words)


def draw_counts(label: str, runs: list[Run], states: dict[str, State]) -> Text:
    """Count runs by state, in one line."""
    return Text(label).append_text(describe_counts([states[run.name] for run in runs]))


def list_runs(runs: list[Run], states: dict[str, State], now: float, console: Console) -> list[list[Text]]:
    """List the runs that failed, stopped, run, or queue for an unusual reason: the lines of each.

    Those that wait for a person come before those that wait for their turn in a Slurm job.
    """
    shown = [
        (run, state)
        for run in runs
        for state in [states[run.name]]
        if state.name in LISTED and (state.name != "queued" or state.reason not in USUAL_REASONS)
    ]
    listed = sorted(shown, key=lambda item: (LISTED.index(item[1].name), item[1].reason.startswith(IN_TURN)))
    texts = [mark(state.name, f"{run.name}: {describe_run(run, state, now)}") for run, state in listed]
    return [list(text.wrap(console, console.width)) for text in texts]


def cut(listed: list[list[Text]], room: int) -> list[Text]:
    """Cut a list to `room` lines, and say how many items are left out."""
    lines: list[Text] = []
    for number, more in enumerate(listed):
        last = number == len(listed) - 1
        if len(lines) + len(more) > (room if last else room - 1):
            return [*lines, Text(f"… and {len(listed) - number} more")]
        lines += more
    return lines


def describe_run(run: Run, state: State, now: float) -> str:
    """Describe the progress of a run, and what went wrong."""
    progress = state.progress
    words = state.name
    if progress and progress.epoch and state.name == "running":
        words = f"epoch {progress.epoch} of {progress.epochs}"
    elif progress and progress.epoch:
        words += f" after epoch {progress.epoch}"
    if progress and progress.score is not None:
        measure = "loss" if run.rule == "train_autoencoder" else "accuracy"
        words += f", {measure} {progress.score:.4f}"
    if state.name == "running" and progress and progress.left is not None:
        words += f", {format_time(max(0, progress.left - (now - progress.time)))} left"
    if state.tries > 1:
        words += f", try {state.tries}"
    before = "after " if state.name == "running" else ""
    return f"{words}: {before}{state.reason}" if state.reason else words
