"""Add noise of every level to a few test images, denoise and classify them, with the networks of replicate 1."""

from pathlib import Path

import numpy as np

from mnist_study.data.datasets import flatten_images, load_dataset, write_arrays
from mnist_study.data.galleries import choose_images
from mnist_study.data.noise import draw_noisy_images
from mnist_study.images import DEFAULT_KIND, find_images
from mnist_study.nets.denoising import denoise
from mnist_study.nets.devices import prepare_device
from mnist_study.nets.networks import keras
from mnist_study.nets.prediction import classify
from mnist_study.nets.trained_models import load_model
from mnist_study.run.jobs import Job, run_job

REPLICATE = 1


def draw_gallery(images: np.ndarray, chosen: list[int], settings: dict) -> list[np.ndarray]:
    """Draw the chosen test images at each noise level: arrays of shape (classes, height, width, channels).

    `images`: the whole test set, of shape (n, height, width, channels). The noise is drawn for all of it. So the
    gallery shows images that replicate 1 was also scored on. `settings`: levels, seed, and the kind of noise.
    """
    kind = settings.get("noise", DEFAULT_KIND)
    return [
        draw_noisy_images(images, level, settings["seed"], "test", REPLICATE, kind)[chosen]
        for level in settings["levels"]
    ]


def denoise_levels(
    classifier: keras.Model, denoisers: list[keras.Model | dict], noisy: list[np.ndarray]
) -> dict[str, np.ndarray]:
    """Denoise and classify the gallery's images at each noise level.

    `denoisers`: autoencoders and the settings of filters. `noisy`: as from draw_gallery. Returns the images as float32
    in [0, 1], noisy of shape (levels, classes, height, width, channels) and denoised of (denoisers, levels, …), and
    their probabilities.
    """
    shape = (len(noisy), *noisy[0].shape)
    shown = np.stack(list(map(flatten_images, noisy)))
    denoised = np.stack([[denoise(row, denoiser) for row in noisy] for denoiser in denoisers])
    return {
        "noisy": shown.reshape(shape),
        "denoised": denoised.reshape(len(denoisers), *shape),
        "noisy_probabilities": np.stack([classify(classifier, row) for row in shown]),
        "denoised_probabilities": np.stack([[classify(classifier, row) for row in rows] for rows in denoised]),
    }


def main(job: Job) -> None:
    settings = job.settings
    job.device.update(prepare_device(job.arguments.threads, job.arguments.device))
    arrays = load_dataset(job.arguments.dataset, settings)
    autoencoders = map(load_model, job.arguments.autoencoders)
    denoisers = [settings["filters"].get(name) or next(autoencoders) for name in settings["denoisers"]]
    noisy = draw_gallery(arrays.test_images, choose_images(arrays.test_labels, settings["digits"]), settings)
    gallery = denoise_levels(load_model(job.arguments.classifier), denoisers, noisy)
    gallery |= {key: np.array(settings[key]) for key in ("levels", "digits", "denoisers")}
    gallery["classes"] = np.array(find_images(settings).classes)
    write_arrays(job.arguments.images, gallery)


if __name__ == "__main__":
    run_job(main, __doc__, threads=int, device=str, dataset=Path, classifier=Path, autoencoders=[Path], images=Path)
