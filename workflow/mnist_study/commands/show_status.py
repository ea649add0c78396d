"""Show the progress of a study: every training and noise level, failures with their reasons, and the time left.

Use it in another terminal than that of the run, or on another login node. It reads the files that the run writes, asks
Slurm once for each picture, and writes nothing. It ends with the run, or by Ctrl-C.
"""

import argparse
import time
from contextlib import suppress
from pathlib import Path

from rich.console import Console, RenderableType
from rich.live import Live

from mnist_study.run.jobs import run_script
from mnist_study.status.picture import draw_study
from mnist_study.status.runs import list_rows
from mnist_study.status.states import Watch
from mnist_study.status.studies import load_config, parse_study
from mnist_study.status.times import estimate_times

PAUSE_SECONDS = 5
# Never more often than the executor asks Slurm.
SLURM_PAUSE_SECONDS = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--once", action="store_true", help="show one picture and end, as without a terminal")
    arguments = parse_study(parser)
    config = load_config(arguments.configfile)
    rows = list_rows(config)
    watch = Watch(Path(config["pathvars"]["results"]), [run for row in rows for run in row.runs])
    console = Console(highlight=False)

    def look() -> tuple[bool, float, RenderableType]:
        view, now = watch.look(), time.time()
        pause = SLURM_PAUSE_SECONDS if view.claim.get("slurm_name") else PAUSE_SECONDS
        return view.alive, pause, draw_study(rows, view, estimate_times(watch, view, now), now, console)

    alive, pause, picture = look()
    if arguments.once or not console.is_terminal:
        console.print(picture)
        return
    with suppress(KeyboardInterrupt), Live(picture, console=console, auto_refresh=False) as live:
        while alive:
            time.sleep(pause)
            alive, pause, picture = look()
            live.update(picture, refresh=True)


if __name__ == "__main__":
    run_script(main)
