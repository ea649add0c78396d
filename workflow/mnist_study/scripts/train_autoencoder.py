"""Train one replicate of the denoising autoencoder, and score it on noisy validation images after every epoch."""

from pathlib import Path

from mnist_study.data.chance import score_mean_image
from mnist_study.data.datasets import load_dataset
from mnist_study.data.noise import draw_noisy_images
from mnist_study.data.protocols import count_images, divide_samples, mark_held_out, mark_trained
from mnist_study.images import find_images
from mnist_study.nets.autoencoders import build_autoencoder
from mnist_study.nets.devices import prepare_device
from mnist_study.nets.trained_models import describe_training, save_model
from mnist_study.nets.training import score, train
from mnist_study.run.jobs import Job, run_job
from mnist_study.seeding import derive_seed
from mnist_study.trust.metrics_writer import write_metrics


def main(job: Job) -> None:
    settings = job.settings
    job.device.update(prepare_device(job.arguments.threads, job.arguments.device))
    seed, replicate = settings["seed"], settings["replicate"]
    arrays = load_dataset(job.arguments.dataset, settings)
    # Pairs of noisy and clean images, for each set of images, as vectors.
    pairs = {}
    for name, images in (("training", arrays.train_images), ("test", arrays.test_images)):
        noisy = draw_noisy_images(images, settings["noise_level"], seed, name, replicate)
        pairs[name] = (noisy.reshape(len(noisy), -1), images.reshape(len(images), -1))
    held_out = mark_held_out(arrays.train_labels, settings["validation"], seed)
    trained = mark_trained(arrays.train_labels, held_out, settings)
    training, validation = divide_samples(pairs["training"], pairs["test"], held_out, trained)
    model = build_autoencoder(
        settings["encoder"],
        settings["decoder"],
        settings["learning_rate"],
        derive_seed(seed, "autoencoder", replicate, "weights"),
        find_images(settings),
    )
    checkpoint = job.arguments.metrics.with_suffix(".checkpoint.npz")
    history = train(
        model,
        training,
        validation,
        epochs=settings["epochs"],
        batch_size=settings["batch_size"],
        seed=derive_seed(seed, "autoencoder", replicate, "order"),
        checkpoint=checkpoint,
        reasons=job.reasons,
        xla=True,
    )
    chance = score_mean_image(training[1], validation[1])
    if history["val_loss"][-1] >= chance:
        print(f"warning: the loss is no better than that of one image for all, their mean: {chance:.4f}")
    save_model(model, job.arguments.model)
    write_metrics(
        job.arguments.metrics,
        {"replicate": replicate, "seed": seed, "chance": chance}
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
