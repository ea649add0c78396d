"""Test that the settings of each job change with what its numbers depend on, and with nothing else."""

import inspect
import re
from types import SimpleNamespace

import pytest
import yaml
from snakemake.utils import update_config

from mnist_study.errors import StudyError
from mnist_study.plan import study
from mnist_study.plan.config import check_config
from mnist_study.trust.reasons import ROOT, format_settings

# One job of each rule that has settings: its wildcards, by a name that only this test uses.
JOBS = {
    "train_classifier cnn": {"classifier": "cnn", "factor": "none", "replicate": "1"},
    "train_classifier regularized": {"classifier": "regularized", "factor": "0.0001", "replicate": "2"},
    "summarize_classifier cnn": {"classifier": "cnn"},
    "summarize_classifier regularized": {"classifier": "regularized"},
    "score_ensemble cnn": {"classifier": "cnn", "factor": "none"},
    "score_ensemble regularized": {"classifier": "regularized", "factor": "0.0001"},
    "summarize_ensembles cnn": {"classifier": "cnn"},
    "summarize_ensembles regularized": {"classifier": "regularized"},
    "compare_factors": {"classifier": "regularized"},
    "plot_factors": {"classifier": "regularized", "statistic": "mean"},
    "train_autoencoder": {"replicate": "2"},
    "summarize_autoencoder": {},
    "evaluate_noise_level": {"level": "0.4", "replicate": "2"},
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
    "summarize_ensembles cnn",
    "summarize_noise_levels",
    "summarize_model cnn",
    *COMPARED,
}
# The tables of all runs of the sweep.
SWEEP = {"summarize_classifier regularized", "summarize_ensembles regularized", "compare_published", "summarize_study"}
OF_REGULARIZED = {*SWEEP, "train_classifier regularized", "summarize_model regularized"}
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
# What the scorer's or the autoencoder's replicates are numbers of.
OF_REPLICATES = {"summarize_noise_levels", *COMPARED}
OF_TRAINING_IMAGES = {
    *(name for name in JOBS if name.startswith(("train_", "summarize_"))),
    *COMPARED,
    "sample_decoder",
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


OWN = {
    "name": "shapes",
    "path": "shapes.npz",
    "sha256": "5" * 64,
    "shape": [12, 10, 3],
    "classes": ["circle", "cross"],
    "test_images": None,
}
SHOWING_CLASSES = {"find_worst_digits", "denoise_gallery", "sample_decoder", "summarize_noise_levels"}


def list_own(config, **changes):
    """List the settings of each job of a study on a user's own images, with other values of these keys."""
    return list_settings(config | {"dataset": OWN | changes})


def test_settings_of_mnist_are_its_name_alone(config):
    assert not any("sha256" in settings or "class_names" in settings for settings in list_settings(config).values())
    checked = check_config(config)
    assert list_settings(checked) == list_settings(config)


def test_names_of_classes_are_settings_of_what_shows_them(config):
    before, after = list_own(config), list_own(config, classes=["circle", "square"])
    assert {name.split()[0] for name in before if before[name] != after[name]} == SHOWING_CLASSES


@pytest.mark.parametrize("changes", [{"sha256": "6" * 64}, {"test_images": 100}], ids=["sha256", "test images"])
def test_other_images_are_other_settings_of_all_that_uses_them(config, changes):
    before, after = list_own(config), list_own(config, **changes)
    without = {name for name in before if before[name] == after[name]}
    assert without == {name for name in JOBS if name.startswith(("compare_factors", "plot_factors", "plot_model"))}


def test_the_path_of_a_users_images_is_no_setting(config):
    assert list_own(config) == list_own(config, path="elsewhere.npz")


def test_work_depends_on_the_shape_of_the_images(config):
    work = [
        study.prioritize_training(config | {"dataset": OWN | {"shape": shape}}, "baseline")
        for shape in ([28, 28, 3], [28, 28, 1], [14, 28, 1])
    ]
    assert work[0] > work[1] > work[2]


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
        # Factors are compared by their tables, so the images are no setting of the comparison.
        ("dataset: {name: fashion_mnist}", ALL - {"compare_factors"} | COMPARED),
        ("validation: 10000", OF_TRAINING_IMAGES),
        ("classifiers: {cnn: {epochs: 41}}", OF_CNN),
        ("classifiers: {cnn: {batch_size: 64}}", OF_CNN),
        ("classifiers: {cnn: {learning_rate: 0.2}}", OF_CNN),
        ("classifiers: {cnn: {layers: [{dense: 1}]}}", OF_CNN),
        ("classifiers: {regularized: {layers: [{dense: 300}, {dense: 500}]}}", OF_REGULARIZED),
        # Another factor or replicate does not change the existing runs.
        (
            "classifiers: {regularized: {factors: [1.0e-6, 1.0e-5, 1.0e-4, 5.0e-4, 1.0e-3, 1.0e-2]}}",
            SWEEP,
        ),
        ("classifiers: {regularized: {replicates: 4}}", SWEEP | {"score_ensemble regularized"}),
        # The noise study has as many replicates as both of its models.
        (
            "classifiers: {cnn: {replicates: 2}}",
            OF_REPLICATES | {"summarize_classifier cnn", "score_ensemble cnn", "summarize_ensembles cnn"},
        ),
        (
            "classifiers: {cnn: {replicates: 4}}",
            COMPARED | {"summarize_classifier cnn", "score_ensemble cnn", "summarize_ensembles cnn"},
        ),
        ("autoencoder: {replicates: 2}", OF_REPLICATES | {"summarize_autoencoder"}),
        ("autoencoder: {replicates: 4}", COMPARED | {"summarize_autoencoder"}),
        # The first run represents the model. Without the first factor, it is another run.
        (
            "classifiers: {regularized: {factors: [1.0e-5, 1.0e-4]}}",
            SWEEP | {"summarize_model regularized"},
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
    assert study.list_autoencoder_replicates(config) == [1, 2, 3]


@pytest.mark.parametrize(("classifiers", "autoencoders", "both"), [(3, 2, [1, 2]), (2, 3, [1, 2]), (1, 1, [1])])
def test_the_noise_study_has_the_replicates_that_both_of_its_models_have(config, classifiers, autoencoders, both):
    config["classifiers"]["cnn"]["replicates"] = classifiers
    config["autoencoder"]["replicates"] = autoencoders
    assert study.list_noise_replicates(config) == both
    assert study.summarize_noise_levels(config, SimpleNamespace())["replicates"] == both


def test_a_run_that_the_study_does_not_have_is_refused_with_those_that_it_has(config):
    config["autoencoder"]["replicates"] = 2
    refused = {
        "this study has no factor~0.5/replicate~1 of regularized: its factors are 1e-06, 1e-05, 0.0001, 0.0005, 0.001, "
        "its replicates 1 to 3": lambda: study.train_classifier(config, name_run("regularized", "0.5", "1")),
        "this study has no factor~none/replicate~4 of cnn: its factors are none, its replicates 1 to 3": (
            lambda: study.train_classifier(config, name_run("cnn", "none", "4"))
        ),
        "this study has no replicate~3 of the autoencoder: its replicates are 1 to 2": (
            lambda: study.train_autoencoder(config, SimpleNamespace(replicate="3"))
        ),
        "this study has no level~0.4/replicate~3: the noise levels have replicates 1 to 2, as many as both the "
        "classifier and the autoencoder have": (
            lambda: study.evaluate_noise_level(config, SimpleNamespace(level="0.4", replicate="3"))
        ),
    }
    for sentence, ask in refused.items():
        with pytest.raises(StudyError) as caught:
            ask()
        assert str(caught.value) == sentence


def test_only_classifiers_with_factors_have_figures_over_the_factor(config):
    config["classifiers"]["baseline"]["factors"] = [0.1]
    assert study.list_sweeps(config) == ["baseline", "regularized"]
    assert study.list_sweeps(config, factors=2) == ["regularized"]


def test_only_classifiers_with_several_replicates_have_ensembles(config):
    config["classifiers"]["cnn"]["replicates"] = 1
    assert study.list_replicated(config) == ["baseline", "regularized"]


def test_the_tables_of_a_classifier_expect_its_runs_to_have_the_settings_that_they_are_trained_with(config):
    summary = study.summarize_classifier(config, SimpleNamespace(classifier="regularized"))
    for factor in summary["factors"]:
        for replicate in summary["replicates"]:
            trained = study.train_classifier(config, name_run("regularized", str(factor), str(replicate)))
            assert summary["run"] | {"factor": factor, "replicate": replicate} == trained


def test_the_tables_of_the_autoencoder_expect_its_replicates_to_have_the_settings_that_they_are_trained_with(config):
    summary = study.summarize_autoencoder(config, SimpleNamespace())
    for replicate in summary["replicates"]:
        trained = study.train_autoencoder(config, SimpleNamespace(replicate=str(replicate)))
        assert summary["run"] | {"replicate": replicate} == trained


def test_the_table_of_ensembles_expects_them_and_their_runs_to_have_the_settings_that_they_are_made_with(config):
    summary = study.summarize_ensembles(config, SimpleNamespace(classifier="regularized"))
    factors = study.list_factors(config, "regularized")
    for factor, ensemble, run in zip(map(str, factors), summary["ensembles"], summary["runs"], strict=True):
        wildcards = SimpleNamespace(classifier="regularized", factor=factor)
        assert ensemble == study.score_ensemble(config, wildcards)
        for replicate in ensemble["replicates"]:
            trained = study.train_classifier(config, name_run("regularized", factor, str(replicate)))
            assert run | {"replicate": replicate} == trained


def test_the_noise_curve_expects_its_evaluations_and_models_to_have_the_settings_that_they_are_made_with(config):
    summary = study.summarize_noise_levels(config, SimpleNamespace())
    for replicate in summary["replicates"]:
        number = {"replicate": replicate}
        for level in summary["levels"]:
            wildcards = SimpleNamespace(level=str(level), replicate=str(replicate))
            assert summary["evaluation"] | {"level": level} | number == study.evaluate_noise_level(config, wildcards)
        trained = study.train_classifier(config, name_run("cnn", "none", str(replicate)))
        assert summary["classifier"] | number == trained
        trained = study.train_autoencoder(config, SimpleNamespace(replicate=str(replicate)))
        assert summary["autoencoder"] | number == trained


def test_a_models_table_expects_the_script_and_the_settings_that_trained_it(config):
    assert study.summarize_model(config, SimpleNamespace(model="cnn")) == {
        "script": "train_classifier",
        "run": study.train_classifier(config, name_run("cnn", "none", "1")),
    }
    assert study.summarize_model(config, SimpleNamespace(model="autoencoder")) == {
        "script": "train_autoencoder",
        "run": study.train_autoencoder(config, SimpleNamespace(replicate="1")),
    }


def test_long_trainings_start_first(config):
    work = [study.prioritize_training(config, classifier) for classifier in ("cnn", "regularized", "baseline")]
    assert work == sorted(work, reverse=True)
    # In each of ten epochs, each image of 60,000 multiplies each of 784 · 64 + 64 · 64 + 64 · 10 weights three times.
    assert work[-1] == 3 * 54_912 * 60_000 * 10 // 10**9
