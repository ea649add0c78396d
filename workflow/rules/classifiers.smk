# Seconds without TensorFlow: on a cluster, they run where Snakemake does.
localrules:
    summarize_classifier,
    plot_learning_curves,
    plot_factors,
    plot_kernel_norms,
    summarize_confusion,
    plot_confusion,
    plot_worst_digits,


rule train_classifier:
    """Train one replicate of one classifier at one factor, and score it after every epoch."""
    input:
        dataset=DATASET,
    output:
        metrics=show(f"{RUN}.json", "run", "Classifiers", of_runs("metrics", "{factor}", "{replicate}")),
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
        " --outputs {output:q} --settings {params.settings:q} --submitted {params.submitted} --log {log} >> {log} 2>&1"


rule summarize_classifier:
    """Tabulate a classifier: every epoch, run and kernel, and the statistics of each factor over its replicates."""
    input:
        runs=list_runs,
    output:
        epochs=show(
            "<results>/tables/classifiers/{classifier}/epochs.csv", "epochs", "Classifiers", of_runs("every epoch")
        ),
        runs=show("<results>/tables/classifiers/{classifier}/runs.csv", "runs", "Classifiers", of_runs("every run")),
        factors=show(
            "<results>/tables/classifiers/{classifier}/factors.csv", "factors", "Classifiers", of_runs("statistics")
        ),
        kernel_norms=show(
            "<results>/tables/classifiers/{classifier}/kernel_norms.csv",
            "norms",
            "Classifiers",
            of_runs("kernel norms, table"),
        ),
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
        " --kernels {output.kernel_norms}"
        " --outputs {output:q} --settings {params.settings:q} --submitted {params.submitted} --log {log} >> {log} 2>&1"


rule plot_learning_curves:
    """Plot a classifier's accuracy and loss over the epochs, training beside validation."""
    input:
        "<results>/tables/classifiers/{classifier}/epochs.csv",
    output:
        svg=show(
            "<results>/figures/classifiers/{classifier}/learning_curves.svg",
            "learning_curves",
            "Classifiers",
            of_runs("learning curves"),
        ),
        png="<results>/figures/classifiers/{classifier}/learning_curves.png",
    log:
        "<results>/logs/plot_learning_curves/{classifier}.log",
    conda:
        "../../environment.yml"
    params:
        **reasons("plot_learning_curves"),
    shell:
        "python -m workflow.scripts.plot_learning_curves --epochs {input} --figure {output.svg}"
        " --outputs {output:q} --settings {params.settings:q} --submitted {params.submitted} --log {log} >> {log} 2>&1"


rule plot_factors:
    """Plot a classifier's final, mean or maximum accuracy over the L2 factor, or the three side by side."""
    input:
        runs="<results>/tables/classifiers/{classifier}/runs.csv",
        factors="<results>/tables/classifiers/{classifier}/factors.csv",
    output:
        svg=show(
            "<results>/figures/classifiers/{classifier}/accuracy_{statistic}.svg",
            "accuracy",
            "Classifiers",
            of_runs("accuracy over the factor: {statistic}"),
        ),
        png="<results>/figures/classifiers/{classifier}/accuracy_{statistic}.png",
    log:
        "<results>/logs/plot_factors/{classifier}/{statistic}.log",
    conda:
        "../../environment.yml"
    params:
        **reasons("plot_factors", study.plot_factors),
    shell:
        "python -m workflow.scripts.plot_factors --runs {input.runs} --factors {input.factors} --figure {output.svg}"
        " --outputs {output:q} --settings {params.settings:q} --submitted {params.submitted} --log {log} >> {log} 2>&1"


rule plot_kernel_norms:
    """Plot the L2 norm of a classifier's kernels, which is what the penalty acts on, over the L2 factor."""
    input:
        "<results>/tables/classifiers/{classifier}/kernel_norms.csv",
    output:
        svg=show(
            "<results>/figures/classifiers/{classifier}/kernel_norms.svg",
            "kernel_norms",
            "Classifiers",
            of_runs("kernel norms"),
        ),
        png="<results>/figures/classifiers/{classifier}/kernel_norms.png",
    log:
        "<results>/logs/plot_kernel_norms/{classifier}.log",
    conda:
        "../../environment.yml"
    params:
        **reasons("plot_kernel_norms"),
    shell:
        "python -m workflow.scripts.plot_kernel_norms --kernels {input} --figure {output.svg}"
        " --outputs {output:q} --settings {params.settings:q} --submitted {params.submitted} --log {log} >> {log} 2>&1"


rule find_worst_digits:
    """Find what the scoring classifier gets wrong with the highest confidence, and count all that it gets wrong."""
    input:
        dataset=DATASET,
        classifier=f"{first_run(config['noise']['classifier'])}.keras",
    output:
        images="<results>/worst_digits/worst_digits.npz",
    log:
        "<results>/logs/find_worst_digits.log",
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        device="auto",
    params:
        **reasons("find_worst_digits", study.find_worst_digits),
        **DATA,
    shell:
        "python -m workflow.scripts.find_worst_digits --threads {threads} --device {resources.device}"
        " --dataset {input.dataset} --classifier {input.classifier} --images {output.images}"
        " --outputs {output:q} --settings {params.settings:q} --submitted {params.submitted} --log {log} >> {log} 2>&1"


rule summarize_confusion:
    """Tabulate which classes the scoring classifier takes for which."""
    input:
        "<results>/worst_digits/worst_digits.npz",
    output:
        confusion=show(
            "<results>/tables/confusion/confusion.csv",
            "confusion_counts",
            "Mistakes",
            labels("confusion matrix, table"),
        ),
    log:
        "<results>/logs/summarize_confusion.log",
    conda:
        "../../environment.yml"
    params:
        **reasons("summarize_confusion"),
    shell:
        "python -m workflow.scripts.summarize_confusion --images {input} --confusion {output.confusion}"
        " --outputs {output:q} --settings {params.settings:q} --submitted {params.submitted} --log {log} >> {log} 2>&1"


rule plot_confusion:
    """Plot which classes the scoring classifier takes for which."""
    input:
        "<results>/tables/confusion/confusion.csv",
    output:
        svg=show("<results>/figures/confusion/confusion.svg", "confusion", "Mistakes", labels("confusion matrix")),
        png="<results>/figures/confusion/confusion.png",
    log:
        "<results>/logs/plot_confusion.log",
    conda:
        "../../environment.yml"
    params:
        **reasons("plot_confusion"),
    shell:
        "python -m workflow.scripts.plot_confusion --confusion {input} --figure {output.svg}"
        " --outputs {output:q} --settings {params.settings:q} --submitted {params.submitted} --log {log} >> {log} 2>&1"


rule plot_worst_digits:
    """Show the worst-classified test images, each with its true and its predicted class."""
    input:
        "<results>/worst_digits/worst_digits.npz",
    output:
        svg=show(
            "<results>/figures/worst_digits/worst_digits.svg",
            "worst_digits",
            "Mistakes",
            labels("worst-classified images"),
        ),
        png="<results>/figures/worst_digits/worst_digits.png",
    log:
        "<results>/logs/plot_worst_digits.log",
    conda:
        "../../environment.yml"
    params:
        **reasons("plot_worst_digits"),
    shell:
        "python -m workflow.scripts.plot_worst_digits --images {input} --figure {output.svg}"
        " --outputs {output:q} --settings {params.settings:q} --submitted {params.submitted} --log {log} >> {log} 2>&1"
