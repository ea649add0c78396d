"""The study, where Snakemake looks for it: all of it is below workflow/."""


include: "workflow/Snakefile"


# By default, Snakemake makes nothing of a file that is included.
if workflow.modifier.is_main_snakefile():
    workflow.default_target = "all"
