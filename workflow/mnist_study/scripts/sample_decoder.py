"""Decode latent vectors to synthetic images, and classify them. The latents are random, or lie between two images."""

from pathlib import Path

import numpy as np

from mnist_study.data.datasets import flatten_images, load_dataset
from mnist_study.data.galleries import choose_images
from mnist_study.data.protocols import mark_held_out, mark_trained
from mnist_study.files import write_atomically
from mnist_study.images import find_images
from mnist_study.nets.autoencoders import split_autoencoder
from mnist_study.nets.devices import prepare_device
from mnist_study.nets.prediction import classify, predict
from mnist_study.nets.trained_models import load_model
from mnist_study.run.jobs import Job, run_job
from mnist_study.seeding import derive_seed

STEPS = 11


def draw_latents(codes: np.ndarray, samples: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Draw latent vectors (samples, latent) from two distributions.

    "standard normal": each unit from N(0, 1). "fitted normal": from the normal distribution with the mean and the
    covariance of `codes` (n, latent), the latent vectors of the training images. Values below the lowest code are set
    to it: a latent layer with ReLU has no negative value.
    """
    standard = rng.standard_normal((samples, codes.shape[1]))
    covariance = np.atleast_2d(np.cov(codes, rowvar=False))  # of one unit, np.cov gives a number
    fitted = rng.multivariate_normal(codes.mean(axis=0), covariance, samples, method="eigh")
    lowest = min(codes.min(), 0)
    return {
        "standard normal": np.maximum(standard, lowest).astype(np.float32),
        "fitted normal": np.maximum(fitted, lowest).astype(np.float32),
    }


def walk_latents(start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Walk from one latent vector (latent,) to another in evenly spaced steps, both ends included.

    Returns the positions (STEPS,) from 0 to 1, and the latent vectors (STEPS, latent), float32.
    """
    positions = np.linspace(0, 1, STEPS)
    return positions, (np.outer(1 - positions, start) + np.outer(positions, end)).astype(np.float32)


def main(job: Job) -> None:
    settings = job.settings
    job.device.update(prepare_device(job.arguments.threads, job.arguments.device))
    arrays = load_dataset(job.arguments.dataset, settings)
    encoder, decoder = split_autoencoder(load_model(job.arguments.autoencoder))
    classifier = load_model(job.arguments.classifier)
    rng = np.random.default_rng(derive_seed(settings["seed"], "latents"))
    held_out = mark_held_out(arrays.train_labels, settings["validation"], settings["seed"])
    training = arrays.train_images[mark_trained(arrays.train_labels, held_out, settings)]
    latents = draw_latents(predict(encoder, flatten_images(training)), settings["samples"], rng)
    images = np.stack([predict(decoder, drawn) for drawn in latents.values()])
    classes, shape = find_images(settings).classes, arrays.test_images.shape[1:]
    with write_atomically(job.arguments.images) as temporary:
        np.savez_compressed(
            temporary,
            classes=classes,
            distributions=list(latents),
            images=images.reshape(*images.shape[:2], *shape),
            probabilities=np.stack([classify(classifier, row) for row in images]),
        )
    chosen = choose_images(arrays.test_labels, [settings["walk"]["from"], settings["walk"]["to"]])
    ends = flatten_images(arrays.test_images)[chosen]
    positions, codes = walk_latents(*predict(encoder, ends))
    images = predict(decoder, codes)
    with write_atomically(job.arguments.walk) as temporary:
        np.savez_compressed(
            temporary,
            classes=classes,
            ends=ends.reshape(-1, *shape),
            end_probabilities=classify(classifier, ends),
            positions=positions,
            images=images.reshape(-1, *shape),
            probabilities=classify(classifier, images),
        )


if __name__ == "__main__":
    run_job(
        main,
        __doc__,
        threads=int,
        device=str,
        dataset=Path,
        classifier=Path,
        autoencoder=Path,
        images=Path,
        walk=Path,
    )
