"""Describe the recipe of a training in words."""

from mnist_study.images import DEFAULT_KIND
from mnist_study.recipes import AUTOENCODER_DEFAULTS, DEFAULTS

OPTIMIZERS = {"sgd": "stochastic gradient descent", "adam": "Adam", "adamw": "AdamW"}
NOISES = {"salt_and_pepper": "salt-and-pepper", "gaussian": "Gaussian"}


def describe_optimizer(settings: dict, defaults: dict = DEFAULTS) -> str:
    """Describe the optimizer of a training in words, with its learning rate; `defaults`: of the recipe."""
    recipe = defaults | settings
    keys = ("momentum", "beta_1", "beta_2", "weight_decay")
    given = [f"{key.replace('_', ' ')} {recipe[key]}" for key in keys if recipe[key] != defaults[key]]
    if recipe["optimizer"] == "adamw" and "weight_decay" not in settings:
        given.append(f"weight decay {recipe['weight_decay']}")
    if recipe["nesterov"]:
        given.append("after Nesterov")
    return ", ".join([OPTIMIZERS[recipe["optimizer"]], *given, describe_schedule(recipe)])


def describe_schedule(recipe: dict) -> str:
    """Describe the learning rate over the epochs in words; `recipe`: with all keys."""
    rate = f"learning rate {recipe['learning_rate']}"
    if recipe["schedule"] == "cosine":
        warmup = recipe["warmup_epochs"]
        first = f", after a rise from zero in {warmup} epoch{'s' if warmup > 1 else ''}" if warmup else ""
        return f"{rate}, which falls to zero by a cosine{first}"
    if recipe["schedule"] == "steps":
        return f"{rate}, times {recipe['step_factor']} after epochs {', '.join(map(str, recipe['step_epochs']))}"
    return rate


def describe_inputs(settings: dict) -> str:
    """Describe what is done to a classifier's training images in each epoch; empty for nothing."""
    recipe = DEFAULTS | settings
    parts = [
        words.format(recipe[key])
        for key, words in {
            "shift": "shifted by up to {} pixels",
            "rotation": "rotated by up to {} degrees",
            "zoom": "scaled by up to {:.0%}",
        }.items()
        if recipe[key]
    ]
    if recipe["training_noise"]:
        parts.append(describe_noise(recipe["training_noise"], settings))
    return ", ".join(parts)


def describe_noise_draws(settings: dict) -> str:
    """Describe the noise on an autoencoder's images: its kind, its level, and how often it is drawn."""
    draws = (AUTOENCODER_DEFAULTS | settings)["noise_draws"]
    drawn = {"once": "drawn once, before the training", "every_epoch": "drawn anew in each epoch"}[draws]
    return f"{describe_noise(settings['noise_level'], settings)}, {drawn}"


def describe_noise(level: float | list[float], settings: dict) -> str:
    """Describe noise at a level, or in a range of levels; `settings`: with its kind as "noise", if not the default."""
    kind = NOISES[settings.get("noise", DEFAULT_KIND)]
    return f"{kind} noise, level {'from {} to {}'.format(*level) if isinstance(level, list) else level}"
