"""What several unit tests share: TensorFlow set up as in a job, and a data set of a few images."""

import numpy as np
import pytest

from workflow.lib.dataset_digests import IDX_DIGESTS
from workflow.lib.datasets import Arrays, digest_idx


@pytest.fixture(scope="session")
def device():
    """Set TensorFlow up as a job does; its threads can be set once in a process, before anything else."""
    from workflow.lib.devices import prepare_device

    prepare_device(1)


@pytest.fixture
def few_images(monkeypatch):
    """Five training and three test images, which pass for MNIST."""
    rng = np.random.default_rng(1)
    arrays = Arrays(
        rng.integers(0, 256, (5, 28, 28), np.uint8),
        np.array([7, 2, 1, 0, 9], np.uint8),
        rng.integers(0, 256, (3, 28, 28), np.uint8),
        np.array([3, 3, 8], np.uint8),
    )
    digests = {name: digest_idx(array) for name, array in zip(IDX_DIGESTS["mnist"], arrays, strict=True)}
    monkeypatch.setitem(IDX_DIGESTS, "mnist", digests)
    return arrays
