"""Test that Snakemake sets up environment.yml itself with --sdm conda.

No conda channel is used. A program of this test replaces conda. It checks with pip that this test's own packages are
those of the file, and makes an environment of them.
"""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

DATASET = "results/full/dataset/mnist.npz"
CONDA = f"""import json, subprocess, sys, venv
from pathlib import Path
import yaml

here = Path(__file__).parent
if sys.argv[1] == "--version":
    print("conda 26.1.0")
elif sys.argv[1] == "info":
    print(json.dumps({{"conda_prefix": str(here.parent), "platform": "linux-64"}}))
elif sys.argv[1] == "config":
    print(json.dumps({{"get": {{"channel_priority": "strict"}}}}))
elif sys.argv[1:3] == ["env", "create"]:
    file, prefix = (Path(sys.argv[sys.argv.index(option) + 1]) for option in ("--file", "--prefix"))
    (here / "handed_over.yml").write_bytes(file.read_bytes())
    asked = yaml.safe_load(file.read_text())["dependencies"]
    [requirements] = [each["pip"] for each in asked if isinstance(each, dict)]
    # As conda does: what pip is to install, in a file beside the one that it was given.
    listed = file.with_name("condaenv.requirements.txt")
    listed.write_text("\\n".join(requirements))
    pip = [sys.executable, "-m", "pip", "install", "--no-index", "--dry-run", "--requirement", listed]
    subprocess.run(pip, cwd=file.parent, check=True)
    venv.create(prefix)
    [packages] = prefix.glob("lib/python*/site-packages")
    (packages / "packages.pth").write_text({sysconfig.get_path("purelib")!r})
"""
ACTIVATE = '. "$1/bin/activate"; command -v python >> "$(dirname "${BASH_SOURCE[0]}")/pythons"\n'


@pytest.fixture
def conda(tmp_path) -> Path:
    """The folder of the program that replaces conda."""
    folder = tmp_path / "conda/bin"
    folder.mkdir(parents=True)
    (folder / "conda.py").write_text(CONDA)
    (folder / "conda").write_text(f'#!/bin/sh\nexec "{sys.executable}" "{folder}/conda.py" "$@"\n')
    (folder / "conda").chmod(0o755)
    (folder / "activate").write_text(ACTIVATE)
    return folder


@pytest.mark.thorough
def test_a_job_runs_in_the_environment_that_snakemake_makes(tmp_path, copy_project, dataset, conda):
    project = copy_project(tmp_path / "project")
    (project / "dataset.yaml").write_text(f"dataset: {{path: {dataset}}}\n")
    environment = os.environ | {"PATH": f"{conda}:{Path(sys.executable).parent}:{os.environ['PATH']}"}
    command = [sys.executable, "-m", "snakemake", "--profile", "profiles/local", DATASET, "--sdm", "conda"]
    command += ["--configfile", "dataset.yaml"]
    run = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert (conda / "handed_over.yml").read_bytes() == (project / "environment.yml").read_bytes()
    [python] = set((conda / "pythons").read_text().splitlines())
    assert Path(python).is_relative_to(project / ".snakemake/conda")
    assert (project / DATASET).read_bytes() == dataset.read_bytes()
