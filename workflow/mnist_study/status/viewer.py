"""The view of a study on a console, for the commands that show it once or repeatedly."""

import time
from pathlib import Path

from rich.console import Console, RenderableType

from mnist_study.status.picture import draw_study
from mnist_study.status.runs import list_rows
from mnist_study.status.states import View, Watch
from mnist_study.status.times import estimate_times

PAUSE_SECONDS = 5
# Never more often than the executor asks Slurm.
SLURM_PAUSE_SECONDS = 20


class Viewer:
    """Looks at a study and draws it. `pause`: the seconds until the next look."""

    def __init__(self, config: dict, console: Console) -> None:
        self.results = Path(config["pathvars"]["results"])
        self.console = console
        self.rows = list_rows(config)
        self.watch = Watch(self.results, [run for row in self.rows for run in row.runs])
        self.pause = PAUSE_SECONDS

    def look(self) -> tuple[View, RenderableType]:
        """Look at the study, and draw it so that it fits into the console."""
        view, now = self.watch.look(), time.time()
        self.pause = SLURM_PAUSE_SECONDS if view.claim.get("slurm_name") else PAUSE_SECONDS
        return view, draw_study(self.rows, view, estimate_times(self.watch, view, now), now, self.console)
