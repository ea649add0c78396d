"""Compare the time of a whole study in this workflow and in a notebook, from the command to the last figure or score.

    python -m benchmarks.measure_study [VARIANT.yaml]

Run `make run` or `make demo` first, for the images. The benchmark runs config.yaml, or a variant of it, with results in
a folder of its own. Then it runs `benchmarks.notebook` on the same config. It samples the core use of both, prints
their times, and draws docs/core_use.svg.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd
import psutil
import yaml
from matplotlib.figure import Figure
from snakemake.utils import update_config

from benchmarks.machine import CORES, QUIET, describe_machine, find_dataset
from mnist_study.show.figures import BLUE, GREY, TWO_COLUMNS, VERMILLION, make_figure
from mnist_study.trust.reasons import ROOT

SAMPLE_SECONDS = 10
WAYS = {"workflow": BLUE, "notebook": VERMILLION}


def sample_core_use(command: list[str], log: Path) -> pd.DataFrame:
    """Run a command, and tabulate how many cores it and its children used: seconds since its start, cores."""
    start = time.monotonic()
    samples = [(0.0, 0.0)]
    with (
        log.open("w", encoding="utf-8") as file,
        subprocess.Popen(command, cwd=ROOT, env=QUIET, stdout=file, stderr=file) as process,
    ):
        while process.poll() is None:
            samples.append((time.monotonic() - start, sum_processor_seconds(process.pid)))
            try:
                process.wait(SAMPLE_SECONDS)
            except subprocess.TimeoutExpired:
                continue
        end = time.monotonic() - start
    if process.returncode:
        sys.exit(f"{command} failed:\n{log.read_text(encoding='utf-8')[-2000:]}")
    table = pd.DataFrame(samples, columns=["seconds", "processor_seconds"])
    table["cores"] = table["processor_seconds"].diff() / table["seconds"].diff()
    return table.assign(wall_seconds=end).dropna()[["seconds", "cores", "wall_seconds"]]


def sum_processor_seconds(root: int) -> float:
    """Sum the processor time of a process and all its descendants, also of those that have ended."""
    total = 0.0
    parent = psutil.Process(root)
    for process in [parent, *parent.children(recursive=True)]:
        try:
            total += sum(process.cpu_times()[:4])  # its own time, and the time of its ended children
        except psutil.NoSuchProcess:
            continue
    return total


def plot_core_use(table: pd.DataFrame, machine: str) -> Figure:
    """Plot the cores that the workflow and the notebook use over the time since their start."""
    figure = make_figure(TWO_COLUMNS, 2.6)
    axes = figure.subplots()
    for way, rows in table.groupby("way", sort=False):
        mean = (rows["cores"] * rows["seconds"].diff().fillna(rows["seconds"])).sum() / rows["seconds"].max()
        minutes = rows["wall_seconds"].iloc[0] / 60
        label = f"{way}: {minutes:.1f} min, {mean:.2f} cores busy on average"
        axes.step(rows["seconds"] / 60, rows["cores"], where="pre", color=WAYS[way], label=label)
    axes.axhline(CORES, color=GREY, linestyle="--", linewidth=0.7)
    axes.set(
        xlabel="minutes since the command", ylabel=f"busy cores (of {CORES})", ylim=(0, CORES * 1.15), xlim=(0, None)
    )
    figure.legend(loc="outside lower center", ncols=2)
    figure.suptitle(machine)
    return figure


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("variant", nargs="?", type=Path, default=ROOT / "config.yaml")
    parser.add_argument("--docs", type=Path, default=ROOT / "docs", help="the folder for the figure")
    arguments = parser.parse_args()
    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    update_config(config, yaml.safe_load(arguments.variant.read_text(encoding="utf-8")))
    dataset = find_dataset()
    tables = []
    with tempfile.TemporaryDirectory() as folder:
        update_config(config, {"pathvars": {"results": f"{folder}/study"}, "dataset": {"path": str(dataset)}})
        configfile = Path(folder, "config.yaml")
        configfile.write_text(yaml.safe_dump(config), encoding="utf-8")
        commands = {
            "workflow": ["snakemake", "--profile", "profiles/local", "--configfile", str(configfile)],
            "notebook": [sys.executable, "-m", "benchmarks.notebook", str(dataset), str(configfile)],
        }
        for way, command in commands.items():
            table = sample_core_use(command, Path(folder, f"{way}.log"))
            print(f"{way}: {table['wall_seconds'].iloc[0]:.0f} s", flush=True)
            tables.append(table.assign(way=way))
    table = pd.concat(tables)
    machine = describe_machine()
    wall = table.groupby("way", sort=False)["wall_seconds"].first()
    plot_core_use(table, machine).savefig(arguments.docs / "core_use.svg", metadata={"Date": None})
    print(machine)
    print(wall.reset_index().assign(ratio=wall.values / wall["notebook"]).round(2).to_string(index=False))


if __name__ == "__main__":
    main()
