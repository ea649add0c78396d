"""Run the study as a notebook would: with Keras' plain `fit`, one network after the other, in one process.

    python -m benchmarks.notebook MNIST.npz config.yaml [MODEL ...]

It trains every replicate of the given models of a config, or of all of them. Then it scores every noise level with each
replicate of the scoring classifiers and the denoisers. It prints a line when an epoch ends. It imports nothing of the
workflow, because the benchmarks compare the workflow with it.
"""

import sys
from pathlib import Path

import keras
import numpy as np
import yaml
from scipy.ndimage import median_filter

IMAGE_SHAPE = (28, 28, 1)


def load_mnist(path):
    with np.load(path) as data:
        x_train, y_train, x_test, y_test = (data[key] for key in ("x_train", "y_train", "x_test", "y_test"))
    x_train, x_test = (x.reshape(-1, *IMAGE_SHAPE).astype("float32") / 255 for x in (x_train, x_test))
    return x_train, keras.utils.to_categorical(y_train, 10), x_test, keras.utils.to_categorical(y_test, 10)


def divide(x_train, y_train, x_test, y_test, validation):
    """Divide the images into training and validation by the config's protocol."""
    if validation == "test":
        return (x_train, y_train), (x_test, y_test)
    held_out, kept = np.split(np.random.permutation(len(x_train)), [validation])
    return (x_train[kept], y_train[kept]), (x_train[held_out], y_train[held_out])


def salt_and_pepper(images, level):
    replaced = np.random.random(images.shape) < level
    salt = np.random.random(images.shape) < 0.5
    return np.where(replaced, salt, images).astype("float32")


def make_layer(layer, l2):
    [(kind, size)] = layer.items()
    if kind == "dense":
        penalty = keras.regularizers.L2(l2) if l2 else None
        return keras.layers.Dense(size, activation="relu", kernel_regularizer=penalty)
    if kind == "conv":
        return keras.layers.Conv2D(size, 3, activation="relu")
    return keras.layers.MaxPooling2D(size) if kind == "max_pool" else keras.layers.Dropout(size)


def make_classifier(settings, l2):
    layers = [make_layer(layer, l2) for layer in settings["layers"]]
    first_dense = [isinstance(layer, keras.layers.Dense) for layer in layers].index(True)
    layers.insert(first_dense, keras.layers.Flatten())
    model = keras.Sequential([keras.Input(IMAGE_SHAPE), *layers, keras.layers.Dense(10, activation="softmax")])
    model.compile(keras.optimizers.SGD(settings["learning_rate"]), "categorical_crossentropy", metrics=["accuracy"])
    return model


def make_autoencoder(settings):
    model = keras.Sequential([keras.Input((784,))])
    for units in settings["encoder"] + settings["decoder"]:
        model.add(keras.layers.Dense(units, activation="relu"))
    model.add(keras.layers.Dense(784, activation="sigmoid"))
    model.compile(keras.optimizers.Adam(settings["learning_rate"]), "binary_crossentropy")
    return model


def fit(model, name, settings, training, validation):
    def tell(epoch, logs):
        values = "  ".join(f"{key} {value:.4f}" for key, value in logs.items())
        print(f"epoch {epoch + 1}/{settings['epochs']}  {name}  {values}", flush=True)

    model.fit(
        *training,
        batch_size=settings["batch_size"],
        epochs=settings["epochs"],
        validation_data=validation,
        verbose=0,
        callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=tell)],
    )
    return model


def main(dataset, config, models):
    config = yaml.safe_load(Path(config).read_text(encoding="utf-8"))
    x_train, y_train, x_test, y_test = load_mnist(dataset)
    training, validation = divide(x_train, y_train, x_test, y_test, config["validation"])
    trained: dict[str, list] = {}
    for name, settings in config["classifiers"].items():
        if name in models or not models:
            trained[name] = [
                fit(make_classifier(settings, l2), name, settings, training, validation)
                for l2 in settings.get("sweep", {}).get("l2", [settings.get("l2", 0)])
                for _ in range(settings["replicates"])
            ]
    for name, settings in config["denoisers"].items():
        if "filter" not in settings and (name in models or not models):
            trained[name] = []
            for _ in range(settings["replicates"]):
                pairs = [
                    (salt_and_pepper(clean, settings["noise_level"]), clean)
                    for clean in (training[0].reshape(-1, 784), validation[0].reshape(-1, 784))
                ]
                trained[name].append(fit(make_autoencoder(settings), name, settings, *pairs))
    if not models:
        score_noise_levels(config, trained, x_test, y_test)


def denoise(noisy, settings, autoencoder):
    if "filter" in settings:
        return median_filter(noisy, size=settings["size"], axes=(1, 2))
    return autoencoder.predict(noisy.reshape(-1, 784), verbose=0).reshape(-1, *IMAGE_SHAPE)


def score_noise_levels(config, trained, x_test, y_test):
    scorers, denoisers = config["noise"]["classifiers"], config["denoisers"]
    used = [*scorers, *(name for name, settings in denoisers.items() if "filter" not in settings)]
    replicates = [dict(zip(used, models, strict=True)) for models in zip(*map(trained.get, used), strict=False)]
    for models in replicates:
        for scorer in scorers:
            for level in config["noise"]["levels"]:
                noisy = salt_and_pepper(x_test, level)
                images = [noisy, *(denoise(noisy, settings, models.get(name)) for name, settings in denoisers.items())]
                accuracies = [models[scorer].evaluate(x, y_test, verbose=0)[1] for x in images]
                print(f"noise level {level}: {accuracies}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
