"""What the rules share: the reasons to run again, and inputs that depend on the config."""

RUN = f"<results>/classifiers/{{classifier}}/{layout.RUN}"
# Ancient: a newer copy is the same copy.
DATASET = ancient(f"<results>/dataset/{config['dataset']['name']}.npz")
DATA = format_reasons("data", {config["dataset"]["name"]: digest_dataset(config["dataset"]["name"])})


def reasons(rule, settings=study.no_settings):
    """Give the reasons for which a rule's jobs run again, a parameter each: Snakemake records and compares them."""
    return [
        lambda wildcards: format_settings(settings(config, wildcards)),
        *format_reasons("code", digest_code(rule)),
        *format_reasons("packages", list_packages(rule)),
    ]


def list_runs(wildcards):
    """List the metrics of all runs of a classifier."""
    return expand(
        f"{RUN}.json",
        classifier=wildcards.classifier,
        factor=map(layout.format_factor, study.list_factors(config, wildcards.classifier)),
        replicate=study.list_replicates(config, wildcards.classifier),
    )


def first_run(classifier):
    """Name the first run of a classifier: replicate 1 of its smallest factor."""
    return RUN.format(**vars(study.name_first_run(config, classifier)))


def describing_metrics(wildcards):
    """Name the metrics that hold a model's layers."""
    if wildcards.model == "autoencoder":
        return "<results>/autoencoder/autoencoder.json"
    return f"{first_run(wildcards.model)}.json"


def figures(wildcards):
    """List the figures of the study."""
    names = [
        *expand("models/{model}", model=[*config["classifiers"], "autoencoder"]),
        *expand("classifiers/{classifier}/learning_curves", classifier=config["classifiers"]),
        *expand(
            "classifiers/{classifier}/accuracy_{statistic}",
            classifier=study.list_sweeps(config),
            statistic=["final", "mean", "maximum", "all"],
        ),
        "autoencoder/learning_curves",
        "noise_levels/accuracy",
        "gallery/gallery",
        "decoder_samples/decoder_samples",
    ]
    return expand("<results>/figures/{name}.svg", name=names)


def comparison(wildcards):
    """List the comparison with published numbers, which there are for MNIST only."""
    if config["dataset"]["name"] != "mnist":
        return []
    return ["<results>/tables/comparison/published.csv", "<results>/figures/comparison/noise_levels.svg"]
