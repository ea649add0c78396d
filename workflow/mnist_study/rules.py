"""Helpers of the rules: outputs, log, shell command, and reasons to rerun.

The Snakefile imports this module, so it imports the standard library and Snakemake only.
"""

from collections.abc import Callable

from snakemake.io import report
from snakemake.iocontainers import OutputFiles, Wildcards

from mnist_study.plan import study
from mnist_study.plan.contents import RESULTS, find_pattern, has, locate_png
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
    return f"<study>/{find_pattern(name)}"


def show(result: str) -> str:
    """Give the path of a result. Snakemake's own report shows it with its caption, category and labels."""
    caption, (_, category, labels) = str(CAPTIONS / f"{result}.rst"), RESULTS[result]
    return report(place(result), caption=caption, category=category, labels=labels)


def list_existing(result: str, config: dict) -> list[str]:
    """List the path of a result; no path, if the study leaves out the half that the result is of."""
    return [place(result)] if has(config, result) else []


def figure(result: str) -> dict[str, str]:
    """Give the two files of a figure."""
    return {"svg": show(result), "png": locate_png(place(result))}


def run(script: str, values: str, **options: str) -> str:
    """Give the shell command of a rule that runs a script.

    `values`: for each option of the script, the value that Snakemake fills in, which has the option's name:
    "input.runs" for --runs. `options`: values with another name, by option.
    """
    named = {value.rpartition(".")[2]: value for value in values.split()} | options
    told = {"outputs": "output", "settings": "params.settings", "submitted": "params.submitted", "log": "log"}
    filled = " ".join(f"--{option} {{{value}:q}}" for option, value in (named | told).items())
    return f"python {{params.sources:q}} {script} {filled} >> {{log:q}} 2>&1"


def run_network(script: str, values: str) -> str:
    """Give the shell command of a rule whose script uses a network on the images of `input.dataset`."""
    return run(script, f"threads input.dataset {values}", device="resources.device")


def name_log(rule: str, job: str = "") -> str:
    """Name the log of a rule's job; `job` distinguishes the jobs of the rule."""
    return f"<study>/{locate_log(rule, job)}"


def list_parameters(rule: str, config: dict) -> dict[str, str | Callable[..., str]]:
    """List a rule's parameters: the place of the code, and each reason to rerun, as Snakemake compares and prints them.

    Another place of the code is no reason to rerun.
    """
    list_settings = getattr(study, rule, study.no_settings)

    def find_sources(wildcards: Wildcards, output: OutputFiles) -> str:  # not compared, as it takes `output`
        return str(SOURCES)

    return {
        "sources": find_sources,
        "settings": lambda wildcards: format_settings(list_settings(config, wildcards)),
        "data": lambda wildcards: format_data(list_settings(config, wildcards)),
        "submitted": digest_script(rule),
        **format_reasons("code", digest_code(rule)),
        **format_reasons("packages", list_packages(rule)),
    }
