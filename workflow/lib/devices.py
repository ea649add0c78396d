"""What TensorFlow may use in one job, and that it repeats itself to the bit there."""

import tensorflow as tf


def prepare_device(threads: int) -> None:
    """Keep TensorFlow to `threads` cores and to deterministic operations; call it before anything else of TensorFlow.

    The same bits are promised on the same hardware with the same number of threads only.
    """
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.config.experimental.enable_op_determinism()
