"""Make a study in the current folder look finished, without training: write its files, provenance, and records.

The results are invented, with their numbers. Snakemake itself writes the records that it compares later. The commands
of the jobs that summarize and plot the sweep are written to commands.json.
"""

import argparse
import asyncio
import json
import os
import time
from pathlib import Path
from unittest.mock import patch

import numpy as np
from snakemake.api import SnakemakeApi
from snakemake.jobs import Job
from snakemake.settings.types import ConfigSettings, DAGSettings, OutputSettings, ResourceSettings

from mnist_study.trust import provenance
from mnist_study.trust.metrics_writer import write_metrics
from mnist_study.trust.reasons import list_reasons

CHECKSUM_LIMIT = 100_000_000  # bytes, as in profiles/local
MODEL_BYTES = 2_200_000  # the size of the regularized perceptron; our file is sparse, and takes no disk space
DEVICE = {"processor": "made up", "gpus": [], "threads": 1}
LAYERS: list[dict] = [
    {"layer": "Input", "detail": "", "output_shape": [28, 28, 1], "parameters": 0},
    {"layer": "Flatten", "detail": "", "output_shape": [784], "parameters": 0},
    {"layer": "Dense", "detail": "ReLU, L2", "output_shape": [500], "parameters": 392_500},
    {"layer": "Dense", "detail": "ReLU, L2", "output_shape": [300], "parameters": 150_300},
    {"layer": "Dense", "detail": "softmax", "output_shape": [10], "parameters": 3_010},
]


def make_up_metrics(settings: dict) -> dict:
    """Invent the metrics of a classifier's run: a history that saturates, different for each run."""
    rng = np.random.default_rng([settings["seed"], settings["replicate"], int(1e9 * settings["l2"])])
    rise = 1 - np.exp(-np.arange(1, settings["epochs"] + 1) / 5)
    accuracy = {"accuracy": 0.9 + 0.1 * rise, "val_accuracy": 0.9 + 0.08 * rise}
    history = {
        name.replace("accuracy", metric): values.tolist()
        for name, curve in accuracy.items()
        for metric, values in (
            ("accuracy", np.minimum(curve + rng.normal(0, 0.002, len(rise)), 1)),
            ("loss", 4 * (1.01 - curve) * rng.uniform(0.95, 1.05, len(rise))),
        )
    }
    history |= {
        f"val_{part}": [share * loss for loss in history["val_loss"]]
        for part, share in (("cross_entropy", 0.9), ("penalty", 0.1))
    }
    norms = [
        {
            "layer": layer["layer"],
            "position": position,
            "penalized": layer["detail"].endswith("L2"),
            "norm": 10 / position,
        }
        for position, layer in enumerate(LAYERS)
        if layer["layer"] == "Dense"
    ]
    return {
        **{key: settings[key] for key in ("classifier", "replicate", "seed")},
        "setting": {name: settings[name] for name in settings["swept"]},
        "final": {name: values[-1] for name, values in history.items()},
        "history": history,
        "chance": 0.1135,
        "layers": LAYERS,
        "kernel_norms": norms,
        "test": {name.removeprefix("val_"): history[name][-1] for name in history if name.startswith("val_")}
        | {"chance": 0.1135},
        "images": {"training": 60_000, "validation": 10_000, "test": 10_000},
        "weights": rng.bytes(32).hex(),
        "reasons": list_reasons("train_classifier", settings),
    }


def finish_job(job: Job) -> None:
    """Write a Snakemake job's outputs and their provenance."""
    outputs = [Path(path) for path in job.output]
    for path in job.log:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    for path in outputs:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            os.truncate(file.fileno(), MODEL_BYTES if path.suffix in (".keras", ".npz") else 1000)
    if job.rule.name == "fetch_dataset":
        return
    settings = json.loads(job.params.settings)
    if job.rule.name == "train_classifier":
        write_metrics(Path(job.output.metrics), make_up_metrics(settings))
    inputs = {Path(path): provenance.digest_file(Path(path)) for path in job.input}
    provenance.write_provenance(outputs, inputs, list_reasons(job.rule.name, settings), DEVICE, time.time())


def finish_study(configfile: Path) -> dict[str, str]:
    """Finish all jobs of a study.

    Returns the commands of the jobs that summarize and plot the sweep, by rule and wildcards.
    """
    with SnakemakeApi(OutputSettings(dryrun=True)) as snakemake:
        study = snakemake.workflow(ResourceSettings(cores=1), ConfigSettings(configfiles=[configfile]))
        study.dag(DAGSettings(max_checksum_file_size=CHECKSUM_LIMIT)).execute_workflow(executor="dryrun")
        dag = study._workflow.dag
        jobs = [job for level in dag.toposorted() for job in level if job.output]
        # git and fsync would take most of the time. The benchmark needs neither.
        with patch.object(provenance, "find_commit", return_value=None), patch.object(os, "fsync"):
            for job in jobs:
                finish_job(job)
        study._workflow.iocache.clear()
        for job in jobs:
            asyncio.run(study._workflow.persistence.finished(job))
    return {
        " ".join([job.rule.name, *job.wildcards_dict.values()]): job.shellcmd
        for job in jobs
        if "regularized" in job.wildcards_dict.values() and job.rule.name != "train_classifier"
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--configfile", type=Path, required=True)
    commands = finish_study(parser.parse_args().configfile)
    Path("commands.json").write_text(json.dumps(commands, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
