"""Test that the settings of each job change with what its numbers depend on, and with nothing else."""

import inspect
import re
from types import SimpleNamespace

import pytest
import yaml
from snakemake.utils import update_config

from mnist_study.plan import study
from mnist_study.trust.reasons import ROOT, format_settings

# One job of each rule that has settings: its wildcards, by a name that only this test uses.
JOBS = {
    "train_classifier cnn": {"classifier": "cnn", "factor": "none", "replicate": "1"},
    "train_classifier regularized": {"classifier": "regularized", "factor": "0.0001", "replicate": "2"},
    "summarize_classifier cnn": {"classifier": "cnn"},
    "summarize_classifier regularized": {"classifier": "regularized"},
    "plot_factors": {"classifier": "regularized", "statistic": "mean"},
    "train_autoencoder": {},
    "summarize_autoencoder": {},
    "evaluate_noise_level": {"level": "0.4"},
    "summarize_noise_levels": {},
    "denoise_gallery": {},
    "sample_decoder": {},
    "find_worst_digits": {},
    "summarize_model cnn": {"model": "cnn"},
    "summarize_model regularized": {"model": "regularized"},
    "summarize_model autoencoder": {"model": "autoencoder"},
    "plot_model": {"model": "cnn"},
    "compare_published": {},
    "plot_comparison": {},
    "summarize_study": {},
    "make_report": {},
}
COMPARED = {"compare_published", "plot_comparison", "summarize_study"}
OF_CNN = {
    "train_classifier cnn",
    "summarize_classifier cnn",
    "summarize_noise_levels",
    "summarize_model cnn",
    *COMPARED,
}
OF_REGULARIZED = {
    "compare_published",
    "summarize_study",
    "train_classifier regularized",
    "summarize_classifier regularized",
    "summarize_model regularized",
}
OF_SCORER = {
    "evaluate_noise_level",
    "summarize_noise_levels",
    "denoise_gallery",
    "sample_decoder",
    "find_worst_digits",
    *COMPARED,
}
OF_AUTOENCODER = {
    *COMPARED,
    "train_autoencoder",
    "summarize_autoencoder",
    "summarize_noise_levels",
    "summarize_model autoencoder",
}
ALL = JOBS.keys() - {"plot_factors", "plot_model", *COMPARED}


@pytest.fixture
def config():
    return yaml.safe_load((ROOT / "config.yaml").read_text())


def list_settings(config):
    """List the settings of each job as Snakemake records them."""
    return {
        name: format_settings(getattr(study, name.split()[0])(config, SimpleNamespace(**wildcards)))
        for name, wildcards in JOBS.items()
    }


def name_run(classifier, factor, replicate):
    return SimpleNamespace(classifier=classifier, factor=factor, replicate=replicate)


def test_every_rule_with_settings_is_tried_here():
    assert {name.split()[0] for name in JOBS} == list_settings_functions()


def list_settings_functions():
    """List the functions that give the settings of a rule."""
    functions = inspect.getmembers(study, inspect.isfunction)
    found = {name for name, function in functions if "wildcards" in inspect.signature(function).parameters}
    return found - {"no_settings"}


def test_every_function_with_settings_is_named_after_a_rule():
    rules = {
        name
        for path in (ROOT / "workflow/rules").glob("*.smk")
        for name in re.findall(r"^rule (\w+):", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert list_settings_functions() <= rules


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("seed: 1", ALL),
        ("dataset: {name: fashion_mnist}", ALL | COMPARED),
        ("classifiers: {cnn: {epochs: 41}}", OF_CNN),
        ("classifiers: {cnn: {batch_size: 64}}", OF_CNN),
        ("classifiers: {cnn: {learning_rate: 0.2}}", OF_CNN),
        ("classifiers: {cnn: {layers: [{dense: 1}]}}", OF_CNN),
        ("classifiers: {regularized: {layers: [{dense: 300}, {dense: 500}]}}", OF_REGULARIZED),
        # Another factor or replicate does not change the existing runs.
        (
            "classifiers: {regularized: {factors: [1.0e-6, 1.0e-5, 1.0e-4, 5.0e-4, 1.0e-3, 1.0e-2]}}",
            {"summarize_classifier regularized", "compare_published", "summarize_study"},
        ),
        (
            "classifiers: {regularized: {replicates: 4}}",
            {"summarize_classifier regularized", "compare_published", "summarize_study"},
        ),
        # The first run represents the model. Without the first factor, it is another run.
        (
            "classifiers: {regularized: {factors: [1.0e-5, 1.0e-4]}}",
            {
                "summarize_classifier regularized",
                "summarize_model regularized",
                "compare_published",
                "summarize_study",
            },
        ),
        ("autoencoder: {epochs: 33}", OF_AUTOENCODER),
        ("autoencoder: {encoder: [96, 128]}", OF_AUTOENCODER),
        ("autoencoder: {decoder: []}", OF_AUTOENCODER),
        ("autoencoder: {noise_level: 0.3}", OF_AUTOENCODER),
        ("autoencoder: {batch_size: 128}", OF_AUTOENCODER),
        ("autoencoder: {learning_rate: 0.002}", OF_AUTOENCODER),
        ("noise: {classifier: baseline}", OF_SCORER),
        ("noise: {levels: [0, 0.4, 0.45]}", {"summarize_noise_levels", "denoise_gallery"}),
        ("gallery: {digits: [7, 2]}", {"denoise_gallery"}),
        ("decoder_samples: 41", {"sample_decoder"}),
        ("decoder_walk: {to: 3}", {"sample_decoder"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_change_concerns_the_jobs_whose_numbers_depend_on_it(config, change, expected):
    before = list_settings(config)
    update_config(config, yaml.safe_load(change))
    now = list_settings(config)
    assert {name for name in JOBS if before[name] != now[name]} == expected | {"make_report"}


@pytest.mark.parametrize(
    "change",
    [
        "dataset: {path: copies/mnist.npz}",
        "pathvars: {results: results/elsewhere}",
        "classifiers: {regularized: {factors: [1.0e-3, 1.0e-6, 5.0e-4, 1.0e-5, 1.0e-4]}}",
        "noise: {levels: [1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.0]}",
    ],
    ids=["own copy", "results folder", "order of factors", "order of levels"],
)
def test_a_change_that_no_number_depends_on_concerns_no_job(config, change):
    before = list_settings(config)
    update_config(config, yaml.safe_load(change))
    assert list_settings(config) == before


def test_another_classifier_concerns_the_report_and_what_is_held_against_published_numbers(config):
    before = list_settings(config)
    config["classifiers"]["other"] = config["classifiers"]["baseline"]
    now = list_settings(config)
    assert {name for name in JOBS if before[name] != now[name]} == {
        "make_report",
        "compare_published",
        "summarize_study",
    }


def test_a_replicate_is_told_apart_from_that_of_another_factor_by_the_factor_alone(config):
    low, high = (study.train_classifier(config, name_run("regularized", factor, "2")) for factor in ("1e-06", "0.001"))
    assert (low.pop("factor"), high.pop("factor")) == (1e-6, 1e-3)
    assert low == high
    assert low["replicate"] == 2


def test_a_classifier_without_factors_has_one_run_without_penalty(config):
    assert study.list_factors(config, "cnn") == [None]
    first = study.name_first_run(config, "cnn")
    assert vars(first) == {"classifier": "cnn", "factor": "none", "replicate": "1"}
    assert study.train_classifier(config, first)["factor"] is None


def test_the_first_run_is_that_of_the_smallest_factor(config):
    config["classifiers"]["regularized"]["factors"] = [1e-3, 1e-6, 1]
    assert study.name_first_run(config, "regularized").factor == "1e-06"


def test_factors_and_levels_are_numbers_in_ascending_order(config):
    config["classifiers"]["regularized"]["factors"] = [10, 2, 1.5]
    config["noise"]["levels"] = [1, 0.5, 0]
    assert study.list_factors(config, "regularized") == [1.5, 2.0, 10.0]
    assert study.list_levels(config) == [0.0, 0.5, 1.0]


def test_replicates_count_from_one(config):
    assert study.list_replicates(config, "regularized") == [1, 2, 3]


def test_only_classifiers_with_factors_have_figures_over_the_factor(config):
    assert study.list_sweeps(config) == ["regularized"]


def test_the_tables_of_a_classifier_expect_its_runs_to_have_the_settings_that_they_are_trained_with(config):
    summary = study.summarize_classifier(config, SimpleNamespace(classifier="regularized"))
    for factor in summary["factors"]:
        for replicate in summary["replicates"]:
            trained = study.train_classifier(config, name_run("regularized", str(factor), str(replicate)))
            assert summary["run"] | {"factor": factor, "replicate": replicate} == trained


def test_the_noise_curve_expects_its_evaluations_and_models_to_have_the_settings_that_they_are_made_with(config):
    summary = study.summarize_noise_levels(config, SimpleNamespace())
    levels = [SimpleNamespace(level=str(level)) for level in study.list_levels(config)]
    assert summary["evaluations"] == [study.evaluate_noise_level(config, wildcards) for wildcards in levels]
    assert summary["classifier"] == study.train_classifier(config, name_run("cnn", "none", "1"))
    assert summary["autoencoder"] == study.train_autoencoder(config, SimpleNamespace())


def test_a_models_table_expects_the_script_and_the_settings_that_trained_it(config):
    assert study.summarize_model(config, SimpleNamespace(model="cnn")) == {
        "script": "train_classifier",
        "run": study.train_classifier(config, name_run("cnn", "none", "1")),
    }
    assert study.summarize_model(config, SimpleNamespace(model="autoencoder")) == {
        "script": "train_autoencoder",
        "run": study.train_autoencoder(config, SimpleNamespace()),
    }


def test_long_trainings_start_first(config):
    work = [study.prioritize_training(config, classifier) for classifier in ("cnn", "regularized", "baseline")]
    assert work == sorted(work, reverse=True)
    # In each of ten epochs, each image of 60,000 multiplies each of 784 · 64 + 64 · 64 + 64 · 10 weights three times.
    assert work[-1] == 3 * 54_912 * 60_000 * 10 // 10**9
