"""Measure the time of an epoch in this workflow, in a notebook's plain `fit`, and at the processor's limit.

    python -m benchmarks.measure_training

Run `make run` or `make demo` first, for the images. Each round measures three things one after the other:

- the processor's limit: a matrix product on all cores
- the notebook: one network by `benchmarks.notebook` on all cores
- the workflow: one job for each core, side by side, with one thread each; their time is divided by their number

The first epoch of each training is left out, because TensorFlow makes its graphs then. The benchmark prints a table and
draws docs/training_speed.svg.
"""

import argparse
import json
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NoReturn

import matplotlib.ticker
import numpy as np
import pandas as pd
import yaml
from matplotlib.figure import Figure

from benchmarks.machine import CORES, QUIET, describe_machine, find_dataset
from mnist_study.plan import study
from mnist_study.plan.config import check_config
from mnist_study.show.figures import BLUE, GREY, TWO_COLUMNS, VERMILLION, make_figure
from mnist_study.trust.reasons import ROOT, digest_script, format_settings

# The number of epochs that are timed, after the first one.
EPOCHS = {"regularized": 2, "cnn": 1, "autoencoder": 3}
NAMES = {"regularized": "regularized MLP", "cnn": "CNN", "autoencoder": "autoencoder"}
TRAINING_IMAGES, TEST_IMAGES = 60_000, 10_000
PRODUCT = 3000
# limit / notebook is a lower bound: no program could take a smaller share of the notebook's time.
RATIOS = [("workflow", "notebook"), ("limit", "notebook"), ("workflow", "limit")]
WAYS = {"limit": GREY, "workflow": BLUE, "notebook": VERMILLION}


def measure_product() -> float:
    """Measure the speed of float32 matrix products on all cores, in floating-point operations a second."""
    left, right = np.random.default_rng(0).random((2, PRODUCT, PRODUCT), dtype=np.float32)
    seconds = []
    for _ in range(6):
        start = time.perf_counter()
        left @ right
        seconds.append(time.perf_counter() - start)
    return 2 * PRODUCT**3 / min(seconds)


def count_operations(layers: list[dict]) -> int:
    """Count the floating-point operations of an epoch's matrix products, from a model's layer table.

    A pass multiplies and adds each weight of a kernel once for each position of its output. Training has three passes:
    the forward pass, the gradient of the weights, and the gradient of the inputs. The first kernel does not need the
    last one. Validation has only the forward pass.
    """
    products = []
    for layer in layers:
        *positions, units = layer["output_shape"]
        if layer["parameters"]:
            products.append((layer["parameters"] - units) * int(np.prod(positions)))
    forward = sum(products)
    return 2 * (TRAINING_IMAGES * (3 * forward - products[0]) + TEST_IMAGES * forward)


def start_training(command: list[str]) -> subprocess.Popen[str]:
    """Start a command that trains. Its output can be read from a pipe."""
    return subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8", cwd=ROOT, env=QUIET)


def watch_epochs(process: subprocess.Popen[str]) -> Iterator[float]:
    """Yield the time in seconds at which each epoch ends: when a line is printed that starts with "epoch"."""
    assert process.stdout is not None  # it is a pipe
    return (time.perf_counter() for line in process.stdout if line.startswith("epoch"))


def time_epochs(commands: list[list[str]]) -> float:
    """Run commands side by side, and compute the mean seconds of an epoch without the first one."""

    def run(command: list[str]) -> float:
        with start_training(command) as process:
            ends = list(watch_epochs(process))
        if process.returncode:
            exit_failed(command)
        return np.diff(ends).mean()

    with ThreadPoolExecutor(len(commands)) as pool:
        return float(np.mean(list(pool.map(run, commands))))


def exit_failed(command: list[str]) -> NoReturn:
    """Exit, and name the command that failed. Its messages are above, on standard error."""
    sys.exit(f"this command failed: {shlex.join(command)}")


def make_config(config: dict, model: str, epochs: int) -> dict:
    """Give one network of a config one replicate, and the first setting of its sweep."""
    one = {"replicates": 1, "epochs": epochs}
    if model == "autoencoder":
        return config | {"denoisers": config["denoisers"] | {model: config["denoisers"][model] | one}}
    classifier = config["classifiers"][model]
    sweep = {name: [values[0]] for name, values in classifier.get("sweep", {}).items()}
    return config | {"classifiers": config["classifiers"] | {model: classifier | one | {"sweep": sweep}}}


def make_job(
    config: dict, model: str, dataset: Path, metrics: Path, program: Sequence[str] = (str(ROOT / "workflow"),)
) -> list[str]:
    """Make the command of one of the workflow's jobs, as its rule does. `program`: what Python runs the script with."""
    config = check_config(config)
    if model == "autoencoder":
        script = "train_autoencoder"
        settings = study.train_autoencoder(config, study.name_autoencoder(model, 1))
    else:
        script = "train_classifier"
        settings = study.train_classifier(config, study.name_first_run(config, model))
    trained = metrics.with_suffix(".keras")
    command = ["env", "TF_ENABLE_ONEDNN_OPTS=1", sys.executable, *program, script]
    options = f"--threads 1 --device auto --dataset {dataset} --metrics {metrics} --model {trained}"
    outputs = ["--outputs", str(metrics), str(trained), "--submitted", digest_script(script)]
    return [*command, *options.split(), *outputs, "--settings", format_settings(settings)]


def make_notebook(config: dict, model: str, dataset: Path, folder: Path) -> list[str]:
    """Make the command that trains a network by plain `fit`. Its config is written to a folder."""
    configfile = folder / "config.yaml"
    configfile.write_text(yaml.safe_dump(config), encoding="utf-8")
    return [sys.executable, "-m", "benchmarks.notebook", str(dataset), str(configfile), model]


def measure_model(config: dict, model: str, dataset: Path) -> dict[str, float]:
    """Measure the seconds of an epoch of one model once: at the limit, in the workflow, and in the notebook.

    The workflow's time is the share of one of the networks that train side by side.
    """
    speed = measure_product()
    # The first epoch, and those that are timed.
    short = make_config(config, model, EPOCHS[model] + 1)
    with tempfile.TemporaryDirectory() as folder:
        notebook = make_notebook(short, model, dataset, Path(folder))
        metrics = [Path(folder, f"{job}.json") for job in range(CORES)]
        jobs = [make_job(short, model, dataset, path) for path in metrics]
        seconds = {"notebook": time_epochs([notebook]), "workflow": time_epochs(jobs) / CORES}
        layers = json.loads(metrics[0].read_text(encoding="utf-8"))["layers"]
    return {"limit": count_operations(layers) / speed} | seconds


def summarize(rounds: pd.DataFrame) -> pd.DataFrame:
    """Summarize the rounds of each model by minimum, median and maximum: of the seconds, and of the ratios in a round.

    `rounds` has the columns model, limit, workflow, notebook. Times are in seconds an epoch.
    """
    rounds = rounds.assign(**{f"{above} / {below}": rounds[above] / rounds[below] for above, below in RATIOS})
    tidy = rounds.melt("model", var_name="quantity").groupby(["model", "quantity"], sort=False)["value"]
    return tidy.agg(minimum="min", median="median", maximum="max").reset_index()


def plot_speed(table: pd.DataFrame, machine: str) -> Figure:
    """Plot the seconds an epoch of each model. Bars are medians. Lines go from the minimum to the maximum."""
    figure = make_figure(TWO_COLUMNS, 2.4)
    models = table.groupby("model", sort=False)
    for axes, (model, rows) in zip(figure.subplots(1, len(models), squeeze=False)[0], models, strict=True):
        rows = rows.set_index("quantity")
        seconds = rows.loc[list(WAYS)]
        spread = [seconds["median"] - seconds["minimum"], seconds["maximum"] - seconds["median"]]
        axes.barh(list(WAYS), seconds["median"], xerr=spread, color=list(WAYS.values()), ecolor="black", height=0.6)
        ratio = rows.loc["workflow / notebook", "median"]
        axes.set(title=f"{NAMES[model]}: {ratio:.2f} of the notebook", xlabel="seconds an epoch and network")
        axes.xaxis.set_major_locator(matplotlib.ticker.MaxNLocator(5))
        if axes.get_subplotspec().colspan.start:
            axes.set_yticklabels([])
    figure.suptitle(machine)
    return figure


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--models", nargs="+", choices=list(EPOCHS), default=list(EPOCHS))
    parser.add_argument("--docs", type=Path, default=ROOT / "docs", help="the folder for the figure")
    arguments = parser.parse_args()
    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    dataset = find_dataset()
    rounds = []
    for number in range(1, arguments.rounds + 1):
        for model in arguments.models:
            rounds.append({"model": model} | measure_model(config, model, dataset))
            seconds = "  ".join(f"{way} {rounds[-1][way]:.2f}" for way in WAYS)
            print(f"round {number}/{arguments.rounds}  {model}  seconds an epoch: {seconds}", flush=True)
    table = summarize(pd.DataFrame(rounds))
    machine = describe_machine()
    plot_speed(table, machine).savefig(arguments.docs / "training_speed.svg", metadata={"Date": None})
    print(machine)
    print(table.round(2).to_string(index=False))


if __name__ == "__main__":
    main()
