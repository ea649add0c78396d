"""Test the benchmark on a GPU: what it runs, when it stops trainings, and what its tables say of those that failed."""

import sys
import time
from pathlib import Path

import numpy as np
import pytest
import yaml

from benchmarks import measure_gpu
from benchmarks.measure_gpu import (
    attempt,
    choose_gpu,
    compute_seconds,
    have_trained_together,
    make_commands,
    resume,
    set_variables,
    tabulate_abreast,
    tabulate_bits,
    tabulate_fit,
    tabulate_memory,
    tabulate_scores,
    tabulate_xla,
    time_together,
)
from benchmarks.measure_training import make_config
from benchmarks.switch_xla import switch_xla
from mnist_study.trust.reasons import ROOT

pytestmark = pytest.mark.tensorflow


def print_epochs(start, seconds):
    code = f"import time; time.sleep({start})\nwhile True: print('epoch', flush=True); time.sleep({seconds})"
    return [sys.executable, "-c", code]


@pytest.mark.parametrize(("visible", "chosen"), [(None, "0"), ("2,3", "2"), ("GPU-1a", "GPU-1a"), ("", "")])
def test_the_first_gpu_is_used_that_the_user_can_see(visible, chosen):
    assert choose_gpu(visible)["CUDA_VISIBLE_DEVICES"] == chosen


def test_trainings_count_from_when_all_of_them_train():
    assert not have_trained_together([[1, 2, 3, 4], []], 1)
    assert not have_trained_together([[1, 2, 3, 4], [4, 6]], 1)
    assert have_trained_together([[1, 2, 3, 4, 5], [4, 6]], 1)
    assert not have_trained_together([[1, 2, 3, 4, 5], [4, 6]], 2)


def test_the_seconds_of_an_epoch_are_those_while_all_train():
    assert compute_seconds([[0, 2, 4, 6]]) == 2
    # The first one is faster while it is alone, until 3.
    assert compute_seconds([[0, 1, 2, 3, 5, 7], [3, 5, 7]]) == 2
    # From 1 to 5, one has trained 4 epochs, the other one 2.
    assert compute_seconds([[0, 1, 2, 3, 4, 5, 6], [1, 3, 5]]) == pytest.approx(4 / 3)


def test_trainings_side_by_side_are_stopped_when_each_has_its_epochs():
    start = time.monotonic()
    ends = time_together([print_epochs(0, 0.2), print_epochs(1, 0.2)], 2)
    assert time.monotonic() - start < 30
    assert have_trained_together(ends, 2)


def test_a_measurement_that_fails_does_not_end_the_benchmark(capfd):
    assert (
        attempt("cnn", time_together, [print_epochs(0, 0.1), [sys.executable, "-c", "exit('no kernel')"]], 1000) is None
    )
    output = capfd.readouterr()
    assert "cnn: failed: this command failed: " in output.out
    assert "no kernel" in output.err


def test_a_training_that_does_not_resume_has_not_the_same_bits(tmp_path):
    code = f"open({str(tmp_path / 'run.json')!r}, 'w').write('{{}}'); print('epoch')"
    with pytest.raises(SystemExit, match="take more --epochs"):
        resume([sys.executable, "-c", code], tmp_path / "run.json")


def test_each_training_side_by_side_has_files_of_its_own(tmp_path):
    config = make_config(yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8")), "cnn", 2)
    commands = make_commands(config, "cnn", Path("mnist.npz"), tmp_path, 8)
    assert len({command[command.index("--metrics") + 1] for command in commands}) == 8
    [command] = make_commands(config, "cnn", Path("mnist.npz"), tmp_path, "on")
    at = command.index("benchmarks.switch_xla")
    assert command[at + 1 : at + 3] == ["on", "train_classifier"]
    [command] = make_commands(config, "cnn", Path("mnist.npz"), tmp_path, "fit")
    assert command[-1] == "cnn"
    assert set_variables(["python"], {"A": "1"}) == ["env", "A=1", "python"]


@pytest.mark.parametrize("own", [{}, {"xla": True}, {"xla": False}])
@pytest.mark.parametrize("xla", [True, False])
def test_xla_is_switched_whatever_the_script_says(own, xla):
    assert switch_xla(lambda model, **options: (model, options), xla)("cnn", epochs=2, **own) == (
        "cnn",
        {"epochs": 2, "xla": xla},
    )


def test_a_gain_is_that_of_all_trainings_over_one():
    table = tabulate_abreast({"cnn": {"fit": 4.0, "off": 2.0, "on": np.nan, 1: 2.0, 8: 4.0}})
    assert table["trainings"].tolist() == [1, 8]
    assert table["epochs a second of all"].tolist() == [0.5, 2]
    assert table["gain over one"].tolist() == [1, 4]


def test_a_way_that_failed_leaves_the_others():
    speeds = {"cnn": {"fit": 4.0, "off": 2.0, "on": np.nan, 1: 2.0}}
    assert tabulate_fit(speeds)["loop / fit"].tolist() == [0.5]
    assert "failed" in tabulate_xla(speeds).to_string(na_rep="failed")


def make_metrics(weights, accuracy, memory):
    return {"weights": weights * 16, "test": {"loss": 1.0, "accuracy": accuracy}, "memory_mb": memory}


def test_bits_scores_and_memory_are_compared():
    first, other = make_metrics("1a2b", 0.75, 3000), make_metrics("ffff", 0.5, 1000)
    variants = {
        "cnn": {"first": first, "again": first, "resumed": other, "CPU": other},
        "regularized": {"first": first, "again": None, "resumed": first, "CPU": None},
        "autoencoder": {"first": None} | dict.fromkeys(("again", "resumed", "CPU"), first | {"test": {"loss": 1.0}}),
    }
    bits = tabulate_bits(variants)
    assert bits["first"].tolist() == ["1a2b1a2b1a2b", "1a2b1a2b1a2b", "failed"]
    assert bits["again the same"].tolist() == ["yes", "failed", "failed"]
    assert bits["resumed the same"].tolist() == ["no", "yes", "failed"]
    scores = tabulate_scores(variants, "GPU")
    assert scores["score"].tolist() == ["loss", "accuracy", "loss", "accuracy", "loss"]
    assert scores["difference"].iloc[1] == 0.25
    assert scores["difference"].isna().tolist() == [False, False, True, True, True]
    memory = tabulate_memory(variants, "GPU")
    assert memory["difference"].iloc[0] == 2000
    assert memory["difference"].isna().tolist() == [False, True, True]


def test_a_benchmark_that_is_cut_short_has_printed_the_networks_before(monkeypatch, capsys):
    def measure(config, model, *rest):
        if model == "cnn":
            raise KeyboardInterrupt
        return {"fit": 4.0, "off": 2.0, "on": 2.0, 1: 2.0}

    trainings = dict.fromkeys(("first", "again", "resumed", "CPU"), make_metrics("1a2b", 0.75, 1000))
    monkeypatch.setattr(sys, "argv", ["measure_gpu", "--models", "regularized", "cnn"])
    monkeypatch.setattr(measure_gpu, "find_dataset", lambda: Path("mnist.npz"))
    monkeypatch.setattr(measure_gpu, "describe_gpu", lambda gpu: "")
    monkeypatch.setattr(measure_gpu, "measure_speed", measure)
    monkeypatch.setattr(measure_gpu, "train_variants", lambda *arguments: trainings)
    with pytest.raises(KeyboardInterrupt):
        measure_gpu.main()
    output = capsys.readouterr().out
    assert output.count("regularized MLP") == 7  # five tables have a row for a network, that of the scores has two
    assert "SHA-256 of the weights after 4 epochs (no GPU)" in output
