"""Random numbers that depend on the study's seed and on their purpose, never on when or where they are drawn."""

from hashlib import sha256

import numpy as np


def derive_seed(seed: int, *purpose: object) -> np.random.SeedSequence:
    """Derive an independent seed sequence for a purpose such as ("replicate", 2, "weights").

    `seed` is the study's seed; `purpose` is any sequence of values; their texts distinguish purposes.
    """
    digest = sha256(repr([str(part) for part in purpose]).encode()).digest()
    return np.random.SeedSequence([seed, *np.frombuffer(digest, np.uint32).tolist()])


def derive_epoch(seed: np.random.SeedSequence, epoch: int) -> np.random.SeedSequence:
    """Derive the seed of one epoch, so that a resumed training draws what an undisturbed one does."""
    return np.random.SeedSequence(seed.entropy, spawn_key=(*seed.spawn_key, epoch))


def draw_order(seed: np.random.SeedSequence, epoch: int, samples: int) -> np.ndarray:
    """Draw the order of the samples in one epoch: int32 of shape (samples,), each index once.

    It depends on (seed, epoch) only, so that a resumed training has the order of an undisturbed one.
    """
    return np.random.default_rng(derive_epoch(seed, epoch)).permutation(samples).astype(np.int32)
