import numpy as np
import pytest

from mnist_study.scripts.summarize_noise_levels import find_fall, tabulate_classes, tabulate_levels, tabulate_thresholds
from mnist_study.trust.metrics_writer import write_metrics
from mnist_study.trust.provenance import write_provenance
from mnist_study.trust.reasons import list_reasons

LEVELS = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]
# The curves of the first implementation of this study.
DENOISED = [0.9539, 0.9528, 0.9505, 0.9408, 0.9192, 0.8621, 0.7292, 0.5143, 0.3191, 0.1758, 0.1012]
NOISY = [0.9909, 0.9651, 0.8956, 0.7867, 0.6482, 0.4901, 0.3310, 0.2289, 0.1612, 0.1209, 0.0981]


def tabulate(noisy, denoised, levels=LEVELS):
    return tabulate_levels(
        [
            {"level": level, "noisy": make_score(one), "denoised": make_score(other)}
            for level, one, other in zip(levels, noisy, denoised, strict=True)
        ]
    )


def make_score(accuracy):
    """Make the score of 10,000 images of two classes, 6,000 of them ones. A mistake is predicted as the other class."""
    confusion = np.zeros((10, 10), int)
    for label, images in ((0, 4000), (1, 6000)):
        right = round(images * accuracy)
        confusion[label, label], confusion[label, 1 - label] = right, images - right
    return {"accuracy": accuracy, "confusion": confusion.tolist()}


def fall(values, threshold):
    return find_fall(np.array([0, 0.1, 0.2, 0.3]), np.array(values), threshold)


def test_levels_are_a_row_for_each_level_and_images():
    table = tabulate([0.99, 0.5], [0.95, 0.7], [0, 0.5])
    counted = {"n": 10_000, "chance": 0.6}
    assert table.to_dict("records") == [
        {"level": 0, "images": "noisy", "accuracy": 0.99, "correct": 9900} | counted,
        {"level": 0, "images": "denoised", "accuracy": 0.95, "correct": 9500} | counted,
        {"level": 0.5, "images": "noisy", "accuracy": 0.5, "correct": 5000} | counted,
        {"level": 0.5, "images": "denoised", "accuracy": 0.7, "correct": 7000} | counted,
    ]


def test_a_fall_between_two_levels_is_interpolated():
    assert fall([0.98, 0.94, 0.86, 0.5], 0.9) == pytest.approx(0.15)
    assert fall([0.98, 0.94, 0.86, 0.5], 0.92) == pytest.approx(0.125)


def test_a_curve_that_never_falls_has_no_level():
    assert np.isnan(fall([0.98, 0.97, 0.96, 0.95], 0.9))


def test_a_curve_that_only_reaches_the_threshold_has_not_fallen_under_it():
    assert np.isnan(fall([0.98, 0.97, 0.96, 0.9], 0.9))


def test_a_curve_at_the_threshold_falls_from_there():
    assert fall([0.98, 0.9, 0.8, 0.7], 0.9) == pytest.approx(0.1)


def test_a_curve_that_rises_again_counts_by_its_first_fall():
    assert fall([0.98, 0.82, 0.95, 0.5], 0.9) == pytest.approx(0.05)


def test_a_curve_that_starts_below_counts_once_it_has_risen():
    assert np.isnan(fall([0.5, 0.4, 0.3, 0.2], 0.9))
    assert fall([0.5, 0.95, 0.85, 0.2], 0.9) == pytest.approx(0.15)


def test_the_published_curves_cross_and_fall_where_they_do_by_hand():
    thresholds = tabulate_thresholds(tabulate(NOISY, DENOISED)).set_index("quantity")["level"].to_dict()
    assert thresholds == {
        "curves cross": pytest.approx(0.1183, abs=5e-5),  # 0.1 + 0.1 × 0.0123 / (0.0123 + 0.0549)
        "accuracy on noisy images falls under 0.9": pytest.approx(0.1937, abs=5e-5),
        "accuracy on noisy images falls under 0.5": pytest.approx(0.4937, abs=5e-5),
        "accuracy on denoised images falls under 0.9": pytest.approx(0.4336, abs=5e-5),
        "accuracy on denoised images falls under 0.5": pytest.approx(0.7073, abs=5e-5),
    }


def test_levels_in_any_order_give_the_same_thresholds():
    backwards = tabulate(NOISY[::-1], DENOISED[::-1], LEVELS[::-1])
    assert tabulate_thresholds(backwards).equals(tabulate_thresholds(tabulate(NOISY, DENOISED)))


@pytest.mark.parametrize(
    ("noisy", "denoised", "cases"),
    [
        ([0.99, 0.95], [0.95, 0.94], ["denoised never above noisy", "never under", "never under"]),
        ([0.6, 0.55], [0.95, 0.94], ["denoised above noisy at every level", "under at every level", "never under"]),
        ([0.4, 0.95], [0.95, 0.94], ["denoised above noisy at first, not later", *["under at first, not later"] * 2]),
        ([0.4], [0.95], ["denoised above noisy at every level", *["under at every level"] * 2]),
        ([0.95], [0.95], ["denoised never above noisy", "never under", "never under"]),
    ],
    ids=["above", "below", "rising", "one level, below", "one level, equal"],
)
def test_an_empty_level_says_which_case_it_is(noisy, denoised, cases):
    levels = [0, 0.1][: len(noisy)]
    thresholds = tabulate_thresholds(tabulate(noisy, denoised, levels)).set_index("quantity")
    crossing, noisy_9, noisy_5 = cases
    assert thresholds["level"].isna().all()
    assert thresholds["case"]["curves cross"] == crossing
    assert thresholds["case"]["accuracy on noisy images falls under 0.9"] == noisy_9
    assert thresholds["case"]["accuracy on noisy images falls under 0.5"] == noisy_5


def test_a_curve_that_falls_says_so():
    thresholds = tabulate_thresholds(tabulate(NOISY, DENOISED))
    assert thresholds["case"].tolist() == ["cross", *["falls"] * 4]


def test_the_accuracy_of_a_class_is_its_share_of_the_images_that_are_of_it():
    confusion = np.eye(10, dtype=int)
    confusion[4] = [0, 0, 0, 0, 3, 0, 0, 0, 0, 1]
    confusion[:, 9] += 2  # images of other classes predicted as nine don't lower the accuracy of the nines
    score = {"confusion": confusion.tolist()}
    table = tabulate_classes(
        [{"level": 0.5, "noisy": score, "denoised": {"confusion": np.eye(10, dtype=int).tolist()}}]
    )
    assert list(table.columns) == ["level", "images", "class", "accuracy"]
    accuracy = table.set_index(["level", "images", "class"])["accuracy"]
    assert len(accuracy) == 20
    assert accuracy[0.5, "noisy", 4] == 3 / 6
    assert accuracy[0.5, "noisy", 9] == 1
    assert (table.loc[table["images"] == "denoised", "accuracy"] == 1).all()


BASE = {"seed": 7, "dataset": "mnist"}
CLASSIFIER = BASE | {"classifier": "cnn", "factor": None, "replicate": 1}
AUTOENCODER = BASE | {"epochs": 2}
SETTINGS = {
    "evaluations": [BASE | {"level": level} for level in (0.0, 0.5)],
    "classifier": CLASSIFIER,
    "autoencoder": AUTOENCODER,
}
WEIGHTS = {"classifier": "0" * 64, "autoencoder": "0" * 64}  # those that write_training writes


def write_level(path, settings, weights=WEIGHTS):
    score = {"accuracy": 1 - settings["level"], "confusion": np.eye(10, dtype=int).tolist()}
    metrics = {"level": settings["level"], "seed": settings["seed"], "noisy": score, "denoised": score}
    reasons = list_reasons("evaluate_noise_level", settings)
    write_metrics(path, metrics | {"weights": weights, "reasons": reasons})
    write_provenance([path], {}, reasons, {}, start=0)


@pytest.fixture
def inputs(tmp_path, write_training):
    """The files of the metrics of two levels and of the models that they were made with, by option."""
    paths = [tmp_path / f"level~{settings['level']}.json" for settings in SETTINGS["evaluations"]]
    for path, settings in zip(paths, SETTINGS["evaluations"], strict=True):
        write_level(path, settings)
    run = tmp_path / "replicate~1.json"
    return {
        "metrics": paths,
        "classifier": write_training(run, "train_classifier", CLASSIFIER, loss=0.5, accuracy=0.9),
        "autoencoder": write_training(tmp_path / "autoencoder.json", "train_autoencoder", AUTOENCODER, loss=0.5),
    }


@pytest.fixture
def outputs(tmp_path):
    (tmp_path / "tables").mkdir()
    return {name: tmp_path / "tables" / f"{name}.csv" for name in ("levels", "thresholds", "classes")}


def test_levels_of_the_present_models_are_tabulated(inputs, outputs, run_script):
    ended = run_script("summarize_noise_levels", SETTINGS, inputs, outputs)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert outputs["levels"].read_text() == (
        "level,images,accuracy,correct,n,chance\n0.0,noisy,1.0,10,10,0.1\n0.0,denoised,1.0,10,10,0.1\n"
        "0.5,noisy,0.5,10,10,0.1\n0.5,denoised,0.5,10,10,0.1\n"
    )
    assert "curves cross,,denoised never above noisy\n" in outputs["thresholds"].read_text()


@pytest.mark.parametrize("model", ["classifier", "autoencoder"])
def test_a_level_that_was_made_with_another_model_is_refused(model, inputs, outputs, run_script):
    stale = inputs["metrics"][1]
    write_level(stale, SETTINGS["evaluations"][1], WEIGHTS | {model: "1" * 64})
    ended = run_script("summarize_noise_levels", SETTINGS, inputs, outputs)
    assert ended.returncode == 1
    assert ended.stderr == (
        f"error: {stale} was made with other models than the present ones: "
        f"type: rm '{stale}', and run Snakemake again\n"
    )
    assert list(outputs["levels"].parent.iterdir()) == []


def test_a_level_that_was_copied_to_another_is_refused(inputs, outputs, run_script):
    first, second = inputs["metrics"]
    second.write_bytes(first.read_bytes())
    ended = run_script("summarize_noise_levels", SETTINGS, inputs, outputs)
    assert ended.returncode == 1
    remedy = f"type: rm '{second}', and run Snakemake again"
    assert ended.stderr == f"error: {second} was changed after it was written: {remedy}\n"
    assert list(outputs["levels"].parent.iterdir()) == []


@pytest.mark.parametrize("model", ["classifier", "autoencoder"])
def test_a_model_that_was_trained_otherwise_is_refused(model, inputs, outputs, run_script):
    settings = SETTINGS | {model: SETTINGS[model] | {"epochs": 3}}
    ended = run_script("summarize_noise_levels", settings, inputs, outputs)
    assert ended.returncode == 1
    [line] = ended.stderr.splitlines()
    assert line.startswith(f"error: {inputs[model]} was made for other reasons (settings epochs: ")
    assert list(outputs["levels"].parent.iterdir()) == []
