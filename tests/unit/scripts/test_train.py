"""Test the two training scripts, on a few images instead of MNIST."""

import json
from argparse import Namespace

import pytest

from mnist_study.data.datasets import write_dataset
from mnist_study.nets.trained_models import digest_weights, load_model
from mnist_study.run.jobs import Job
from mnist_study.scripts import train_autoencoder, train_classifier
from mnist_study.trust.reasons import list_reasons

pytestmark = [pytest.mark.tensorflow, pytest.mark.usefixtures("device")]

BASE = {"seed": 7, "dataset": "mnist", "epochs": 1, "batch_size": 2, "learning_rate": 0.01}
CLASSIFIER = BASE | {"classifier": "mlp", "factor": 1e-6, "replicate": 1, "layers": [{"dense": 4}, {"dropout": 0.5}]}
AUTOENCODER = BASE | {"encoder": [4], "decoder": [], "noise_level": 0.4}
TRAININGS = [(train_classifier, CLASSIFIER), (train_autoencoder, AUTOENCODER)]


@pytest.fixture
def make_job(few_images, tmp_path):
    """Give a function that makes the job of a training script with these settings."""

    def make(script, settings):
        write_dataset(tmp_path / "mnist.npz", few_images)
        name = script.__name__.rpartition(".")[2]
        metrics, model = tmp_path / "results" / "run.json", tmp_path / "results" / "run.keras"
        metrics.parent.mkdir(exist_ok=True)
        arguments = Namespace(threads=1, device="auto", dataset=tmp_path / "mnist.npz", metrics=metrics, model=model)
        return Job(arguments, settings, list_reasons(name, settings), {}, {})

    return make


@pytest.fixture
def draw(make_job, monkeypatch):
    """Give a function that returns the initial weights and the order of samples of a classifier with these changes."""

    def draw(**changes):
        drawn = []

        def stop(model, *, seed, **options):
            drawn.extend([digest_weights(model), seed.entropy])
            raise InterruptedError

        monkeypatch.setattr(train_classifier, "train", stop)
        with pytest.raises(InterruptedError):
            train_classifier.main(make_job(train_classifier, CLASSIFIER | changes))
        return drawn

    return draw


@pytest.mark.parametrize(("script", "settings"), TRAININGS)
def test_a_training_leaves_its_metrics_and_its_model_and_no_checkpoint(script, settings, make_job):
    job = make_job(script, settings)
    script.main(job)
    arguments = job.arguments
    assert sorted(arguments.metrics.parent.iterdir()) == [arguments.metrics, arguments.model]
    metrics = json.loads(arguments.metrics.read_text())
    assert metrics["weights"] == digest_weights(load_model(arguments.model))
    assert metrics["reasons"] == job.reasons


@pytest.mark.parametrize(("script", "settings"), TRAININGS)
def test_the_metrics_hold_no_time_host_path_or_device(script, settings, make_job):
    job = make_job(script, settings)
    script.main(job)
    identity = settings.keys() & {"classifier", "factor", "replicate"}
    expected = {
        "seed",
        "chance",
        "final",
        "history",
        "layers",
        "kernel_norms",
        "weights",
        "reasons",
    } | identity
    assert json.loads(job.arguments.metrics.read_text()).keys() == expected
    assert str(job.arguments.metrics.parent) not in job.arguments.metrics.read_text()
    assert job.device.keys() == {"processor", "vectors", "gpus", "threads"}


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


def test_a_replicate_starts_from_the_same_weights_and_order_at_every_factor(draw):
    first = draw(factor=1e-6)
    assert draw(factor=1e-3) == draw(factor=None) == first


@pytest.mark.parametrize("change", [{"replicate": 2}, {"seed": 8}, {"classifier": "other"}], ids=str)
def test_another_replicate_seed_or_classifier_draws_other_numbers(draw, change):
    assert not {*map(str, draw())} & {*map(str, draw(**change))}


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
