"""Test the two training scripts, on a few images instead of MNIST."""

import json
from argparse import Namespace

import numpy as np
import pytest

from mnist_study.data.chance import score_mean_image
from mnist_study.data.datasets import encode_labels, write_dataset
from mnist_study.data.noise import draw_noise, draw_noisy_images
from mnist_study.data.protocols import mark_held_out
from mnist_study.nets.trained_models import digest_weights, load_model
from mnist_study.run.jobs import Job
from mnist_study.scripts import train_autoencoder, train_classifier
from mnist_study.seeding import derive_epoch, derive_seed
from mnist_study.trust.metrics_reader import load_validator
from mnist_study.trust.reasons import list_reasons

pytestmark = [pytest.mark.tensorflow, pytest.mark.usefixtures("device")]

BASE = {"seed": 7, "dataset": "mnist", "validation": "test", "epochs": 2, "batch_size": 2, "learning_rate": 0.01}
BASE |= {"replicate": 1}
CLASSIFIER = BASE | {"classifier": "mlp", "l2": 1e-6, "swept": ["l2"], "layers": [{"dense": 4}, {"dropout": 0.5}]}
SIX_EPOCHS = CLASSIFIER | {"epochs": 6}
AUTOENCODER = BASE | {"autoencoder": "small", "encoder": [4], "decoder": [], "noise_level": 0.4}
CONVOLUTIONAL = AUTOENCODER | {
    "encoder": [{"conv": {"filters": 2, "stride": 2, "padding": "same"}}],
    "decoder": [{"transposed_conv": {"filters": 2, "stride": 2, "padding": "same"}}],
}
TRAININGS = [(train_classifier, CLASSIFIER), (train_autoencoder, AUTOENCODER), (train_autoencoder, CONVOLUTIONAL)]


@pytest.fixture
def make_job(few_images, tmp_path):
    """Give a function that makes the job of a training script with these settings."""

    def make(script, settings, folder=tmp_path):
        write_dataset(folder / "mnist.npz", few_images)
        name = script.__name__.rpartition(".")[2]
        metrics, model = folder / "results" / "run.json", folder / "results" / "run.keras"
        metrics.parent.mkdir(exist_ok=True)
        arguments = Namespace(threads=1, device="auto", dataset=folder / "mnist.npz", metrics=metrics, model=model)
        return Job(arguments, settings, list_reasons(name, settings), {}, {})

    return make


@pytest.fixture(scope="module")
def finished():
    """The jobs that `finish` ran."""
    return {}


@pytest.fixture
def finish(make_job, finished, tmp_path_factory):
    """Give a function that returns the finished job of a training script. Tests that only read its files share it."""

    def run(script, settings):
        name = f"{script.__name__} {settings}"
        if name not in finished:
            job = make_job(script, settings, tmp_path_factory.mktemp("finished"))
            script.main(job)
            finished[name] = job
        return finished[name]

    return run


@pytest.fixture
def stop_before_training(make_job, monkeypatch):
    """Give a function that returns what a training script would train with: model, samples and the order's seed."""

    def run(script, settings):
        given = {}

        def stop(model, training, validation, *, seed, **options):
            given.update(model=model, training=training, validation=validation, order=seed.entropy, **options)
            raise InterruptedError

        with monkeypatch.context() as patch, pytest.raises(InterruptedError):
            patch.setattr(script, "train", stop)
            script.main(make_job(script, settings))
        return Namespace(**given)

    return run


@pytest.fixture
def draw(stop_before_training):
    """Give a function that returns the random numbers of a training with these changes.

    They are the initial weights, the order of samples and, for a classifier, dropout, and for the autoencoder, noise.
    """

    def draw(script=train_classifier, **changes):
        settings = CLASSIFIER if script is train_classifier else AUTOENCODER
        given = stop_before_training(script, settings | changes)
        drawn = given.training[0]
        if script is train_classifier:
            drawn = given.model.layers[-2](np.ones((10, 4), np.float32), training=True).numpy()
        return [digest_weights(given.model), given.order, drawn.tobytes()]

    return draw


@pytest.mark.parametrize(("script", "settings"), TRAININGS)
def test_a_training_leaves_its_metrics_and_its_model_and_no_checkpoint(script, settings, finish):
    job = finish(script, settings)
    arguments = job.arguments
    assert sorted(arguments.metrics.parent.iterdir()) == [arguments.metrics, arguments.model]
    metrics = json.loads(arguments.metrics.read_text())
    assert metrics["weights"] == digest_weights(load_model(arguments.model))
    assert metrics["reasons"] == job.reasons


@pytest.mark.parametrize(("script", "settings"), TRAININGS)
def test_the_metrics_hold_no_time_host_path_or_device(script, settings, finish):
    job = finish(script, settings)
    identity = settings.keys() & {"autoencoder", "classifier", "replicate", "seed"} | (
        {"setting"} if "swept" in settings else set()
    )
    measured = {"chance", "final", "history", "layers", "kernel_norms", "weights", "test", "images", "reasons"}
    assert json.loads(job.arguments.metrics.read_text()).keys() == measured | identity
    assert str(job.arguments.metrics.parent) not in job.arguments.metrics.read_text()
    assert job.device.keys() == {"processor", "vectors", "gpus", "threads"}


@pytest.mark.thorough
@pytest.mark.parametrize(("script", "settings"), TRAININGS)
@pytest.mark.parametrize("writer", ["save_model", "write_metrics"])
def test_if_the_results_cannot_be_written_the_training_is_not_lost(script, settings, writer, make_job, monkeypatch):
    job = make_job(script, settings)

    def fail(*arguments):
        raise OSError("No space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError):
        patch.setattr(script, writer, fail)
        script.main(job)
    checkpoint = job.arguments.metrics.with_name("run.checkpoint.npz")
    assert checkpoint.exists()
    assert not job.arguments.metrics.exists()
    script.main(job)
    assert not checkpoint.exists()


@pytest.mark.parametrize(("script", "settings"), TRAININGS)
def test_metrics_fit_their_schema(script, settings, finish):
    read_metrics(finish(script, settings), script)


def test_a_replicate_draws_the_same_numbers_at_every_setting_and_in_every_classifier(draw):
    first = draw(l2=1e-6)
    assert draw(l2=1e-3) == draw(l2=0) == draw(classifier="other") == draw(learning_rate=0.1) == first


@pytest.mark.thorough
def test_the_metrics_tell_the_values_of_what_is_swept(make_job):
    job = make_job(train_classifier, CLASSIFIER | {"l2": 0, "dropout": 0.5, "swept": ["dropout", "l2"]})
    train_classifier.main(job)
    metrics = json.loads(job.arguments.metrics.read_text())
    assert metrics["setting"] == {"dropout": 0.5, "l2": 0}
    load_validator("train_classifier")(metrics)
    assert "val_penalty" not in metrics["history"]


def read_metrics(job, script):
    """Read the metrics of a job, which fit their schema."""
    metrics = json.loads(job.arguments.metrics.read_text())
    load_validator(script.__name__.rpartition(".")[2])(metrics)
    return metrics


@pytest.fixture
def train_anew(make_job):
    """Give a function that trains by a recipe on held-out images, and returns the metrics."""

    def train(script, settings, **recipe):
        job = make_job(script, settings | {"validation": 2} | recipe)
        script.main(job)
        return read_metrics(job, script)

    return train


@pytest.fixture
def train_once(finish):
    """Give a function like that of train_anew. It trains once for all tests."""
    return lambda script, settings: read_metrics(finish(script, settings | {"validation": 2}), script)


@pytest.mark.thorough
@pytest.mark.parametrize(
    "key",
    [
        {"noise_level": 0.5},
        {"noise_level": [0.0, 0.8]},
        {"noise_draws": "every_epoch"},
        {"noise": "gaussian"},
        {"optimizer": "sgd"},
        {"schedule": "cosine"},
        {"beta_1": 0.8},
    ],
    ids=str,
)
def test_each_key_of_an_autoencoders_recipe_changes_it(key, train_once, train_anew):
    plain, changed = train_once(train_autoencoder, AUTOENCODER), train_anew(train_autoencoder, AUTOENCODER, **key)
    assert changed["weights"] != plain["weights"]
    assert changed["chance"] == plain["chance"] and changed["images"] == plain["images"]


@pytest.mark.thorough
@pytest.mark.parametrize("settings", [AUTOENCODER, CONVOLUTIONAL], ids=["dense", "conv"])
def test_the_name_of_an_autoencoder_changes_no_number(settings, train_once, train_anew):
    one = train_once(train_autoencoder, settings)
    other = train_anew(train_autoencoder, settings, autoencoder="other")
    assert {key for key in one if one[key] != other[key]} == {"autoencoder", "reasons"}


@pytest.mark.parametrize("settings", [AUTOENCODER, CONVOLUTIONAL], ids=["dense", "conv"])
def test_noise_of_every_epoch_is_drawn_anew_on_the_images_that_train_and_the_validation_images_keep_theirs(
    settings, few_images, stop_before_training
):
    changes = {"validation": 2, "noise_draws": "every_epoch", "noise_level": [0.0, 0.8], "noise": "gaussian"}
    given = stop_before_training(train_autoencoder, settings | changes)
    held_out = mark_held_out(few_images.train_labels, 2, 7)
    first, second = given.draw_inputs(0), given.draw_inputs(1)
    assert first.shape == given.training[1].shape == second.shape
    images = few_images.train_images[..., np.newaxis]
    seed = derive_seed(7, "autoencoder", 1, "training noise")
    for epoch, drawn in ((0, first), (1, second)):
        expected = draw_noise(images[~held_out], [0.0, 0.8], "gaussian", derive_epoch(seed, epoch))
        np.testing.assert_array_equal(drawn, expected.reshape(drawn.shape))
    assert not np.array_equal(first, second)
    validation = draw_noisy_images(images, [0.0, 0.8], 7, "training", 1, "gaussian")[held_out]
    np.testing.assert_array_equal(given.validation[0], validation.reshape(given.validation[0].shape))


def test_noise_that_is_drawn_once_is_not_drawn_in_epochs(stop_before_training):
    assert stop_before_training(train_autoencoder, AUTOENCODER).draw_inputs is None


@pytest.mark.parametrize(
    ("layers", "compiled"),
    [
        ({"encoder": [4], "decoder": [{"dense": 8}]}, True),
        ({"encoder": [{"dropout": 0.5}, 4]}, False),
        (CONVOLUTIONAL, False),
        (CONVOLUTIONAL | {"encoder": [{"max_pool": 2}]}, False),
    ],
    ids=["dense", "dropout", "conv", "pool"],
)
def test_xla_compiles_autoencoders_of_dense_layers_alone(layers, compiled, stop_before_training):
    assert stop_before_training(train_autoencoder, AUTOENCODER | layers).xla is compiled


@pytest.mark.thorough
def test_early_stopping_keeps_the_network_of_the_epoch_that_the_metrics_name(train_anew):
    stopped = train_anew(train_classifier, SIX_EPOCHS, patience=2)
    kept = stopped["kept_epoch"]
    scores = stopped["history"]["val_accuracy"]
    assert kept == 1 + scores.index(max(scores))
    assert stopped["final"] == {name: values[kept - 1] for name, values in stopped["history"].items()}
    whole = train_anew(train_classifier, SIX_EPOCHS, epochs=kept)
    assert "kept_epoch" not in whole
    assert (whole["weights"], whole["test"]) == (stopped["weights"], stopped["test"])


@pytest.mark.thorough
@pytest.mark.parametrize("key", [{"shift": 2.0}, {"rotation": 10.0}, {"zoom": 0.1}, {"training_noise": [0.0, 0.8]}])
def test_what_a_recipe_does_to_the_training_images_changes_the_network_and_not_what_it_is_scored_on(
    key, train_once, train_anew
):
    plain, drawn = train_once(train_classifier, SIX_EPOCHS), train_anew(train_classifier, SIX_EPOCHS, **key)
    assert drawn["weights"] != plain["weights"]
    assert drawn["chance"] == plain["chance"] and drawn["images"] == plain["images"]


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("script", "settings"),
    [
        (train_classifier, SIX_EPOCHS | {"shift": 2.0, "rotation": 10.0, "zoom": 0.1, "training_noise": [0.0, 0.8]}),
        (train_autoencoder, AUTOENCODER | {"noise_level": [0.0, 0.8], "noise_draws": "every_epoch", "beta_1": 0.8}),
        (train_autoencoder, AUTOENCODER | {"noise": "gaussian", "optimizer": "sgd", "schedule": "cosine"}),
    ],
    ids=["transforms", "noise", "gaussian"],
)
def test_a_training_by_several_keys_of_a_recipe_repeats(script, settings, train_anew):
    assert train_anew(script, settings)["weights"] == train_anew(script, settings)["weights"]


def test_with_and_without_dropout_a_replicate_has_the_same_weights_and_order(stop_before_training):
    dropped, plain = (
        stop_before_training(train_classifier, CLASSIFIER | {"layers": layers})
        for layers in ([{"dropout": 0.2}, {"dense": 4}, {"dropout": 0.5}], [{"dense": 4}])
    )
    assert digest_weights(dropped.model) == digest_weights(plain.model)
    assert dropped.order == plain.order


@pytest.mark.parametrize("script", [train_classifier, train_autoencoder])
@pytest.mark.parametrize("change", [{"replicate": 2}, {"seed": 8}], ids=str)
def test_another_replicate_or_seed_draws_other_numbers(draw, script, change):
    assert not {*map(str, draw(script))} & {*map(str, draw(script, **change))}


@pytest.mark.parametrize("validation", ["test", 2])
def test_replicates_of_the_autoencoder_see_the_same_images_under_their_own_noise(validation, stop_before_training):
    first, second = (
        stop_before_training(train_autoencoder, AUTOENCODER | {"replicate": replicate, "validation": validation})
        for replicate in (1, 2)
    )
    for one, other in ((first.training, second.training), (first.validation, second.validation)):
        np.testing.assert_array_equal(one[1], other[1])
        assert not np.array_equal(one[0], other[0])


def find_samples(script, settings, arrays):
    """Give the inputs and targets of all training and all test images that a script trains with."""
    if script is train_classifier:
        sets = (arrays[:2], arrays[2:])
        return [(images.reshape(-1, 28, 28, 1), encode_labels(labels, 10)) for images, labels in sets]
    shape = (-1, 784) if settings is AUTOENCODER else (-1, 28, 28, 1)
    sets = {"training": arrays.train_images.reshape(shape), "test": arrays.test_images.reshape(shape)}
    return [(draw_noisy_images(images, 0.4, 7, name, 1), images) for name, images in sets.items()]


def assert_same_samples(found, expected):
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(("script", "settings"), TRAININGS)
def test_held_out_images_validate_and_the_others_train(script, settings, few_images, stop_before_training):
    given = stop_before_training(script, settings | {"validation": 2})
    held_out = mark_held_out(few_images.train_labels, 2, 7)
    assert held_out.sum() == 2
    (inputs, targets), _ = find_samples(script, settings, few_images)
    assert_same_samples(given.training, (inputs[~held_out], targets[~held_out]))
    assert_same_samples(given.validation, (inputs[held_out], targets[held_out]))


@pytest.mark.parametrize(("script", "settings"), TRAININGS)
def test_in_the_test_protocol_all_training_images_train_and_the_test_images_validate(
    script, settings, few_images, stop_before_training
):
    given = stop_before_training(script, settings)
    training, test = find_samples(script, settings, few_images)
    assert_same_samples(given.training, training)
    assert_same_samples(given.validation, test)


@pytest.mark.thorough
@pytest.mark.parametrize(("script", "settings"), TRAININGS)
def test_the_test_images_are_scored_once_after_the_last_epoch(script, settings, few_images, make_job, monkeypatch):
    scored, score = [], script.score

    def note(model, samples):
        scored.append((digest_weights(model), samples))
        return score(model, samples)

    monkeypatch.setattr(script, "score", note)
    job = make_job(script, settings | {"validation": 2})
    script.main(job)
    metrics = json.loads(job.arguments.metrics.read_text())
    [(weights, samples)] = scored
    assert weights == metrics["weights"]
    _, test = find_samples(script, settings, few_images)
    assert_same_samples(samples, test)
    assert metrics["images"] == {"training": 3, "validation": 2, "test": 3}
    assert metrics["test"]["loss"] != metrics["final"]["val_loss"]


@pytest.mark.parametrize(("script", "settings"), TRAININGS)
def test_in_the_test_protocol_the_scores_on_the_test_images_are_the_last_validation_scores(script, settings, finish):
    job = finish(script, settings)
    metrics = json.loads(job.arguments.metrics.read_text())
    validation = {name: value for name, value in metrics["final"].items() if name.startswith("val_")}
    chance = metrics["test"].pop("chance")
    assert {f"val_{name}": value for name, value in metrics["test"].items()} == validation
    assert chance == metrics["chance"]
    assert metrics["images"] == {"training": 5, "validation": 3, "test": 3}


@pytest.mark.thorough
def test_the_chance_of_a_classifier_is_that_of_the_images_that_are_scored(train_once):
    """The two held-out images are of two classes. Of the three test images, two are of one class."""
    metrics = train_once(train_classifier, CLASSIFIER)
    assert metrics["chance"] == 0.5
    assert metrics["test"]["chance"] == pytest.approx(2 / 3)


@pytest.mark.thorough
def test_the_chance_of_the_autoencoder_is_that_of_the_mean_of_the_images_that_train_it(train_once, few_images):
    metrics = train_once(train_autoencoder, AUTOENCODER)
    held_out = mark_held_out(few_images.train_labels, 2, 7)
    images, test = (images.reshape(-1, 784) for images in (few_images.train_images, few_images.test_images))
    assert metrics["chance"] == score_mean_image(images[~held_out], images[held_out])
    assert metrics["test"]["chance"] == score_mean_image(images[~held_out], test)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("script", "settings", "said"),
    [
        (
            train_classifier,
            CLASSIFIER,
            "warning: the accuracy is no better than that of naming the most frequent class, ",
        ),
        (train_autoencoder, AUTOENCODER, "warning: the loss is no better than that of one image for all, their mean: "),
    ],
)
def test_a_training_that_ends_no_better_than_chance_says_so_in_one_line(script, settings, said, make_job, capsys):
    """A network that is trained on five noise images can't classify others."""
    job = make_job(script, settings | {"learning_rate": 5.0})
    script.main(job)
    warnings = [line for line in capsys.readouterr().out.splitlines() if "warning" in line]
    chance = json.loads(job.arguments.metrics.read_text())["chance"]
    assert [line.startswith(said) and line.endswith(f"{chance:.4f}") for line in warnings] == [True]


@pytest.mark.thorough
@pytest.mark.parametrize(("script", "settings"), TRAININGS)
def test_a_training_that_is_better_than_chance_says_nothing(script, settings, make_job, monkeypatch, capsys):
    name, chance = {"train_classifier": ("score_best_class", -0.1), "train_autoencoder": ("score_mean_image", 9.0)}[
        script.__name__.rpartition(".")[2]
    ]
    monkeypatch.setattr(script, name, lambda *arrays: chance)
    with monkeypatch.context() as patch:
        patch.setattr(script, "write_metrics", lambda *written: None)
        job = make_job(script, settings)
        script.main(job)
    assert "warning" not in capsys.readouterr().out
