"""Measure trainings on a GPU, or on the processor of a machine without one.

    python -m benchmarks.measure_gpu

Run `make run` or `make demo` first, for the images, and `make gpu` for TensorFlow's build for GPUs. The benchmark uses
the first GPU that TensorFlow sees. It answers six questions with a table each, for each network:

- How long does an epoch take in a notebook's plain `fit`, and in the workflow's loop?
- How many epochs a second do 1, 2, 4 and 8 trainings make side by side, each a process of its own?
- How long does an epoch take with XLA, and without?
- Has a training the same bits when it is repeated, and when it is killed after an epoch and resumed?
- How far are the numbers from those of the processor, with the same seed?
- How much of the host's memory does a training take, and how much on the processor?

Trainings are commands of the workflow, with one thread each. The first epoch is not timed, because TensorFlow makes its
graphs then. A measurement that fails does not end the benchmark. The tables so far are printed after each network.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import yaml

from benchmarks.machine import QUIET, describe_machine, find_dataset
from benchmarks.measure_command import measure_apart
from benchmarks.measure_training import (
    EPOCHS,
    NAMES,
    exit_failed,
    make_config,
    make_job,
    make_notebook,
    start_training,
    watch_epochs,
)
from mnist_study.files import read_json
from mnist_study.trust.reasons import ROOT

# The benchmark stops a timed training before it has so many epochs.
ENDLESS = 100_000
POLL_SECONDS = 0.1
DIGITS = 12
FAILED = "failed"
CPU = {"CUDA_VISIBLE_DEVICES": "-1"}
WAYS = {"fit": "plain fit", "off": "loop without XLA", "on": "loop with XLA"}
SCORES = ("loss", "accuracy")

Result = TypeVar("Result")
# The seconds of an epoch by the way of training, or by the number of trainings side by side. NaN: it failed.
Seconds = dict[str | int, float]
# The metrics and the peak memory of a training by its name: first, again, resumed, CPU. None: it failed.
Trainings = dict[str, dict | None]


def choose_gpu(visible: str | None) -> dict[str, str]:
    """Choose the variables of a process on the first GPU, as in a job. `visible`: the value of CUDA_VISIBLE_DEVICES."""
    first = "0" if visible is None else visible.split(",")[0]
    return {"CUDA_VISIBLE_DEVICES": first, "TF_FORCE_GPU_ALLOW_GROWTH": "true"}


def set_variables(command: list[str], variables: dict[str, str]) -> list[str]:
    """Put environment variables before a command."""
    return ["env", *(f"{name}={value}" for name, value in variables.items()), *command]


def have_trained_together(ends: list[list[float]], epochs: int) -> bool:
    """Tell whether each training has so many epochs since all of them have their first. `ends`: as time_together."""
    if not all(ends):
        return False
    start = max(own[0] for own in ends)
    return all(sum(end > start for end in own) >= epochs for own in ends)


def note_epochs(process: subprocess.Popen[str], ends: list[float]) -> None:
    """Append the time at which each epoch ends, in seconds, as it ends."""
    for end in watch_epochs(process):
        ends.append(end)


def time_together(commands: list[list[str]], epochs: int) -> list[list[float]]:
    """Run trainings side by side until each has so many epochs since all of them have their first, and stop them.

    Returns for each training the times at which its epochs ended, in seconds.
    """
    processes = [start_training(command) for command in commands]
    ends: list[list[float]] = [[] for _ in commands]
    with ThreadPoolExecutor(len(commands)) as pool:
        try:
            for own, process in zip(ends, processes, strict=True):
                pool.submit(note_epochs, process, own)
            while not have_trained_together(ends, epochs):
                for command, process in zip(commands, processes, strict=True):
                    if process.poll() is not None:
                        exit_failed(command)
                time.sleep(POLL_SECONDS)
        finally:
            for process in processes:
                process.kill()
                process.wait()
    return ends


def compute_seconds(ends: list[list[float]]) -> float:
    """Compute the seconds of an epoch of each of several trainings, on average, while all of them train.

    This is from the last end of a first epoch to the first end of a last one. `ends`: as time_together returns them.
    """
    start, stop = max(own[0] for own in ends), min(own[-1] for own in ends)
    epochs = [np.diff(np.interp([start, stop], own, range(len(own))))[0] for own in ends]
    return float((stop - start) / np.mean(epochs))


def train_to_end(command: list[str], metrics: Path) -> dict:
    """Train to the end. Returns the metrics, with the peak memory of the process in MB."""
    costs = measure_apart(command, metrics.with_suffix(".log"), ROOT, QUIET)
    return read_json(metrics) | {"memory_mb": costs["memory_mb"]}


def resume(command: list[str], metrics: Path) -> dict:
    """Train, kill the process after its first epoch, and train to the end, as `train_to_end` does."""
    with start_training(command) as process:
        next(watch_epochs(process), None)
        process.kill()
    trained = train_to_end(command, metrics)
    if "resumed from the checkpoint" not in metrics.with_suffix(".log").read_text(encoding="utf-8"):
        sys.exit("the training has ended before it was killed: take more --epochs")
    return trained


def attempt(name: str, measure: Callable[..., Result], *arguments: object) -> Result | None:
    """Measure, and say that it is done or has failed. A failure on a GPU can be that of one network, or of XLA."""
    start = time.monotonic()
    try:
        result = measure(*arguments)
    except SystemExit as error:
        reason = error.code if isinstance(error.code, str) else "its messages are above"
        print(f"{name}: {FAILED}: {reason}", flush=True)
        return None
    print(f"{name}: measured in {time.monotonic() - start:.0f} s", flush=True)
    return result


def make_commands(config: dict, model: str, dataset: Path, folder: Path, way: str | int) -> list[list[str]]:
    """Make the commands of one way of training, or of so many of the workflow's jobs side by side."""
    if way == "fit":
        return [make_notebook(config, model, dataset, folder)]
    if isinstance(way, int):
        return [make_job(config, model, dataset, folder / f"{job}.json") for job in range(way)]
    return [make_job(config, model, dataset, folder / "job.json", ("-m", "benchmarks.switch_xla", way))]


def measure_speed(
    config: dict, model: str, dataset: Path, gpu: dict[str, str], epochs: int, abreast: list[int]
) -> Seconds:
    """Measure the seconds of an epoch of one network: in plain fit, without and with XLA, and side by side."""
    endless = make_config(config, model, ENDLESS)
    seconds: Seconds = {}
    ways: list[str | int] = [*WAYS, *abreast]
    for way in ways:
        name = f"{model}  {way} side by side" if isinstance(way, int) else f"{model}  {WAYS[way]}"
        with tempfile.TemporaryDirectory() as folder:
            commands = make_commands(endless, model, dataset, Path(folder), way)
            ends = attempt(name, time_together, [set_variables(command, gpu) for command in commands], epochs)
        seconds[way] = np.nan if ends is None else compute_seconds(ends)
    return seconds


def train_variants(config: dict, model: str, dataset: Path, gpu: dict[str, str], epochs: int) -> Trainings:
    """Train one network to the end: twice, killed and resumed, and on the processor."""
    whole = make_config(config, model, epochs + 1)
    trainings: Trainings = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, variables, train in (
            ("first", gpu, train_to_end),
            ("again", gpu, train_to_end),
            ("resumed", gpu, resume),
            ("CPU", CPU, train_to_end),
        ):
            metrics = Path(folder, f"{name}.json")
            command = set_variables(make_job(whole, model, dataset, metrics), variables)
            trainings[name] = attempt(f"{model}  {name}", train, command, metrics)
    return trainings


def tabulate_fit(speeds: dict[str, Seconds]) -> pd.DataFrame:
    """Tabulate the seconds of an epoch in plain fit and in the workflow's loop, of one training alone."""
    rows = [{"network": NAMES[model], "fit": seconds["fit"], "loop": seconds[1]} for model, seconds in speeds.items()]
    table = pd.DataFrame(rows)
    return table.assign(**{"loop / fit": table["loop"] / table["fit"]}).round(2)


def tabulate_abreast(speeds: dict[str, Seconds]) -> pd.DataFrame:
    """Tabulate trainings side by side: seconds of an epoch of each, epochs a second of all, and the gain over one."""
    rows = [
        {
            "network": NAMES[model],
            "trainings": number,
            "seconds an epoch of each": value,
            "epochs a second of all": number / value,
            "gain over one": number / value * seconds[1],
        }
        for model, seconds in speeds.items()
        for number, value in seconds.items()
        if isinstance(number, int)
    ]
    return pd.DataFrame(rows).round(2)


def tabulate_xla(speeds: dict[str, Seconds]) -> pd.DataFrame:
    """Tabulate the seconds of an epoch in the loop without and with XLA, of one training alone."""
    rows = [
        {"network": NAMES[model], "without XLA": seconds["off"], "with XLA": seconds["on"]}
        for model, seconds in speeds.items()
    ]
    table = pd.DataFrame(rows)
    return table.assign(**{"with / without": table["with XLA"] / table["without XLA"]}).round(2)


def tabulate_bits(variants: dict[str, Trainings]) -> pd.DataFrame:
    """Tabulate the first digits of the SHA-256 of each training's weights, and whether repetitions have the same."""
    rows = []
    for model, trainings in variants.items():
        digests = {name: metrics["weights"] if metrics else None for name, metrics in trainings.items()}
        same = {
            f"{name} the same": ("yes" if digests["first"] == digests[name] else "no")
            if digests["first"] and digests[name]
            else None
            for name in ("again", "resumed")
        }
        shown = {name: digest and digest[:DIGITS] for name, digest in digests.items()}
        rows.append({"network": NAMES[model]} | shown | same)
    return pd.DataFrame(rows, dtype=object).fillna(FAILED)


def tabulate_scores(variants: dict[str, Trainings], device: str) -> pd.DataFrame:
    """Tabulate the scores on the test images, of the training on the device, on the processor, and their difference."""
    rows = [
        {"network": NAMES[model], "score": score}
        | {device: get(trainings["first"], "test", score), "CPU": get(trainings["CPU"], "test", score)}
        for model, trainings in variants.items()
        for score in SCORES
        if any(metrics and score in metrics["test"] for metrics in trainings.values())
    ]
    return subtract(pd.DataFrame(rows, columns=["network", "score", device, "CPU"]), device).round(6)


def tabulate_memory(variants: dict[str, Trainings], device: str) -> pd.DataFrame:
    """Tabulate the peak memory of a training's process in MB, on the device, on the processor, and their difference."""
    rows = [
        {"network": NAMES[model]}
        | {device: get(trainings["first"], "memory_mb"), "CPU": get(trainings["CPU"], "memory_mb")}
        for model, trainings in variants.items()
    ]
    return subtract(pd.DataFrame(rows), device).round(0)


def get(metrics: dict | None, *keys: str) -> float:
    """Get a number of a training's metrics; NaN if the training failed."""
    value: Any = metrics
    for key in keys:
        value = value and value[key]
    return np.nan if value is None else float(value)


def subtract(table: pd.DataFrame, device: str) -> pd.DataFrame:
    """Add a column with the difference between the columns of the device and of the processor."""
    return table.assign(difference=table[device] - table["CPU"])


def describe_gpu(gpu: dict[str, str]) -> str:
    """Describe the GPU that TensorFlow sees with these variables; empty if it sees none.

    Another process asks TensorFlow, so that this one takes no memory of the GPU.
    """
    command = [sys.executable, "-m", "benchmarks.machine"]
    run = subprocess.run(command, cwd=ROOT, env=QUIET | gpu, stdout=subprocess.PIPE, encoding="utf-8", check=True)
    return run.stdout.strip()


def print_tables(speeds: dict[str, Seconds], variants: dict[str, Trainings], device: str, epochs: int) -> None:
    """Print a table for each question, with the networks that are measured so far. `epochs`: of a whole training."""
    tables = {
        "Plain fit and the loop, seconds an epoch": tabulate_fit(speeds),
        "Trainings side by side": tabulate_abreast(speeds),
        "The loop without and with XLA, seconds an epoch": tabulate_xla(speeds),
        f"SHA-256 of the weights after {epochs} epochs": tabulate_bits(variants),
        f"Scores on the test images after {epochs} epochs": tabulate_scores(variants, device),
        "Peak memory of the process of a training, MB": tabulate_memory(variants, device),
    }
    for title, table in tables.items():
        print(f"\n{title} ({device})\n{table.to_string(index=False, na_rep=FAILED)}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", choices=list(EPOCHS), default=list(EPOCHS))
    parser.add_argument("--epochs", type=int, default=3, help="the epochs of each training after its first one")
    parser.add_argument("--abreast", nargs="+", type=int, default=[1, 2, 4, 8], help="trainings side by side")
    arguments = parser.parse_args()
    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    dataset = find_dataset()
    gpu = choose_gpu(os.environ.get("CUDA_VISIBLE_DEVICES"))
    seen = describe_gpu(gpu)
    device = "GPU" if seen else "no GPU"
    print(describe_machine())
    print(seen or "TensorFlow sees no GPU: everything is measured on the processor", flush=True)
    abreast = sorted({1, *arguments.abreast})
    speeds: dict[str, Seconds] = {}
    variants: dict[str, Trainings] = {}
    for model in arguments.models:
        speeds[model] = measure_speed(config, model, dataset, gpu, arguments.epochs, abreast)
        variants[model] = train_variants(config, model, dataset, gpu, arguments.epochs)
        # A job's time limit may end the benchmark before the last network.
        print_tables(speeds, variants, device, arguments.epochs + 1)


if __name__ == "__main__":
    main()
