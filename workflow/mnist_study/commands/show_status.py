"""Show the progress of a study: every training and noise level, failures with their reasons, and the time left.

Use it in another terminal than that of the run, or on another login node. It reads the files that the run writes, asks
Slurm once for each picture, and writes nothing. It ends with the run, or by Ctrl-C.
"""

import argparse
import time
from contextlib import suppress

from rich.console import Console
from rich.live import Live

from mnist_study.run.jobs import run_script
from mnist_study.status.studies import load_config, parse_study
from mnist_study.status.viewer import Viewer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--once", action="store_true", help="show one picture and end, as without a terminal")
    arguments = parse_study(parser)
    console = Console(highlight=False)
    viewer = Viewer(load_config(arguments.configfile), console)
    view, picture = viewer.look()
    if arguments.once or not console.is_terminal:
        console.print(picture)
        return
    with suppress(KeyboardInterrupt), Live(picture, console=console, auto_refresh=False) as live:
        while view.alive:
            time.sleep(viewer.pause)
            view, picture = viewer.look()
            live.update(picture, refresh=True)


if __name__ == "__main__":
    run_script(main)
