"""The published numbers of this study, from its first implementation (one run, unseeded) and from the literature.

Hinton's MLP (unpublished, 2005: 1.53 % error) is cited from LeCun's table of results, yann.lecun.com/exdb/mnist.
"""

from typing import Literal, NamedTuple

# Accuracy of the CNN on the 10,000 test images, by images and noise level.
NOISE_LEVELS = {
    "noisy": {
        0.0: 0.9909,
        0.1: 0.9651,
        0.2: 0.8956,
        0.3: 0.7867,
        0.4: 0.6482,
        0.5: 0.4901,
        0.6: 0.3310,
        0.7: 0.2289,
        0.8: 0.1612,
        0.9: 0.1209,
        1.0: 0.0981,
    },
    "denoised": {
        0.0: 0.9539,
        0.1: 0.9528,
        0.2: 0.9505,
        0.3: 0.9408,
        0.4: 0.9192,
        0.5: 0.8621,
        0.6: 0.7292,
        0.7: 0.5143,
        0.8: 0.3191,
        0.9: 0.1758,
        1.0: 0.1012,
    },
}


class Quantity(NamedTuple):
    """A published number, and where ours stands: in the row of these values, of the model's epochs, in `column`.

    `replicate` "best" is the best over all factors and replicates; `factor` None is the model without penalty, too.
    """

    quantity: str
    reference: float
    model: Literal["baseline", "regularized", "cnn", "autoencoder"]
    column: Literal["accuracy", "loss"]
    data: Literal["training", "validation"]
    factor: float | None
    replicate: int | Literal["last", "best"]
    epoch: int | Literal["last"]


QUANTITIES = [
    Quantity(
        "784-500-300-10 MLP, weight decay, best test accuracy (Hinton, 2005)",
        0.9847,
        "regularized",
        "accuracy",
        "validation",
        None,
        "best",
        "last",
    ),
    Quantity(
        "regularized MLP, best of all runs", 0.9833, "regularized", "accuracy", "validation", None, "best", "last"
    ),
    *(
        Quantity(
            f"regularized MLP, factor 1e-6, first replicate: validation accuracy after epoch {epoch}",
            reference,
            "regularized",
            "accuracy",
            "validation",
            1e-6,
            1,
            epoch,
        )
        for epoch, reference in ((1, 0.9358), (5, 0.9708), (16, 0.9799))
    ),
    *(
        Quantity(
            f"regularized MLP, factor 0.000999 (ours: 0.001), last replicate: test {column}",
            reference,
            "regularized",
            column,
            "validation",
            1e-3,
            "last",
            "last",
        )
        for column, reference in (("accuracy", 0.9808), ("loss", 0.1180))
    ),
    *(
        Quantity(
            f"baseline MLP, validation accuracy after epoch {epoch}",
            reference,
            "baseline",
            "accuracy",
            "validation",
            None,
            1,
            epoch,
        )
        for epoch, reference in ((4, 0.9587), (7, 0.9658))
    ),
    *(
        Quantity(
            f"CNN, test {column} after the last epoch (published: 40)",
            reference,
            "cnn",
            column,
            "validation",
            None,
            1,
            "last",
        )
        for column, reference in (("accuracy", 0.9912), ("loss", 0.0302))
    ),
    Quantity("autoencoder, loss near the end", 0.1150, "autoencoder", "loss", "training", None, 1, "last"),
    Quantity("autoencoder, validation loss near the end", 0.1200, "autoencoder", "loss", "validation", None, 1, "last"),
]
