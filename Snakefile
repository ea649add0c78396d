"""The place where Snakemake looks for a workflow. The study's own is workflow/Snakefile."""


include: "workflow/Snakefile"


# Snakemake does not take a default target from an included file.
if workflow.modifier.is_main_snakefile():
    workflow.default_target = "all"
