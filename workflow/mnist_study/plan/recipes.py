"""Which keys of a recipe belong together, and which of them are settings."""

from mnist_study.recipes import DEFAULTS

# The keys that mean something for one optimizer or schedule only.
OPTIMIZER_KEYS = {
    "momentum": ["sgd"],
    "nesterov": ["sgd"],
    "beta_1": ["adam", "adamw"],
    "beta_2": ["adam", "adamw"],
    "weight_decay": ["adamw"],
}
SCHEDULE_KEYS = {"warmup_epochs": ["cosine"], "step_epochs": ["steps"], "step_factor": ["steps"]}


def list_given(model: dict, defaults: dict = DEFAULTS) -> dict:
    """List a model's keys of the recipe that differ from the default. A default is no setting.

    `defaults`: those of the model's kind, which is a classifier unless they are given.
    """
    return {key: model[key] for key, default in defaults.items() if model.get(key, default) != default}
