"""Score one replicate of a classifier at one noise level, on the test images that a denoiser makes of noisy ones."""

from pathlib import Path

import numpy as np

from mnist_study.data.datasets import load_dataset
from mnist_study.data.noise import draw_noisy_images
from mnist_study.images import DEFAULT_KIND
from mnist_study.nets.denoising import denoise
from mnist_study.nets.devices import prepare_device
from mnist_study.nets.networks import keras
from mnist_study.nets.prediction import classify, count_confusion
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
    models = {settings["classifier"]: load_model(job.arguments.classifier)}
    for path in job.arguments.autoencoder:
        models[settings["denoiser"]] = load_model(path)
    kind = settings.get("noise", DEFAULT_KIND)
    noisy = draw_noisy_images(arrays.test_images, level, seed, "test", replicate, kind)
    images = denoise(noisy, settings.get("filter") or models.get(settings["denoiser"]))
    write_metrics(
        job.arguments.metrics,
        {key: settings[key] for key in ("classifier", "denoiser", "level", "replicate", "seed")}
        | score(models[settings["classifier"]], images, arrays.test_labels)
        | {
            "weights": {name: digest_weights(model) for name, model in models.items()},
            "reasons": job.reasons,
        },
    )


if __name__ == "__main__":
    run_job(main, __doc__, threads=int, device=str, dataset=Path, classifier=Path, autoencoder=[Path], metrics=Path)
