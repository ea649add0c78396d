"""Score one replicate at one noise level, on the noisy test images and on those that the autoencoder denoised."""

from pathlib import Path

import numpy as np

from mnist_study.data.datasets import flatten_images, load_dataset
from mnist_study.data.noise import draw_noisy_images
from mnist_study.nets.devices import prepare_device
from mnist_study.nets.networks import keras
from mnist_study.nets.prediction import classify, count_confusion, predict
from mnist_study.nets.trained_models import digest_weights, load_model
from mnist_study.run.jobs import Job, run_job
from mnist_study.trust.metrics_writer import write_metrics


def score(classifier: keras.Model, images: np.ndarray, labels: np.ndarray) -> dict:
    """Score a classifier on flat images (n, values) with labels (n,).

    Returns the accuracy and the confusion matrix: image counts with true classes in rows, predicted ones in columns.
    """
    confusion = count_confusion(labels, classify(classifier, images))
    return {"accuracy": float(np.trace(confusion) / len(labels)), "confusion": confusion.tolist()}


def main(job: Job) -> None:
    settings = job.settings
    level, seed, replicate = (settings[key] for key in ("level", "seed", "replicate"))
    job.device.update(prepare_device(job.arguments.threads, job.arguments.device))
    arrays = load_dataset(job.arguments.dataset, settings)
    classifier, autoencoder = load_model(job.arguments.classifier), load_model(job.arguments.autoencoder)
    noisy = flatten_images(draw_noisy_images(arrays.test_images, level, seed, "test", replicate))
    write_metrics(
        job.arguments.metrics,
        {
            "level": level,
            "replicate": replicate,
            "seed": seed,
            "noisy": score(classifier, noisy, arrays.test_labels),
            "denoised": score(classifier, predict(autoencoder, noisy), arrays.test_labels),
            "weights": {"classifier": digest_weights(classifier), "autoencoder": digest_weights(autoencoder)},
            "reasons": job.reasons,
        },
    )


if __name__ == "__main__":
    run_job(main, __doc__, threads=int, device=str, dataset=Path, classifier=Path, autoencoder=Path, metrics=Path)
