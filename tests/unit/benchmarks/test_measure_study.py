"""Test the benchmark of a whole study: the time of a command, and the cores that it and its children use."""

import sys

import pytest

from benchmarks.measure_study import sample_core_use

pytestmark = pytest.mark.tensorflow


def test_the_work_of_children_that_have_ended_counts(tmp_path, monkeypatch):
    monkeypatch.setattr("benchmarks.measure_study.SAMPLE_SECONDS", 0.2)
    work = "import time; end = time.process_time() + 1; exec('while time.process_time() < end: pass')"
    code = f"import subprocess, time; subprocess.run([{sys.executable!r}, '-c', {work!r}]); time.sleep(1)"
    table = sample_core_use([sys.executable, "-c", code], tmp_path / "log")
    work = (table["cores"] * table["seconds"].diff().fillna(table["seconds"])).sum()
    assert work >= 1
    assert table["cores"].iloc[-1] < 0.5


def test_a_failed_study_ends_the_benchmark_with_the_end_of_its_log(tmp_path):
    with pytest.raises(SystemExit, match="no space left"):
        sample_core_use([sys.executable, "-c", "exit('no space left')"], tmp_path / "log")
