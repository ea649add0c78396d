"""Shrink a study for a try: fewer epochs, replicates, training images and noise levels, by the config's key at_most.

The Snakefile imports this module, so it imports the standard library only.
"""

# Behind the name of the results folder, so that a try never replaces the results of the whole study.
SUFFIX = "_small"


def limit_study(config: dict) -> dict:
    """Limit a checked study by its `at_most`. Without limits, it stays as it is, without that key."""
    limits = {key: limit for key, limit in (config.get("at_most") or {}).items() if limit is not None}
    config = {key: value for key, value in config.items() if key != "at_most"}
    if not limits:
        return config
    return config | {
        "at_most": limits,
        "pathvars": {"results": f"{config['pathvars']['results']}{SUFFIX}"},
        "classifiers": {name: limit_classifier(model, limits) for name, model in config["classifiers"].items()},
        "denoisers": {name: limit_model(model, limits) for name, model in config["denoisers"].items()},
        "noise": limit_levels(config["noise"], limits.get("levels")),
    }


def limit_classifier(model: dict, limits: dict) -> dict:
    """Limit a classifier, and each value of its sweep."""
    limits = limits | limit_warmup(limits)
    sweep = [[name, limit_values(values, limits.get(name))] for name, values in model["sweep"]]
    return limit_model(model, limits) | {"sweep": sweep}


def limit_model(model: dict, limits: dict) -> dict:
    """Limit a model. Its learning rate rises in fewer epochs than there are. A filter has nothing to limit."""
    limited = limit_keys(model, limits | limit_warmup(limits))
    if limited.get("warmup_epochs") == 0:  # the default, which is no setting
        del limited["warmup_epochs"]
    return limited


def limit_warmup(limits: dict) -> dict:
    """Limit the epochs in which the learning rate rises, where epochs are limited."""
    return {"warmup_epochs": limits["epochs"] - 1} if "epochs" in limits else {}


def limit_keys(model: dict, limits: dict) -> dict:
    """Limit the keys of a model that have a limit."""
    return {key: min(value, limits[key]) if key in limits else value for key, value in model.items()}


def limit_values(values: list, limit: int | None) -> list:
    """Limit the ascending values of a sweep. Those that become the same are one."""
    return values if limit is None else list(dict.fromkeys(min(value, limit) for value in values))


def limit_levels(noise: dict, limit: int | None) -> dict:
    """Limit the noise levels to so many, which are spread evenly from the lowest to the highest, if there are any."""
    if limit is None or len(noise.get("levels", [])) <= limit:
        return noise
    levels, steps = sorted(noise["levels"]), max(1, limit - 1)
    places = [round(step * (len(levels) - 1) / steps) for step in range(limit)]
    return noise | {"levels": [levels[place] for place in places]}


def describe_limits(limits: dict) -> str:
    """Describe limits as in a sentence: at most 1 epoch, 2,000 training images, 1 replicate and 3 noise levels."""
    nouns = {"epochs": "epoch", "training_images": "training image", "replicates": "replicate", "levels": "noise level"}
    said = [f"{limits[key]:,} {noun}{'' if limits[key] == 1 else 's'}" for key, noun in nouns.items() if key in limits]
    *before, last = said
    return f"at most {', '.join(before)} and {last}" if before else f"at most {last}"
