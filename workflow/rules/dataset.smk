# What the config says of images of a user's own.
OWN_IMAGES = study.dataset_settings(config).get("images")


# This rule has no reasons to rerun, except what the config says of images of a user's own. Every byte is checked against
# pinned digests, here and when a job loads the images. The source of a copy and the code that fetched it therefore do
# not matter.
rule fetch_dataset:
    """Fetch a data set and check every byte of it. This runs where Snakemake runs, as nodes may have no internet."""
    output:
        dataset=place("dataset"),
    log:
        name_log("fetch_dataset", "{dataset}"),
    localrule: True
    params:
        **({"images": lambda wildcards: format_settings(OWN_IMAGES)} if OWN_IMAGES else {}),
        # Functions of `output`: Snakemake does not compare them, so another source or place of the code reruns nothing.
        sources=lambda wildcards, output: SOURCES,
        path=lambda wildcards, output: config["dataset"]["path"] or "",
    shell:
        "python {params.sources:q} fetch_dataset --dataset {wildcards.dataset} --path={params.path:q}"
        " --output {output.dataset:q} --log {log:q} >> {log:q} 2>&1"
        + (" --images {params.images:q}" if OWN_IMAGES else "")
