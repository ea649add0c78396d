"""Divide the images by the study's protocol: what a network is trained on, and what its curves are scored on."""

import numpy as np

from mnist_study.errors import StudyError
from mnist_study.images import TEST
from mnist_study.seeding import derive_seed

Samples = tuple[np.ndarray, np.ndarray]


def mark_held_out(labels: np.ndarray, validation: str | int, seed: int) -> np.ndarray:
    """Mark the training images that serve as validation images: bool of shape (n,).

    `labels`: the classes (n,) of the training images. `validation`: "test" for none of them, or their number, drawn by
    draw_stratified. They depend on the study's seed only, so that every training of a study holds out the same. Raises
    StudyError if no image would be left to train on.
    """
    if validation == TEST:
        return np.zeros(len(labels), bool)
    if int(validation) >= len(labels):
        raise StudyError(
            f"validation in the config holds out {validation} images, and there are {len(labels)} to train on: "
            "write a smaller number, or test"
        )
    return draw_stratified(labels, int(validation), derive_seed(seed, "held out"))


def draw_stratified(labels: np.ndarray, number: int, seed: np.random.SeedSequence) -> np.ndarray:
    """Draw so many images from those with these labels (n,): bool of shape (n,).

    They are stratified: each class has its share of them, rounded by the largest remainders.
    """
    drawn = np.zeros(len(labels), bool)
    classes, sizes = np.unique(labels, return_counts=True)
    shares = sizes * number / len(labels)
    counts = np.floor(shares).astype(int)
    largest = np.argsort(counts - shares, kind="stable")[: number - counts.sum()]
    counts[largest] += 1
    rng = np.random.default_rng(seed)
    for label, count in zip(classes, counts, strict=True):
        drawn[rng.permutation(np.flatnonzero(labels == label))[:count]] = True
    return drawn


def mark_trained(labels: np.ndarray, held_out: np.ndarray, settings: dict) -> np.ndarray:
    """Mark the training images that a network learns from: bool of shape (n,).

    These are the ones that are not held out. `settings`: with "seed", and with "training_images" if the study trains on
    at most so many, which are then drawn by draw_stratified.
    """
    trained, number = ~held_out, settings.get("training_images")
    if number is not None and number < trained.sum():
        drawn = draw_stratified(labels[trained], number, derive_seed(settings["seed"], "training images"))
        trained[trained] = drawn
    return trained


def divide_samples(
    training: Samples, test: Samples, held_out: np.ndarray, trained: np.ndarray
) -> tuple[Samples, Samples]:
    """Divide inputs and targets into those to train on and those to validate on.

    `held_out`, `trained`: from mark_held_out and mark_trained. If none is held out, the test samples validate.
    """
    inputs, targets = training
    validation = (inputs[held_out], targets[held_out]) if held_out.any() else test
    return (training if trained.all() else (inputs[trained], targets[trained])), validation


def count_images(training: Samples, validation: Samples, test: Samples) -> dict[str, int]:
    """Count the images that a network is trained, validated and tested on."""
    return {"training": len(training[0]), "validation": len(validation[0]), "test": len(test[0])}
