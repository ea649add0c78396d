# No reasons: every byte is checked against pinned digests, here and when a job loads it, so that it can't matter which
# source or which code a copy came from.
rule fetch_dataset:
    """Fetch a data set and check every byte of it; on a cluster, only the submitting machine may have the internet."""
    output:
        dataset=place("dataset"),
    log:
        name_log("fetch_dataset", "{dataset}"),
    localrule: True
    params:
        # As in reasons: another source, or another place of the code, is no reason to rerun.
        sources=lambda wildcards, output: SOURCES,
        path=lambda wildcards, output: config["dataset"]["path"] or "",
    shell:
        "python {params.sources:q} fetch_dataset --dataset {wildcards.dataset} --path={params.path:q}"
        " --output {output.dataset:q} --log {log:q} >> {log:q} 2>&1"
