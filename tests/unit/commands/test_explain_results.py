"""Test how `make why` explains a result by its provenance, without Snakemake's plan."""

import time

import pytest

from mnist_study.commands import explain_results
from mnist_study.commands.explain_results import PlannedJob, digest, explain_job
from mnist_study.trust.provenance import locate_provenance, write_provenance
from mnist_study.trust.reasons import list_reasons

REASONS = list_reasons("summarize_model", {"epochs": 2})


@pytest.fixture
def job(tmp_path):
    """A job with a current table."""
    digest.cache_clear()
    table = tmp_path / "cnn.csv"
    table.write_text("layer\n")
    write_provenance([table], {}, REASONS, {}, time.time())
    return PlannedJob("summarize_model cnn", [], [table], REASONS, "", [])


def test_a_result_as_its_job_wrote_it_is_current(job):
    assert explain_job(job, set()) == []


@pytest.mark.parametrize("damage", [None, "", '{"outputs": ', "garbage", "[]", "null", "3", "{}"])
def test_a_lost_or_damaged_provenance_is_named(job, damage):
    provenance = locate_provenance(job.outputs[0])
    provenance.unlink()
    if damage is not None:
        provenance.write_text(damage)
    [cause] = explain_job(job, set())
    assert cause == f"{provenance} is missing or damaged, so that nobody knows what it was made for"


@pytest.mark.parametrize("computation", ["explain_change", "digest"])
def test_an_error_of_ours_is_not_taken_for_a_damaged_provenance(job, monkeypatch, computation):
    def fail(*arguments):
        raise TypeError("planted")

    monkeypatch.setattr(explain_results, computation, fail)
    with pytest.raises(TypeError, match="planted"):
        explain_job(job, set())
