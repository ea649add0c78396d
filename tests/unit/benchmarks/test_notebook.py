"""Test that the notebook of the benchmarks trains what the config says."""

import subprocess
import sys

import numpy as np
import pytest
import yaml

from benchmarks import notebook
from mnist_study.trust.reasons import ROOT

pytestmark = pytest.mark.tensorflow


@pytest.mark.thorough
def test_the_notebook_trains_every_network_and_scores_every_noise_level(tmp_path):
    rng = np.random.default_rng(1)
    data = {name: rng.integers(0, 256, (40, 28, 28), np.uint8) for name in ("x_train", "x_test")}
    data |= {name: rng.integers(0, 10, 40) for name in ("y_train", "y_test")}
    np.savez(tmp_path / "mnist.npz", **data)
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    for settings in [*config["classifiers"].values(), config["denoisers"]["autoencoder"]]:
        settings |= {"epochs": 1, "replicates": 1}
    config["classifiers"]["regularized"]["sweep"]["l2"] = [0.1, 0.2]
    config["classifiers"]["cnn"]["replicates"] = 2
    config["denoisers"]["autoencoder"]["replicates"] = 2
    config["noise"]["levels"] = [0, 0.5]
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    command = [sys.executable, "-m", "benchmarks.notebook", tmp_path / "mnist.npz", tmp_path / "config.yaml"]
    lines = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    trained = [line.split()[2] for line in lines if line.startswith("epoch 1/1 ")]
    assert trained == ["baseline", *2 * ["regularized"], *2 * ["cnn"], *2 * ["autoencoder"]]
    assert sum(line.startswith("noise level ") for line in lines) == 2 * 2


def test_its_models_have_the_sizes_of_the_study(device):
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    assert notebook.make_classifier(config["classifiers"]["baseline"], None).count_params() == 55_050
    assert notebook.make_classifier(config["classifiers"]["regularized"], 1e-3).count_params() == 545_810
    assert notebook.make_autoencoder(config["denoisers"]["autoencoder"]).count_params() == 226_416


def test_it_holds_out_as_many_images_as_the_config_says_and_trains_on_the_others():
    x, y = np.arange(100), 10 * np.arange(100)
    (x_train, y_train), (x_validation, y_validation) = notebook.divide(x, y, -x, -y, 30)
    assert len(x_validation) == 30
    assert sorted([*x_train, *x_validation]) == list(range(100))
    np.testing.assert_array_equal(y_train, 10 * x_train)
    np.testing.assert_array_equal(y_validation, 10 * x_validation)
    assert notebook.divide("x", "y", "x_test", "y_test", "test") == (("x", "y"), ("x_test", "y_test"))
