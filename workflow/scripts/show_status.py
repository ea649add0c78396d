"""Show how far a study is: every training and noise level, what failed and why, and how long it still takes.

For another terminal than that of the run, or another login node: it reads what the run leaves behind, asks Slurm once
each time, and writes nothing. It goes on until the run ends, or Ctrl-C.
"""

import argparse
import time
from contextlib import suppress
from pathlib import Path

from rich.console import Console, RenderableType
from rich.live import Live
from snakemake.common.configfile import load_configfile
from snakemake.exceptions import WorkflowError
from snakemake.utils import update_config

from workflow.lib.config import check_config
from workflow.lib.errors import StudyError
from workflow.lib.jobs import run_script
from workflow.lib.reasons import ROOT
from workflow.status.picture import draw_study
from workflow.status.runs import list_rows
from workflow.status.states import Watch
from workflow.status.times import estimate_times

PAUSE_SECONDS = 5
# As often as the executor itself asks Slurm, at most.
SLURM_PAUSE_SECONDS = 20


def load_config(configfiles: list[Path]) -> dict:
    """Load the config of a study, as Snakemake does; raises StudyError if it can't be read or is not valid."""
    config: dict = {}
    for path in [ROOT / "config.yaml", *configfiles]:
        try:
            update_config(config, load_configfile(path))
        except UnicodeDecodeError as error:
            raise StudyError(f"{path} can't be read as a config: it is not in UTF-8: save it so") from error
        except OSError as error:
            raise StudyError(f"{path} can't be read as a config: {error.strerror}") from error
        except (ValueError, WorkflowError) as error:
            raise StudyError(f"{path} can't be read as a config: {error}") from error
    return check_config(config)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--configfile", nargs="+", type=Path, default=[])
    parser.add_argument("--once", action="store_true", help="show one picture, as where nobody looks at a terminal")
    arguments = parser.parse_args()
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
