"""Test that check_config says in one sentence what is wrong with a config, and accepts the shipped configs."""

import json
from pathlib import Path

import numpy as np
import pytest
import yaml
from snakemake.utils import update_config

from mnist_study.errors import StudyError
from mnist_study.plan import study
from mnist_study.plan.config import SCHEMA, check_config
from mnist_study.plan.contents import list_contents
from mnist_study.recipes import AUTOENCODER_DEFAULTS, DEFAULTS

ROOT = Path(__file__).parents[2]


def merge(changes: str) -> dict:
    """Put YAML over config.yaml as Snakemake does."""
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    update_config(config, yaml.safe_load(changes))
    return config


def own(changes: str, digits: str = "[0, triangle]", walk: str = "{from: 0, to: cross}") -> str:
    """Describe images of a user's own, with other values of these keys, and choose some of their classes."""
    dataset = {
        "name": "shapes",
        "path": "shapes.npz",
        "sha256": "5" * 64,
        "shape": [12, 10, 3],
        "classes": ["circle", "cross", "square", "triangle"],
    } | (yaml.safe_load(changes) or {})
    return f"dataset: {json.dumps(dataset)}\ngallery: {{digits: {digits}}}\ndecoder_walk: {walk}"


@pytest.mark.parametrize(
    "changes",
    [
        "{}",
        (ROOT / "demo.yaml").read_text(),
        "classifiers: {softmax: {layers: [], replicates: 1, epochs: 1, batch_size: 1, learning_rate: 1}}",
        "classifiers: {cnn: {layers: [{dropout: 0.1}, {max_pool: 14}, {dense: 1}, {dropout: 0.5}]}}",
        "classifiers: {cnn: {layers: [{conv: 1}, {max_pool: 26}]}}",
        "denoisers: {autoencoder: {decoder: [], noise_level: 1}}",
        "dataset: {name: fashion_mnist, path: copies/fashion.npz}",
        "pathvars: {results: /scratch/user@lab.example/mnist}",
        "pathvars: {results: ../elsewhere}",
        "classifiers: {'no': {layers: [], replicates: 1, epochs: 1, batch_size: 1, learning_rate: 1}}",
        "validation: test",
        "validation: 10",
        "validation: 50000",
        "denoisers: {autoencoder: {replicates: 1}}",
        "denoisers: {autoencoder: null, median: {size: 5}}",
        (
            "denoisers: {deep: {encoder: [{conv: {filters: 16, stride: 2, padding: same}}], decoder: "
            "[{transposed_conv: {filters: 16, stride: 2, padding: same}}], noise_level: 0.4, replicates: 1, epochs: 1, "
            "batch_size: 1, learning_rate: 1}}"
        ),
        "denoisers: {autoencoder: {noise_level: [0, 0.8], noise_draws: every_epoch, optimizer: adamw, beta_1: 0.8}}",
        "noise: {kind: gaussian, classifiers: [regularized, cnn]}",
        own(""),
        own("{classes: 4, shape: [12, 10, 1], test_images: 20}", digits="[0, 3]", walk="{from: 0, to: 3}"),
        "classifiers: {cnn: {l2: 0.1, sweep: {learning_rate: [0.1, 0.2], dropout: [0, 0.9], epochs: [1], l2: [0, 1]}}}",
        "classifiers: {x: {layers: [], replicates: 1, batch_size: 1, sweep: {epochs: [2], learning_rate: [1]}}}",
        "classifiers: {cnn: {sweep: {optimizer: [sgd, adam], nesterov: [false], training_noise: [0, 0.4]}}}",
        "classifiers: {x: {layers: [], l2: 0, replicates: 1, epochs: 1, batch_size: 1, learning_rate: 1, sweep: {}}}",
    ],
    ids=[
        *("config", "demo", "no hidden layer", "dropout anywhere", "one pixel left", "bounds", "dataset", "pathvars"),
        *("results beside the project", "quoted name", "test images", "fewest held out", "most held out"),
        *(
            "one autoencoder",
            "filters alone",
            "convolutions",
            "a recipe of an autoencoder",
            "another noise",
            "own images",
            "own images without names",
        ),
        *("a grid", "swept keys are not given singly", "a sweep over the recipe", "no penalty without a kernel"),
    ],
)
def test_good_config_passes(changes):
    check_config(merge(changes))


@pytest.mark.parametrize(
    ("whole", "decimal"),
    [
        (
            "denoisers: {autoencoder: {learning_rate: 1, noise_level: [0, 1]}}",
            "denoisers: {autoencoder: {learning_rate: 1.0, noise_level: [0.0, 1.0]}}",
        ),
        ("classifiers: {cnn: {learning_rate: 1}}", "classifiers: {cnn: {learning_rate: 1.0}}"),
        ("classifiers: {regularized: {sweep: {l2: [1, 2]}}}", "classifiers: {regularized: {sweep: {l2: [1.0, 2.0]}}}"),
        ("noise: {levels: [0, 1]}", "noise: {levels: [0.0, 1.0]}"),
        ("noise: {levels: [-0.0]}", "noise: {levels: [0.0]}"),
    ],
)
def test_a_whole_number_is_the_same_setting_as_its_decimal(whole, decimal):
    """Settings are compared as JSON. 1 and 1.0 must not differ there."""
    assert json.dumps(check_config(merge(whole))) == json.dumps(check_config(merge(decimal)))


def test_names_of_classes_are_the_same_settings_as_their_numbers():
    named = check_config(merge(own("", digits="[circle, triangle]", walk="{from: circle, to: cross}")))
    numbered = check_config(merge(own("", digits="[0, 3]", walk="{from: 0, to: 1}")))
    assert json.dumps(named) == json.dumps(numbered)
    fashion = "dataset: {name: fashion_mnist}\ngallery: {digits: [bag]}"
    assert check_config(merge(fashion))["gallery"]["digits"] == [8]


def test_images_that_are_not_described_are_refused_with_the_lines_to_write(tmp_path):
    labels = np.arange(8) % 4
    np.savez(tmp_path / "shapes.npz", x=np.random.default_rng(0).random((8, 12, 10, 3)), y=labels)
    config = merge(own(json.dumps({"sha256": None, "shape": None, "path": str(tmp_path / "shapes.npz")})))
    with pytest.raises(StudyError) as caught:
        check_config(config)
    first, *lines = str(caught.value).splitlines()
    assert first == (
        "config: dataset.sha256 is missing, and 'shapes' is a data set of your own: if these are your images, write "
        "below dataset:"
    )
    described = yaml.safe_load("\n".join(["dataset:", *lines]))["dataset"]
    assert described.pop("classes") == 4
    assert described["shape"] == [12, 10, 3]
    config["dataset"] |= described
    checked = check_config(config)["dataset"]
    assert (checked["sha256"], checked["test_images"]) == (described["sha256"], 1)


def test_a_swept_value_has_the_type_of_its_key():
    sweep = "{l2: [1, 0], dropout: [0, 0.5], epochs: [3, 2], batch_size: [64]}"
    model = check_config(merge(f"classifiers: {{cnn: {{sweep: {sweep}}}}}"))["classifiers"]["cnn"]
    assert json.dumps(model["sweep"]) == (
        '[["l2", [0.0, 1.0]], ["dropout", [0.0, 0.5]], ["epochs", [2, 3]], ["batch_size", [64]]]'
    )


def test_a_sweep_replaces_the_single_values_and_the_other_keys_have_their_defaults():
    classifiers = check_config(merge("classifiers: {cnn: {l2: 0.5, sweep: {l2: [0.1], epochs: [1]}}}"))["classifiers"]
    assert not {"l2", "epochs"} & classifiers["cnn"].keys()
    assert (classifiers["baseline"]["l2"], classifiers["baseline"]["sweep"]) == (0.0, [])


def test_a_variant_adds_a_key_to_a_sweep_and_removes_one_by_null():
    def merge_sweep(sweep):
        return check_config(merge(f"classifiers: {{regularized: {{sweep: {sweep}}}}}"))["classifiers"]["regularized"]

    l2 = ["l2", [1e-6, 1e-5, 1e-4, 5e-4, 1e-3]]
    rates = ["learning_rate", [0.1, 0.2]]
    assert merge_sweep("{learning_rate: [0.2, 0.1]}")["sweep"] == [l2, rates]
    left = merge_sweep("{learning_rate: [0.2, 0.1], l2: null}")
    assert (left["sweep"], left["l2"]) == ([rates], 0)
    assert merge_sweep("{l2: null}")["sweep"] == []


@pytest.mark.parametrize(
    ("added", "swept"),
    [
        ("{type: number, minimum: 0}", "[0, 1]"),
        ("{type: [number, 'null'], minimum: 0}", "[0, 1]"),
        ("{enum: [sgd, adam]}", "[sgd, adam]"),
        ("{type: boolean}", "[true, false]"),
    ],
)
def test_every_key_with_a_single_value_can_be_swept(added, swept, monkeypatch, tmp_path):
    """A new key of the schema needs no other edit, and each of its swept values is checked as the key is."""
    schema = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))
    remedy = {"remedy": "write another"}
    keys = schema["properties"]["classifiers"]["additionalProperties"]["properties"]
    keys["recipe"] = yaml.safe_load(added) | remedy
    keys["nested"] = {"type": "object", "properties": {}} | remedy
    (tmp_path / "schema.yaml").write_text(yaml.safe_dump(schema))
    monkeypatch.setattr("mnist_study.plan.config.SCHEMA", tmp_path / "schema.yaml")
    config = check_config(merge(f"classifiers: {{cnn: {{sweep: {{recipe: {swept}}}}}}}"))
    assert config["classifiers"]["cnn"]["sweep"] == [["recipe", sorted(yaml.safe_load(swept))]]
    with pytest.raises(StudyError, match=r"classifiers\.cnn\.sweep\.recipe\[0\] is \[\], .*: write another"):
        check_config(merge("classifiers: {cnn: {sweep: {recipe: [[]]}}}"))
    with pytest.raises(
        StudyError, match=r"classifiers\.cnn\.sweep\.nested is .* which can't be swept: write it beside sweep"
    ):
        check_config(merge("classifiers: {cnn: {sweep: {nested: [{}]}}}"))


def test_a_swept_text_that_no_path_can_have_is_refused(monkeypatch, tmp_path):
    schema = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))
    schema["properties"]["classifiers"]["additionalProperties"]["properties"]["recipe"] = {"type": "string"}
    (tmp_path / "schema.yaml").write_text(yaml.safe_dump(schema))
    monkeypatch.setattr("mnist_study.plan.config.SCHEMA", tmp_path / "schema.yaml")
    for text in ("a,b", "a/b", "a~b", "a+b", " ", "ä"):
        with pytest.raises(StudyError, match=r"sweep\.recipe\[0\] is .*, which can't be part of a path: write letters"):
            check_config(merge(json.dumps({"classifiers": {"cnn": {"sweep": {"recipe": [text]}}}})))


def test_what_has_to_be_whole_stays_whole():
    config = check_config(merge("seed: 1"))
    autoencoder = config["denoisers"]["autoencoder"]
    whole = [config["seed"], config["decoder_samples"], config["decoder_walk"]["to"], autoencoder["epochs"]]
    whole += [check_config(merge("validation: 10000"))["validation"], autoencoder["replicates"]]
    whole += [*config["gallery"]["digits"], *autoencoder["encoder"], config["denoisers"]["median"]["size"]]
    whole += [size for layer in config["classifiers"]["baseline"]["layers"] for size in layer.values()]
    assert {type(number) for number in whole} == {int}


def test_a_classifier_that_is_null_is_left_out():
    left = check_config(merge("classifiers: {regularized: null}"))
    assert list(left["classifiers"]) == ["baseline", "cnn"]
    assert not any("regularized" in path for path in list_contents(left, "mnist"))


def test_a_classifier_that_was_left_out_can_be_described_again():
    config = merge("classifiers: {baseline: null}")
    update_config(config, yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8")))
    assert check_config(config) == check_config(merge("{}"))


@pytest.mark.parametrize(
    ("changes", "scorers"),
    [
        ("denoisers: null", ["cnn"]),
        ("denoisers: {median: null, autoencoder: null}", ["cnn"]),
        ("{denoisers: null, noise: {classifiers: [regularized, cnn]}}", ["regularized"]),
        ("{denoisers: null, classifiers: {cnn: null}}", ["baseline"]),
        ("{denoisers: null, noise: null, gallery: null}", ["baseline"]),
        ("classifiers: null", []),
    ],
)
def test_a_half_that_is_null_is_left_out_and_its_other_keys_mean_nothing(changes, scorers):
    left = check_config(merge(changes))
    assert left["noise"] == {"classifiers": scorers}
    assert not {"gallery", "decoder_samples", "decoder_walk"} & left.keys()
    assert study.list_levels(left) == study.list_noise_replicates(left) == []


def test_without_classifiers_the_noise_on_training_images_keeps_its_kind():
    left = check_config(merge("{classifiers: null, noise: {kind: gaussian, levels: null}}"))
    assert left["noise"] == {"kind": "gaussian", "classifiers": []}


def test_filters_come_before_autoencoders_and_each_in_the_order_of_the_config():
    """Snakemake puts the keys of a variant before those of config.yaml."""
    config = yaml.safe_load("denoisers: {autoencoder: {epochs: 2}, wide: {filter: median, size: 5}}")
    update_config(config, merge("{}"))
    assert list(check_config(config)["denoisers"]) == ["wide", "median", "autoencoder"]


def test_a_denoiser_that_is_null_is_left_out():
    assert list(check_config(merge("denoisers: {median: null}"))["denoisers"]) == ["autoencoder"]


@pytest.mark.parametrize(
    "denoisers",
    ["{autoencoder: null}", "{autoencoder: {decoder: [{dropout: 0.5}]}}"],
    ids=["filters alone", "no dense autoencoder"],
)
def test_without_a_dense_autoencoder_the_keys_of_its_decoder_mean_nothing(denoisers):
    config = check_config(merge(f"{{denoisers: {denoisers}, decoder_samples: null, decoder_walk: {{to: 77}}}}"))
    assert not {"decoder_samples", "decoder_walk"} & config.keys()
    assert config["gallery"] == {"digits": [7, 2, 1, 0, 4]}


def test_classes_of_a_figure_that_is_left_out_need_not_be_those_of_own_images():
    described = own("", digits="[7]", walk="{from: 4, to: 9}")
    with pytest.raises(StudyError, match="which is no class of shapes"):
        check_config(merge(described))
    check_config(merge(f"{described}\ndenoisers: null"))


LEVELS = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]
LIMITS = "at_most: {epochs: 2, training_images: 3000, replicates: 1}"


def test_limits_shrink_every_network_and_each_value_of_a_sweep_and_name_a_folder_of_their_own():
    cnn = "{schedule: cosine, warmup_epochs: 5, sweep: {epochs: [6, 7, 8], l2: [0, 0.1]}}"
    changes = f"classifiers: {{cnn: {cnn}, baseline: {{epochs: 1, replicates: 1}}}}\n{LIMITS}"
    changes += "\ndenoisers: {autoencoder: {schedule: cosine, warmup_epochs: 7}}"
    config = check_config(merge(changes))
    cnn, baseline = config["classifiers"]["cnn"], config["classifiers"]["baseline"]
    assert (cnn["sweep"], cnn["warmup_epochs"], cnn["replicates"]) == ([["epochs", [2]], ["l2", [0.0, 0.1]]], 1, 1)
    assert (baseline["epochs"], config["classifiers"]["regularized"]["epochs"]) == (1, 2)
    autoencoder = config["denoisers"]["autoencoder"]
    assert (autoencoder["epochs"], autoencoder["replicates"], autoencoder["warmup_epochs"]) == (2, 1, 1)
    assert config["denoisers"]["median"] == {"filter": "median", "size": 3}
    assert config["pathvars"]["results"] == "results/full_small"
    assert study.train_autoencoder(config, study.name_autoencoder("autoencoder", 1))["training_images"] == 3000


def test_of_one_epoch_none_is_left_in_which_the_learning_rate_rises():
    recipe = "{schedule: cosine, warmup_epochs: 5}"
    config = check_config(
        merge(f"classifiers: {{cnn: {recipe}}}\ndenoisers: {{autoencoder: {recipe}}}\nat_most: {{epochs: 1}}")
    )
    for model in (config["classifiers"]["cnn"], config["denoisers"]["autoencoder"]):
        assert (model["schedule"], "warmup_epochs" in model) == ("cosine", False)


@pytest.mark.parametrize(
    ("limit", "left"),
    [(1, [0]), (2, [0, 1]), (3, [0, 0.5, 1]), (4, [0, 0.3, 0.7, 1]), (20, [0.1 * k for k in range(11)])],
)
def test_noise_levels_that_are_left_are_spread_evenly(limit, left):
    config = check_config(merge(f"at_most: {{levels: {limit}}}\nnoise: {{levels: {LEVELS[::-1]}}}"))
    assert study.list_levels(config) == pytest.approx(left)


def test_a_study_without_noise_levels_has_none_to_limit():
    assert study.list_levels(check_config(merge("at_most: {levels: 2}\ndenoisers: null"))) == []


@pytest.mark.parametrize("limits", ["null", "{}", "{epochs: null, replicates: null}"])
def test_without_a_limit_a_study_is_the_same(limits):
    assert check_config(merge(f"at_most: {limits}")) == check_config(merge("{}"))


def test_limits_above_what_a_study_has_change_no_number_of_it():
    whole, limited = check_config(merge("{}")), check_config(merge("at_most: {epochs: 90, replicates: 9, levels: 20}"))
    for key in whole.keys() - {"pathvars"}:
        assert limited[key] == whole[key]


def test_a_study_without_denoisers_is_shrunk_too():
    assert check_config(merge(f"denoisers: null\n{LIMITS}"))["denoisers"] == {}


SPELLED = [
    *(("results/x/", "results/x"), ("./x", "x"), ("x//y", "x/y"), ("x/./y", "x/y"), ("x/../y", "y"), ("//x", "/x")),
    *(("x\n", "x"), (" x ", "x"), ("x/\n", "x/"), ("~/x", f"{Path.home()}/x"), ("results/-x/", "results/-x")),
]


@pytest.mark.parametrize(("results", "spelled"), SPELLED)
def test_a_results_folder_is_refused_with_the_spelling_to_write(results, spelled):
    with pytest.raises(StudyError) as caught:
        check_config(merge(json.dumps({"pathvars": {"results": results}})))
    assert str(caught.value).startswith(f"config: pathvars.results is {results!r}, ")
    assert str(caught.value).endswith(f": write {spelled}")


@pytest.mark.parametrize(
    "results",
    [
        *("-x", "--x", ".", "/", "..", "../", "x/..", "x/../..", str(ROOT), str(ROOT.parent)),
        *(
            "workflow",
            "workflow/x",
            "studies",
            "results/../profiles/x",
            ".snakemake/x",
            ".git",
            str(ROOT / "tests/x"),
            "a\tb",
        ),
    ],
)
def test_a_results_folder_that_cannot_be_used_is_refused_with_one_that_can(results):
    with pytest.raises(StudyError) as caught:
        check_config(merge(json.dumps({"pathvars": {"results": results}})))
    assert str(caught.value).startswith(f"config: pathvars.results is {results!r}, ")
    assert "such as results/" in str(caught.value)


@pytest.mark.parametrize("results", [".", "..", ".snakemake/x", str(ROOT / "workflow/x")])
def test_results_are_kept_apart_from_the_working_directory_wherever_that_is(results, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StudyError, match="such as results/"):
        check_config(merge(json.dumps({"pathvars": {"results": results}})))


def test_a_folder_of_the_working_directory_may_have_the_name_of_one_of_the_project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert check_config(merge("pathvars: {results: docs/study}"))["pathvars"]["results"] == "docs/study"


@pytest.mark.parametrize("results", ["folder", "folder/study"])
@pytest.mark.parametrize("obstacle", ["link to nothing", "link in a circle", "file"])
def test_what_lies_in_the_way_of_a_results_folder_is_named(obstacle, results, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if obstacle == "file":
        Path("folder").write_text("a file")
    else:
        Path("folder").symlink_to("nothing" if obstacle == "link to nothing" else "folder")
    with pytest.raises(StudyError, match=rf"pathvars\.results is '{results}', and folder is a (file|link).* another"):
        check_config(merge(f"pathvars: {{results: {results}}}"))


def test_results_behind_a_link_are_taken(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("disk").mkdir()
    Path("folder").symlink_to("disk")
    check_config(merge("pathvars: {results: folder/study}"))


HOLD_OUT = "write test, or the number of training images to hold out, from 10 to 50000, such as 10000"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            "classifiers: {no: {}}",
            "classifiers.false has no valid name, as YAML takes no, off and false for a truth value: quote it, or take",
        ),
        (
            "classifiers: {yes: {}}",
            "classifiers.true has no valid name, as YAML takes yes, on and true for a truth value: quote it, or take",
        ),
        ("classifiers: {~: {}}", "classifiers.null has no valid name, as YAML takes null and ~ for nothing: quote it"),
        ("classifiers: {2026-11-22: {}}", 'classifiers."2026-11-22" has no valid name: take small letters'),
        ('classifiers: {"cnn\\n": {}}', r"classifiers.'cnn\n' has no valid name: take small letters"),
        (
            "noise: {classifiers: [cnn, no]}",
            "noise.classifiers[1] is false, which is a truth value, not text: quote it, or write the name of one of",
        ),
        ("noise: {classifiers: cnn}", "noise.classifiers is 'cnn', which is text, not a list: write a list of names"),
        ("noise: {classifiers: []}", "noise.classifiers is [], which is empty: write a list of names of classifiers"),
        (
            "noise: {classifiers: [cnn, cnn]}",
            'noise.classifiers is ["cnn", "cnn"], in which \'cnn\' stands twice: write',
        ),
        ("noise: {kind: poisson}", "noise.kind is 'poisson', which is unknown: write salt_and_pepper or gaussian"),
        (
            "classifiers: {cnn: null}",
            "noise.classifiers[0] is 'cnn', which is no classifier: write one of baseline, regularized",
        ),
        (
            "classifiers: {baseline: null, regularized: null, cnn: null}",
            "classifiers is {}, which is empty: describe at least one classifier, as config.yaml does, or write null",
        ),
        (
            "{classifiers: null, denoisers: null}",
            "classifiers is null, and so are the denoisers, which leaves nothing to train: keep one of them",
        ),
        (
            "{classifiers: null, denoisers: {autoencoder: null}}",
            "classifiers is null, and no denoiser is an autoencoder, which leaves nothing to train: keep one of them",
        ),
        ("at_most: {epochs: 0}", "at_most.epochs is 0, which is below 1: write a whole number, 1 or more, or null for"),
        (
            "at_most: {images: 9}",
            "at_most.images is 9, but there is no such key: the keys are epochs, training_images, ",
        ),
        ("at_most: 3", "at_most is 3, which is a whole number, not a mapping or null: write limits such as {epochs: 1"),
        ("{denoisers: null, sede: 3}", "sede is 3, but there is no such key: did you mean seed"),
        (
            "denoisers: 3",
            "denoisers is 3, which is a whole number, not a mapping or null: describe the denoisers by",
        ),
        ("denoisers: {autoencoder: 3}", "denoisers.autoencoder is 3, which is a whole number, not a mapping: describe"),
        (
            "denoisers: {autoencoder: {learning_rate: 1%s}}" % ("0" * 400),
            "denoisers.autoencoder.learning_rate is 1000000",
        ),
        # The words of earlier versions.
        (
            "autoencoder: {epochs: 3}",
            'autoencoder is {"epochs": 3}, which is one of the denoisers now: write it below denoisers, as denoisers: '
            "{autoencoder: {…}}",
        ),
        ("autoencoder: null", "autoencoder is null, which is one of the denoisers now: write denoisers: null"),
        ("noise: {classifier: mlp}", "noise.classifier is 'mlp', which is a list now: write classifiers: [mlp]"),
        ("noise: {classifier: 3}", "noise.classifier is 3, which is a list now: write classifiers: [NAME]"),
        (
            "{denoisers: null, noise: {classifier: cnn}}",
            "noise.classifier is 'cnn', which is a list now: write classifiers: [cnn]",
        ),
        # Filters
        ("denoisers: {median: {size: 4}}", "denoisers.median.size is 4, which is even: write an odd number of pixels"),
        (
            "denoisers: {median: {size: 1}}",
            "denoisers.median.size is 1, which is below 3: write an odd number of pixels",
        ),
        ("denoisers: {wide: {filter: median}}", "denoisers.wide.size is missing: write an odd number of pixels, 3 or"),
        (
            "denoisers: {mean: {filter: mean, size: 3}}",
            "denoisers.mean.filter is 'mean', which is unknown: write median",
        ),
        (
            "denoisers: {median: {epochs: 3}}",
            "denoisers.median.epochs is 3, which a filter does not have: remove it, or describe",
        ),
        (
            "denoisers: {median: {sise: 3}}",
            "denoisers.median.sise is 3, but there is no such key: did you mean size (of filter, size)",
        ),
        (
            "denoisers: {wide: {size: 5}}",
            "denoisers.wide.size is 5, which is the size of a filter: write filter: median beside it, or remove it",
        ),
        # Names
        ("denoisers: {cnn: {filter: median, size: 3}}", "denoisers.cnn has the name of a classifier: take another one"),
        (
            "denoisers: {none: {filter: median, size: 3}}",
            "denoisers.none has no valid name: take small letters, digits",
        ),
        (
            "classifiers: {none: {layers: [{dense: 8}], replicates: 1, epochs: 1, batch_size: 1, learning_rate: 1}}",
            "classifiers.none has no valid name: take small letters, digits and _, a letter first and no _ at the end, "
            "and not none, which stands for no denoiser",
        ),
        ("denoisers: {Median: {filter: median, size: 3}}", "denoisers.Median has no valid name: take small letters"),
        # Autoencoders
        (
            "denoisers: {deep: {encoder: [8]}}",
            "denoisers.deep.decoder is missing: list the layers between the latent one",
        ),
        (
            "denoisers: {autoencoder: {encoder: [0]}}",
            "denoisers.autoencoder.encoder[0] is 0, which is below 1: write the",
        ),
        (
            "denoisers: {autoencoder: {decoder: [{pool: 2}]}}",
            "denoisers.autoencoder.decoder[0].pool is 2, but there is no such key: did you mean max_pool (of dense",
        ),
        (
            "denoisers: {autoencoder: {encoder: [8, {conv: 4}]}}",
            'denoisers.autoencoder.encoder[1] is {"conv": 4}, which follows a dense layer, where there is no image any',
        ),
        (
            "denoisers: {autoencoder: {encoder: [{conv: {filters: 4, stride: 2, padding: same}}], decoder: []}}",
            "denoisers.autoencoder.encoder and denoisers.autoencoder.decoder make 14 × 14 pixels of the 28 × 28 pixels",
        ),
        (
            "denoisers: {autoencoder: {noise_level: [0.8, 0]}}",
            "denoisers.autoencoder.noise_level is [0.8, 0.0]: write the lower level first, as in [0, 0.8]",
        ),
        (
            "denoisers: {autoencoder: {noise_level: [0.4, 0.4]}}",
            "denoisers.autoencoder.noise_level is [0.4, 0.4]: write 0.4",
        ),
        (
            "denoisers: {autoencoder: {noise_level: .nan}}",
            "denoisers.autoencoder.noise_level is NaN, which is not finite: write a level from 0 to 1",
        ),
        (
            "denoisers: {autoencoder: {noise_level: 4e-1}}",
            "denoisers.autoencoder.noise_level is '4e-1', which is text, not a number or a list: YAML reads 4e-1 as "
            "text, write 4.0e-1",
        ),
        (
            "denoisers: {autoencoder: {noise_level: 1.5}}",
            "denoisers.autoencoder.noise_level is 1.5, which is above 1: write a level from 0 to 1, such as 0.4, or",
        ),
        (
            "denoisers: {autoencoder: {noise_draws: always}}",
            "denoisers.autoencoder.noise_draws is 'always', which is unknown: write once or every_epoch",
        ),
        (
            "denoisers: {autoencoder: {momentum: 0.9}}",
            "denoisers.autoencoder.momentum is 0.9, which means nothing to the optimizer adam: remove it, or write",
        ),
        (
            "denoisers: {autoencoder: {schedule: cosine, warmup_epochs: 32}}",
            "denoisers.autoencoder.warmup_epochs is 32, which is not below the 32 epochs: write a smaller number",
        ),
        (
            "denoisers: {autoencoder: {patience: 3}}",
            "denoisers.autoencoder.patience is 3, but there is no such key: the keys are encoder, decoder, noise_level",
        ),
        ("noise: {levels: [0, -0.0]}", "noise.levels is [0, -0.0], in which -0.0 stands twice: write a list of"),
        (
            "classifiers: {regularized: {sweep: {l2: [1, 1.0]}}}",
            "classifiers.regularized.sweep.l2 is [1, 1.0], in which 1.0 stands twice: list different values, or write "
            "null to leave l2 out of the sweep",
        ),
        (
            "sede: 3",
            "sede is 3, but there is no such key: did you mean seed "
            "(of pathvars, seed, dataset, validation, at_most, classifiers, denoisers, noise, gallery, "
            "decoder_samples, decoder_walk)",
        ),
        ("noise: {x: 3}", "noise.x is 3, but there is no such key: the keys are kind, classifiers, levels"),
        ("1: 2", "1 is 2, but there is no such key: the keys are "),
        # The message names the misspelled key, and not the keys that are missing because of it.
        (
            "classifiers: {small: {epoch: 3}}",
            "classifiers.small.epoch is 3, but there is no such key: did you mean epochs",
        ),
        (
            "classifiers: {regularized: {layers: [{dropout: 0.1}]}}",
            "classifiers.regularized.sweep.l2 penalizes the kernels of hidden layers, and "
            "classifiers.regularized.layers has none: leave it out, or add a dense or conv layer",
        ),
        (
            "classifiers: {regularized: {l2: 0.1, sweep: {l2: null}, layers: []}}",
            "classifiers.regularized.l2 penalizes the kernels of hidden layers, and classifiers.regularized.layers has "
            "none: write l2: 0, or add a dense or conv layer",
        ),
        (
            "classifiers: {regularized: {factors: [1.0e-4, 0.1]}}",
            "classifiers.regularized.factors is [0.0001, 0.1], which is a sweep now: write sweep: {l2: [0.0001, 0.1]}",
        ),
        ("classifiers: {cnn: {factors: []}}", "classifiers.cnn.factors is [], which is a sweep now: leave it out"),
        (
            "classifiers: {cnn: {l2: -1}}",
            "classifiers.cnn.l2 is -1, which is below 0: write an L2 factor such as",
        ),
        (
            "classifiers: {cnn: {sweep: {learning_rate: []}}}",
            "classifiers.cnn.sweep.learning_rate is [], which is empty: list different values, or write null to leave "
            "learning_rate out of the sweep",
        ),
        (
            "classifiers: {cnn: {sweep: {learning_rate: [0.1, 0]}}}",
            "classifiers.cnn.sweep.learning_rate[1] is 0, which is not above 0: write a number above 0",
        ),
        (
            "classifiers: {cnn: {sweep: {learning_rate: 0.1}}}",
            "classifiers.cnn.sweep.learning_rate is 0.1, which is a decimal number, not a list: list different values",
        ),
        (
            "classifiers: {cnn: {sweep: {epochs: [1.5]}}}",
            "classifiers.cnn.sweep.epochs[0] is 1.5, which is a decimal number, not a whole number: write the number",
        ),
        (
            "classifiers: {cnn: {sweep: {dropout: [1]}}}",
            "classifiers.cnn.sweep.dropout[0] is 1, which is not below 1: write the share of values to drop, from 0",
        ),
        (
            "classifiers: {baseline: {sweep: {dropout: [0, 0.2]}}}",
            "classifiers.baseline.sweep.dropout is [0.0, 0.2], which is the rate of the dropout layers, and "
            "classifiers.baseline.layers has none: add one, such as {dropout: 0.5}, or leave dropout out of sweep",
        ),
        (
            "classifiers: {cnn: {sweep: {replicates: [1, 2]}}}",
            "classifiers.cnn.sweep.replicates is [1, 2], which can't be swept: write it beside sweep, as the number of",
        ),
        (
            "classifiers: {cnn: {sweep: {layers: [[], []]}}}",
            "classifiers.cnn.sweep.layers is [[], []], which can't be swept: describe a classifier for each network",
        ),
        (
            "classifiers: {cnn: {sweep: {learning_rates: [1]}}}",
            "classifiers.cnn.sweep.learning_rates is [1], but there is no such key: did you mean learning_rate (of l2,",
        ),
        (
            "classifiers: {cnn: {sweep: [1]}}",
            "classifiers.cnn.sweep is [1], which is a list, not a mapping: write the values by key, such as {l2: [0, ",
        ),
        ("classifiers: {cnn: {sweep: }}", "classifiers.cnn.sweep is null, which is empty, not a mapping: write the v"),
        (
            "classifiers: {x: {layers: [], replicates: 1, sweep: {epochs: [1], batch_size: [1]}}}",
            "classifiers.x.learning_rate is missing: write a number above 0, such as 0.1",
        ),
        (
            "classifiers: {net_: {layers: []}}",
            "classifiers.net_ has no valid name: take small letters, digits and _, a letter first and no _ at the end",
        ),
        (
            "classifiers: {regularised: {layers: [], sweep: {l2: [0.1]}}}",
            "classifiers.regularised.replicates is missing: write the number of runs per setting, 1 or more",
        ),
        ("classifiers: {Small: {}}", "classifiers.Small has no valid name: take small letters, digits and _"),
        ("classifiers: {1: {}}", "classifiers.1 has no valid name: take small letters, digits and _"),
        ("classifiers: []", "classifiers is [], which is a list, not a mapping or null: describe at least one"),
        ("noise:", "noise is null, which is empty, not a mapping: give it the keys kind, classifiers, lev"),
        (
            "classifiers: {regularized: {sweep: {l2: [1e-4]}}}",
            "classifiers.regularized.sweep.l2[0] is '1e-4', which is text, not a number: "
            "YAML reads 1e-4 as text, write 1.0e-4",
        ),
        (
            "classifiers: {regularized: {sweep: {l2: [1.0e-4, 0.0001]}}}",
            "classifiers.regularized.sweep.l2 is [0.0001, 0.0001], in which 0.0001 stands twice: list different values",
        ),
        ("noise: {levels: [1, 1.0]}", "noise.levels is [1, 1.0], in which 1.0 stands twice: write a list of different"),
        ("noise: {levels: []}", "noise.levels is [], which is empty: write a list of different levels"),
        (
            "noise: {levels: [.nan]}",
            "noise.levels[0] is NaN, which is not finite: write a level from 0 to 1",
        ),
        ("noise: {levels: [true]}", "noise.levels[0] is true, which is a truth value, not a number: write a le"),
        ("noise: {levels: [1.5]}", "noise.levels[0] is 1.5, which is above 1: write a level from 0 to 1"),
        ("noise: {levels: [-0.1]}", "noise.levels[0] is -0.1, which is below 0: write a level from 0 to 1"),
        ("seed: true", "seed is true, which is a truth value, not a whole number: write a whole number, 0 or more"),
        ("seed: 1.0", "seed is 1.0, which is a decimal number, not a whole number: write a whole number, 0 or more"),
        ("seed: 2026-11-22", 'seed is "2026-11-22", which is a date, not a whole number: write a whole number'),
        (
            "decoder_samples: '40'",
            "decoder_samples is '40', which is text, not a whole number: "
            "write 40 without quotes, and in a file for --configfile rather than behind --config",
        ),
        ("decoder_walk: {to: 10}", "decoder_walk.to is 10, which is no class of mnist: write a class from 0 to 9"),
        ("gallery: {digits: [bag]}", "gallery.digits[0] is 'bag', which is no class of mnist: write a class from"),
        ("gallery: {digits: [-1]}", "gallery.digits[0] is -1, which is below 0: write the number of a class, 0 or"),
        ("gallery: {digits: [7, '7']}", "gallery.digits[1] is '7', which stands there already: write a list of"),
        ("decoder_walk: [4, 9]", "decoder_walk is [4, 9], which is a list, not a mapping: give it the keys from, to"),
        ("decoder_samples: '1e2'", "decoder_samples is '1e2', which is text, not a whole number: write the number of"),
        ("decoder_samples: '0.5'", "decoder_samples is '0.5', which is text, not a whole number: write the number of"),
        ("validation: tests", f"validation is 'tests', which is not test: {HOLD_OUT}"),
        ("validation: '0.5'", f"validation is '0.5', which is not test: {HOLD_OUT}"),
        (
            "validation: '10000'",
            "validation is '10000', which is not test: "
            "write 10000 without quotes, and in a file for --configfile rather than behind --config",
        ),
        ("validation: true", f"validation is true, which is a truth value, not text or a whole number: {HOLD_OUT}"),
        ("validation:", f"validation is null, which is empty, not text or a whole number: {HOLD_OUT}"),
        ("validation: 0.5", f"validation is 0.5, which is a decimal number, not text or a whole number: {HOLD_OUT}"),
        ("validation: 0", f"validation is 0, which is below 10: {HOLD_OUT}"),
        ("validation: 60000", f"validation is 60000, which is above 50000: {HOLD_OUT}"),
        (
            "denoisers: {autoencoder: {replicates: 0}}",
            "denoisers.autoencoder.replicates is 0, which is below 1: write the number of trainings, 1 or more",
        ),
        (
            "denoisers: {autoencoder: {encoder: []}}",
            "denoisers.autoencoder.encoder is [], which is empty: list the layers",
        ),
        (
            "dataset: {name: cifar}",
            "dataset.path is null, and 'cifar' is a data set of your own: write the path of your images, or mnist or "
            "fashion_mnist as dataset.name",
        ),
        (
            "dataset: {name: Mnist}",
            "dataset.name is 'Mnist', which has a character that is not allowed here: write",
        ),
        ("dataset: {classes: 10}", "dataset.classes is 10, and mnist is a public data set: write null, or give images"),
        (f"dataset: {{sha256: {'a' * 64}}}", f"dataset.sha256 is '{'a' * 64}', and mnist is a public data set: write"),
        (
            "dataset: {name: cifar, path: nowhere.npz}",
            "dataset.sha256 is missing, and 'cifar' is a data set of your own: nowhere.npz is missing (looked for as ",
        ),
        (own("sha256: 1234"), "dataset.sha256 is 1234, which is a whole number, not text or null: quote it, or write"),
        (own("sha256: '1234'"), "dataset.sha256 is '1234', which has a character that is not allowed here: write the"),
        (own("shape: [12, 10]"), "dataset.shape is [12, 10], which is not [height, width, channels] with 1 or 3 chan"),
        (own("shape: [12, 10, 4]"), "dataset.shape is [12, 10, 4], which is not [height, width, channels] with 1 or"),
        (own("shape: [12, 0, 3]"), "dataset.shape[1] is 0, which is below 1: write a whole number, 1 or more"),
        (own("classes: 1"), "dataset.classes is 1, which is below 2: write the number of classes, 2 or more, or a"),
        (own("classes: [cat]"), 'dataset.classes is ["cat"], which is one class: name two or more'),
        (own("classes: [cat, cat]"), 'dataset.classes is ["cat", "cat"], in which \'cat\' stands twice: write the'),
        (own("classes: [cat, no]"), "dataset.classes[1] is false, which is a truth value, not text: quote it, or"),
        (own("classes: [cat, 'a$']"), "dataset.classes[1] is 'a$', which has a character that is not allowed here:"),
        (own("test_images: 0"), "dataset.test_images is 0, which is below 1: write the number of images to draw"),
        (
            own("", digits="[0, 4]"),
            "gallery.digits[1] is 4, which is no class of shapes: write a class from 0 to 3, or one of circle, cross, "
            "square, triangle",
        ),
        (
            own("classes: 4", digits="[0]", walk="{from: 0, to: circle}"),
            "decoder_walk.to is 'circle', which is no class of shapes: write a class from 0 to 3",
        ),
        (
            own("shape: [12, 4, 3]"),
            'classifiers.cnn.layers[2] is {"conv": 64}, which leaves nothing of the 5 × 1 pixels that reach it: take',
        ),
        ("dataset: {path: 3}", "dataset.path is 3, which is a whole number, not text or null: quote it, or write"),
        ("pathvars: {results: a b}", "pathvars.results is 'a b', which has a character that is not allowed here: name"),
        ('seed: "a\\nb"', r"seed is 'a\nb', which is text, not a whole number: write a whole number"),
    ],
)
def test_bad_config_is_explained(changes, sentence):
    with pytest.raises(StudyError) as caught:
        check_config(merge(changes))
    assert str(caught.value).startswith(f"config: {sentence}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("layers", "sentence"),
    [
        (
            "[dense]",
            "layers[0] is 'dense', which is unknown: write batch_norm, global_max_pool or",
        ),
        ("[3]", "layers[0] is 3, which is a whole number, not a mapping or text: write one kind and"),
        ("[{conv: {size: 5}}]", "layers[0].conv.filters is missing: write the number of filters, 1 or more"),
        ("[{conv: {filters: 4, padding: full}}]", "layers[0].conv.padding is 'full', which is unknown: write valid"),
        ("[{conv: {filters: 4, stride: 0}}]", "layers[0].conv.stride is 0, which is below 1: write the step in pixels"),
        ("[{conv: {filters: 4, kernel: 5}}]", "layers[0].conv.kernel is 5, but there is no such key: the keys are"),
        ("[{dense: {units: 4, activation: swish}}]", "layers[0].dense.activation is 'swish', which is unknown: write"),
        ("[{dense: 0.5}]", "layers[0].dense is 0.5, which is a decimal number, not a whole number or a mapping: write"),
        ("[{activation: relu6}]", "layers[0].activation is 'relu6', which is unknown: write relu, leaky_relu"),
        (
            "[global_average_pool, {max_pool: 2}]",
            'layers[1] is {"max_pool": 2}, which follows a global_average_pool layer, where there is no image any more',
        ),
        (
            "[{conv: {filters: 4, size: 5, padding: same}}, {conv: {filters: 4, size: 29}}]",
            'layers[1] is {"conv": {"filters": 4, "size": 29}}, which leaves nothing of the 28 × 28 pixels that',
        ),
        ("[{}]", "layers[0] is {}, which is empty: write one kind and its size"),
        ("[{dense: 3, conv: 4}]", 'layers[0] is {"dense": 3, "conv": 4}, which has more than 1 key: write one kind'),
        (
            "[{pool: 2}]",
            "layers[0].pool is 2, but there is no such key: did you mean max_pool (of dense, conv, max_pool",
        ),
        ("[{dropout: 1}]", "layers[0].dropout is 1, which is not below 1: write the share of values to drop"),
        ("[{max_pool: 1}]", "layers[0].max_pool is 1, which is below 2: write the side in pixels"),
        (
            "[{dense: 9}, {dropout: 0.5}, {conv: 8}]",
            'layers[2] is {"conv": 8}, which follows a dense layer, where there is no image any more: put convolutions',
        ),
        (
            "[{max_pool: 14}, {conv: 8}]",
            'layers[1] is {"conv": 8}, which leaves nothing of the 2 × 2 pixels that reach it: take fewer',
        ),
        (
            "[{conv: 8}, {max_pool: 27}]",
            'layers[1] is {"max_pool": 27}, which leaves nothing of the 26 × 26 pixels that reach it: take fewer',
        ),
    ],
)
def test_bad_layer_is_explained(layers, sentence):
    with pytest.raises(StudyError) as caught:
        check_config(merge(f"classifiers: {{cnn: {{layers: {layers}}}}}"))
    assert str(caught.value).startswith(f"config: classifiers.cnn.{sentence}")


@pytest.mark.parametrize(
    ("recipe", "sentence"),
    [
        ("optimizer: rmsprop", "optimizer is 'rmsprop', which is unknown: write sgd, adam or adamw"),
        ("momentum: 1", "momentum is 1, which is not below 1: write a number from 0 to below 1, such as 0.9"),
        ("nesterov: 1", "nesterov is 1, which is a whole number, not true or false: write true or false"),
        ("nesterov: true", "nesterov is true without a momentum: write momentum: 0.9, or nesterov: false"),
        (
            "{optimizer: adam, momentum: 0.9}",
            "momentum is 0.9, which means nothing to the optimizer adam: remove it, or write optimizer: sgd",
        ),
        (
            "beta_1: 0.5",
            "beta_1 is 0.5, which means nothing to the optimizer sgd: remove it, or write",
        ),
        (
            "{optimizer: adam, weight_decay: 0.1}",
            "weight_decay is 0.1, which means nothing to the optimizer adam: remove it, or write optimizer: adamw",
        ),
        ("schedule: linear", "schedule is 'linear', which is unknown: write constant, cosine or steps"),
        ("schedule: steps", "step_epochs is missing: list the epochs after which the learning rate changes"),
        (
            "step_epochs: [3]",
            "step_epochs is [3], which means nothing to the schedule constant: remove it, or write schedule: steps",
        ),
        (
            "{schedule: steps, step_epochs: [30, 20]}",
            "step_epochs is [30, 20]: write them in ascending order, below the 40 epochs",
        ),
        (
            "{schedule: steps, step_epochs: [20, 40]}",
            "step_epochs is [20, 40]: write them in ascending order, below the 40 epochs",
        ),
        (
            "{schedule: cosine, warmup_epochs: 40}",
            "warmup_epochs is 40, which is not below the 40 epochs: write a smaller number",
        ),
        ("label_smoothing: 1", "label_smoothing is 1, which is not below 1: write a number from 0 to below 1"),
        ("shift: -1", "shift is -1, which is below 0: write the largest shift in pixels, 0 or more, such as 2"),
        ("rotation: 181", "rotation is 181, which is above 180: write the largest angle in degrees, from 0 to 180"),
        ("zoom: 1", "zoom is 1, which is not below 1: write the largest change of the size as a share"),
        ("training_noise: 2", "training_noise is 2, which is above 1: write a level from 0 to 1, such as 0.4, or"),
        ("training_noise: [0.5]", "training_noise is [0.5], which has fewer than 2 items: write a level from 0 to 1"),
        ("training_noise: []", "training_noise is [], which is empty: write a level from 0 to 1"),
        ("training_noise: [0.8, 0]", "training_noise is [0.8, 0.0]: write the lower level first, as in [0, 0.8]"),
        ("training_noise: [0, 2]", "training_noise[1] is 2, which is above 1: write a level from 0 to 1"),
        ("patience: 0", "patience is 0, which is below 1: write a number of epochs, 1 or more, or null for no early"),
        (
            "patience: 3",
            "patience is 3, and validation is test: the test images would choose the epoch: write validation: 10000",
        ),
    ],
)
def test_a_bad_recipe_is_explained(recipe, sentence):
    recipe = recipe if recipe.startswith("{") else f"{{{recipe}}}"
    with pytest.raises(StudyError) as caught:
        check_config(merge(f"classifiers: {{cnn: {recipe}}}"))
    assert str(caught.value).startswith(f"config: classifiers.cnn.{sentence}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "recipe",
    [
        "{momentum: 0.9, nesterov: true}",
        "{optimizer: adamw, weight_decay: 0, beta_2: 0.99}",
        "{schedule: cosine, warmup_epochs: 39}",
        "{schedule: steps, step_epochs: [1, 39], step_factor: 0.5}",
        "{label_smoothing: 0.1, shift: 2, rotation: 10, zoom: 0.1, training_noise: [0, 0.8]}",
    ],
)
def test_a_good_recipe_passes_and_the_whole_of_it_is_a_setting(recipe):
    config = check_config(merge(f"classifiers: {{cnn: {recipe}}}"))
    given = yaml.safe_load(recipe)
    run = study.train_classifier(config, study.name_first_run(config, "cnn"))
    assert {key: run[key] for key in given} == given


def test_early_stopping_passes_where_images_are_held_out():
    config = check_config(merge("{validation: 10000, classifiers: {cnn: {patience: 3}}}"))
    assert config["classifiers"]["cnn"]["patience"] == 3


@pytest.mark.parametrize(
    "spelled",
    [
        "{optimizer: sgd, momentum: 0, nesterov: false, beta_1: 0.9, beta_2: 0.999, weight_decay: 0.004}",
        "{schedule: constant, warmup_epochs: 0, step_epochs: [], step_factor: 0.1, label_smoothing: 0}",
        "{shift: 0, rotation: 0, zoom: 0, training_noise: 0, patience: null}",
        "{layers: [{conv: {filters: 32, size: 3}}, {max_pool: 2}, {conv: {filters: 64, padding: valid}}, "
        "{max_pool: 2}, {dense: {units: 200, activation: relu}}, {dense: {units: 128}}, {dropout: 0.5}]}",
    ],
    ids=["optimizer", "schedule", "images", "layers"],
)
def test_a_default_that_is_written_out_is_no_other_setting(spelled):
    assert check_config(merge(f"classifiers: {{cnn: {spelled}}}")) == check_config(merge("{}"))


@pytest.mark.parametrize(
    "spelled",
    [
        "{optimizer: adam, momentum: 0, nesterov: false, beta_1: 0.9, beta_2: 0.999, weight_decay: 0.004}",
        "{schedule: constant, warmup_epochs: 0, step_epochs: [], step_factor: 0.1, noise_draws: once}",
        "{encoder: [{dense: 128}, {dense: {units: 96}}], decoder: [{dense: {units: 128, activation: relu}}]}",
    ],
    ids=["optimizer", "schedule", "layers"],
)
def test_a_default_of_an_autoencoder_that_is_written_out_is_no_other_setting(spelled):
    assert check_config(merge(f"denoisers: {{autoencoder: {spelled}}}")) == check_config(merge("{}"))


def test_salt_and_pepper_noise_that_is_written_out_is_no_other_setting():
    assert check_config(merge("noise: {kind: salt_and_pepper}")) == check_config(merge("{}"))


@pytest.mark.parametrize(
    ("models", "defaults"),
    [("classifiers", DEFAULTS | {"l2": 0, "sweep": {}}), ("denoisers", AUTOENCODER_DEFAULTS)],
)
def test_the_defaults_of_recipes_are_those_of_the_schema(models, defaults):
    schema = yaml.safe_load(SCHEMA.read_text())["properties"][models]["additionalProperties"]["properties"]
    assert {key: part["default"] for key, part in schema.items() if "default" in part} == defaults


# The text of a broken config over config.yaml, and the key, the value and the remedy that the message must name.
BROKEN = {
    "unknown key": ("sede: 7", "sede is 7,", "did you mean seed"),
    "unknown nested key": (
        "classifiers: {cnn: {replicats: 3}}",
        "classifiers.cnn.replicats is 3,",
        "did you mean replicates",
    ),
    "seed with fraction": ("seed: 1.5", "seed is 1.5,", "write a whole number, 0 or more"),
    "seed as text": ("seed: abc", "seed is 'abc',", "write a whole number, 0 or more"),
    "no seed": ("seed: null", "seed is null,", "write a whole number, 0 or more"),
    "duplicate value of a sweep": (
        "classifiers: {regularized: {sweep: {l2: [0.1, 1.0e-4, 0.1]}}}",
        "classifiers.regularized.sweep.l2 is [0.1, 0.0001, 0.1], in which 0.1 stands twice",
        "list different values",
    ),
    "negative L2 factor": (
        "classifiers: {regularized: {sweep: {l2: [-1.0e-4]}}}",
        "classifiers.regularized.sweep.l2[0] is -0.0001,",
        "write an L2 factor such as 1.0e-4, or 0 for no penalty",
    ),
    "L2 factor as text": (
        "classifiers: {regularized: {sweep: {l2: [1e-4]}}}",
        "classifiers.regularized.sweep.l2[0] is '1e-4',",
        "YAML reads 1e-4 as text, write 1.0e-4",
    ),
    "empty sweep": (
        "classifiers: {cnn: {sweep: {learning_rate: []}}}",
        "classifiers.cnn.sweep.learning_rate is [],",
        "list different values",
    ),
    "a key of the recipe that means nothing at one setting": (
        "classifiers: {cnn: {sweep: {optimizer: [sgd, adam], momentum: [0, 0.9]}}}",
        "classifiers.cnn.sweep.momentum is 0.9, which means nothing to the optimizer adam",
        "remove it, or write optimizer: sgd",
    ),
    "warm-up that is longer than the shortest training": (
        "classifiers: {cnn: {schedule: cosine, warmup_epochs: 5, sweep: {epochs: [4, 40]}}}",
        "classifiers.cnn.warmup_epochs is 5, which is not below the 4 epochs",
        "write a smaller number",
    ),
    "zero replicates": (
        "classifiers: {baseline: {replicates: 0}}",
        "classifiers.baseline.replicates is 0,",
        "write the number of runs per setting, 1 or more",
    ),
    "replicates as text": (
        "classifiers: {baseline: {replicates: '3'}}",
        "classifiers.baseline.replicates is '3',",
        "write 3 without quotes",
    ),
    "zero epochs": (
        "classifiers: {cnn: {epochs: 0}}",
        "classifiers.cnn.epochs is 0,",
        "write the number of passes over the training images, 1 or more",
    ),
    "zero batch_size": (
        "denoisers: {autoencoder: {batch_size: 0}}",
        "denoisers.autoencoder.batch_size is 0,",
        "write the number of images in a step, 1 or more",
    ),
    "zero learning_rate": (
        "denoisers: {autoencoder: {learning_rate: 0}}",
        "denoisers.autoencoder.learning_rate is 0,",
        "write a number above 0",
    ),
    "missing key": (
        "classifiers: {small: {layers: []}}",
        "classifiers.small.replicates is missing",
        "write the number of runs per setting",
    ),
    "capital letter in a name": ("classifiers: {CNN: {}}", "classifiers.CNN has no valid name", "take small letters"),
    "denoiser with the name of a classifier": (
        "denoisers: {cnn: {filter: median, size: 3}}",
        "denoisers.cnn has the name of a classifier",
        "take another one, such as cnn_denoiser",
    ),
    "denoiser named none": (
        "denoisers: {none: {filter: median, size: 3}}",
        "denoisers.none has no valid name",
        "not none, which stands for no denoiser",
    ),
    "filter without a middle": (
        "denoisers: {median: {size: 4}}",
        "denoisers.median.size is 4, which is even",
        "write an odd number of pixels",
    ),
    "unknown layer": (
        "classifiers: {cnn: {layers: [{pool: 2}]}}",
        "classifiers.cnn.layers[0].pool is 2,",
        "did you mean max_pool",
    ),
    "two layers in one": (
        "classifiers: {cnn: {layers: [{conv: 8, max_pool: 2}]}}",
        'classifiers.cnn.layers[0] is {"conv": 8, "max_pool": 2},',
        "write one kind and its size",
    ),
    "dropout of everything": (
        "classifiers: {cnn: {layers: [{dropout: 1}]}}",
        "classifiers.cnn.layers[0].dropout is 1,",
        "write the share of values to drop, between 0 and 1",
    ),
    "conv after dense": (
        "classifiers: {cnn: {layers: [{dense: 8}, {conv: 8}]}}",
        'classifiers.cnn.layers[1] is {"conv": 8},',
        "put convolutions and pooling before the first dense layer",
    ),
    "no pixel left": (
        "classifiers: {cnn: {layers: [{max_pool: 20}, {max_pool: 2}]}}",
        'classifiers.cnn.layers[1] is {"max_pool": 2},',
        "take fewer convolutions and pooling layers",
    ),
    "level above 1": (
        "noise: {levels: [0, 1.5]}",
        "noise.levels[1] is 1.5,",
        "write a level from 0 to 1, such as 0.4",
    ),
    "level below 0": (
        "noise: {levels: [-0.1]}",
        "noise.levels[0] is -0.1,",
        "write a level from 0 to 1, such as 0.4",
    ),
    "duplicate level": (
        "noise: {levels: [0.1, 0.1]}",
        "noise.levels is [0.1, 0.1], in which 0.1 stands twice",
        "write a list of different levels",
    ),
    "no level": ("noise: {levels: []}", "noise.levels is [],", "write a list of different levels"),
    "unknown scoring classifier": (
        "noise: {classifiers: [cnn, mlp]}",
        "noise.classifiers[1] is 'mlp',",
        "write one of baseline, regularized, cnn",
    ),
    "unknown data set": (
        "dataset: {name: cifar10}",
        "dataset.path is null, and 'cifar10' is a data set of your own",
        "or mnist or fashion_mnist as dataset.name",
    ),
    "classifier called no": (
        "classifiers: {no: {layers: []}}",
        "classifiers.false has no valid name, as YAML takes no, off and false for a truth value",
        "quote it, or take small letters",
    ),
    "scoring classifier that is left out": (
        "classifiers: {cnn: null}",
        "noise.classifiers[0] is 'cnn',",
        "write one of baseline, regularized",
    ),
    "digit 10": ("gallery: {digits: [1, 10]}", "gallery.digits[1] is 10,", "write a class from 0 to 9"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_config_is_explained_by_key_value_and_remedy(name):
    changes, value, remedy = BROKEN[name]
    with pytest.raises(StudyError) as caught:
        check_config(merge(changes))
    assert str(caught.value).startswith(f"config: {value}")
    assert remedy in str(caught.value).partition(": ")[2].partition(": ")[2]
