"""Find the test images that a classifier gets wrong with the highest confidence, and count all its mistakes."""

from pathlib import Path

import numpy as np

from mnist_study.data.datasets import flatten_images, load_dataset
from mnist_study.files import write_atomically
from mnist_study.images import find_images
from mnist_study.nets.devices import prepare_device
from mnist_study.nets.prediction import classify, count_confusion
from mnist_study.nets.trained_models import load_model
from mnist_study.run.jobs import Job, run_job

SHOWN = 30


def find_worst_digits(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Find the indices of at most SHOWN wrongly classified images, in descending order of the classifier's confidence.

    `labels`: the true classes (n,). `probabilities`: the classifier's (n, classes). Among images with the same
    confidence, the one whose true class is less probable comes first, then the one with the lower index.
    """
    wrong = np.flatnonzero(probabilities.argmax(axis=1) != labels)
    confidence, of_truth = probabilities[wrong].max(axis=1), probabilities[wrong, labels[wrong]]
    return wrong[np.lexsort((of_truth, -confidence))][:SHOWN]


def main(job: Job) -> None:
    job.device.update(prepare_device(job.arguments.threads, job.arguments.device))
    arrays = load_dataset(job.arguments.dataset, job.settings)
    images, labels = flatten_images(arrays.test_images), arrays.test_labels
    probabilities = classify(load_model(job.arguments.classifier), images)
    worst = find_worst_digits(labels, probabilities)
    with write_atomically(job.arguments.images) as temporary:
        np.savez_compressed(
            temporary,
            classes=find_images(job.settings).classes,
            indices=worst,
            images=images[worst].reshape(-1, *arrays.test_images.shape[1:]),
            labels=labels[worst],
            probabilities=probabilities[worst],
            confusion=count_confusion(labels, probabilities),
        )


if __name__ == "__main__":
    run_job(main, __doc__, threads=int, device=str, dataset=Path, classifier=Path, images=Path)
