"""What the rules share: their outputs, log and shell command, and their reasons to run again.

Imported by the Snakefile, so the standard library and Snakemake alone.
"""

from collections.abc import Callable
from typing import Any

from snakemake.io import report

from mnist_study.plan import study
from mnist_study.plan.contents import RESULTS, find_pattern, locate_png
from mnist_study.plan.layout import locate_log
from mnist_study.trust.reasons import (
    SOURCES,
    digest_code,
    digest_script,
    format_data,
    format_reasons,
    format_settings,
    list_packages,
)

CAPTIONS = SOURCES / "mnist_study/show/report/captions"


def place(name: str) -> str:
    """Give the path of a file between jobs."""
    return f"<results>/{find_pattern(name)}"


def show(result: str) -> str:
    """Give the path of a result, which Snakemake's own report shows with its caption, category and labels."""
    caption, (_, category, labels) = str(CAPTIONS / f"{result}.rst"), RESULTS[result]
    return report(place(result), caption=caption, category=category, labels=labels)


def figure(result: str) -> dict[str, str]:
    """Give the two files of a figure."""
    return {"svg": show(result), "png": locate_png(place(result))}


def run(script: str, values: str, **options: str) -> str:
    """Give the shell command of a rule that runs a script.

    `values`: what Snakemake fills in for the script's options of the same name: "input.runs" for --runs; `options`:
    those with another name.
    """
    named = {value.rpartition(".")[2]: value for value in values.split()} | options
    told = {"outputs": "output", "settings": "params.settings", "submitted": "params.submitted", "log": "log"}
    filled = " ".join(f"--{option} {{{value}:q}}" for option, value in (named | told).items())
    return f"python {{params.sources:q}} {script} {filled} >> {{log:q}} 2>&1"


def run_network(script: str, values: str) -> str:
    """Give the shell command of a rule whose script uses a network, on the images of `input.dataset`."""
    return run(script, f"threads input.dataset {values}", device="resources.device")


def name_log(rule: str, job: str = "") -> str:
    """Name the log of a rule's job; `job` tells it from others of the rule."""
    return f"<results>/{locate_log(rule, job)}"


def list_parameters(rule: str, config: dict) -> dict[str, str | Callable[..., str]]:
    """List a rule's parameters: where the code is, and each reason to run again, as Snakemake compares and prints them.

    Another place of the code is no reason.
    """
    list_settings = getattr(study, rule, study.no_settings)

    def find_sources(wildcards: Any, output: Any) -> str:  # a parameter that is derived from output is not compared
        return str(SOURCES)

    return {
        "sources": find_sources,
        "settings": lambda wildcards: format_settings(list_settings(config, wildcards)),
        "data": lambda wildcards: format_data(list_settings(config, wildcards)),
        "submitted": digest_script(rule),
        **format_reasons("code", digest_code(rule)),
        **format_reasons("packages", list_packages(rule)),
    }
