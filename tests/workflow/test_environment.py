"""A user's environment neither stops a study nor changes what it computes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

FETCH = ["snakemake", "--profile", "profiles/local", "results/full/dataset/mnist.npz"]


@pytest.fixture
def project(tmp_path, copy_project):
    return copy_project(tmp_path / "project")


@pytest.fixture
def run(project, dataset):
    """Give a function that runs a module in a fresh copy of the project, with some variables set."""
    (project / "dataset.yaml").write_text(f"dataset: {{path: '{dataset}'}}\n", encoding="utf-8")

    def run(variables: dict[str, str], module: str, *arguments: str) -> subprocess.CompletedProcess:
        environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"} | variables
        command = [sys.executable, "-m", module, *arguments, "--configfile", "dataset.yaml"]
        return subprocess.run(command, cwd=project, env=environment, capture_output=True)

    return run


@pytest.mark.parametrize(
    "name, safe",
    [("workflow/__init__.py", ""), ("workflow/__init__.py", "1"), ("workflow.py", ""), ("lib/__init__.py", "")],
)
def test_a_package_of_the_same_name_elsewhere_is_not_taken_for_ours(run, project, tmp_path, name, safe):
    other = tmp_path / "other" / name
    other.parent.mkdir(parents=True)
    other.write_text("raise ImportError('this is another project')\n")
    # Ours behind it, as where a user's shell names both.
    paths = f"{tmp_path / 'other'}:{project}"
    ended = run({"PYTHONPATH": paths, "PYTHONSAFEPATH": safe}, *FETCH)
    assert ended.returncode == 0, ended.stderr.decode()
