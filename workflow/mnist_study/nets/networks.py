"""Import Keras and TensorFlow, without the libraries that they import where they are installed, and that no job needs.

No other module imports Keras or TensorFlow itself.
"""

from mnist_study.imports import spare_imports
from mnist_study.nets.environment import settle_environment

settle_environment()
with spare_imports("matplotlib", "pandas", "scipy", "sklearn"):
    import keras
    import tensorflow as tf

__all__ = ["keras", "tf"]
