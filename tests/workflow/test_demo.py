"""Test the demo, with all rules and real images."""

import csv
import re
import subprocess
import sys
from pathlib import Path

import pytest
from snakemake.common.configfile import load_configfile
from snakemake.utils import update_config

from mnist_study.plan.config import check_config
from mnist_study.plan.contents import list_outputs

SNAKEMAKE = [sys.executable, "-m", "snakemake", "--profile", "profiles/local", "--configfile", "demo.yaml"]


def read_table(path: Path) -> list[dict]:
    with path.open() as file:
        return list(csv.DictReader(file))


def test_every_file_of_a_finished_study_is_one_that_it_lists(demo):
    results, _ = demo
    config = load_configfile(results.parents[1] / "config.yaml")
    update_config(config, load_configfile(results.parents[1] / "demo.yaml"))
    beside = re.compile(r"\.provenance\.json$|^logs/|^\.claim/|^dataset/")
    paths = [str(path.relative_to(results)) for path in results.rglob("*") if path.is_file()]
    assert sorted(path for path in paths if not beside.search(path)) == sorted(list_outputs(check_config(config)))


def test_tables_hold_every_run_of_real_mnist(demo):
    results, _ = demo
    runs = read_table(results / "tables/classifiers/regularized/runs.csv")
    assert [(run["l2"], run["replicate"]) for run in runs] == [
        ("1e-05", "1"),
        ("1e-05", "2"),
        ("0.001", "1"),
        ("0.001", "2"),
    ]
    assert all(0.9 < float(run["accuracy"]) < 0.99 for run in runs)
    statistics = read_table(results / "tables/classifiers/regularized/statistics.csv")
    assert [setting["n"] for setting in statistics] == ["2", "2"]


def test_noise_curve_starts_at_the_classifiers_accuracy_and_ends_at_chance(demo):
    results, _ = demo
    rows = read_table(results / "tables/noise_levels/runs.csv")
    accuracy = {(row["denoiser"], float(row["level"]), row["replicate"]): float(row["accuracy"]) for row in rows}
    assert len(accuracy) == 3 * 3 * 2
    for cnn in read_table(results / "tables/classifiers/cnn/runs.csv"):
        assert accuracy["none", 0.0, cnn["replicate"]] == float(cnn["accuracy"])
        assert accuracy["none", 1.0, cnn["replicate"]] == pytest.approx(0.1, abs=0.05)
        for denoiser in ("median", "autoencoder"):
            assert accuracy[denoiser, 0.4, cnn["replicate"]] > accuracy["none", 0.4, cnn["replicate"]]
    levels = read_table(results / "tables/noise_levels/levels.csv")
    mean = {(row["denoiser"], float(row["level"])): float(row["mean"]) for row in levels}
    for (denoiser, level), value in mean.items():
        assert value == pytest.approx((accuracy[denoiser, level, "1"] + accuracy[denoiser, level, "2"]) / 2)


def test_mistakes_and_classes_are_those_that_the_cnns_accuracy_counts(demo):
    results, _ = demo
    cnn, _ = read_table(results / "tables/classifiers/cnn/runs.csv")
    confusion = read_table(results / "tables/confusion/confusion.csv")
    assert sum(int(row["count"]) for row in confusion) == 10_000
    right = sum(int(row["count"]) for row in confusion if row["true"] == row["predicted"])
    assert right / 10_000 == pytest.approx(float(cnn["accuracy"]), abs=1e-6)
    classes = read_table(results / "tables/noise_levels/classes.csv")
    assert len(classes) == 3 * 3 * 10
    of_fours = sum(int(row["count"]) for row in confusion if row["true"] == "4")
    [fours] = [row for row in classes if (row["level"], row["denoiser"], row["class"]) == ("0.0", "none", "4")]
    [right] = [int(row["count"]) for row in confusion if (row["true"], row["predicted"]) == ("4", "4")]
    assert fours["n"] == "2"
    assert float(fours["minimum"]) <= right / of_fours <= float(fours["maximum"])


def test_an_ensemble_is_at_least_as_good_as_its_worst_replicate(demo):
    results, _ = demo
    for name in ("regularized", "cnn"):
        statistics = read_table(results / f"tables/classifiers/{name}/statistics.csv")
        ensembles = read_table(results / f"tables/classifiers/{name}/ensembles.csv")
        for setting, ensemble in zip(statistics, ensembles, strict=True):
            assert ensemble["replicates"] == "2"
            assert float(ensemble["accuracy"]) >= float(setting["minimum"])


def test_settings_are_compared_in_pairs(demo):
    results, _ = demo
    [pair] = read_table(results / "tables/classifiers/regularized/differences.csv")
    runs = read_table(results / "tables/classifiers/regularized/runs.csv")
    first, second = (
        [float(run["accuracy"]) for run in runs if f"l2 {run['l2']}" == pair[end]] for end in ("first", "second")
    )
    differences = [two - one for one, two in zip(first, second, strict=True)]
    assert float(pair["mean_difference"]) == pytest.approx(sum(differences) / 2)
    assert (pair["n"], pair["p"], pair["shown"]) == (
        "2",
        "0.5" if differences[0] * differences[1] > 0 else "1.0",
        "False",
    )


def test_a_stronger_penalty_makes_smaller_kernels(demo):
    results, _ = demo
    norm = {
        (row["l2"], row["replicate"]): float(row["norm"])
        for row in read_table(results / "tables/classifiers/regularized/kernel_norms.csv")
        if row["layer"] == "all penalized"
    }
    assert len(norm) == 4
    assert norm["0.001", "1"] < norm["1e-05", "1"]


def test_every_figure_is_there_in_both_formats(demo):
    results, _ = demo
    svg = {path.relative_to(results).with_suffix("") for path in results.glob("figures/**/*.svg")}
    png = {path.relative_to(results).with_suffix("") for path in results.glob("figures/**/*.png")}
    assert svg == png
    assert len(svg) == 4 + 3 + 4 + 11  # models, learning curves, settings, then one of each


def test_layer_tables_have_the_published_parameter_counts(demo):
    results, _ = demo
    layers = read_table(results / "tables/models/baseline.csv")
    assert [int(layer["parameters"]) for layer in layers if layer["parameters"] != "0"] == [50240, 4160, 650]


def test_a_run_in_a_pipe_is_a_line_for_each_job_that_ends(demo):
    _, output = demo
    lines = output.splitlines()
    ends = [re.fullmatch(r"done: (\w+.*) \((\d+) of (\d+)\)", line).groups() for line in lines]
    assert [(int(done), int(jobs)) for _, done, jobs in ends] == [(n, len(lines)) for n in range(1, len(lines) + 1)]
    names = {name for name, _, _ in ends}
    assert len(names) == len(lines)
    assert {
        "train_classifier classifier=regularized setting=l2~0.001 replicate=2",
        "evaluate_noise_level classifier=cnn denoiser=median level=0.4 replicate=2",
        "make_report",
    } <= names


def test_training_log_has_a_line_for_each_epoch(demo):
    results, _ = demo
    log = (results / "logs/train_classifier/cnn/default/replicate~1.log").read_text().splitlines()
    # TensorFlow prints this line about oneDNN at every log level.
    notice = r"WARNING: All log messages before absl::InitializeLog.*|I0000 .* oneDNN custom operations are on\. .*"
    started, *epochs = [line for line in log if not re.fullmatch(notice, line)]
    assert re.fullmatch(r"started \d{4}-\d\d-\d\d \d\d:\d\d:\d\d, process \d+ on \S+", started)
    line = r"epoch {}/2  loss \d\.\d+  accuracy 0\.\d+  val_loss \d\.\d+  val_accuracy 0\.\d+  \d+ min \d\d s left"
    assert [bool(re.fullmatch(line.format(epoch), text)) for epoch, text in enumerate(epochs, start=1)] == [True, True]


def test_summary_says_what_came_out_and_where_it_lies(demo):
    results, _ = demo
    summary = (results / "summary.txt").read_text()
    best = r"^regularized at l2 (1e-05|0\.001): test accuracy 0\.\d+ ± 0\.\d+, n = 2 "
    assert re.search(best, summary, re.MULTILINE)
    assert re.search(r"at a noise level of 0\.\d\d ± 0\.\d\d", summary)
    assert "\nNo published number is compared, as the networks or trainings of this study are others" in summary
    assert "tables: results/demo/tables" in summary


def test_dry_run_works_before_anything_was_fetched(tmp_path, copy_project):
    project = copy_project(tmp_path / "project")
    run = subprocess.run([*SNAKEMAKE, "-n"], cwd=project, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout
    assert re.search(r"^train_classifier +7$", run.stdout, re.MULTILINE)
    assert not (project / "results").exists()
