"""Train one replicate of a denoising autoencoder, and score it on noisy validation images after every epoch."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from mnist_study.data.chance import score_mean_image
from mnist_study.data.datasets import load_dataset
from mnist_study.data.noise import draw_noise, draw_noisy_images
from mnist_study.data.protocols import count_images, divide_samples, mark_held_out, mark_trained
from mnist_study.images import DEFAULT_KIND, Images, find_images
from mnist_study.layers import list_kinds
from mnist_study.nets.autoencoders import build_autoencoder
from mnist_study.nets.devices import prepare_device
from mnist_study.nets.recipes import compile_autoencoder
from mnist_study.nets.trained_models import describe_training, save_model
from mnist_study.nets.training import score, train
from mnist_study.recipes import AUTOENCODER_DEFAULTS
from mnist_study.run.jobs import Job, run_job
from mnist_study.seeding import derive_epoch, derive_seed
from mnist_study.trust.metrics_writer import write_metrics


def make_draw_inputs(
    targets: np.ndarray, images: Images, settings: dict, seed: np.random.SeedSequence
) -> Callable[[int], np.ndarray] | None:
    """Make a function that draws an epoch's noisy training images, or give None if the noise is drawn once.

    `targets`: the clean training images, flat or not, uint8 or float32 in [0, 1]; the function returns images of the
    same shape and dtype. `images`: what they are. `settings`: noise_level, and noise_draws and noise if they are not
    the default. What an epoch draws depends on `seed` and its number only, so that a resumed training has the images of
    an undisturbed one.
    """
    if (AUTOENCODER_DEFAULTS | settings)["noise_draws"] == "once":
        return None
    level, kind = settings["noise_level"], settings.get("noise", DEFAULT_KIND)
    clean = targets.reshape(-1, *images.shape)
    return lambda epoch: draw_noise(clean, level, kind, derive_epoch(seed, epoch)).reshape(targets.shape)


def main(job: Job) -> None:
    settings = job.settings
    job.device.update(prepare_device(job.arguments.threads, job.arguments.device))
    seed, replicate = settings["seed"], settings["replicate"]
    # The seeds do not depend on the autoencoder's name: all are compared on common random numbers.
    purpose = (seed, "autoencoder", replicate)
    arrays = load_dataset(job.arguments.dataset, settings)
    images = find_images(settings)
    model = build_autoencoder(settings, derive_seed(*purpose, "weights"), derive_seed(*purpose, "dropout"), images)
    level, kind = settings["noise_level"], settings.get("noise", DEFAULT_KIND)
    # Pairs of noisy and clean images, for each set of images, in the shape that the model takes.
    pairs = {}
    for name, clean in (("training", arrays.train_images), ("test", arrays.test_images)):
        noisy = draw_noisy_images(clean, level, seed, name, replicate, kind)
        shape = (len(clean), *model.input_shape[1:])
        pairs[name] = (noisy.reshape(shape), clean.reshape(shape))
    held_out = mark_held_out(arrays.train_labels, settings["validation"], seed)
    trained = mark_trained(arrays.train_labels, held_out, settings)
    training, validation = divide_samples(pairs["training"], pairs["test"], held_out, trained)
    compile_autoencoder(model, settings, len(training[0]))
    checkpoint = job.arguments.metrics.with_suffix(".checkpoint.npz")
    history = train(
        model,
        training,
        validation,
        epochs=settings["epochs"],
        batch_size=settings["batch_size"],
        seed=derive_seed(*purpose, "order"),
        checkpoint=checkpoint,
        reasons=job.reasons,
        draw_inputs=make_draw_inputs(training[1], images, settings, derive_seed(*purpose, "training noise")),
        # XLA trains dense layers faster, and no others.
        xla={*list_kinds([*settings["encoder"], *settings["decoder"]])} == {"dense"},
    )
    chance = score_mean_image(training[1], validation[1])
    if history["val_loss"][-1] >= chance:
        print(f"warning: the loss is no better than that of one image for all, their mean: {chance:.4f}")
    save_model(model, job.arguments.model)
    write_metrics(
        job.arguments.metrics,
        {"autoencoder": settings["autoencoder"], "replicate": replicate, "seed": seed, "chance": chance}
        | describe_training(model, history)
        | {
            "test": score(model, pairs["test"]) | {"chance": score_mean_image(training[1], pairs["test"][1])},
            "images": count_images(training, validation, pairs["test"]),
            "reasons": job.reasons,
        },
    )
    checkpoint.unlink()


if __name__ == "__main__":
    run_job(main, __doc__, threads=int, device=str, dataset=Path, metrics=Path, model=Path)
