"""Keras and TensorFlow, without what Keras imports for plots and data frames: the one place that imports them."""

from mnist_study.imports import spare_imports
from mnist_study.nets.environment import settle_environment

settle_environment()
with spare_imports("matplotlib", "pandas"):
    import keras
    import tensorflow as tf

__all__ = ["keras", "tf"]
