"""Score the replicates of one setting as an ensemble on the test images: the mean of their class probabilities."""

from pathlib import Path

import numpy as np

from mnist_study.data.datasets import flatten_images, load_dataset
from mnist_study.nets.devices import prepare_device
from mnist_study.nets.prediction import classify
from mnist_study.nets.trained_models import digest_weights, load_model
from mnist_study.run.jobs import Job, run_job
from mnist_study.trust.metrics_writer import write_metrics


def count_correct(probabilities: list[np.ndarray], labels: np.ndarray) -> int:
    """Count the images whose true class has the highest mean probability.

    `probabilities`: for each model, shape (n, classes). `labels`: the true classes (n,).
    """
    return int(np.count_nonzero(np.mean(probabilities, axis=0).argmax(axis=1) == labels))


def main(job: Job) -> None:
    settings = job.settings
    job.device.update(prepare_device(job.arguments.threads, job.arguments.device))
    arrays = load_dataset(job.arguments.dataset, settings)
    images = flatten_images(arrays.test_images)
    weights, probabilities = [], []
    for path in job.arguments.models:
        model = load_model(path)
        weights.append(digest_weights(model))
        probabilities.append(classify(model, images))
    write_metrics(
        job.arguments.metrics,
        {
            **{key: settings[key] for key in ("classifier", "setting", "replicates", "seed")},
            "correct": count_correct(probabilities, arrays.test_labels),
            "total": len(images),
            "weights": weights,
            "reasons": job.reasons,
        },
    )


if __name__ == "__main__":
    run_job(main, __doc__, threads=int, device=str, dataset=Path, models=[Path], metrics=Path)
