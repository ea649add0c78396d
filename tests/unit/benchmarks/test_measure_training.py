"""Test the benchmark of training: what it counts, times and compares."""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from benchmarks.measure_training import EPOCHS, count_operations, make_config, make_job, summarize, time_epochs
from mnist_study.trust.reasons import ROOT

pytestmark = pytest.mark.tensorflow


def layer(parameters, *output_shape):
    return {"parameters": parameters, "output_shape": list(output_shape)}


def test_the_work_of_an_epoch_is_that_of_its_matrix_products():
    """A single dense layer, 784 to 10, has a forward pass and a gradient of the weights. Validation has no gradient."""
    assert count_operations([layer(0, 784), layer(7850, 10)]) == 2 * 7840 * (60_000 * 2 + 10_000)


def test_the_weights_of_a_convolution_count_at_each_position():
    layers = [layer(0, 28, 28, 1), layer(320, 26, 26, 32), layer(0, 21632), layer(216_330, 10)]
    convolution, dense = 26 * 26 * 288, 216_320
    assert count_operations(layers) == 2 * (60_000 * (2 * convolution + 3 * dense) + 10_000 * (convolution + dense))


def print_epochs(seconds):
    code = f"import time\nfor s in {seconds}: time.sleep(s); print('epoch', flush=True); print('warning: epoch')"
    return [sys.executable, "-c", code]


def test_the_first_epoch_does_not_count():
    assert time_epochs([print_epochs([5, 0, 0]), print_epochs([0, 0, 0])]) < 2
    assert time_epochs([print_epochs([0, 1, 1])]) >= 1


def test_a_failed_command_ends_the_benchmark():
    with pytest.raises(SystemExit, match=r"this command failed: .*exit"):
        time_epochs([[sys.executable, "-c", "exit(1)"]])


def test_ratios_are_made_within_a_round():
    rounds = pd.DataFrame({"model": "cnn", "limit": [1.0, 2.0], "workflow": [2.0, 6.0], "notebook": [4.0, 8.0]})
    table = summarize(rounds).set_index("quantity")
    assert table.loc["workflow / notebook", ["minimum", "median", "maximum"]].tolist() == [0.5, 0.625, 0.75]
    assert table.loc["workflow / limit", "maximum"] == 3
    assert table.loc["limit / notebook", "median"] == 0.25
    assert np.array_equal(table.loc["notebook", ["minimum", "maximum"]].tolist(), [4, 8])


@pytest.mark.parametrize("model", EPOCHS)
def test_the_first_replicate_of_each_model_is_timed_for_one_more_epoch_than_counts(model):
    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    command = make_job(make_config(config, model, EPOCHS[model] + 1), model, Path("mnist.npz"), Path("run.json"))
    settings = json.loads(command[-1])
    assert (settings["replicate"], settings["epochs"]) == (1, EPOCHS[model] + 1)
    assert settings["validation"] == "test"


@pytest.mark.parametrize("model", EPOCHS)
def test_a_model_is_timed_at_one_setting_and_in_one_replicate(model):
    config = make_config(yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8")), model, 2)
    timed = config["denoisers"][model] if model == "autoencoder" else config["classifiers"][model]
    assert timed["replicates"] == 1
    assert all(len(values) == 1 for values in timed.get("sweep", {}).values())
