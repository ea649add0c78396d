"""The recipe of a classifier's training: its keys in the config that have a default. The defaults are plain SGD."""

DEFAULTS: dict = {
    "optimizer": "sgd",
    "momentum": 0.0,
    "nesterov": False,
    "beta_1": 0.9,
    "beta_2": 0.999,
    "weight_decay": 0.004,
    "schedule": "constant",
    "warmup_epochs": 0,
    "step_epochs": [],
    "step_factor": 0.1,
    "label_smoothing": 0.0,
    "shift": 0.0,
    "rotation": 0.0,
    "zoom": 0.0,
    "training_noise": 0.0,
    "patience": None,
}
