"""Train one replicate of one classifier at one setting, and score it on the validation images after every epoch."""

from pathlib import Path

from mnist_study.data.chance import score_best_class
from mnist_study.data.datasets import encode_labels, load_dataset
from mnist_study.data.protocols import count_images, divide_samples, mark_held_out, mark_trained
from mnist_study.images import find_images
from mnist_study.nets.augmentation import make_draw_images
from mnist_study.nets.classifiers import build_classifier
from mnist_study.nets.devices import prepare_device
from mnist_study.nets.recipes import compile_classifier
from mnist_study.nets.trained_models import describe_training, save_model
from mnist_study.nets.training import find_kept_epoch, score, train
from mnist_study.run.jobs import Job, run_job
from mnist_study.seeding import derive_seed
from mnist_study.trust.metrics_writer import write_metrics


def main(job: Job) -> None:
    settings = job.settings
    job.device.update(prepare_device(job.arguments.threads, job.arguments.device))
    # The seeds depend on neither setting nor classifier: all are compared on common random numbers.
    purpose = (settings["seed"], "replicate", settings["replicate"])
    arrays = load_dataset(job.arguments.dataset, settings)
    images = find_images(settings)
    model = build_classifier(
        settings["layers"],
        settings["l2"],
        weights=derive_seed(*purpose, "weights"),
        dropout=derive_seed(*purpose, "dropout"),
        images=images,
    )
    test = (arrays.test_images, encode_labels(arrays.test_labels, len(images.classes)))
    held_out = mark_held_out(arrays.train_labels, settings["validation"], settings["seed"])
    training, validation = divide_samples(
        (arrays.train_images, encode_labels(arrays.train_labels, len(images.classes))),
        test,
        held_out,
        mark_trained(arrays.train_labels, held_out, settings),
    )
    compile_classifier(model, settings, len(training[0]))
    patience = settings.get("patience")
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
        draw_inputs=make_draw_images(
            training[0], settings, derive_seed(*purpose, "transforms"), derive_seed(*purpose, "training noise")
        ),
        patience=patience,
    )
    kept = find_kept_epoch(history, patience)
    chance = score_best_class(validation[1].argmax(axis=1))
    if history["val_accuracy"][kept] <= chance:
        print(f"warning: the accuracy is no better than that of naming the most frequent class, {chance:.4f}")
    save_model(model, job.arguments.model)
    write_metrics(
        job.arguments.metrics,
        {key: settings[key] for key in ("classifier", "replicate", "seed")}
        | {"setting": {name: settings[name] for name in settings["swept"]}, "chance": chance}
        | ({} if patience is None else {"kept_epoch": kept + 1})
        | describe_training(model, history, kept)
        | {
            "test": score(model, test) | {"chance": score_best_class(arrays.test_labels)},
            "images": count_images(training, validation, test),
            "reasons": job.reasons,
        },
    )
    checkpoint.unlink()


if __name__ == "__main__":
    run_job(main, __doc__, threads=int, device=str, dataset=Path, metrics=Path, model=Path)
