# On a cluster, only the submitting machine may have the internet.
localrules:
    fetch_dataset,


# No reasons: every byte is checked against pinned digests, here and when a job loads it, so that it can't matter which
# source or which code a copy came from.
rule fetch_dataset:
    """Fetch a data set on the submitting machine and check every byte of it."""
    output:
        dataset="<results>/dataset/{dataset}.npz",
    log:
        "<results>/logs/fetch_dataset/{dataset}.log",
    conda:
        "../../environment.yml"
    params:
        # Snakemake does not compare a parameter that is derived from output: another source is no reason to rerun.
        path=lambda wildcards, output: config["dataset"]["path"] or "",
    shell:
        "python -m workflow.scripts.fetch_dataset --dataset {wildcards.dataset} --path={params.path:q}"
        " --output {output.dataset} --log {log} >> {log} 2>&1"
