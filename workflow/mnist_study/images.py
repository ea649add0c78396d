"""What the images of a study are: their shape, their classes, and the names of their sets.

The Snakefile imports this module, so it imports the standard library only.
"""

from typing import NamedTuple


class Images(NamedTuple):
    """The images of a data set: its title, their shape (height, width, channels), the names of their classes."""

    title: str
    shape: tuple[int, ...]
    classes: list[str]


MNIST = Images("MNIST", (28, 28, 1), [str(digit) for digit in range(10)])
CLOTHES = [
    *["T-shirt", "trouser", "pullover", "dress", "coat"],
    *["sandal", "shirt", "sneaker", "bag", "ankle boot"],
]
# The data sets that can be downloaded. All others are a user's own.
PUBLIC = {"mnist": MNIST, "fashion_mnist": Images("Fashion-MNIST", MNIST.shape, CLOTHES)}
# What a network learns from, what validates it in the protocol of held-out images, and what tests it.
TRAINING, HELD_OUT, TEST = "training", "held-out", "test"
# The denoiser that leaves noisy images as they are. Every noise study has it, as its first one.
NO_DENOISER = "none"
# The kind of noise of a study that names none. It is no setting.
DEFAULT_KIND = "salt_and_pepper"


def find_images(settings: dict) -> Images:
    """Find what the images of a job are.

    `settings`: with "dataset", the name of the data set. For a user's own, also with "images" (shape, and classes:
    their number) and, if the job shows names of classes and the user gave any, with "class_names". Classes without
    names have their numbers as names.
    """
    if settings["dataset"] in PUBLIC:
        return PUBLIC[settings["dataset"]]
    own = settings["images"]
    names = settings.get("class_names") or [str(label) for label in range(own["classes"])]
    return Images(settings["dataset"], tuple(own["shape"]), names)
