"""Test the estimate of a study's remaining time."""

import pytest

from mnist_study.status.times import estimate_times

LINE = "epoch {}/40  loss 0.5  accuracy 0.8  val_loss 0.4  val_accuracy 0.9  {} min 00 s left"
MLP = "mlp l2 {}, replicate {}"


def estimate(study):
    """Estimate ten seconds after the logs were written."""
    return estimate_times(study.watch, study.look(), study.clock + 20)


def test_nothing_is_known_before_the_first_epoch(study):
    study.begin()
    study.start(MLP.format(0.001, 1))
    times = estimate(study)
    assert (times.work_left, times.complete) == (0, False)


def test_runs_that_run_side_by_side_share_the_work(study):
    study.begin()
    for name in study.runs:
        study.write(name, seconds=100)
    for name in list(study.runs)[:4]:  # all runs of mlp: two have started, one waits
        study.runs[name].metrics.unlink()
    running = list(study.runs)[:2]
    for name in running:
        study.start(name)
    for name in running:
        study.print(name, LINE.format(20, 1))
    times = estimate(study)
    assert times.complete
    assert times.work_left == 50 + 50 + 100 + 100
    assert times.left == 300 / 2
    assert times.work_done == 50 + 50 + 6 * 100  # cnn, autoencoder, two noise levels with and without it


def test_it_takes_as_long_as_the_longest_run(study):
    study.begin()
    for name in study.runs:
        study.write(name, seconds=100)
    for name in ("cnn, replicate 1", "autoencoder, replicate 1"):
        study.runs[name].metrics.unlink()
        study.start(name)
    study.print("cnn, replicate 1", LINE.format(1, 30))
    study.print("autoencoder, replicate 1", LINE.format(39, 1))
    assert estimate(study).left == 30 * 60 - 10


def test_what_has_not_begun_takes_what_the_epochs_of_others_tell(study):
    study.begin()
    study.start(MLP.format(0.001, 1))
    study.print(MLP.format(0.001, 1), LINE.format(10, 3))
    times = estimate(study)
    assert times.work_left == pytest.approx(170 + 3 * 240)
    assert not times.complete


def test_an_earlier_result_of_the_same_settings_tells_and_one_of_others_does_not(study):
    study.begin()
    for name in study.runs:
        study.write(name, seconds=100, **({"epochs": 1} if name.startswith("mlp") else {}))
        study.runs[name].metrics.unlink()
    times = estimate(study)
    assert times.work_left == 6 * 100
    assert not times.complete
    assert times.left is None  # nothing runs


def test_after_a_run_that_was_stopped_the_work_that_is_left_is_all_that_is_not_done(study):
    for name in study.runs:
        study.write(name, seconds=100)
    for name in list(study.runs)[:3]:
        study.runs[name].metrics.unlink()
    times = estimate(study)
    assert (times.work_done, times.work_left, times.left, times.complete) == (700, 300, None, True)


def test_runs_of_more_epochs_take_longer(study):
    study.begin()
    short, *others = (run for run in study.runs.values() if run.kind == "mlp")
    short.settings["epochs"] = 10
    study.write(short.name, seconds=100)
    times = estimate(study)
    assert times.work_left == len(others) * 400
