"""Tabulate the layers of a model: output shapes and parameters."""

from pathlib import Path

import pandas as pd

from mnist_study.run.jobs import Job, run_job
from mnist_study.show.tables import write_table
from mnist_study.trust.metrics_reader import read_metrics


def tabulate_layers(layers: list[dict]) -> pd.DataFrame:
    """Tabulate layers: layer, detail, output_shape such as 28 × 28 × 1, parameters."""
    return pd.DataFrame(layer | {"output_shape": " × ".join(map(str, layer["output_shape"]))} for layer in layers)


def main(job: Job) -> None:
    metrics = read_metrics(job.arguments.metrics, job.settings["script"], job.settings["run"])
    write_table(tabulate_layers(metrics["layers"]), job.arguments.layers)


if __name__ == "__main__":
    run_job(main, __doc__, metrics=Path, layers=Path)
