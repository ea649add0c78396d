"""Train one replicate of one classifier at one factor, and score it on the test images after every epoch."""

from pathlib import Path

from workflow.lib.chance import score_best_class
from workflow.lib.classifiers import IMAGE_SHAPE, build_classifier
from workflow.lib.datasets import encode_labels, load_dataset
from workflow.lib.devices import prepare_device
from workflow.lib.jobs import Job, run_job
from workflow.lib.metrics_writer import write_metrics
from workflow.lib.seeding import derive_seed
from workflow.lib.trained_models import describe_training, save_model
from workflow.lib.training import train


def main(job: Job) -> None:
    settings = job.settings
    job.device.update(prepare_device(job.arguments.threads, job.arguments.device))
    # The factor is no part of the seeds: factors are compared on common random numbers.
    purpose = (settings["seed"], settings["classifier"], settings["replicate"])
    arrays = load_dataset(job.arguments.dataset, settings["dataset"])
    model = build_classifier(
        settings["layers"], settings["factor"], settings["learning_rate"], derive_seed(*purpose, "weights")
    )
    checkpoint = job.arguments.metrics.with_suffix(".checkpoint.npz")
    history = train(
        model,
        training=(arrays.train_images.reshape(-1, *IMAGE_SHAPE), encode_labels(arrays.train_labels)),
        validation=(arrays.test_images.reshape(-1, *IMAGE_SHAPE), encode_labels(arrays.test_labels)),
        epochs=settings["epochs"],
        batch_size=settings["batch_size"],
        seed=derive_seed(*purpose, "order"),
        checkpoint=checkpoint,
        reasons=job.reasons,
    )
    chance = score_best_class(arrays.test_labels)
    if history["val_accuracy"][-1] <= chance:
        print(f"warning: the accuracy is no better than that of naming the most frequent class, {chance:.4f}")
    save_model(model, job.arguments.model)
    identity = {key: settings[key] for key in ("classifier", "factor", "replicate", "seed")} | {"chance": chance}
    write_metrics(job.arguments.metrics, identity | describe_training(model, history) | {"reasons": job.reasons})
    checkpoint.unlink()


if __name__ == "__main__":
    run_job(main, __doc__, threads=int, device=str, dataset=Path, metrics=Path, model=Path)
