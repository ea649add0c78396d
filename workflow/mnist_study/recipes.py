"""The recipe of a training: its keys in the config that have a default.

The defaults are plain SGD for a classifier, and Adam on noise that is drawn once for an autoencoder.
"""

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
# The keys that a classifier and an autoencoder share.
SHARED = (
    *("optimizer", "momentum", "nesterov", "beta_1", "beta_2", "weight_decay"),
    *("schedule", "warmup_epochs", "step_epochs", "step_factor"),
)
AUTOENCODER_DEFAULTS: dict = {key: DEFAULTS[key] for key in SHARED} | {"optimizer": "adam", "noise_draws": "once"}
