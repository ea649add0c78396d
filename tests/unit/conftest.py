"""Shared by unit tests: TensorFlow set up as in a job, a data set of a few images, metrics, and runs of scripts."""

import subprocess

import numpy as np
import pytest

from mnist_study.data.dataset_digests import IDX_DIGESTS
from mnist_study.data.datasets import Arrays, digest_idx
from mnist_study.trust.metrics_writer import write_metrics
from mnist_study.trust.provenance import write_provenance
from mnist_study.trust.reasons import ROOT, digest_dataset, digest_script, format_settings, list_reasons
from tests.forks import serve_jobs


@pytest.fixture(scope="session")
def device():
    """Set TensorFlow up as a job does. A process can set its threads only once, before any other use of TensorFlow."""
    from mnist_study.nets.devices import prepare_device

    return prepare_device(1, "auto")


@pytest.fixture
def few_images(monkeypatch):
    """Five training and three test images that are accepted as MNIST."""
    rng = np.random.default_rng(1)
    arrays = Arrays(
        rng.integers(0, 256, (5, 28, 28), np.uint8),
        np.array([7, 2, 1, 0, 9], np.uint8),
        rng.integers(0, 256, (3, 28, 28), np.uint8),
        np.array([3, 3, 8], np.uint8),
    )
    digests = {name: digest_idx(array) for name, array in zip(IDX_DIGESTS["mnist"], arrays, strict=True)}
    monkeypatch.setitem(IDX_DIGESTS, "mnist", digests)
    digest_dataset.cache_clear()
    yield arrays
    digest_dataset.cache_clear()


@pytest.fixture
def write_training():
    """Give a function that writes the metrics and provenance of a training of two epochs with these final results.

    The scores on the validation images and on the test images are the same.
    """

    def write(path, script, settings, weights="0" * 64, **last):
        history = {name: [value / 2, value] for name, value in last.items()}
        history |= {f"val_{name}": values for name, values in history.items()}
        if settings.get("l2"):
            history |= {"val_cross_entropy": [value / 2 for value in history["loss"]]}
            history |= {"val_penalty": history["val_cross_entropy"]}
        scored = {name.removeprefix("val_"): values[-1] for name, values in history.items() if name.startswith("val_")}
        held_out = 0 if settings["validation"] == "test" else settings["validation"]
        kept = ("classifier", "autoencoder", "replicate", "seed")
        swept = {"setting": {name: settings[name] for name in settings["swept"]}} if "swept" in settings else {}
        metrics = {
            **{key: value for key, value in settings.items() if key in kept},
            **swept,
            "chance": 0.1135,
            "final": {name: values[-1] for name, values in history.items()},
            "history": history,
            "layers": [{"layer": "Input", "detail": "", "output_shape": [28, 28, 1], "parameters": 0}],
            "kernel_norms": [{"layer": "Dense", "position": 1, "penalized": bool(settings.get("l2")), "norm": 2.5}],
            "weights": weights,
            "test": scored | {"chance": 0.1135},
            "images": {"training": 60_000 - held_out, "validation": held_out or 10_000, "test": 10_000},
            "reasons": list_reasons(script, settings),
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        write_metrics(path, metrics)
        write_provenance([path], {}, metrics["reasons"], {}, start=0)
        return path

    return write


@pytest.fixture(scope="session")
def run_script():
    """Give a function that runs a script as its rule does, in a fork of a process that has imported pandas.

    `submitted`: the digest of its code and packages. `inputs`, `outputs`: paths by option.
    """

    def run(script, settings, inputs, outputs, submitted=None):
        command = [programs / "python", ROOT / "workflow", script]
        for name, value in (inputs | outputs).items():
            command += [f"--{name}", *(value if isinstance(value, list) else [value])]
        command += ["--outputs", *outputs.values(), "--settings", format_settings(settings)]
        command += ["--submitted", submitted or digest_script(script)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    with serve_jobs("pandas") as programs:
        yield run


def make_probabilities(*rows):
    """Make probabilities (n, 10) from {class: probability}. The other classes get 0."""
    probabilities = np.zeros((len(rows), 10), np.float32)
    for number, row in enumerate(rows):
        probabilities[number, list(row)] = list(row.values())
    return probabilities
