# From the images and the scoring classifiers to the autoencoders, the accuracy over the noise level, and synthetic images.
# Local rules take seconds and do not use TensorFlow. On a cluster, they run where Snakemake runs.


rule train_autoencoder:
    """Train one replicate of one denoising autoencoder. Score it after every epoch, and on the test images."""
    input:
        dataset=IMAGES,
    output:
        metrics=show("autoencoder"),
        model=place("autoencoder_model"),
    log:
        name_log("train_autoencoder", f"{{autoencoder}}/{layout.REPLICATE}"),
    # The autoencoders train before all classifiers, as most noise levels wait for one.
    priority: 10**9
    threads: 1
    resources:
        device="auto",
    params:
        **reasons("train_autoencoder"),
    shell:
        run_network("train_autoencoder", "output.metrics output.model")


rule summarize_autoencoder:
    """Tabulate an autoencoder: the loss of every epoch, and its statistics over the replicates."""
    input:
        metrics=lambda wildcards: [f"<study>/{path}" for path in list_autoencoder_runs(config, wildcards.autoencoder)],
    output:
        epochs=show("autoencoder_epochs"),
        losses=show("losses"),
    log:
        name_log("summarize_autoencoder", "{autoencoder}"),
    localrule: True
    params:
        **reasons("summarize_autoencoder"),
    shell:
        run("summarize_autoencoder", "input.metrics output.epochs output.losses")


rule plot_autoencoder_loss:
    """Plot an autoencoder's loss over the epochs, training beside validation."""
    input:
        epochs=rules.summarize_autoencoder.output.epochs,
    output:
        **figure("autoencoder_loss"),
    log:
        name_log("plot_autoencoder_loss", "{autoencoder}"),
    localrule: True
    params:
        **reasons("plot_autoencoder_loss"),
    shell:
        run("plot_autoencoder_loss", "input.epochs", figure="output.svg")


rule evaluate_noise_level:
    """Score one replicate of a classifier at one noise level, on the test images that a denoiser makes of noisy ones."""
    input:
        dataset=IMAGES,
        classifier=lambda wildcards: f"<study>/{locate_scorer(config, wildcards.classifier, wildcards.replicate)}",
        # Filters, and the denoiser that leaves images as they are, have no model.
        autoencoder=branch(
            lambda wildcards: wildcards.denoiser in study.list_autoencoders(config),
            then=place("autoencoder_model").replace("{autoencoder}", "{denoiser}"),
            otherwise=[],
        ),
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
    """Tabulate the accuracy over the noise level, what each denoiser gains, and where the curves cross and fall."""
    input:
        metrics=[f"<study>/{path}" for path in list_levels(config)],
        models=[f"<study>/{path}" for path in list_noise_models(config, 1)],
        others=[
            f"<study>/{path}"
            for replicate in study.list_noise_replicates(config)[1:]
            for path in list_noise_models(config, replicate)
        ],
    output:
        runs=show("evaluations"),
        levels=show("levels"),
        differences=show("gains"),
        thresholds=show("thresholds"),
        falls=show("falls"),
        classes=show("class_accuracies"),
    log:
        name_log("summarize_noise_levels"),
    localrule: True
    params:
        **reasons("summarize_noise_levels"),
    shell:
        # The first files stand for all: the paths of thousands of evaluations would not fit into a command.
        run(
            "summarize_noise_levels",
            "input.models output.runs output.levels output.differences output.thresholds output.falls output.classes",
            first="input.metrics[0]",
        )


rule plot_noise_levels:
    """Plot the accuracy over the noise level, on noisy images and on those of every denoiser."""
    input:
        runs=rules.summarize_noise_levels.output.runs,
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
        run("plot_noise_levels", "input.runs input.levels input.thresholds", figure="output.svg")


rule plot_class_accuracy:
    """Plot the accuracy of each class over the noise level, on noisy images and on those of every denoiser."""
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
        classifier=expand(rules.train_classifier.output.model, **FIRST),
        autoencoders=expand(
            rules.train_autoencoder.output.model, autoencoder=study.list_autoencoders(config), replicate=1
        ),
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
        run_network("denoise_gallery", "input.classifier input.autoencoders output.images")


rule plot_gallery:
    """Show an image of each chosen class at every noise level, and below it what each denoiser makes of it."""
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
    """Decode random latent vectors, and those on the line between two test images, and classify the results."""
    input:
        dataset=IMAGES,
        classifier=expand(rules.train_classifier.output.model, **FIRST),
        autoencoder=expand(rules.train_autoencoder.output.model, autoencoder=study.list_decoders(config), replicate=1),
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
    """Show the synthetic images, each with its class and the classifier's confidence."""
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
    """Show the images on the way from one test image to another, each with its class and confidence."""
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
