"""Test what runs on a node, with the real Snakemake and three jobs, of which one fails at first."""

import subprocess
import sys
import time

import pytest

from snakemake_executor_plugin_slurm_patient.records import (
    add_event,
    find_ends,
    find_started,
    read_events,
    write_record,
)

SNAKEFILE = """
rule make:
    output: "{name}.txt"
    shell: "echo {wildcards.name} >> made; test {wildcards.name} != b && touch {output}"
"""
NUMBERS = {"a": 4, "b": 5, "c": 6}


@pytest.fixture
def record(tmp_path):
    """The record of a Slurm job with three jobs."""
    (tmp_path / "Snakefile").write_text(SNAKEFILE)
    members = [
        {"jobid": number, "target": f"make:name={name}", "wildcards": {"name": name}}
        for name, number in NUMBERS.items()
    ]
    arguments = ["--snakefile", "Snakefile", "--cores", "1", "--force", "--keep-going", "--nolock", "--mode", "remote"]
    write_record(tmp_path / "1.log", arguments, members)
    return tmp_path / "1.log"


def start(record):
    command = [sys.executable, "-m", "snakemake_executor_plugin_slurm_patient.node", record.name]
    return subprocess.Popen(command, cwd=record.parent, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def run(record):
    node = start(record)
    output, errors = node.communicate()
    return subprocess.CompletedProcess(node.args, node.returncode, output, errors)


def list_made(record):
    """List the jobs that ran, in their order."""
    return (record.parent / "made").read_text().split()


def test_each_job_ends_by_itself_and_none_runs_again(record):
    assert run(record).returncode == 1
    assert sorted(list_made(record)) == ["a", "b", "c"]
    ends = {4: "finished", 5: "failed", 6: "finished"}
    assert find_ends(read_events(record)) == ends
    again = run(record)
    assert again.returncode == 1, again.stderr
    assert sorted(list_made(record)) == ["a", "b", "c"]
    assert find_ends(read_events(record)) == ends


def test_a_second_start_goes_on_with_what_is_left(record):
    add_event(record, "begun")
    for event, number in [("started", 4), ("finished", 4), ("started", 6)]:
        add_event(record, event, number)
    assert find_started(read_events(record)) == {4, 6}
    run(record)
    assert sorted(list_made(record)) == ["b", "c"]
    assert find_started(read_events(record)) == {5, 6}
    assert find_ends(read_events(record)) == {4: "finished", 5: "failed", 6: "finished"}


def test_a_job_that_dies_as_slurm_ends_all_has_not_failed(record):
    """Slurm sends SIGTERM to Snakemake, and some seconds later kills its job and Snakemake, one after the other."""
    (record.parent / "Snakefile").write_text(
        SNAKEFILE.replace("test {wildcards.name}", "exec sleep 100; test {wildcards.name}")
    )
    node = start(record)
    deadline = time.monotonic() + 60
    while not (record.parent / "made").exists():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    node.terminate()
    time.sleep(1)
    subprocess.run(["pkill", "--parent", str(node.pid)], check=True)
    node.communicate()
    events = read_events(record)
    assert find_ends(events) == {}
    assert len(find_started(events)) == 1
