"""Test that the settings of each job change with what its numbers depend on, and with nothing else."""

import inspect
import re
from itertools import product
from types import SimpleNamespace

import pytest
import yaml
from snakemake.utils import update_config

from mnist_study.errors import StudyError
from mnist_study.plan import study
from mnist_study.plan.config import check_config
from mnist_study.plan.sweeps import list_settings as list_sweep
from mnist_study.plan.sweeps import resolve
from mnist_study.trust.reasons import ROOT, format_settings

CELL = {"classifier": "cnn", "level": "0.4", "replicate": "2"}
# One job of each rule that has settings: its wildcards, by a name that only this test uses.
JOBS = {
    "train_classifier cnn": {"classifier": "cnn", "setting": "default", "replicate": "1"},
    "train_classifier regularized": {"classifier": "regularized", "setting": "l2~0.0001", "replicate": "2"},
    "summarize_classifier cnn": {"classifier": "cnn"},
    "summarize_classifier regularized": {"classifier": "regularized"},
    "score_ensemble cnn": {"classifier": "cnn", "setting": "default"},
    "score_ensemble regularized": {"classifier": "regularized", "setting": "l2~0.0001"},
    "summarize_ensembles cnn": {"classifier": "cnn"},
    "summarize_ensembles regularized": {"classifier": "regularized"},
    "compare_settings": {"classifier": "regularized"},
    "plot_settings": {"classifier": "regularized", "statistic": "mean"},
    "train_autoencoder": {"autoencoder": "autoencoder", "replicate": "2"},
    "summarize_autoencoder": {"autoencoder": "autoencoder"},
    "evaluate_noise_level none": CELL | {"denoiser": "none"},
    "evaluate_noise_level median": CELL | {"denoiser": "median"},
    "evaluate_noise_level autoencoder": CELL | {"denoiser": "autoencoder"},
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
EVALUATIONS = {name for name in JOBS if name.startswith("evaluate_")}
# The jobs of the first scoring classifier, and those of any of them.
OF_SCORERS = {"summarize_noise_levels", *COMPARED}
OF_SCORER = {
    "summarize_noise_levels",
    "denoise_gallery",
    "sample_decoder",
    "find_worst_digits",
    *COMPARED,
}
# What any change of the denoisers concerns, and that of the autoencoder.
OF_DENOISERS = {"summarize_noise_levels", "denoise_gallery", *COMPARED}
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
ALL = JOBS.keys() - {"plot_settings", "plot_model", *COMPARED}


@pytest.fixture
def config():
    return yaml.safe_load((ROOT / "config.yaml").read_text())


@pytest.fixture
def checked(config):
    """The config in the form that the functions for one job take."""
    return check_config(config)


def list_settings(config):
    """List the settings of each job as Snakemake records them."""
    return list_checked_settings(check_config(config))


def list_checked_settings(config):
    """List the settings of each job of a checked config."""
    return {
        name: format_settings(getattr(study, name.split()[0])(config, SimpleNamespace(**wildcards)))
        for name, wildcards in JOBS.items()
    }


def name_run(classifier, setting, replicate):
    return SimpleNamespace(classifier=classifier, setting=setting, replicate=replicate)


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
    return list_checked_settings(check_config(config) | {"dataset": OWN | changes})


def test_settings_of_mnist_are_its_name_alone(config):
    assert not any("sha256" in settings or "class_names" in settings for settings in list_settings(config).values())


def test_names_of_classes_are_settings_of_what_shows_them(config):
    before, after = list_own(config), list_own(config, classes=["circle", "square"])
    assert {name.split()[0] for name in before if before[name] != after[name]} == SHOWING_CLASSES


@pytest.mark.parametrize("changes", [{"sha256": "6" * 64}, {"test_images": 100}], ids=["sha256", "test images"])
def test_other_images_are_other_settings_of_all_that_uses_them(config, changes):
    before, after = list_own(config), list_own(config, **changes)
    without = {name for name in before if before[name] == after[name]}
    assert without == {name for name in JOBS if name.startswith(("compare_settings", "plot_settings", "plot_model"))}


def test_the_path_of_a_users_images_is_no_setting(config):
    assert list_own(config) == list_own(config, path="elsewhere.npz")


def test_work_depends_on_the_shape_of_the_images(checked):
    work = [
        study.prioritize_training(checked | {"dataset": OWN | {"shape": shape}}, name_run("baseline", "default", "1"))
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
        # Settings are compared by their tables, so the images are no setting of the comparison.
        ("dataset: {name: fashion_mnist}", ALL - {"compare_settings"} | COMPARED),
        ("validation: 10000", OF_TRAINING_IMAGES),
        ("classifiers: {cnn: {epochs: 41}}", OF_CNN),
        ("classifiers: {cnn: {batch_size: 64}}", OF_CNN),
        ("classifiers: {cnn: {learning_rate: 0.2}}", OF_CNN),
        ("classifiers: {cnn: {layers: [{dense: 1}]}}", OF_CNN),
        ("classifiers: {regularized: {layers: [{dense: 300}, {dense: 500}]}}", OF_REGULARIZED),
        # Another setting or replicate does not change the existing runs.
        (
            "classifiers: {regularized: {sweep: {l2: [1.0e-6, 1.0e-5, 1.0e-4, 5.0e-4, 1.0e-3, 1.0e-2]}}}",
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
        ("denoisers: {autoencoder: {replicates: 2}}", OF_REPLICATES | {"summarize_autoencoder"}),
        ("denoisers: {autoencoder: {replicates: 4}}", COMPARED | {"summarize_autoencoder"}),
        # The first run represents the model. Without the first setting, it is another run.
        (
            "classifiers: {regularized: {sweep: {l2: [1.0e-5, 1.0e-4]}}}",
            SWEEP | {"summarize_model regularized"},
        ),
        ("denoisers: {autoencoder: {epochs: 33}}", OF_AUTOENCODER),
        ("denoisers: {autoencoder: {encoder: [96, 128]}}", OF_AUTOENCODER),
        ("denoisers: {autoencoder: {decoder: []}}", OF_AUTOENCODER),
        ("denoisers: {autoencoder: {noise_level: 0.3}}", OF_AUTOENCODER),
        ("denoisers: {autoencoder: {noise_level: [0, 0.8]}}", OF_AUTOENCODER),
        ("denoisers: {autoencoder: {noise_draws: every_epoch}}", OF_AUTOENCODER),
        ("denoisers: {autoencoder: {batch_size: 128}}", OF_AUTOENCODER),
        ("denoisers: {autoencoder: {learning_rate: 0.002}}", OF_AUTOENCODER),
        ("denoisers: {autoencoder: {schedule: cosine}}", OF_AUTOENCODER),
        ("denoisers: {median: {size: 5}}", OF_DENOISERS | {"evaluate_noise_level median"}),
        # Another denoiser or scorer has cells of its own.
        ("denoisers: {wide: {filter: median, size: 5}}", OF_DENOISERS),
        ("noise: {classifiers: [cnn, baseline]}", OF_SCORERS),
        ("noise: {classifiers: [baseline, cnn]}", OF_SCORER),
        (
            "noise: {kind: gaussian}",
            {"train_autoencoder", "summarize_autoencoder", "summarize_model autoencoder", *EVALUATIONS, *OF_DENOISERS},
        ),
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
        "classifiers: {regularized: {sweep: {l2: [1.0e-3, 1.0e-6, 5.0e-4, 1.0e-5, 1.0e-4]}}}",
        "noise: {levels: [1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.0]}",
    ],
    ids=["own copy", "results folder", "order of settings", "order of levels"],
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


def test_a_replicate_is_told_apart_from_that_of_another_setting_by_what_is_swept_alone(checked):
    low, high = (
        study.train_classifier(checked, name_run("regularized", setting, "2")) for setting in ("l2~1e-06", "l2~0.001")
    )
    assert (low.pop("l2"), high.pop("l2")) == (1e-6, 1e-3)
    assert low == high
    assert (low["replicate"], low["swept"]) == (2, ["l2"])


def test_a_classifier_without_a_sweep_has_one_setting_without_penalty(checked):
    assert study.list_settings(checked, "cnn") == [{}]
    first = study.name_first_run(checked, "cnn")
    assert vars(first) == {"classifier": "cnn", "setting": "default", "replicate": "1"}
    trained = study.train_classifier(checked, first)
    assert (trained["l2"], trained["swept"]) == (0, [])


def test_the_first_run_is_that_of_the_smallest_value(config):
    config["classifiers"]["regularized"]["sweep"]["l2"] = [1e-3, 1e-6, 1]
    assert study.name_first_run(check_config(config), "regularized").setting == "l2~1e-06"


def test_settings_and_levels_are_in_ascending_order(config):
    config["classifiers"]["regularized"]["sweep"]["l2"] = [10, 2, 1.5]
    config["noise"]["levels"] = [1, 0.5, 0]
    checked = check_config(config)
    assert study.list_settings(checked, "regularized") == [{"l2": 1.5}, {"l2": 2.0}, {"l2": 10.0}]
    assert study.list_levels(checked) == [0.0, 0.5, 1.0]


def test_a_grid_has_every_combination_the_first_key_outermost(config):
    config["classifiers"]["cnn"]["sweep"] = {"learning_rate": [0.2, 0.1], "dropout": [0.5, 0]}
    checked = check_config(config)
    trained = [
        study.train_classifier(checked, study.name_run("cnn", setting, 1))
        for setting in study.list_settings(checked, "cnn")
    ]
    assert [(run["learning_rate"], run["dropout"]) for run in trained] == [(0.1, 0), (0.1, 0.5), (0.2, 0), (0.2, 0.5)]
    layers = config["classifiers"]["cnn"]["layers"]
    assert [run["layers"] for run in trained] == [layers[:-1], layers, layers[:-1], layers]
    assert {run["seed"] for run in trained} == {20261122}


def test_the_dropout_of_every_layer_is_swept(config):
    config["classifiers"]["cnn"] |= {"layers": [{"dropout": 0.1}, {"dense": 8}, {"dropout": 0.5}]}
    config["classifiers"]["cnn"]["sweep"] = {"dropout": [0.25]}
    run = study.train_classifier(check_config(config), name_run("cnn", "dropout~0.25", "1"))
    assert run["layers"] == [{"dropout": 0.25}, {"dense": 8}, {"dropout": 0.25}]


def test_a_setting_is_trained_as_the_same_classifier_without_a_sweep_is(config):
    swept = study.train_classifier(check_config(config), name_run("regularized", "l2~0.0001", "1"))
    config["classifiers"]["regularized"] |= {"l2": 1e-4, "sweep": {}}
    single = study.train_classifier(check_config(config), name_run("regularized", "default", "1"))
    assert (swept.pop("swept"), single.pop("swept")) == (["l2"], [])
    assert swept == single


def test_a_single_value_that_a_sweep_replaces_is_no_setting(config):
    before = list_settings(config)
    config["classifiers"]["regularized"]["l2"] = 0.5
    assert list_settings(config) == before


def test_replicates_count_from_one(checked):
    assert study.list_replicates(checked, "regularized") == [1, 2, 3]
    assert study.list_autoencoder_replicates(checked, "autoencoder") == [1, 2, 3]


@pytest.mark.parametrize(
    ("scorers", "autoencoders", "shared"),
    [
        ([3], [2], [1, 2]),
        ([2], [3], [1, 2]),
        ([1], [1], [1]),
        ([3, 2], [4, 3], [1, 2]),
        ([3], [3, 1], [1]),
        ([2], [], [1, 2]),
    ],
)
def test_the_noise_study_has_the_replicates_that_all_of_its_models_have(checked, scorers, autoencoders, shared):
    names = ["cnn", "baseline"][: len(scorers)]
    checked["noise"]["classifiers"] = names
    for name, replicates in zip(names, scorers, strict=True):
        checked["classifiers"][name]["replicates"] = replicates
    model = checked["denoisers"].pop("autoencoder")
    for number, replicates in enumerate(autoencoders):
        checked["denoisers"][f"autoencoder_{number}"] = model | {"replicates": replicates}
    assert study.list_noise_replicates(checked) == shared
    assert study.summarize_noise_levels(checked, SimpleNamespace())["replicates"] == shared


def test_the_decoder_is_that_of_the_first_dense_autoencoder_of_a_study_with_classifiers(checked):
    dense = checked["denoisers"]["autoencoder"]
    conv = dense | {"encoder": [{"conv": 8}], "decoder": []}
    tanh = dense | {"encoder": [64, {"dense": {"units": 8, "activation": "tanh"}}]}
    checked["denoisers"] = {"median": checked["denoisers"]["median"], "conv": conv, "tanh": tanh, "dense": dense}
    assert study.list_decoders(checked) == ["dense"], "the first one by name, not in the order of the files"
    assert study.sample_decoder(checked, SimpleNamespace())["autoencoder"] == "dense"
    assert study.list_decoders(checked | {"classifiers": {}}) == []
    with pytest.raises(StudyError, match="this study has no classifiers"):
        study.sample_decoder(checked | {"classifiers": {}}, SimpleNamespace())
    del checked["denoisers"]["tanh"], checked["denoisers"]["dense"]
    assert study.list_decoders(checked) == []
    with pytest.raises(StudyError, match="none of its denoisers is an autoencoder of dense layers"):
        study.sample_decoder(checked, SimpleNamespace())


def test_only_jobs_that_draw_noise_have_its_kind_among_their_settings(config):
    config["noise"]["kind"] = "gaussian"
    config["classifiers"]["regularized"]["sweep"]["training_noise"] = [0, 0.4]
    checked = check_config(config)

    def find_kind(rule, **wildcards):
        return getattr(study, rule)(checked, SimpleNamespace(**wildcards)).get("noise")

    assert find_kind("train_autoencoder", autoencoder="autoencoder", replicate="1") == "gaussian"
    assert find_kind("evaluate_noise_level", denoiser="none", **CELL) == "gaussian"
    assert find_kind("denoise_gallery") == "gaussian"
    assert find_kind("train_classifier", classifier="cnn", setting="default", replicate="1") is None
    run = {"classifier": "regularized", "setting": "l2~1e-06+training_noise~0.4", "replicate": "1"}
    assert find_kind("train_classifier", **run) == "gaussian"
    assert study.summarize_classifier(checked, SimpleNamespace(**run))["run"]["noise"] == "gaussian"


def test_a_cell_of_a_filter_has_its_settings_and_no_cell_those_of_a_training(checked):
    cells = {
        denoiser: study.evaluate_noise_level(checked, SimpleNamespace(denoiser=denoiser, **CELL))
        for denoiser in study.list_denoisers(checked)
    }
    assert cells["median"].pop("filter") == {"filter": "median", "size": 3}
    shared = {"seed": 20261122, "dataset": "mnist", "classifier": "cnn", "level": 0.4, "replicate": 2}
    assert cells == {denoiser: shared | {"denoiser": denoiser} for denoiser in ("none", "median", "autoencoder")}


def test_a_run_that_the_study_does_not_have_is_refused_with_those_that_it_has(checked):
    checked["denoisers"]["autoencoder"]["replicates"] = 2
    refused = {
        "this study has no l2~0.5/replicate~1 of regularized: its settings are l2~1e-06, l2~1e-05, l2~0.0001, "
        "l2~0.0005, l2~0.001, its replicates 1 to 3": (
            lambda: study.train_classifier(checked, name_run("regularized", "l2~0.5", "1"))
        ),
        "this study has no default/replicate~4 of cnn: its settings are default, its replicates 1 to 3": (
            lambda: study.train_classifier(checked, name_run("cnn", "default", "4"))
        ),
        "this study has no replicate~3 of autoencoder: its replicates are 1 to 2": (
            lambda: study.train_autoencoder(checked, study.name_autoencoder("autoencoder", 3))
        ),
        "this study has no autoencoder median: it is none of its denoisers in the config": (
            lambda: study.train_autoencoder(checked, study.name_autoencoder("median", 1))
        ),
        "this study has no noise_levels/cnn/none/level~0.4/replicate~3: its scoring classifiers are cnn, and its noise "
        "levels have replicates 1 to 2, as many as all of them and all autoencoders have": (
            lambda: study.evaluate_noise_level(checked, SimpleNamespace(denoiser="none", **CELL | {"replicate": "3"}))
        ),
        "this study has no noise_levels/baseline/none/level~0.4/replicate~2: its scoring classifiers are cnn, and its "
        "noise levels have replicates 1 to 2, as many as all of them and all autoencoders have": (
            lambda: study.evaluate_noise_level(
                checked, SimpleNamespace(denoiser="none", **CELL | {"classifier": "baseline"})
            )
        ),
        "this study does not denoise: denoisers is null in the config": (
            lambda: study.denoise_gallery(checked | {"denoisers": {}}, SimpleNamespace())
        ),
    }
    for sentence, ask in refused.items():
        with pytest.raises(StudyError) as caught:
            ask()
        assert str(caught.value) == sentence


def test_only_classifiers_with_a_sweep_have_figures_over_it(config):
    config["classifiers"]["baseline"]["sweep"] = {"l2": [0.1]}
    checked = check_config(config)
    assert study.list_sweeps(checked) == ["baseline", "regularized"]
    assert study.list_sweeps(checked, settings=2) == ["regularized"]


def test_only_classifiers_with_several_replicates_have_ensembles(checked):
    checked["classifiers"]["cnn"]["replicates"] = 1
    assert study.list_replicated(checked) == ["baseline", "regularized"]


def test_the_tables_of_a_classifier_expect_its_runs_to_have_the_settings_that_they_are_trained_with(config):
    for sweep in ({"l2": [1e-3, 1e-4]}, {"learning_rate": [0.1, 0.2], "dropout": [0, 0.2]}):
        config["classifiers"]["cnn"]["sweep"] = sweep
        checked = check_config(config)
        summary = study.summarize_classifier(checked, SimpleNamespace(classifier="cnn"))
        for setting in list_sweep(summary):
            for replicate in summary["replicates"]:
                trained = study.train_classifier(checked, study.name_run("cnn", setting, replicate))
                assert resolve(summary["run"], setting) | {"replicate": replicate} == trained


def test_the_tables_of_an_autoencoder_expect_its_replicates_to_have_the_settings_that_they_are_trained_with(checked):
    summary = study.summarize_autoencoder(checked, SimpleNamespace(autoencoder="autoencoder"))
    for replicate in summary["replicates"]:
        trained = study.train_autoencoder(checked, study.name_autoencoder("autoencoder", replicate))
        assert summary["run"] | {"replicate": replicate} == trained


def test_the_table_of_ensembles_expects_them_and_their_runs_to_have_the_settings_that_they_are_made_with(checked):
    summary = study.summarize_ensembles(checked, SimpleNamespace(classifier="regularized"))
    for setting in list_sweep(summary):
        wildcards = study.name_run("regularized", setting, 1)
        assert summary["ensemble"] | {"setting": setting} == study.score_ensemble(checked, wildcards)
        for replicate in summary["replicates"]:
            trained = study.train_classifier(checked, study.name_run("regularized", setting, replicate))
            assert resolve(summary["run"], setting) | {"replicate": replicate} == trained


@pytest.mark.parametrize("kind", ["salt_and_pepper", "gaussian"])
def test_the_noise_curve_expects_its_cells_and_models_to_have_the_settings_that_they_are_made_with(config, kind):
    config["noise"] |= {"classifiers": ["cnn", "regularized"], "kind": kind}
    checked = check_config(config)
    summary = study.summarize_noise_levels(checked, SimpleNamespace())
    filters = summary["filters"]
    for cell in product(summary["classifiers"], summary["denoisers"], summary["levels"], summary["replicates"]):
        named = dict(zip(("classifier", "denoiser", "level", "replicate"), cell, strict=True))
        made = study.evaluate_noise_level(checked, SimpleNamespace(**{key: str(part) for key, part in named.items()}))
        own = {"filter": filters[named["denoiser"]]} if named["denoiser"] in filters else {}
        assert summary["evaluation"] | named | own == made
    runs = [name_run("cnn", "default", "2"), name_run("regularized", "l2~1e-06", "2")]
    trained = {run.classifier: ("train_classifier", study.train_classifier(checked, run)) for run in runs}
    autoencoder = study.train_autoencoder(checked, study.name_autoencoder("autoencoder", 2))
    trained["autoencoder"] = ("train_autoencoder", autoencoder)
    assert {name: (script, run | {"replicate": 2}) for name, script, run in summary["models"]} == trained
    assert [name for name, *_ in summary["models"]] == ["cnn", "regularized", "autoencoder"]


def test_a_models_table_expects_the_script_and_the_settings_that_trained_it(checked):
    assert study.summarize_model(checked, SimpleNamespace(model="cnn")) == {
        "script": "train_classifier",
        "run": study.train_classifier(checked, name_run("cnn", "default", "1")),
    }
    assert study.summarize_model(checked, SimpleNamespace(model="autoencoder")) == {
        "script": "train_autoencoder",
        "run": study.train_autoencoder(checked, study.name_autoencoder("autoencoder", 1)),
    }


def test_long_trainings_start_first(checked):
    firsts = [study.name_first_run(checked, classifier) for classifier in ("cnn", "regularized", "baseline")]
    work = [study.prioritize_training(checked, run) for run in firsts]
    assert work == sorted(work, reverse=True)
    # In each of ten epochs, each image of 60,000 multiplies each of 784 · 64 + 64 · 64 + 64 · 10 weights three times.
    assert work[-1] == 3 * 54_912 * 60_000 * 10 // 10**9


@pytest.mark.parametrize(
    ("layers", "products"),
    [
        ([{"conv": {"filters": 4, "stride": 2, "padding": "same"}}], 14 * 14 * 9 * 4),
        # Each pixel of 7 × 7 is spread over 3 × 3 pixels with 4 channels.
        ([{"max_pool": 4}, {"transposed_conv": {"filters": 4, "stride": 2}}], 7 * 7 * 9 * 4),
        ([{"max_pool": 4}, {"transposed_conv": {"filters": 4, "stride": 2}}, 10], 7 * 7 * 9 * 4 + 15 * 15 * 4 * 10),
        (["global_max_pool", 10], 10),
    ],
)
def test_the_work_of_a_layer_is_that_of_its_products(layers, products):
    assert study.estimate_work(layers, 1000, (28, 28, 1)) == 3 * products * 60_000 * 1000 // 10**9


def test_long_trainings_of_a_sweep_start_first(config):
    config["classifiers"]["baseline"]["sweep"] = {"epochs": [2, 1]}
    checked = check_config(config)
    short, long = (study.prioritize_training(checked, name_run("baseline", f"epochs~{n}", "1")) for n in (1, 2))
    assert long == pytest.approx(2 * short, abs=1)
    assert study.prioritize_training(checked, name_run("baseline", "epochs~3", "1")) == 0


def test_the_work_of_an_autoencoder_is_that_of_all_of_its_layers(checked):
    """In each epoch, each of 60,000 images has each product three times: forward, and twice backward."""
    weights = 784 * 128 + 128 * 96 + 96 * 128 + 128 * 784
    assert study.estimate_autoencoder(checked, "autoencoder") == 3 * weights * 60_000 * 32 // 10**9
    layers = {"encoder": [{"conv": {"filters": 16, "stride": 2, "padding": "same"}}]}
    layers["decoder"] = [{"transposed_conv": {"filters": 8, "stride": 2, "padding": "same"}}]
    checked["denoisers"]["autoencoder"] |= layers
    products = 14 * 14 * 9 * (16 + 16 * 8) + 28 * 28 * 9 * 8  # the output is a convolution with one filter
    assert study.estimate_autoencoder(checked, "autoencoder") == 3 * products * 60_000 * 32 // 10**9
