"""Test `make report`: it never trains.

The report of a finished study is the one that Snakemake makes. The report of an unfinished study has the results that
exist.
"""

import pytest

REPORT = "report_study"
RUN = "results/classifiers/regularized/l2~0.01/replicate~2.json"


def test_the_report_of_a_finished_study_is_left_alone(copy_study, run_python, tmp_path):
    study = copy_study(tmp_path / "study")
    report = study / "results/report.html"
    before = report.stat().st_mtime_ns
    run = run_python(study, REPORT)
    assert run.returncode == 0, run.stdout
    assert "results/report.html is current" in run.stdout
    assert report.stat().st_mtime_ns == before


def test_the_report_of_a_finished_study_is_made_again_where_it_was_edited(copy_study, run_python, tmp_path):
    study = copy_study(tmp_path / "study")
    report = study / "results/report.html"
    page = report.read_bytes()
    report.write_text("edited")
    run = run_python(study, REPORT)
    assert run.returncode == 0, run.stdout
    assert report.read_bytes() == page


@pytest.mark.thorough
def test_an_unfinished_study_gets_a_report_that_says_so_and_trains_nothing(copy_study, run_python, tmp_path):
    study = copy_study(tmp_path / "study")
    page = (study / "results/report.html").read_bytes()
    (study / RUN).unlink()
    run = run_python(study, REPORT)
    assert run.returncode == 0, run.stdout
    assert "jobs have current results" in run.stdout
    assert not (study / RUN).exists()
    unfinished = study / "results/report_unfinished.html"
    assert "This study is not finished" in unfinished.read_text()
    assert "regularized l2~0.01 2: missing" in unfinished.read_text()

    finish = run_python(study, "snakemake", "--profile", "profiles/local")
    assert finish.returncode == 0, finish.stdout
    assert (study / "results/report.html").read_bytes() == page
    assert run_python(study, REPORT).returncode == 0
    assert not unfinished.exists()


@pytest.mark.thorough
def test_a_change_that_is_taken_back_leaves_the_report_of_the_finished_study(copy_study, run_python, tmp_path):
    study = copy_study(tmp_path / "study")
    page = (study / "results/report.html").read_bytes()
    config = (study / "config.yaml").read_text()
    (study / "config.yaml").write_text(config.replace("seed: 7", "seed: 8"))
    run = run_python(study, REPORT)
    assert "report_unfinished.html: 1 of" in run.stdout
    (study / "config.yaml").write_text(config)
    assert "results/report.html is current" in run_python(study, REPORT).stdout
    assert (study / "results/report.html").read_bytes() == page


def test_the_report_of_a_study_that_has_just_begun(copy_project, run_python, tmp_path):
    project = copy_project(tmp_path / "project")
    run = run_python(project, REPORT)
    assert run.returncode == 0, run.stdout
    assert "fetch_dataset" in (project / "results/full/report_unfinished.html").read_text()
