"""Test the benchmark of growing studies: Snakemake finds its invented study finished, and its tables can be made."""

import csv
import sys

import pytest

from benchmarks.measure_growth import FIRST_RUN, NOTHING_TO_DO, SNAKEMAKE, finish_study, lay_out_study, measure

pytestmark = [pytest.mark.tensorflow, pytest.mark.thorough]


def test_a_study_that_was_not_trained_is_finished_with_all_its_records(tmp_path):
    study = tmp_path / "study"
    lay_out_study(study, 15)
    commands = finish_study(study)
    measure(SNAKEMAKE, study)
    output = (study / "output").read_text()
    assert NOTHING_TO_DO in output
    assert "missing provenance" not in output

    costs = measure(["bash", "-c", commands["summarize_classifier regularized"]], study)
    assert min(costs.values()) > 0
    with (study / "results/tables/classifiers/regularized/runs.csv").open() as file:
        assert len(list(csv.DictReader(file))) == 15

    (study / FIRST_RUN).unlink()
    measure(SNAKEMAKE, study)
    assert "rule train_classifier:" in (study / "output").read_text()


def test_a_command_that_fails_ends_the_benchmark_and_is_named(tmp_path, capfd):
    lay_out_study(tmp_path / "study", 15)
    with pytest.raises(SystemExit):
        measure([sys.executable, "-c", "exit('no space left')"], tmp_path / "study")
    assert "failed:\nno space left" in capfd.readouterr().err
