# Seconds without TensorFlow: on a cluster, they run where Snakemake does.
localrules:
    summarize_classifier,
    plot_learning_curves,
    plot_factors,


rule train_classifier:
    """Train one replicate of one classifier at one factor, and score it after every epoch."""
    input:
        dataset=DATASET,
    output:
        metrics=f"{RUN}.json",
        model=f"{RUN}.keras",
    log:
        f"<results>/logs/train_classifier/{{classifier}}/{layout.RUN}.log",
    priority: lambda wildcards: study.prioritize_training(config, wildcards.classifier)
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        device="auto",
    params:
        **reasons("train_classifier", study.train_classifier),
        **DATA,
    shell:
        "python -m workflow.scripts.train_classifier --threads {threads} --device {resources.device}"
        " --dataset {input.dataset} --metrics {output.metrics} --model {output.model}"
        " --outputs {output:q} --settings {params.settings:q} --submitted {params.submitted} > {log} 2>&1"


rule summarize_classifier:
    """Tabulate a classifier: every epoch, every run, and the statistics of each factor over its replicates."""
    input:
        runs=list_runs,
    output:
        epochs="<results>/tables/classifiers/{classifier}/epochs.csv",
        runs="<results>/tables/classifiers/{classifier}/runs.csv",
        factors="<results>/tables/classifiers/{classifier}/factors.csv",
    log:
        "<results>/logs/summarize_classifier/{classifier}.log",
    conda:
        "../../environment.yml"
    params:
        **reasons("summarize_classifier", study.summarize_classifier),
    shell:
        # The first run stands for all, as thousands of them would not fit into a command.
        "python -m workflow.scripts.summarize_classifier --first {input.runs[0]}"
        " --epochs {output.epochs} --runs {output.runs} --factors {output.factors}"
        " --outputs {output:q} --settings {params.settings:q} --submitted {params.submitted} > {log} 2>&1"


rule plot_learning_curves:
    """Plot a classifier's accuracy and loss over the epochs, training beside validation."""
    input:
        "<results>/tables/classifiers/{classifier}/epochs.csv",
    output:
        svg="<results>/figures/classifiers/{classifier}/learning_curves.svg",
        png="<results>/figures/classifiers/{classifier}/learning_curves.png",
    log:
        "<results>/logs/plot_learning_curves/{classifier}.log",
    conda:
        "../../environment.yml"
    params:
        **reasons("plot_learning_curves"),
    shell:
        "python -m workflow.scripts.plot_learning_curves --epochs {input} --figure {output.svg}"
        " --outputs {output:q} --settings {params.settings:q} --submitted {params.submitted} > {log} 2>&1"


rule plot_factors:
    """Plot a classifier's final, mean or maximum accuracy over the L2 factor, or the three side by side."""
    input:
        runs="<results>/tables/classifiers/{classifier}/runs.csv",
        factors="<results>/tables/classifiers/{classifier}/factors.csv",
    output:
        svg="<results>/figures/classifiers/{classifier}/accuracy_{statistic}.svg",
        png="<results>/figures/classifiers/{classifier}/accuracy_{statistic}.png",
    log:
        "<results>/logs/plot_factors/{classifier}/{statistic}.log",
    wildcard_constraints:
        statistic="final|mean|maximum|all",
    conda:
        "../../environment.yml"
    params:
        **reasons("plot_factors", study.plot_factors),
    shell:
        "python -m workflow.scripts.plot_factors --runs {input.runs} --factors {input.factors} --figure {output.svg}"
        " --outputs {output:q} --settings {params.settings:q} --submitted {params.submitted} > {log} 2>&1"
