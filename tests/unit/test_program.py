"""Test the program of the package, python PATH/workflow NAME, in any folder."""

import os
import subprocess
import sys

import pytest

from mnist_study.trust.reasons import SOURCES


@pytest.fixture
def run(tmp_path):
    """Give a function that runs the program in a folder whose modules have the names of ours and of libraries."""
    for name in ("mnist_study", "numpy", "argparse"):
        (tmp_path / f"{name}.py").write_text("raise ImportError('this is none of the study')\n")

    def run(*arguments, path=SOURCES, **variables):
        command = [sys.executable, path, *arguments]
        return subprocess.run(command, cwd=tmp_path, env=os.environ | variables, capture_output=True, text=True)

    return run


@pytest.mark.parametrize("safe", ["", "1"])
@pytest.mark.parametrize("name", ["compare_published", "show_status"])
def test_a_script_and_a_command_are_run_by_name_in_any_folder(run, name, safe):
    ended = run(name, "--help", PYTHONSAFEPATH=safe)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "--configfile" in ended.stdout or "--submitted" in ended.stdout


def test_the_place_of_the_program_may_be_relative(run, tmp_path):
    assert run("show_status", "--help", path=os.path.relpath(SOURCES, tmp_path)).returncode == 0


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["--help"]])
def test_without_a_known_name_the_names_are_told(run, arguments):
    ended = run(*arguments)
    assert ended.returncode == 1
    assert "show_status" in ended.stderr and "train_classifier" in ended.stderr
