"""Keras and TensorFlow, without what Keras imports for plots and data frames: the one place that imports them."""

from workflow.lib.environment import settle_environment
from workflow.lib.imports import spare_imports

settle_environment()
with spare_imports("matplotlib", "pandas"):
    import keras
    import tensorflow as tf

__all__ = ["keras", "tf"]
