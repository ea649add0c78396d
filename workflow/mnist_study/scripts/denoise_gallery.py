"""Add noise of every level to a few test images, denoise and classify them, with the networks of replicate 1."""

from pathlib import Path
from typing import Any

import numpy as np

from mnist_study.data.datasets import flatten_images, load_dataset
from mnist_study.data.galleries import choose_images
from mnist_study.data.noise import draw_noisy_images
from mnist_study.files import write_atomically
from mnist_study.images import find_images
from mnist_study.nets.devices import prepare_device
from mnist_study.nets.networks import keras
from mnist_study.nets.prediction import classify, predict
from mnist_study.nets.trained_models import load_model
from mnist_study.run.jobs import Job, run_job

REPLICATE = 1


def denoise_levels(
    classifier: keras.Model,
    autoencoder: keras.Model,
    images: np.ndarray,
    chosen: list[int],
    levels: list[float],
    seed: int,
) -> dict[str, np.ndarray]:
    """Make the gallery's noisy and denoised images (levels, classes, height, width, channels), and their probabilities.

    `images`: the whole test set, of shape (n, height, width, channels). The noise is drawn for all of it. So the
    gallery shows images that replicate 1 was also scored on.
    """
    noisy = np.stack(
        [flatten_images(draw_noisy_images(images, level, seed, "test", REPLICATE)[chosen]) for level in levels]
    )
    denoised = np.stack([predict(autoencoder, row) for row in noisy])
    return {
        "noisy": noisy.reshape(*noisy.shape[:2], *images.shape[1:]),
        "denoised": denoised.reshape(*noisy.shape[:2], *images.shape[1:]),
        "noisy_probabilities": np.stack([classify(classifier, row) for row in noisy]),
        "denoised_probabilities": np.stack([classify(classifier, row) for row in denoised]),
    }


def main(job: Job) -> None:
    settings = job.settings
    job.device.update(prepare_device(job.arguments.threads, job.arguments.device))
    arrays = load_dataset(job.arguments.dataset, settings)
    gallery: dict[str, Any] = denoise_levels(
        load_model(job.arguments.classifier),
        load_model(job.arguments.autoencoder),
        arrays.test_images,
        choose_images(arrays.test_labels, settings["digits"]),
        settings["levels"],
        settings["seed"],
    )
    with write_atomically(job.arguments.images) as temporary:
        classes = find_images(settings).classes
        np.savez_compressed(temporary, classes=classes, levels=settings["levels"], digits=settings["digits"], **gallery)


if __name__ == "__main__":
    run_job(main, __doc__, threads=int, device=str, dataset=Path, classifier=Path, autoencoder=Path, images=Path)
