"""What each job of a study has to know, from the config; imported by the Snakefile, so the standard library alone."""

from typing import Any

from workflow.lib.layout import parse_factor


def list_factors(config: dict, classifier: str) -> list[float | None]:
    """List a classifier's factors in ascending order, [None] for a classifier without penalty."""
    return sorted(config["classifiers"][classifier]["factors"]) or [None]


def list_replicates(config: dict, classifier: str) -> list[int]:
    """List a classifier's replicates: 1, 2, …"""
    return list(range(1, config["classifiers"][classifier]["replicates"] + 1))


def list_levels(config: dict) -> list[float]:
    """List the noise levels in ascending order."""
    return sorted(float(level) for level in config["noise"]["levels"])


def list_sweeps(config: dict) -> list[str]:
    """List the classifiers that have factors."""
    return [name for name, classifier in config["classifiers"].items() if classifier["factors"]]


def no_settings(config: dict, wildcards: Any) -> dict:
    """Settings of a rule that has none."""
    return {}


def base_settings(config: dict) -> dict:
    """Settings that every random number and every image depends on."""
    return {"seed": config["seed"], "dataset": config["dataset"]["name"]}


def train_classifier(config: dict, wildcards: Any) -> dict:
    """Settings of one run of a classifier."""
    model = config["classifiers"][wildcards.classifier]
    return base_settings(config) | {
        "classifier": wildcards.classifier,
        "factor": parse_factor(wildcards.factor),
        "replicate": int(wildcards.replicate),
        **{key: model[key] for key in ("layers", "epochs", "batch_size", "learning_rate")},
    }


def summarize_classifier(config: dict, wildcards: Any) -> dict:
    """Settings of a classifier's tables."""
    return {
        "classifier": wildcards.classifier,
        "factors": list_factors(config, wildcards.classifier),
        "replicates": list_replicates(config, wildcards.classifier),
    }


def train_autoencoder(config: dict, wildcards: Any) -> dict:
    """Settings of the autoencoder."""
    return base_settings(config) | config["autoencoder"]


def evaluate_noise_level(config: dict, wildcards: Any) -> dict:
    """Settings of one noise level."""
    return base_settings(config) | {"level": float(wildcards.level)}


def denoise_gallery(config: dict, wildcards: Any) -> dict:
    """Settings of the gallery's images."""
    return base_settings(config) | {"digits": config["gallery"]["digits"], "levels": list_levels(config)}


def sample_decoder(config: dict, wildcards: Any) -> dict:
    """Settings of the synthetic digits."""
    return base_settings(config) | {"samples": config["decoder_samples"]}


def summarize_model(config: dict, wildcards: Any) -> dict:
    """Settings of a model's layer table."""
    return {"model": wildcards.model, "kind": "autoencoder" if wildcards.model == "autoencoder" else "classifier"}


def plot_factors(config: dict, wildcards: Any) -> dict:
    """Settings of one figure over the factor."""
    return {"classifier": wildcards.classifier, "statistic": wildcards.statistic}


def plot_model(config: dict, wildcards: Any) -> dict:
    """Settings of a model's diagram."""
    return {"model": wildcards.model}
