"""Measure the time of Snakemake and of the tables in growing studies: 15, 150, 1,500 and 15,000 runs of the sweep.

    python -m benchmarks.measure_growth

The study is that of config.yaml with more L2 factors and replicates. Nothing is trained: `benchmarks.finish_study`
writes the files and records of a finished run. With 15,000 runs, the benchmark takes about 10 minutes and 1 GB in /tmp.
It prints a table and draws docs/growth.svg.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from matplotlib.figure import Figure

from benchmarks.machine import QUIET, describe_machine
from benchmarks.measure_command import measure_apart
from mnist_study.show.figures import BLUE, GREY, TWO_COLUMNS, VERMILLION, make_figure
from mnist_study.trust.reasons import ROOT

SHAPES = {15: (5, 3), 150: (10, 15), 1_500: (50, 30), 15_000: (150, 100)}  # L2 factors, replicates
SHARED = ["Snakefile", "config.yaml", "environment.yml", "profiles", "workflow", "benchmarks"]
SNAKEMAKE = ["snakemake", "--profile", "profiles/local", "--configfile", "study.yaml", "-n"]
FIRST_RUN = "results/classifiers/regularized/l2~1e-06/replicate~1.json"
NOTHING_TO_DO = "Nothing to be done"

# A Snakefile of a few lines with as many jobs shows the time that Snakemake itself needs.
PLAIN = """
rule all:
    input: expand("plain/{{number}}", number=range({runs}))
rule train:
    output: "plain/{{number}}"
    shell: "touch {{output}}"
"""

LINES: dict[str, dict] = {
    "dry run, everything to do": {"color": VERMILLION, "marker": "o"},
    "dry run of a plain Snakefile": {"color": VERMILLION, "marker": "o", "linestyle": ":"},
    "dry run, nothing to do": {"color": BLUE, "marker": "s"},
    "make why": {"color": BLUE, "marker": "s", "linestyle": "--"},
    "one job of the study": {"color": GREY, "marker": "D"},
    "tables of the sweep": {"color": "black", "marker": "^"},
    "learning curves": {"color": "black", "marker": "^", "linestyle": "--"},
}


def lay_out_study(folder: Path, runs: int) -> None:
    """Prepare a folder for a study with this number of runs in its sweep: links to this project, and a config."""
    folder.mkdir()
    for name in SHARED:
        (folder / name).symlink_to(ROOT / name)
    factors, replicates = SHAPES[runs]
    sweep = {"sweep": {"l2": [float(f"{factor:.6g}") for factor in np.geomspace(1e-6, 1e-3, factors)]}}
    config = {"pathvars": {"results": "results"}, "classifiers": {"regularized": sweep | {"replicates": replicates}}}
    (folder / "study.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    (folder / "plain.smk").write_text(PLAIN.format(runs=runs), encoding="utf-8")


def measure(command: list[str], folder: Path) -> dict[str, float]:
    """Run a command in a folder, and measure it. Its output is written to the file `output` there."""
    return measure_apart(command, Path("output"), folder, QUIET)


def finish_study(folder: Path) -> dict[str, str]:
    """Make the study in a folder look finished. Returns the commands of the jobs that summarize and plot the sweep."""
    command = [sys.executable, "-m", "benchmarks.finish_study", "--configfile", "study.yaml"]
    measure(command, folder)
    return json.loads((folder / "commands.json").read_text(encoding="utf-8"))


def measure_study(folder: Path) -> dict[str, dict[str, float]]:
    """Measure each command once on a study that is prepared in a folder, before and after it is finished."""
    plain = ["snakemake", "-n", "--snakefile", "plain.smk"]
    costs = {
        "dry run of a plain Snakefile": measure(plain, folder),
        "dry run, everything to do": measure(SNAKEMAKE, folder),
        "one job of the study": measure([*SNAKEMAKE, FIRST_RUN], folder),
    }
    commands = finish_study(folder)
    costs["dry run, nothing to do"] = measure(SNAKEMAKE, folder)
    if NOTHING_TO_DO not in (folder / "output").read_text(encoding="utf-8"):
        sys.exit("Snakemake finds something to do in a finished study: mend benchmarks/finish_study.py")
    explain = [sys.executable, str(ROOT / "workflow"), "explain_results", "--brief", "--configfile", "study.yaml"]
    costs["make why"] = measure(explain, folder)
    for name, job in {"tables of the sweep": "summarize_classifier", "learning curves": "plot_learning_curves"}.items():
        costs[name] = measure(["bash", "-c", commands[f"{job} regularized"]], folder)
    return costs


def plot_growth(table: pd.DataFrame, machine: str) -> Figure:
    """Plot the processor time over the number of runs. `table` has the columns runs, what, processor_seconds."""
    figure = make_figure(TWO_COLUMNS, 3.2)
    axes = figure.subplots()
    for what, line in LINES.items():
        rows = table[table["what"] == what]
        axes.plot(rows["runs"], rows["processor_seconds"], label=what, **line)
    axes.set(xscale="log", yscale="log", xlabel="runs of the sweep", ylabel="processor time (s)")
    axes.set_xticks(table["runs"].unique(), [f"{runs:,}" for runs in table["runs"].unique()], minor=False)
    axes.tick_params(which="minor", bottom=False)
    figure.legend(loc="outside right center")
    figure.suptitle(machine)
    return figure


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", nargs="+", type=int, choices=list(SHAPES), default=list(SHAPES))
    parser.add_argument("--docs", type=Path, default=ROOT / "docs", help="the folder for the figure")
    arguments = parser.parse_args()
    machine = describe_machine()
    print(machine, flush=True)
    rows = []
    for runs in arguments.runs:
        with tempfile.TemporaryDirectory() as folder:
            study = Path(folder, "study")
            lay_out_study(study, runs)
            rows += [{"runs": runs, "what": what} | costs for what, costs in measure_study(study).items()]
        print(pd.DataFrame(rows[-len(LINES) :]).round(1).to_string(index=False), flush=True)
    plot_growth(pd.DataFrame(rows), machine).savefig(arguments.docs / "growth.svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
