"""The study of config.yaml: fetch the images, train, evaluate, summarize, plot."""

import gc
import os
import re
import signal
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.utils import min_version

# Before any other package named workflow, here and in jobs, wherever they run.
sys.path.insert(0, workflow.basedir)
os.environ |= {"PYTHONPATH": os.pathsep.join(filter(None, [workflow.basedir, os.environ.get("PYTHONPATH")]))}

from workflow.lib import layout, lifelines, study
from workflow.lib.config import check_config
from workflow.lib.contents import STATISTICS, list_contents
from workflow.lib.errors import StudyError
from workflow.lib.output import print_any_character
from workflow.lib.reasons import (
    digest_code,
    digest_dataset,
    digest_script,
    format_reasons,
    format_settings,
    list_packages,
)

min_version("9.27")
print_any_character()

# Until jobs start, or to the end where none does: of a plan nothing is thrown away, yet the collector searches it again
# and again while it grows.
gc.disable()

# Jobs inherit them: logs show epochs and little of what TensorFlow says of itself, and trainings can share a GPU.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
# Figures are files, whatever a user's own figures are.
os.environ |= {"MPLBACKEND": "agg"}


configfile: "config.yaml"


report: "workflow/report/study.rst"


try:
    config = check_config(config)
except StudyError as error:
    raise WorkflowError(str(error)) from None


include: "workflow/rules/common.smk"
include: "workflow/rules/dataset.smk"
include: "workflow/rules/classifiers.smk"
include: "workflow/rules/denoising.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/slurm.smk"


rule all:
    """Make every result of the study: metrics, models, tables and figures."""
    default_target: True
    input:
        results,


onstart:
    gc.enable()
    start_run(log)


onsuccess:
    report_run(succeeded=True)


onerror:
    report_run(succeeded=False)
