"""Train the denoising autoencoder on noisy training images, and score it on noisy test images after every epoch."""

from pathlib import Path

from mnist_study.data.chance import score_mean_image
from mnist_study.data.datasets import load_dataset
from mnist_study.data.noise import draw_noisy_images
from mnist_study.images import PIXELS
from mnist_study.nets.autoencoders import build_autoencoder
from mnist_study.nets.devices import prepare_device
from mnist_study.nets.trained_models import describe_training, save_model
from mnist_study.nets.training import train
from mnist_study.run.jobs import Job, run_job
from mnist_study.seeding import derive_seed
from mnist_study.trust.metrics_writer import write_metrics


def main(job: Job) -> None:
    settings = job.settings
    job.device.update(prepare_device(job.arguments.threads, job.arguments.device))
    arrays = load_dataset(job.arguments.dataset, settings["dataset"])
    training, test = (images.reshape(-1, PIXELS) for images in (arrays.train_images, arrays.test_images))
    model = build_autoencoder(
        settings["encoder"],
        settings["decoder"],
        settings["learning_rate"],
        derive_seed(settings["seed"], "autoencoder", "weights"),
    )
    checkpoint = job.arguments.metrics.with_suffix(".checkpoint.npz")
    history = train(
        model,
        training=(draw_noisy_images(training, settings["noise_level"], settings["seed"], "training"), training),
        validation=(draw_noisy_images(test, settings["noise_level"], settings["seed"], "test"), test),
        epochs=settings["epochs"],
        batch_size=settings["batch_size"],
        seed=derive_seed(settings["seed"], "autoencoder", "order"),
        checkpoint=checkpoint,
        reasons=job.reasons,
        xla=True,
    )
    chance = score_mean_image(training, test)
    if history["val_loss"][-1] >= chance:
        print(f"warning: the loss is no better than that of one image for all, their mean: {chance:.4f}")
    save_model(model, job.arguments.model)
    identity = {"seed": settings["seed"], "chance": chance}
    write_metrics(job.arguments.metrics, identity | describe_training(model, history) | {"reasons": job.reasons})
    checkpoint.unlink()


if __name__ == "__main__":
    run_job(main, __doc__, threads=int, device=str, dataset=Path, metrics=Path, model=Path)
