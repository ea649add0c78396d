# From the images and the scoring classifier to the autoencoder, the accuracy over the noise level, and synthetic digits.
# Local rules take seconds and do not use TensorFlow. On a cluster, they run where Snakemake runs.


rule train_autoencoder:
    """Train the denoising autoencoder, and score it on noisy test images after every epoch."""
    input:
        dataset=IMAGES,
    output:
        metrics=show("autoencoder"),
        model=place("autoencoder_model"),
    log:
        name_log("train_autoencoder"),
    # The autoencoder trains before all classifiers, as every noise level waits for it.
    priority: 10**9
    threads: 1
    resources:
        device="auto",
    params:
        **reasons("train_autoencoder"),
    shell:
        run_network("train_autoencoder", "output.metrics output.model")


rule summarize_autoencoder:
    """Tabulate the autoencoder's loss for every epoch."""
    input:
        metrics=rules.train_autoencoder.output.metrics,
    output:
        epochs=show("autoencoder_epochs"),
    log:
        name_log("summarize_autoencoder"),
    localrule: True
    params:
        **reasons("summarize_autoencoder"),
    shell:
        run("summarize_autoencoder", "input.metrics output.epochs")


rule plot_autoencoder_loss:
    """Plot the autoencoder's loss over the epochs, training beside validation."""
    input:
        epochs=rules.summarize_autoencoder.output.epochs,
    output:
        **figure("autoencoder_loss"),
    log:
        name_log("plot_autoencoder_loss"),
    localrule: True
    params:
        **reasons("plot_autoencoder_loss"),
    shell:
        run("plot_autoencoder_loss", "input.epochs", figure="output.svg")


rule evaluate_noise_level:
    """Score the classifier at one noise level, on noisy and on denoised test images."""
    input:
        dataset=IMAGES,
        classifier=expand(rules.train_classifier.output.model, **SCORER),
        autoencoder=rules.train_autoencoder.output.model,
    output:
        metrics=show("level"),
    log:
        name_log("evaluate_noise_level", layout.LEVEL),
    threads: 1
    resources:
        device="auto",
    params:
        **reasons("evaluate_noise_level"),
    shell:
        run_network("evaluate_noise_level", "input.classifier input.autoencoder output.metrics")


rule summarize_noise_levels:
    """Tabulate the accuracy over the noise level, and where the curves cross and fall."""
    input:
        metrics=expand(rules.evaluate_noise_level.output.metrics, level=study.list_levels(config)),
        classifier=expand(rules.train_classifier.output.metrics, **SCORER),
        autoencoder=rules.train_autoencoder.output.metrics,
    output:
        levels=show("levels"),
        thresholds=show("thresholds"),
        classes=show("class_accuracies"),
    log:
        name_log("summarize_noise_levels"),
    localrule: True
    params:
        **reasons("summarize_noise_levels"),
    shell:
        run(
            "summarize_noise_levels",
            "input.metrics input.classifier input.autoencoder output.levels output.thresholds output.classes",
        )


rule plot_noise_levels:
    """Plot the accuracy on noisy and on denoised images over the noise level."""
    input:
        levels=rules.summarize_noise_levels.output.levels,
        thresholds=rules.summarize_noise_levels.output.thresholds,
    output:
        **figure("noise_levels"),
    log:
        name_log("plot_noise_levels"),
    localrule: True
    params:
        **reasons("plot_noise_levels"),
    shell:
        run("plot_noise_levels", "input.levels input.thresholds", figure="output.svg")


rule plot_class_accuracy:
    """Plot the accuracy of each class over the noise level, on noisy and on denoised images."""
    input:
        classes=rules.summarize_noise_levels.output.classes,
    output:
        **figure("classes"),
    log:
        name_log("plot_class_accuracy"),
    localrule: True
    params:
        **reasons("plot_class_accuracy"),
    shell:
        run("plot_class_accuracy", "input.classes", figure="output.svg")


rule denoise_gallery:
    """Denoise and classify a few test images at every noise level."""
    input:
        dataset=IMAGES,
        classifier=expand(rules.train_classifier.output.model, **SCORER),
        autoencoder=rules.train_autoencoder.output.model,
    output:
        images=place("gallery_images"),
    log:
        name_log("denoise_gallery"),
    threads: 1
    resources:
        device="auto",
    params:
        **reasons("denoise_gallery"),
    shell:
        run_network("denoise_gallery", "input.classifier input.autoencoder output.images")


rule plot_gallery:
    """Show each digit at every noise level, and below it the denoised digit."""
    input:
        images=rules.denoise_gallery.output.images,
    output:
        **figure("gallery"),
    log:
        name_log("plot_gallery"),
    localrule: True
    params:
        **reasons("plot_gallery"),
    shell:
        run("plot_gallery", "input.images", figure="output.svg")


rule sample_decoder:
    """Decode random latent vectors, and those on the line between two test images, and classify the digits."""
    input:
        dataset=IMAGES,
        classifier=expand(rules.train_classifier.output.model, **SCORER),
        autoencoder=rules.train_autoencoder.output.model,
    output:
        images=place("decoder_images"),
        walk=place("walk_images"),
    log:
        name_log("sample_decoder"),
    threads: 1
    resources:
        device="auto",
    params:
        **reasons("sample_decoder"),
    shell:
        run_network("sample_decoder", "input.classifier input.autoencoder output.images output.walk")


rule plot_decoder_samples:
    """Show the synthetic digits, each with its class and the classifier's confidence."""
    input:
        images=rules.sample_decoder.output.images,
    output:
        **figure("decoder_samples"),
    log:
        name_log("plot_decoder_samples"),
    localrule: True
    params:
        **reasons("plot_decoder_samples"),
    shell:
        run("plot_decoder_samples", "input.images", figure="output.svg")


rule plot_decoder_walk:
    """Show the digits on the way from one test image to another, each with its class and confidence."""
    input:
        walk=rules.sample_decoder.output.walk,
    output:
        **figure("decoder_walk"),
    log:
        name_log("plot_decoder_walk"),
    localrule: True
    params:
        **reasons("plot_decoder_walk"),
    shell:
        run("plot_decoder_walk", "input.walk", figure="output.svg")
