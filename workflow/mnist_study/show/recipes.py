"""Describe the recipe of a training in words."""

from mnist_study.recipes import DEFAULTS

OPTIMIZERS = {"sgd": "stochastic gradient descent", "adam": "Adam", "adamw": "AdamW"}


def describe_optimizer(settings: dict) -> str:
    """Describe the optimizer of a training in words, with its learning rate."""
    recipe = DEFAULTS | settings
    keys = ("momentum", "beta_1", "beta_2", "weight_decay")
    given = [f"{key.replace('_', ' ')} {recipe[key]}" for key in keys if recipe[key] != DEFAULTS[key]]
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
    """Describe what is done to the training images in each epoch; empty for nothing."""
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
    noise = recipe["training_noise"]
    if noise:
        level = "from {} to {}".format(*noise) if isinstance(noise, list) else noise
        parts.append(f"salt-and-pepper noise, level {level}")
    return ", ".join(parts)
