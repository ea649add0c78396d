# Seconds without TensorFlow: on a cluster, they run where Snakemake does.
localrules:
    summarize_model,
    plot_model,
    compare_published,
    plot_comparison,
    summarize_study,
    make_report,


rule summarize_model:
    """Tabulate the layers of a model: output shapes and parameters."""
    input:
        metrics=describing_metrics,
    output:
        layers=show("<results>/tables/models/{model}.csv", "layers", "Models", labels("layers, table", model="{model}")),
    log:
        "<results>/logs/summarize_model/{model}.log",
    conda:
        "../../environment.yml"
    params:
        **reasons("summarize_model", study.summarize_model),
    shell:
        "python -m workflow.scripts.summarize_model --metrics {input.metrics} --layers {output.layers}"
        " --outputs {output:q} --settings {params.settings:q} --submitted {params.submitted} --log {log} >> {log} 2>&1"


rule plot_model:
    """Draw the diagram of a model from its layer table."""
    input:
        "<results>/tables/models/{model}.csv",
    output:
        svg=show("<results>/figures/models/{model}.svg", "diagram", "Models", labels("diagram", model="{model}")),
        png="<results>/figures/models/{model}.png",
    log:
        "<results>/logs/plot_model/{model}.log",
    conda:
        "../../environment.yml"
    params:
        **reasons("plot_model", study.plot_model),
    shell:
        "python -m workflow.scripts.plot_model --layers {input} --figure {output.svg}"
        " --outputs {output:q} --settings {params.settings:q} --submitted {params.submitted} --log {log} >> {log} 2>&1"


rule compare_published:
    """Set our numbers beside the published ones, where both are of the same network, training and data."""
    input:
        classifiers=expand("<results>/tables/classifiers/{classifier}/epochs.csv", classifier=config["classifiers"]),
        autoencoder="<results>/tables/autoencoder/epochs.csv",
        levels="<results>/tables/noise_levels/levels.csv",
    output:
        comparison=show(
            "<results>/tables/comparison/published.csv", "published", "Comparison", labels("published numbers, table")
        ),
    log:
        "<results>/logs/compare_published.log",
    conda:
        "../../environment.yml"
    params:
        **reasons("compare_published", study.compare_published),
        **DATA,
    shell:
        "python -m workflow.scripts.compare_published --classifiers {input.classifiers}"
        " --autoencoder {input.autoencoder} --levels {input.levels} --comparison {output.comparison}"
        " --outputs {output:q} --settings {params.settings:q} --submitted {params.submitted} --log {log} >> {log} 2>&1"


rule plot_comparison:
    """Plot our noise curves over the published ones, where both are of the same networks and trainings."""
    input:
        "<results>/tables/noise_levels/levels.csv",
    output:
        svg=show(
            "<results>/figures/comparison/noise_levels.svg",
            "comparison",
            "Comparison",
            labels("published noise curves"),
        ),
        png="<results>/figures/comparison/noise_levels.png",
    log:
        "<results>/logs/plot_comparison.log",
    conda:
        "../../environment.yml"
    params:
        **reasons("plot_comparison", study.plot_comparison),
        **DATA,
    shell:
        "python -m workflow.scripts.plot_comparison --levels {input} --figure {output.svg}"
        " --outputs {output:q} --settings {params.settings:q} --submitted {params.submitted} --log {log} >> {log} 2>&1"


rule summarize_study:
    """Say in a few lines what came out and where it lies."""
    input:
        factors=expand("<results>/tables/classifiers/{classifier}/factors.csv", classifier=config["classifiers"]),
        runs=expand("<results>/tables/classifiers/{classifier}/runs.csv", classifier=config["classifiers"]),
        autoencoder="<results>/tables/autoencoder/epochs.csv",
        levels="<results>/tables/noise_levels/levels.csv",
        thresholds="<results>/tables/noise_levels/thresholds.csv",
    output:
        summary=show("<results>/summary.txt", "summary", "Overview", labels("summary")),
    log:
        "<results>/logs/summarize_study.log",
    conda:
        "../../environment.yml"
    params:
        **reasons("summarize_study", study.summarize_study),
        **DATA,
    shell:
        "python -m workflow.scripts.summarize_study --factors {input.factors} --runs {input.runs}"
        " --autoencoder {input.autoencoder} --levels {input.levels} --thresholds {input.thresholds}"
        " --summary {output.summary}"
        " --outputs {output:q} --settings {params.settings:q} --submitted {params.submitted} --log {log} >> {log} 2>&1"


rule make_report:
    """Put the whole study on one page: findings, interactive curves, every figure and table, the models."""
    input:
        [f"<results>/{path}" for path in list_contents(config)],
    output:
        report=show("<results>/report.html", "report", "Overview", labels("the whole study on one page")),
    log:
        "<results>/logs/make_report.log",
    conda:
        "../../environment.yml"
    params:
        **reasons("make_report", study.make_report),
        **DATA,
    shell:
        "python -m workflow.scripts.make_report --contents {input:q} --report {output.report}"
        " --outputs {output:q} --settings {params.settings:q} --submitted {params.submitted} --log {log} >> {log} 2>&1"
