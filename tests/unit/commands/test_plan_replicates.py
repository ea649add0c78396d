"""Test what `make plan` says of replicates and their cost, before a run and after it."""

import subprocess
import sys

import pandas as pd
import pytest
import yaml

from mnist_study.commands.plan_replicates import (
    Cost,
    Spread,
    describe_plan,
    describe_settings,
    estimate_cost,
    estimate_noise_cost,
    measure_cost,
    measure_noise,
    measure_noise_cost,
    measure_sweep,
    pool,
)
from mnist_study.errors import StudyError
from mnist_study.plan.config import check_config
from mnist_study.plan.contents import list_levels, list_noise_models, locate
from mnist_study.trust.provenance import write_provenance
from mnist_study.trust.reasons import ROOT

SWEEP = Spread(n=3, single=0.001, paired=0.0006, comparisons=10)
COST = Cost(0.5, "core-hours", 15)


@pytest.fixture
def config():
    return check_config(yaml.safe_load((ROOT / "config.yaml").read_text()))


def write_table(folder, name, rows, **wildcards):
    path = folder / locate(name, **wildcards)
    path.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(rows).to_csv(path, index=False)


def write_run(path, seconds, **device):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{}")
    write_provenance([path], {}, {}, device, start=0)
    provenance = path.with_suffix(".provenance.json")
    told = provenance.read_text()
    [line] = [line for line in told.splitlines() if "duration_seconds" in line]
    provenance.write_text(told.replace(line, f' "duration_seconds": {seconds}'))


def test_the_replicates_are_those_of_the_power_and_in_pairs_at_least_those_of_the_sign_flips():
    """With a standard deviation of 0.0006 of the differences, the t-test needs 6 pairs, and with 0.001, 17 a side."""
    lines = describe_plan("mlp", SWEEP, COST)
    [row] = [line for line in lines if line.strip().startswith("0.0010")]
    assert row.split()[:2] == ["0.0010", "9,"]
    assert "17, 7 core-hours more" in row  # 14 replicates of half an hour
    assert lines[-1] == "  The sign flips need at least 9 replicates for 10 comparisons at once (Holm)."


def test_replicates_that_are_there_cost_nothing():
    lines = describe_plan("mlp", SWEEP._replace(n=40), COST)
    [row] = [line for line in lines if line.strip().startswith("0.0020")]
    assert row.count("there already") == 2


def test_a_classifier_without_a_sweep_has_nothing_to_pair():
    lines = describe_plan("cnn", Spread(n=3, single=0.001, paired=None, comparisons=0), COST)
    assert "pairs" not in lines[1]
    assert "sign flips" not in lines[-1]


def test_what_is_assumed_and_estimated_is_said(config):
    lines = describe_plan("mlp", Spread(n=0, single=None, paired=None, comparisons=10), estimate_cost(config, "cnn"))
    assert lines[1].count("assumed") == 2
    assert "(estimated for 60,000 images: there is no run yet)" in lines[2]


def test_the_estimated_cost_of_a_replicate_is_that_of_all_settings(config):
    config["classifiers"]["cnn"]["sweep"] = [["epochs", [20, 40, 60]]]
    one, swept = (estimate_cost(config, name) for name in ("baseline", "cnn"))
    config["classifiers"]["cnn"] |= {"sweep": [], "epochs": 40}
    assert swept.hours == pytest.approx(3 * estimate_cost(config, "cnn").hours, rel=0.01)
    assert one.hours < swept.hours


def test_the_estimated_cost_of_the_noise_study_is_that_of_its_models_and_cells(config):
    """A cell takes ten seconds, a training as long as its epochs need besides."""
    whole = estimate_noise_cost(config).hours
    config["denoisers"]["wide"] = {"filter": "median", "size": 5}
    assert estimate_noise_cost(config).hours - whole == pytest.approx(11 * 10 / 3600)
    config["denoisers"]["deep"] = config["denoisers"]["autoencoder"] | {"epochs": 64}
    twice = estimate_noise_cost(config).hours - whole
    config["denoisers"]["deep"]["epochs"] = 32
    once = estimate_noise_cost(config).hours - whole
    assert twice > once > 23 * 10 / 3600
    config["noise"]["classifiers"] = ["cnn", "baseline"]
    assert estimate_noise_cost(config).hours > whole + once + 56 * 10 / 3600


def test_a_grid_is_described_by_all_that_it_sweeps():
    sweep = [["learning_rate", [0.1, 0.2]], ["dropout", [0, 0.2]]]
    assert describe_settings({"sweep": sweep}) == "4 settings of learning rate and dropout"


def test_no_spread_is_a_spread():
    assert pool(pd.Series([0.0, 0.0])) == 0
    assert pool(pd.Series([float("nan")])) is None
    lines = describe_plan("mlp", Spread(n=2, single=0.0, paired=0.0, comparisons=1), COST)
    assert lines[1] == "  standard deviation: 0 of an accuracy (n = 2); 0 of a difference in pairs"


def test_the_spread_is_that_of_the_validation_images(config, tmp_path):
    rows = [
        {"l2": l2, "data": data, "n": 3, "standard_deviation": deviation}
        for l2 in (1e-6, 1e-3)
        for data, deviation in (("held-out", 0.001), ("test", 0.5))
    ]
    write_table(tmp_path, "statistics", rows, classifier="regularized")
    pairs = [
        {"data": data, "n": 3, "standard_deviation": spread} for data, spread in (("held-out", 0.0003), ("test", 1))
    ]
    write_table(tmp_path, "pairs", pairs, classifier="regularized")
    assert measure_sweep(tmp_path, config, "regularized") == (3, pytest.approx(0.001), pytest.approx(0.0003), 10)


def test_the_spread_of_the_noise_study_is_that_of_denoised_images_and_of_the_differences(config, tmp_path):
    assert measure_noise(tmp_path, config) == (0, None, None, 11)
    rows = [
        {"denoiser": denoiser, "n": 3, "standard_deviation": deviation}
        for denoiser, deviation in (("none", 0.5), ("median", 0.01), ("autoencoder", 0.01))
    ]
    write_table(tmp_path, "levels", rows)
    write_table(tmp_path, "gains", [{"n": 3, "standard_deviation": 0.003}, {"n": 3, "standard_deviation": 0.004}])
    assert measure_noise(tmp_path, config) == (3, 0.01, pytest.approx(0.0125**0.5 / 1000**0.5), 11)


def test_a_table_of_an_earlier_version_or_an_edited_one_is_refused(config, tmp_path):
    write_table(tmp_path, "statistics", [{"l2": 1e-6, "n": 3, "standard_deviation": 0.001}], classifier="regularized")
    with pytest.raises(
        StudyError, match=r"statistics\.csv is a table of another version of this study: run Snakemake again"
    ):
        measure_sweep(tmp_path, config, "regularized")
    path = tmp_path / locate("statistics", classifier="regularized")
    write_provenance([path], {}, {}, {}, start=0)
    path.write_text(path.read_text() + "damage")
    with pytest.raises(StudyError, match=r"statistics\.csv was changed after it was written: type: rm "):
        measure_sweep(tmp_path, config, "regularized")


def test_the_cost_of_a_replicate_is_that_of_its_runs_so_far(tmp_path):
    """Of six runs, three a replicate, four are there and took 30 minutes on two threads."""
    runs = [tmp_path / f"l2~{l2}" / f"replicate~{number}.json" for l2 in range(3) for number in (1, 2)]
    assert measure_cost(runs, 2) is None
    for path in runs[:4]:
        write_run(path, 1800, gpus=[], threads=2)
    assert measure_cost(runs, 2) == (pytest.approx(3.0), "core-hours", 4)


def test_the_cost_of_a_half_finished_noise_study_does_not_take_its_evaluations_for_trainings(config, tmp_path):
    """Trainings take an hour, and one replicate's 33 evaluations 36 s each. Of these, one is there."""
    first = [tmp_path / path for path in list_noise_models(config, 1)]
    assert len(first) == 2
    for path in first:
        write_run(path, 3600, gpus=[], threads=1)
    assert measure_noise_cost(tmp_path, config) is None
    write_run(tmp_path / list_levels(config)[0], 36, gpus=[], threads=1)
    assert measure_noise_cost(tmp_path, config) == (pytest.approx(2 + 33 * 0.01), "core-hours", 3)


def test_runs_on_gpus_are_counted_in_their_hours(tmp_path):
    write_run(tmp_path / "run.json", 3600, gpus=["A100"], threads=4)
    assert measure_cost([tmp_path / "run.json"], 1) == (1.0, "GPU-hours", 1)


def test_the_command_plans_a_study_before_its_first_run(tmp_path):
    command = [sys.executable, ROOT / "workflow", "plan_replicates", "--directory", tmp_path]
    ended = subprocess.run(command, capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (0, "")
    titles = [line for line in ended.stdout.splitlines()[3:] if line and not line.startswith(" ")]
    assert titles == [
        "baseline",
        "regularized, 5 settings of l2",
        "cnn",
        "3 denoisers, none among them, with 1 scoring classifier at 11 noise levels",
    ]
    assert list(tmp_path.iterdir()) == []


def test_a_study_that_lacks_a_half_is_planned_as_far_as_it_has_accuracies(tmp_path):
    (tmp_path / "variant.yaml").write_text("denoisers: null\nclassifiers: {baseline: null, cnn: null}\n")
    (tmp_path / "other.yaml").write_text("classifiers: null\n")
    command = [sys.executable, ROOT / "workflow", "plan_replicates", "--configfile"]
    ended = subprocess.run([*command, tmp_path / "variant.yaml"], capture_output=True, text=True, cwd=ROOT)
    titles = [line for line in ended.stdout.splitlines()[3:] if line and not line.startswith(" ")]
    assert (ended.returncode, titles) == (0, ["regularized, 5 settings of l2"])
    ended = subprocess.run([*command, tmp_path / "other.yaml"], capture_output=True, text=True, cwd=ROOT)
    assert (ended.returncode, ended.stderr) == (
        1,
        "error: this study has no classifiers, and the plan is for differences in their accuracy\n",
    )
