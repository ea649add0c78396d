"""Test that a study is the same under each Python that the project allows: its reasons, and all bytes of its results.

For each other Python, an environment is set up from requirements.lock, and a small study runs in it: all of it under
the newest, with its jobs in forks, and a network with its tables and figures under the other. If uv lacks the packages,
it downloads 0.7 GB. A cheaper test would not be enough: the digest of a module depends on Python's own parser. The
bytes of a figure depend on the zlib and on the floating-point arithmetic that Python and its packages were built with.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT, SMALL_STUDY
from tests.forks import LIBRARIES, serve_jobs

pytestmark = pytest.mark.thorough

PYTHONS = ["3.11", "3.12", "3.13"]
THIS = f"{sys.version_info.major}.{sys.version_info.minor}"
OTHERS = [version for version in PYTHONS if version != THIS]
PART = ["results/figures/confusion/confusion.svg", "results/figures/models/cnn.svg"]
# Times and hosts differ between two runs of the same study, also under the same Python.
DIFFERING = re.compile(r"\.provenance\.json$|^logs/|^\.claim/")


def find_python(version: str) -> str | None:
    """Find an interpreter on the path, or one of pyenv's versions. The path may not show these."""
    candidates = [found] if (found := shutil.which(f"python{version}")) else []
    if shutil.which("pyenv"):
        root = Path(subprocess.run(["pyenv", "root"], capture_output=True, text=True).stdout.strip())
        candidates += sorted(map(str, root.glob(f"versions/{version}.*/bin/python")))
    for python in candidates:
        # The path has pyenv's shims. The shim of a Python that is not chosen fails.
        said = subprocess.run([python, "--version"], capture_output=True, text=True)
        if said.returncode == 0 and said.stdout.startswith(f"Python {version}."):
            return python
    return None


def run_snakemake(
    python: Path, study: Path, *options: str, programs: Path | None = None
) -> subprocess.CompletedProcess:
    """Run a study with another Python. `programs`: the folder of the program `python` of its jobs."""
    # uv compiles no package, and each job would compile TensorFlow anew, for ten seconds, if Python kept nothing.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"PATH": f"{programs or python.parent}:{os.environ['PATH']}", "PYTHONPATH": ""}
    command = [python, "-m", "snakemake", "--profile", "profiles/local", *options]
    return subprocess.run(command, cwd=study, env=environment, capture_output=True, text=True)


@pytest.fixture(scope="module", params=OTHERS)
def other_python(request, tmp_path_factory) -> Path:
    """The Python of an environment of another Python version, with all packages that requirements.lock pins."""
    python = find_python(request.param)
    if not python:
        pytest.skip(f"no Python {request.param} here")
    environment = tmp_path_factory.mktemp("python") / request.param
    uv = [sys.executable, "-m", "uv", "--quiet"]
    subprocess.run([*uv, "venv", "--python", python, environment], check=True)
    install = [*uv, "pip", "install", "--python", environment, "--require-hashes", "--requirement", "requirements.lock"]
    subprocess.run(install, cwd=ROOT, check=True)
    return environment / "bin/python"


@pytest.fixture(scope="module")
def whole(other_python) -> bool:
    """Whether all of the study runs with the other Python."""
    return other_python.parents[1].name == OTHERS[-1]


@pytest.fixture(scope="module")
def other_study(other_python, whole, tmp_path_factory, copy_project, dataset) -> Path:
    """The folder of the small study that ran with the other Python."""
    project = copy_project(tmp_path_factory.mktemp("other") / "project")
    (project / "config.yaml").write_text(SMALL_STUDY.format(dataset=dataset))
    if whole:
        with serve_jobs(*LIBRARIES, python=other_python) as programs:
            run = run_snakemake(other_python, project, programs=programs)
    else:
        run = run_snakemake(other_python, project, *PART)
    assert run.returncode == 0, run.stderr
    return project


def read_reasons(study: Path) -> dict[str, dict]:
    """Read the reasons of each result."""
    paths = (study / "results").rglob("*.provenance.json")
    return {str(path.relative_to(study)): json.loads(path.read_text())["reasons"] for path in paths}


def read_results(study: Path) -> dict[str, bytes | dict[str, bytes]]:
    """Read the bytes of each result. For a Keras file, read its parts without the date and Keras' memory addresses."""
    results = study / "results"
    paths = [path for path in results.rglob("*") if path.is_file()]
    names = {str(path.relative_to(results)): path for path in paths}
    return {
        name: read_model(path) if path.suffix == ".keras" else path.read_bytes()
        for name, path in names.items()
        if not DIFFERING.search(name)
    }


def read_model(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as parts:
        kept = {name: parts.read(name) for name in parts.namelist() if name != "metadata.json"}
    # Remove memory addresses of objects. They differ in each run.
    return kept | {"config.json": re.sub(rb'"shared_object_id": \d+', b"", kept["config.json"])}


def find_differing(ours: dict, theirs: dict, whole: bool) -> list[str]:
    names = ours.keys() | theirs.keys() if whole else theirs.keys()
    return sorted(name for name in names if ours.get(name) != theirs.get(name))


def test_the_reasons_are_the_same(finished_study, other_study, whole):
    ours, theirs = read_reasons(finished_study), read_reasons(other_study)
    assert len(theirs) > (10 if whole else 4)
    assert find_differing(ours, theirs, whole) == []


def test_the_results_are_the_same_byte_by_byte(finished_study, other_study, whole):
    ours, theirs = read_results(finished_study), read_results(other_study)
    assert {Path(name).suffix for name in theirs} >= {".json", ".keras", ".csv", ".npz", ".svg", ".png"} | (
        {".html", ".txt"} if whole else set()
    )
    assert find_differing(ours, theirs, whole) == []


def test_nothing_would_run_again_under_the_other_python(finished_study, other_python, tmp_path):
    """A study that this Python finished is also finished for the other one."""
    study = shutil.copytree(finished_study, tmp_path / "study")
    run = run_snakemake(other_python, study, "--dry-run")
    assert run.returncode == 0, run.stderr
    assert "Nothing to be done" in run.stdout + run.stderr
