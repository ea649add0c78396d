"""Test the record of a Slurm job."""

import pytest

from snakemake_executor_plugin_slurm_patient.records import (
    FAILED,
    FINISHED,
    STARTED,
    add_event,
    find_ends,
    read_events,
    read_record,
    write_record,
)


@pytest.fixture
def record(tmp_path):
    path = tmp_path / "run/1.log"
    write_record(path, ["--cores", "2"], [{"jobid": 4}, {"jobid": 7}])
    return path


def test_a_record_says_what_is_to_be_done(record):
    assert read_record(record) == {"arguments": ["--cores", "2"], "members": [{"jobid": 4}, {"jobid": 7}]}
    assert read_events(record) == []


def test_events_are_read_in_their_order(record):
    add_event(record, STARTED, 4)
    add_event(record, FAILED, 4)
    add_event(record, STARTED, 7)
    assert [(event.event, event.jobid) for event in read_events(record)] == [(STARTED, 4), (FAILED, 4), (STARTED, 7)]
    assert find_ends(read_events(record)) == {4: FAILED}


def test_the_first_end_counts(record):
    add_event(record, FINISHED, 4)
    add_event(record, FAILED, 4)
    assert find_ends(read_events(record)) == {4: FINISHED}


def test_a_line_that_a_dead_node_left_unfinished_is_passed_over(record):
    with record.open("a") as file:
        file.write('{"time": 1.5, "event": "fin')
    assert read_events(record) == []
    add_event(record, FINISHED, 7)
    add_event(record, FINISHED, 4)
    assert find_ends(read_events(record)) == {7: FINISHED, 4: FINISHED}


def test_without_its_record_nothing_is_known_of_a_slurm_job(tmp_path):
    assert read_events(tmp_path / "removed.log") == []
