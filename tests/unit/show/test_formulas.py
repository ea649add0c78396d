"""Test what the page says of a model: its layers, its recipe, its noise."""

import pytest

from mnist_study.images import MNIST, Images
from mnist_study.show.formulas import describe_autoencoder_model, describe_classifier_model

DENSE = {
    "encoder": [{"dense": 128}, {"dense": 96}],
    "decoder": [{"dense": 128}],
    "noise_level": 0.4,
    "replicates": 3,
    "epochs": 32,
    "batch_size": 64,
    "learning_rate": 0.001,
}
DOWN = {"filters": 16, "stride": 2, "padding": "same"}
CONV = DENSE | {
    "encoder": [{"conv": DOWN}],
    "decoder": [{"transposed_conv": DOWN}],
    "noise_level": [0.0, 0.8],
    "noise_draws": "every_epoch",
    "schedule": "cosine",
    "optimizer": "adamw",
    "noise": "gaussian",
}
CLASSIFIER = {"layers": [{"conv": DOWN}], "l2": 0.0, "sweep": [], "training_noise": [0.0, 0.8]}
CLASSIFIER |= {"replicates": 1, "epochs": 1, "batch_size": 128, "learning_rate": 0.1}


def test_the_published_autoencoder_is_described():
    assert describe_autoencoder_model(DENSE, MNIST)["settings"] == {
        "encoder": "dense 128, dense 96",
        "latent layer": "96 values, the output of the encoder",
        "decoder": "dense 128",
        "output layer": "dense 784 (sigmoid)",
        "optimizer": "Adam, learning rate 0.001",
        "batch size": 64,
        "epochs": 32,
        "replicates": 3,
        "noise on its images": "salt-and-pepper noise, level 0.4, drawn once, before the training",
    }


def test_a_convolutional_autoencoder_and_its_recipe_are_described():
    described = describe_autoencoder_model(CONV, Images("shapes", (12, 10, 3), ["circle", "cross"]))["settings"]
    assert described["encoder"] == "conv 16 (stride 2, same padding)"
    assert described["latent layer"] == "6 × 5 × 16 values, the output of the encoder"
    assert described["decoder"] == "transposed conv 16 (stride 2, same padding)"
    assert described["output layer"] == "conv 3 (same padding, sigmoid)"
    assert described["optimizer"] == "AdamW, weight decay 0.004, learning rate 0.001, which falls to zero by a cosine"
    assert described["noise on its images"] == "Gaussian noise, level from 0.0 to 0.8, drawn anew in each epoch"


def test_whole_numbers_are_described_as_dense_layers():
    whole = DENSE | {"encoder": [128, 96], "decoder": []}
    assert describe_autoencoder_model(whole, MNIST)["settings"]["encoder"] == "dense 128, dense 96"
    assert describe_autoencoder_model(whole, MNIST)["settings"]["decoder"] == "none"


def test_sgd_is_told_where_it_is_not_the_default():
    described = describe_autoencoder_model(DENSE | {"optimizer": "sgd", "momentum": 0.9}, MNIST)["settings"]
    assert described["optimizer"] == "stochastic gradient descent, momentum 0.9, learning rate 0.001"


@pytest.mark.parametrize(
    ("noise", "said"),
    [({}, "salt-and-pepper noise"), ({"noise": "gaussian"}, "Gaussian noise")],
    ids=["default", "other"],
)
def test_a_classifiers_noise_is_of_the_kind_of_the_study(noise, said):
    described = describe_classifier_model(CLASSIFIER | noise, MNIST)["settings"]
    assert described["training images"] == f"in each epoch: {said}, level from 0.0 to 0.8"
    assert described["hidden layers"] == "conv 16 (stride 2, same padding)"
