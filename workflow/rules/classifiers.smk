# From the images to the trained classifiers, their tables and figures, and the mistakes of the first scoring classifier.
# Local rules take seconds and do not use TensorFlow. On a cluster, they run where Snakemake runs.


rule train_classifier:
    """Train one replicate of one classifier at one setting. Score it after every epoch, and on the test images."""
    input:
        dataset=IMAGES,
    output:
        metrics=show("run"),
        model=place("model"),
    log:
        name_log("train_classifier", f"{{classifier}}/{layout.RUN}"),
    priority: lambda wildcards: study.prioritize_training(config, wildcards)
    threads: 1
    resources:
        device="auto",
    params:
        **reasons("train_classifier"),
    shell:
        run_network("train_classifier", "output.metrics output.model")


rule summarize_classifier:
    """Tabulate a classifier: every epoch, run and kernel, and the statistics of each setting over its replicates."""
    input:
        runs=lambda wildcards: [f"<study>/{path}" for path in list_runs(config, wildcards.classifier)],
    output:
        epochs=show("epochs"),
        runs=show("runs"),
        statistics=show("statistics"),
        kernels=show("norms"),
    log:
        name_log("summarize_classifier", "{classifier}"),
    localrule: True
    params:
        **reasons("summarize_classifier"),
    shell:
        # The first run stands for all: the paths of thousands of runs would not fit into a command.
        run(
            "summarize_classifier",
            "output.epochs output.runs output.statistics output.kernels",
            first="input.runs[0]",
        )


rule score_ensemble:
    """Score the replicates of one setting as an ensemble on the test images: the mean of their class probabilities."""
    input:
        dataset=IMAGES,
        models=lambda wildcards: [f"<study>/{path}" for path in list_members(config, **wildcards)],
    output:
        metrics=show("ensemble"),
    log:
        name_log("score_ensemble", f"{{classifier}}/{layout.ALL_REPLICATES}"),
    threads: 1
    resources:
        device="auto",
    params:
        **reasons("score_ensemble"),
    shell:
        run_network("score_ensemble", "input.models output.metrics")


rule summarize_ensembles:
    """Tabulate the accuracy of each setting's ensemble, with the interval of the test images."""
    input:
        runs=rules.summarize_classifier.input.runs,
        ensembles=lambda wildcards: [f"<study>/{path}" for path in list_ensembles(config, wildcards.classifier)],
    output:
        ensembles=show("ensembles"),
    log:
        name_log("summarize_ensembles", "{classifier}"),
    localrule: True
    params:
        **reasons("summarize_ensembles"),
    shell:
        # The first file stands for all, as above.
        run("summarize_ensembles", "output.ensembles", first="input.ensembles[0]")


rule compare_settings:
    """Compare each pair of a classifier's settings, replicate by replicate."""
    input:
        runs=rules.summarize_classifier.output.runs,
    output:
        differences=show("pairs"),
    log:
        name_log("compare_settings", "{classifier}"),
    localrule: True
    params:
        **reasons("compare_settings"),
    shell:
        run("compare_settings", "input.runs output.differences")


rule plot_differences:
    """Plot the differences between a classifier's settings, with their intervals and those of every replicate."""
    input:
        runs=rules.summarize_classifier.output.runs,
        differences=rules.compare_settings.output.differences,
    output:
        **figure("differences"),
    log:
        name_log("plot_differences", "{classifier}"),
    localrule: True
    params:
        **reasons("plot_differences"),
    shell:
        run("plot_differences", "input.runs input.differences", figure="output.svg")


rule plot_learning_curves:
    """Plot a classifier's accuracy and loss over the epochs, training beside validation."""
    input:
        epochs=rules.summarize_classifier.output.epochs,
    output:
        **figure("learning_curves"),
    log:
        name_log("plot_learning_curves", "{classifier}"),
    localrule: True
    params:
        **reasons("plot_learning_curves"),
    shell:
        run("plot_learning_curves", "input.epochs", figure="output.svg")


rule plot_settings:
    """Plot a classifier's final, mean or maximum accuracy over its settings, or the three side by side."""
    input:
        runs=rules.summarize_classifier.output.runs,
        statistics=rules.summarize_classifier.output.statistics,
    output:
        **figure("accuracy"),
    log:
        name_log("plot_settings", "{classifier}/{statistic}"),
    localrule: True
    params:
        **reasons("plot_settings"),
    shell:
        run("plot_settings", "input.runs input.statistics", figure="output.svg")


rule plot_heat_map:
    """Plot the mean accuracy of a classifier that sweeps two numbers as a heat map."""
    input:
        statistics=rules.summarize_classifier.output.statistics,
    output:
        **figure("heat_map"),
    log:
        name_log("plot_heat_map", "{classifier}"),
    localrule: True
    params:
        **reasons("plot_heat_map"),
    shell:
        run("plot_heat_map", "input.statistics", figure="output.svg")


rule plot_kernel_norms:
    """Plot the L2 norm of a classifier's kernels over its settings. An L2 penalty acts on this norm."""
    input:
        kernels=rules.summarize_classifier.output.kernels,
    output:
        **figure("kernel_norms"),
    log:
        name_log("plot_kernel_norms", "{classifier}"),
    localrule: True
    params:
        **reasons("plot_kernel_norms"),
    shell:
        run("plot_kernel_norms", "input.kernels", figure="output.svg")


rule find_worst_digits:
    """Find the mistakes of the first scoring classifier with the highest confidence, and count all of its mistakes."""
    input:
        dataset=IMAGES,
        classifier=expand(rules.train_classifier.output.model, **FIRST),
    output:
        images=place("worst_images"),
    log:
        name_log("find_worst_digits"),
    threads: 1
    resources:
        device="auto",
    params:
        **reasons("find_worst_digits"),
    shell:
        run_network("find_worst_digits", "input.classifier output.images")


rule summarize_confusion:
    """Tabulate the confusion matrix of the first scoring classifier."""
    input:
        images=rules.find_worst_digits.output.images,
    output:
        confusion=show("confusion_counts"),
    log:
        name_log("summarize_confusion"),
    localrule: True
    params:
        **reasons("summarize_confusion"),
    shell:
        run("summarize_confusion", "input.images output.confusion")


rule plot_confusion:
    """Plot the confusion matrix of the first scoring classifier."""
    input:
        confusion=rules.summarize_confusion.output.confusion,
    output:
        **figure("confusion"),
    log:
        name_log("plot_confusion"),
    localrule: True
    params:
        **reasons("plot_confusion"),
    shell:
        run("plot_confusion", "input.confusion", figure="output.svg")


rule plot_worst_digits:
    """Show the worst-classified test images, each with its true and its predicted class."""
    input:
        images=rules.find_worst_digits.output.images,
    output:
        **figure("worst_digits"),
    log:
        name_log("plot_worst_digits"),
    localrule: True
    params:
        **reasons("plot_worst_digits"),
    shell:
        run("plot_worst_digits", "input.images", figure="output.svg")
