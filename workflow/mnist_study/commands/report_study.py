"""Make the report page of a study from its present results. Nothing is trained.

If the study is finished, Snakemake makes the page. If not, this command makes it under another name, from the results
that are complete and current; the page lists what is missing.
"""

import argparse
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

from mnist_study.commands.explain_results import PlannedJob, explain_jobs, list_jobs
from mnist_study.run.jobs import run_script
from mnist_study.scripts.make_report import Progress, make_page, write_report
from mnist_study.status.studies import list_options, parse_study

RULE = "make_report"


def find_gaps(jobs: list[PlannedJob], causes: dict[str, list[str]], results: Path) -> dict[str, str]:
    """Find the files that are missing or not current, with the cause, by their paths below the study's folder."""
    return {
        str(path.relative_to(results)): "; ".join(causes[job.name]) if path.exists() else "it is not there"
        for job in jobs
        if job.name in causes
        for path in job.outputs
    }


def describe_progress(jobs: list[PlannedJob], causes: dict[str, list[str]]) -> Progress:
    """Describe the next jobs, by rule: those without current results that wait for no other job."""
    first = defaultdict(list)
    for job in jobs:
        if job.name in causes and not causes.keys() & set(job.needs):
            rule, _, wildcards = job.name.partition(" ")
            why = "; ".join(causes[job.name]) if all(path.exists() for path in job.outputs) else "missing"
            first[rule].append(f"{wildcards}: {why}" if wildcards else why)
    return Progress(planned=len(jobs), current=len(jobs) - len(causes), first=dict(first))


def run_rule(report: Path, configfiles: list[Path]) -> None:
    """Let Snakemake make the report, and replace an old one."""
    report.unlink(missing_ok=True)
    command = [sys.executable, "-m", "snakemake", str(report), *list_options(configfiles)]
    sys.exit(subprocess.run(command).returncode)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    arguments = parse_study(parser)
    planned = list_jobs(arguments.configfile)
    [job] = [job for job in planned if job.name == RULE]
    jobs = [job for job in planned if job.name != RULE]
    [report] = job.outputs
    causes = explain_jobs(jobs)
    unfinished = report.with_name("report_unfinished.html")
    if not causes:
        unfinished.unlink(missing_ok=True)
        if explain_jobs([job]):
            run_rule(report, arguments.configfile)
        print(f"{report} is current: open it in a browser")
        return
    report.parent.mkdir(parents=True, exist_ok=True)
    gaps = find_gaps(jobs, causes, report.parent)
    write_report(make_page(job.reasons["settings"], report.parent, gaps, describe_progress(jobs, causes)), unfinished)
    current = len(jobs) - len(causes)
    print(f"{unfinished}: {current} of {len(jobs)} jobs have current results; the page says what is missing")


if __name__ == "__main__":
    run_script(main)
