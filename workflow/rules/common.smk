"""What the rules share: the reasons to run again, and inputs that depend on the config."""

RUN = f"<results>/classifiers/{{classifier}}/{layout.RUN}"
# Ancient: a newer copy is the same copy.
DATASET = ancient(f"<results>/dataset/{config['dataset']['name']}.npz")
DATA = format_reasons("data", {config["dataset"]["name"]: digest_dataset(config["dataset"]["name"])})


# A mistyped target is no target. Of thousands of factors and replicates, a pattern would be slow: study checks them.
wildcard_constraints:
    dataset=config["dataset"]["name"],
    classifier="|".join(config["classifiers"]),
    model="|".join([*config["classifiers"], "autoencoder"]),
    statistic="|".join(STATISTICS),
    factor=layout.FACTOR,
    replicate=layout.REPLICATE,
    level="|".join(map(re.escape, map(str, study.list_levels(config)))),


def reasons(rule, settings=study.no_settings):
    """Give the reasons for which a rule's jobs run again, a parameter each: Snakemake records and compares them."""
    return {
        "settings": lambda wildcards: format_settings(settings(config, wildcards)),
        "submitted": digest_script(rule),
        **format_reasons("code", digest_code(rule)),
        **format_reasons("packages", list_packages(rule)),
    }


def show(path, caption, category, labels):
    """Have Snakemake's own report show an output, with one of the captions that the study's report shows as well."""
    return report(path, caption=f"../report/captions/{caption}.rst", category=category, labels=labels)


def labels(result, **others):
    """Label an output for the filters of Snakemake's own report."""
    return {"result": result} | others


def of_runs(result, factor="all", replicate="all"):
    """Label an output of a classifier's runs, those of one factor and replicate or all."""
    return labels(result, classifier="{classifier}", factor=factor, replicate=replicate)


def of_levels(result, level="all"):
    """Label an output of one noise level or all."""
    return labels(result, **{"noise level": level})


def list_runs(wildcards):
    """List the metrics of all runs of a classifier."""
    return expand_runs(f"{RUN}.json", wildcards.classifier)


def expand_runs(paths, classifier):
    """Expand paths to those of all runs of a classifier."""
    return expand(
        paths,
        classifier=classifier,
        factor=list(map(layout.format_factor, study.list_factors(config, classifier))),
        replicate=study.list_replicates(config, classifier),
    )


def first_run(classifier):
    """Name the first run of a classifier: replicate 1 of its smallest factor."""
    return RUN.format(**vars(study.name_first_run(config, classifier)))


def describing_metrics(wildcards):
    """Name the metrics that hold a model's layers."""
    if wildcards.model == "autoencoder":
        return "<results>/autoencoder/autoencoder.json"
    return f"{first_run(wildcards.model)}.json"


def results(wildcards):
    """List every file that the study makes: one that is missing is made again only if a target asks for it by name."""
    classifiers = list(config["classifiers"])
    models = [*classifiers, "autoencoder"]
    return [
        *rules.summarize_study.output,
        *[path for classifier in classifiers for path in expand_runs(rules.train_classifier.output, classifier)],
        *expand(rules.summarize_classifier.output, classifier=classifiers),
        *expand(rules.plot_learning_curves.output, classifier=classifiers),
        *expand(
            rules.plot_factors.output,
            classifier=study.list_sweeps(config),
            statistic=STATISTICS,
        ),
        *expand(rules.plot_kernel_norms.output, classifier=study.list_sweeps(config)),
        *rules.find_worst_digits.output,
        *rules.summarize_confusion.output,
        *rules.plot_confusion.output,
        *rules.plot_worst_digits.output,
        *rules.train_autoencoder.output,
        *rules.summarize_autoencoder.output,
        *rules.plot_autoencoder_loss.output,
        *expand(rules.evaluate_noise_level.output, level=study.list_levels(config)),
        *rules.summarize_noise_levels.output,
        *rules.plot_noise_levels.output,
        *rules.plot_class_accuracy.output,
        *rules.denoise_gallery.output,
        *rules.plot_gallery.output,
        *rules.sample_decoder.output,
        *rules.plot_decoder_samples.output,
        *rules.plot_decoder_walk.output,
        *expand(rules.summarize_model.output, model=models),
        *expand(rules.plot_model.output, model=models),
        *comparison(),
        *rules.make_report.output,
    ]


def comparison():
    """List the comparison with published numbers, which there are for MNIST only."""
    if config["dataset"]["name"] != "mnist":
        return []
    return [*rules.compare_published.output, *rules.plot_comparison.output]
