# From tables and metrics to diagrams, the comparison with published numbers, the summary and the report page.
# These rules take seconds and do not use TensorFlow. On a cluster, they run where Snakemake runs.


rule summarize_model:
    """Tabulate the layers of a model: output shapes and parameters."""
    input:
        metrics=lambda wildcards: f"<study>/{name_metrics(config, wildcards.model)}",
    output:
        layers=show("layers"),
    log:
        name_log("summarize_model", "{model}"),
    localrule: True
    params:
        **reasons("summarize_model"),
    shell:
        run("summarize_model", "input.metrics output.layers")


rule plot_model:
    """Draw the diagram of a model from its layer table."""
    input:
        layers=rules.summarize_model.output.layers,
    output:
        **figure("diagram"),
    log:
        name_log("plot_model", "{model}"),
    localrule: True
    params:
        **reasons("plot_model"),
    shell:
        run("plot_model", "input.layers", figure="output.svg")


rule compare_published:
    """Compare our numbers with published ones, if network, training and data are the same."""
    input:
        classifiers=expand(rules.summarize_classifier.output.epochs, classifier=config["classifiers"]),
        autoencoders=expand(rules.summarize_autoencoder.output.epochs, autoencoder=study.list_autoencoders(config)),
        levels=if_there("levels"),
    output:
        comparison=show("published"),
    log:
        name_log("compare_published"),
    localrule: True
    params:
        **reasons("compare_published"),
    shell:
        run("compare_published", "input.classifiers input.autoencoders input.levels output.comparison")


rule plot_comparison:
    """Plot our noise curves over the published ones, if networks and trainings are the same."""
    input:
        levels=rules.summarize_noise_levels.output.levels,
    output:
        **figure("comparison"),
    log:
        name_log("plot_comparison"),
    localrule: True
    params:
        **reasons("plot_comparison"),
    shell:
        run("plot_comparison", "input.levels", figure="output.svg")


rule summarize_study:
    """Summarize the results in a few lines, with the paths of the tables."""
    input:
        statistics=expand(rules.summarize_classifier.output.statistics, classifier=config["classifiers"]),
        runs=expand(rules.summarize_classifier.output.runs, classifier=config["classifiers"]),
        pairs=expand(rules.compare_settings.output.differences, classifier=study.list_sweeps(config, settings=2)),
        autoencoders=expand(rules.summarize_autoencoder.output.epochs, autoencoder=study.list_autoencoders(config)),
        losses=expand(rules.summarize_autoencoder.output.losses, autoencoder=study.list_autoencoders(config)),
        levels=if_there("levels"),
        gains=if_there("gains"),
        thresholds=if_there("thresholds"),
    output:
        summary=show("summary"),
    log:
        name_log("summarize_study"),
    localrule: True
    params:
        **reasons("summarize_study"),
    shell:
        run(
            "summarize_study",
            "input.statistics input.runs input.pairs input.autoencoders input.losses input.levels input.gains"
            " input.thresholds output.summary",
        )


rule make_report:
    """Put the whole study on one page: findings, interactive curves, every figure and table, the models."""
    input:
        contents=[f"<study>/{path}" for path in list_contents(config, config["dataset"]["name"])],
    output:
        report=show("report"),
    log:
        name_log("make_report"),
    localrule: True
    params:
        **reasons("make_report"),
    shell:
        run("make_report", "input.contents output.report")
