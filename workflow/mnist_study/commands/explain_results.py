"""Say for every result of a study whether it is current, and if not, why. Nothing runs.

It reads Snakemake's plan, and the provenance beside each result. The provenance shows two things that Snakemake alone
does not see: an edited result, and a change after .snakemake was lost. The exit status is 1 if a result is not current.
"""

import argparse
import contextlib
import io
import json
import sys
from collections.abc import Set
from functools import cache
from pathlib import Path
from typing import NamedTuple

import yaml
from snakemake.api import SnakemakeApi
from snakemake.io import is_flagged
from snakemake.jobs import Job
from snakemake.settings.types import ConfigSettings, DAGSettings, OutputSettings, ResourceSettings

from mnist_study.errors import StudyError
from mnist_study.run.jobs import run_script
from mnist_study.status.studies import format_snakemake, load_config, parse_study
from mnist_study.trust.provenance import digest_file, locate_provenance, name_input, read_provenance
from mnist_study.trust.reasons import ROOT, Reasons, explain_change, list_reasons

SHOWN = 3
# Each file is read once, even if several jobs have it as input.
digest = cache(digest_file)


class PlannedJob(NamedTuple):
    """A job of the study: its name with wildcards, and Snakemake's plan for it."""

    name: str
    inputs: list[Path]  # without the images: each job checks their bytes
    outputs: list[Path]
    reasons: Reasons  # empty if it has none
    plan: str  # why Snakemake would run it, empty if it would not
    needs: list[str]  # names of the jobs whose outputs it reads


def list_jobs(configfiles: list[Path]) -> list[PlannedJob]:
    """List the jobs of the study, each one after the jobs that it needs.

    Raises StudyError if the config can't be read or is not valid, or with Snakemake's words if it can't plan the study.
    """
    load_config(configfiles)
    profile = yaml.safe_load((ROOT / "profiles/local/config.yaml").read_text(encoding="utf-8"))
    # The same limit as in a run with the profile. Without it, a touched model would count as another one.
    settings = DAGSettings(max_checksum_file_size=profile["max-checksum-file-size"])
    words = io.StringIO()
    with contextlib.redirect_stdout(words), contextlib.redirect_stderr(words):
        with SnakemakeApi(OutputSettings(dryrun=True)) as snakemake:
            try:
                configs = ConfigSettings(configfiles=configfiles)
                study = snakemake.workflow(ResourceSettings(cores=1), configs, snakefile=ROOT / "Snakefile")
                study.dag(settings).execute_workflow(executor="dryrun")
            except Exception as error:
                start = words.tell()
                with contextlib.suppress(KeyError):  # an error in Snakemake, for a Snakefile with a syntax error
                    snakemake.print_exception(error)
                said = words.getvalue()[start:]
                if not said or "Traceback (most" in said:
                    said = f"{type(error).__name__}: {error}"
                raise StudyError(f"Snakemake can't plan this study: {' '.join(said.split())}") from error
            dag = study._workflow.dag
        return [
            PlannedJob(
                name=name_job(job),
                inputs=[Path(path) for path in job.input if not is_flagged(path, "ancient")],
                outputs=[Path(path) for path in job.output],
                reasons=list_current_reasons(job),
                plan=str(dag.reason(job)).removeprefix("Finished (was: ").removesuffix(")") if dag.needrun(job) else "",
                needs=sorted(map(name_job, dag.dependencies[job])),
            )
            for level in dag.toposorted()
            for job in sorted(level, key=name_job)
            if job.output
        ]


def list_current_reasons(job: Job) -> Reasons:
    """List the present reasons of a Snakemake job; empty for fetch_dataset, which has none."""
    if job.rule.name == "fetch_dataset":
        return {}
    return list_reasons(job.rule.name, json.loads(job.params.settings))


def name_job(job: Job) -> str:
    """Name a Snakemake job by its rule and wildcards."""
    return " ".join([job.rule.name, *job.wildcards_dict.values()])


def explain_jobs(jobs: list[PlannedJob]) -> dict[str, list[str]]:
    """Explain for every job without current results why not, by its name; `jobs`: as list_jobs returns them."""
    stale: dict[str, list[str]] = {}
    for job in jobs:
        causes = explain_job(job, stale.keys())
        if causes:
            stale[job.name] = causes
    return stale


def explain_job(job: PlannedJob, stale: Set[str]) -> list[str]:
    """Explain why a job's results are not current, one line for each cause; no line if they are current.

    `stale`: names of the jobs before it whose results are not current. For jobs with provenance, the provenance
    decides. Snakemake does not decide: it goes by time stamps if its own records are lost.
    """
    missing = [path for path in job.outputs if not path.exists()]
    if missing:
        return [f"missing: {', '.join(map(str, missing))}"]
    causes = explain_provenance(job) if job.reasons else []
    needs = [name for name in job.needs if name in stale]
    if needs:
        more = f" and {len(needs) - SHOWN} more" if len(needs) > SHOWN else ""
        causes.append(f"made from results that are not current: {', '.join(needs[:SHOWN])}{more}")
    return causes or ([job.plan] if job.plan and not job.reasons else [])


def explain_provenance(job: PlannedJob) -> list[str]:
    """Explain the differences between a job's outputs and inputs and their provenance."""
    causes = []
    folder = job.outputs[0].parent
    for output in job.outputs:
        try:
            provenance, found = read_provenance(output), digest(output)
            inputs = {path: digest(path) for path in job.inputs if path.exists()}
        except (OSError, StudyError):
            changes = [f"{locate_provenance(output)} is missing or damaged, so that nobody knows what it was made for"]
        else:
            if provenance["outputs"][output.name] != found:
                causes.append(f"{output} was changed after it was written")
            changes = explain_change(provenance["reasons"], job.reasons)
            changes += [
                f"{path} is another one than it was made from"
                for path, content in inputs.items()
                if provenance["inputs"].get(name_input(path, folder)) != content
            ]
        causes += [change for change in changes if change not in causes]
    return causes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--brief", action="store_true", help="for current results, print the summary only")
    arguments = parse_study(parser)
    jobs = list_jobs(arguments.configfile)
    stale = explain_jobs(jobs)
    for job in jobs:
        if job.name in stale:
            print("\n    ".join([f"not current  {job.name}", *stale[job.name]]))
        elif not arguments.brief:
            print(f"current      {job.name}")
    first = [job for job in jobs if job.name in stale and not stale.keys() & set(job.needs)]
    present = [f"'{path}'" for job in first for path in job.outputs if path.exists()]
    again = sum(1 for job in jobs if job.plan and job.name not in stale)
    if present:
        there = "" if arguments.directory == Path() else f"cd '{arguments.directory}' && "
        print(f"to make them again, type: {there}rm {' '.join(present)}, and run Snakemake")
    if again:
        # In this order: Snakemake would take a stale result for current after a touch.
        print(
            f"Snakemake would run {again} jobs whose results are current, by its records or by time stamps. "
            f"To keep these results, type{' after that' if present else ''}: "
            f"{format_snakemake('--touch', configfiles=arguments.configfile)}"
        )
    print(f"{len(jobs) - len(stale)} of {len(jobs)} jobs have current results")
    if stale:
        sys.exit(1)
    if arguments.brief:
        [summary] = next(job.outputs for job in jobs if job.name == "summarize_study")
        print(summary.read_text(encoding="utf-8"), end="")


if __name__ == "__main__":
    run_script(main)
