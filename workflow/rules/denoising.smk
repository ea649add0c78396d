# Seconds without TensorFlow: on a cluster, they run where Snakemake does.
localrules:
    summarize_autoencoder,
    plot_autoencoder_loss,
    summarize_noise_levels,
    plot_noise_levels,
    plot_class_accuracy,
    plot_gallery,
    plot_decoder_samples,
    plot_decoder_walk,


rule train_autoencoder:
    """Train the denoising autoencoder, and score it on noisy test images after every epoch."""
    input:
        dataset=DATASET,
    output:
        metrics="<results>/autoencoder/autoencoder.json",
        model="<results>/autoencoder/autoencoder.keras",
    log:
        "<results>/logs/train_autoencoder.log",
    # Before all classifiers: every noise level waits for it.
    priority: 10**9
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        device="auto",
    params:
        **reasons("train_autoencoder", study.train_autoencoder),
        **DATA,
    shell:
        "python -m workflow.scripts.train_autoencoder --threads {threads} --device {resources.device}"
        " --dataset {input.dataset} --metrics {output.metrics} --model {output.model}"
        " --outputs {output:q} --settings {params.settings:q} --submitted {params.submitted} --log {log} >> {log} 2>&1"


rule summarize_autoencoder:
    """Tabulate the autoencoder's loss for every epoch."""
    input:
        metrics="<results>/autoencoder/autoencoder.json",
    output:
        epochs=show(
            "<results>/tables/autoencoder/epochs.csv", "autoencoder_epochs", "Autoencoder", labels("every epoch")
        ),
    log:
        "<results>/logs/summarize_autoencoder.log",
    conda:
        "../../environment.yml"
    params:
        **reasons("summarize_autoencoder", study.summarize_autoencoder),
    shell:
        "python -m workflow.scripts.summarize_autoencoder --metrics {input.metrics} --epochs {output.epochs}"
        " --outputs {output:q} --settings {params.settings:q} --submitted {params.submitted} --log {log} >> {log} 2>&1"


rule plot_autoencoder_loss:
    """Plot the autoencoder's loss over the epochs, training beside validation."""
    input:
        "<results>/tables/autoencoder/epochs.csv",
    output:
        svg=show(
            "<results>/figures/autoencoder/learning_curves.svg",
            "autoencoder_loss",
            "Autoencoder",
            labels("learning curves"),
        ),
        png="<results>/figures/autoencoder/learning_curves.png",
    log:
        "<results>/logs/plot_autoencoder_loss.log",
    conda:
        "../../environment.yml"
    params:
        **reasons("plot_autoencoder_loss"),
    shell:
        "python -m workflow.scripts.plot_autoencoder_loss --epochs {input} --figure {output.svg}"
        " --outputs {output:q} --settings {params.settings:q} --submitted {params.submitted} --log {log} >> {log} 2>&1"


rule evaluate_noise_level:
    """Score the classifier at one noise level, on noisy and on denoised test images."""
    input:
        dataset=DATASET,
        classifier=f"{first_run(config['noise']['classifier'])}.keras",
        autoencoder="<results>/autoencoder/autoencoder.keras",
    output:
        metrics=show(f"<results>/noise_levels/{layout.LEVEL}.json", "level", "Noise", of_levels("metrics", "{level}")),
    log:
        f"<results>/logs/evaluate_noise_level/{layout.LEVEL}.log",
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        device="auto",
    params:
        **reasons("evaluate_noise_level", study.evaluate_noise_level),
        **DATA,
    shell:
        "python -m workflow.scripts.evaluate_noise_level --threads {threads} --device {resources.device}"
        " --dataset {input.dataset}"
        " --classifier {input.classifier} --autoencoder {input.autoencoder} --metrics {output.metrics}"
        " --outputs {output:q} --settings {params.settings:q} --submitted {params.submitted} --log {log} >> {log} 2>&1"


rule summarize_noise_levels:
    """Tabulate the accuracy over the noise level, and where the curves cross and fall."""
    input:
        metrics=expand(f"<results>/noise_levels/{layout.LEVEL}.json", level=study.list_levels(config)),
        classifier=f"{first_run(config['noise']['classifier'])}.json",
        autoencoder="<results>/autoencoder/autoencoder.json",
    output:
        levels=show("<results>/tables/noise_levels/levels.csv", "levels", "Noise", of_levels("accuracy, table")),
        thresholds=show(
            "<results>/tables/noise_levels/thresholds.csv",
            "thresholds",
            "Noise",
            of_levels("where the curves cross and fall"),
        ),
        classes=show(
            "<results>/tables/noise_levels/classes.csv",
            "class_accuracies",
            "Noise",
            of_levels("accuracy of each class, table"),
        ),
    log:
        "<results>/logs/summarize_noise_levels.log",
    conda:
        "../../environment.yml"
    params:
        **reasons("summarize_noise_levels", study.summarize_noise_levels),
    shell:
        "python -m workflow.scripts.summarize_noise_levels --metrics {input.metrics}"
        " --classifier {input.classifier} --autoencoder {input.autoencoder}"
        " --levels {output.levels} --thresholds {output.thresholds} --classes {output.classes}"
        " --outputs {output:q} --settings {params.settings:q} --submitted {params.submitted} --log {log} >> {log} 2>&1"


rule plot_noise_levels:
    """Plot the accuracy on noisy and on denoised images over the noise level."""
    input:
        levels="<results>/tables/noise_levels/levels.csv",
        thresholds="<results>/tables/noise_levels/thresholds.csv",
    output:
        svg=show("<results>/figures/noise_levels/accuracy.svg", "noise_levels", "Noise", of_levels("accuracy")),
        png="<results>/figures/noise_levels/accuracy.png",
    log:
        "<results>/logs/plot_noise_levels.log",
    conda:
        "../../environment.yml"
    params:
        **reasons("plot_noise_levels"),
    shell:
        "python -m workflow.scripts.plot_noise_levels --levels {input.levels} --thresholds {input.thresholds}"
        " --figure {output.svg}"
        " --outputs {output:q} --settings {params.settings:q} --submitted {params.submitted} --log {log} >> {log} 2>&1"


rule plot_class_accuracy:
    """Plot the accuracy of each class over the noise level, on noisy and on denoised images."""
    input:
        "<results>/tables/noise_levels/classes.csv",
    output:
        svg=show("<results>/figures/noise_levels/classes.svg", "classes", "Noise", of_levels("accuracy of each class")),
        png="<results>/figures/noise_levels/classes.png",
    log:
        "<results>/logs/plot_class_accuracy.log",
    conda:
        "../../environment.yml"
    params:
        **reasons("plot_class_accuracy"),
    shell:
        "python -m workflow.scripts.plot_class_accuracy --classes {input} --figure {output.svg}"
        " --outputs {output:q} --settings {params.settings:q} --submitted {params.submitted} --log {log} >> {log} 2>&1"


rule denoise_gallery:
    """Denoise and classify a few test images at every noise level."""
    input:
        dataset=DATASET,
        classifier=f"{first_run(config['noise']['classifier'])}.keras",
        autoencoder="<results>/autoencoder/autoencoder.keras",
    output:
        images="<results>/gallery/gallery.npz",
    log:
        "<results>/logs/denoise_gallery.log",
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        device="auto",
    params:
        **reasons("denoise_gallery", study.denoise_gallery),
        **DATA,
    shell:
        "python -m workflow.scripts.denoise_gallery --threads {threads} --device {resources.device}"
        " --dataset {input.dataset}"
        " --classifier {input.classifier} --autoencoder {input.autoencoder} --images {output.images}"
        " --outputs {output:q} --settings {params.settings:q} --submitted {params.submitted} --log {log} >> {log} 2>&1"


rule plot_gallery:
    """Show each digit at every noise level, and under it what the autoencoder makes of it."""
    input:
        "<results>/gallery/gallery.npz",
    output:
        svg=show("<results>/figures/gallery/gallery.svg", "gallery", "Noise", of_levels("gallery")),
        png="<results>/figures/gallery/gallery.png",
    log:
        "<results>/logs/plot_gallery.log",
    conda:
        "../../environment.yml"
    params:
        **reasons("plot_gallery"),
    shell:
        "python -m workflow.scripts.plot_gallery --images {input} --figure {output.svg}"
        " --outputs {output:q} --settings {params.settings:q} --submitted {params.submitted} --log {log} >> {log} 2>&1"


rule sample_decoder:
    """Make digits from random latent vectors and from those between two test images, and classify them."""
    input:
        dataset=DATASET,
        classifier=f"{first_run(config['noise']['classifier'])}.keras",
        autoencoder="<results>/autoencoder/autoencoder.keras",
    output:
        images="<results>/decoder_samples/decoder_samples.npz",
        walk="<results>/decoder_samples/decoder_walk.npz",
    log:
        "<results>/logs/sample_decoder.log",
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        device="auto",
    params:
        **reasons("sample_decoder", study.sample_decoder),
        **DATA,
    shell:
        "python -m workflow.scripts.sample_decoder --threads {threads} --device {resources.device}"
        " --dataset {input.dataset} --classifier {input.classifier} --autoencoder {input.autoencoder}"
        " --images {output.images} --walk {output.walk}"
        " --outputs {output:q} --settings {params.settings:q} --submitted {params.submitted} --log {log} >> {log} 2>&1"


rule plot_decoder_samples:
    """Show the synthetic digits, each with its class and the classifier's confidence."""
    input:
        "<results>/decoder_samples/decoder_samples.npz",
    output:
        svg=show(
            "<results>/figures/decoder_samples/decoder_samples.svg",
            "decoder_samples",
            "Autoencoder",
            labels("synthetic images"),
        ),
        png="<results>/figures/decoder_samples/decoder_samples.png",
    log:
        "<results>/logs/plot_decoder_samples.log",
    conda:
        "../../environment.yml"
    params:
        **reasons("plot_decoder_samples"),
    shell:
        "python -m workflow.scripts.plot_decoder_samples --images {input} --figure {output.svg}"
        " --outputs {output:q} --settings {params.settings:q} --submitted {params.submitted} --log {log} >> {log} 2>&1"


rule plot_decoder_walk:
    """Show the digits on the way from one test image to another, each with its class and confidence."""
    input:
        "<results>/decoder_samples/decoder_walk.npz",
    output:
        svg=show(
            "<results>/figures/decoder_walk/decoder_walk.svg",
            "decoder_walk",
            "Autoencoder",
            labels("walk between two images"),
        ),
        png="<results>/figures/decoder_walk/decoder_walk.png",
    log:
        "<results>/logs/plot_decoder_walk.log",
    conda:
        "../../environment.yml"
    params:
        **reasons("plot_decoder_walk"),
    shell:
        "python -m workflow.scripts.plot_decoder_walk --walk {input} --figure {output.svg}"
        " --outputs {output:q} --settings {params.settings:q} --submitted {params.submitted} --log {log} >> {log} 2>&1"
