"""What the workflow tests share, with Slurm and without: copies of the project, and real images."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from mnist_study.nets.environment import settle_environment
from tests.slurm.cluster import is_up

# Some tests import Keras and TensorFlow before the study does.
settle_environment()

ROOT = Path(__file__).parents[1]
# Their tests share what takes long to make, or a machine's one cluster: one process runs all tests of such a group.
TOGETHER = {"slurm", "report"}
PROJECT = ["Snakefile", "workflow", "profiles", "config", "config.yaml", "demo.yaml", "environment.yml"]

# All rules, real images, tiny networks; but the autoencoder's file is above Snakemake's own limit for checksums, 1 MB.
SMALL_STUDY = """
pathvars: {{results: results}}
seed: 7
dataset: {{name: mnist, path: {dataset}}}
classifiers:
  regularized:
    layers: [{{dense: 8}}]
    factors: [0.001, 0.01]
    replicates: 2
    epochs: 1
    batch_size: 2000
    learning_rate: 0.1
  cnn:
    layers: [{{max_pool: 4}}, {{conv: 2}}, {{dense: 8}}, {{dropout: 0.2}}]
    factors: []
    replicates: 1
    epochs: 1
    batch_size: 2000
    learning_rate: 0.1
autoencoder:
  encoder: [128]
  decoder: []
  noise_level: 0.4
  epochs: 1
  batch_size: 2000
  learning_rate: 0.001
noise:
  classifier: cnn
  levels: [0, 0.5]
gallery:
  digits: [7]
decoder_samples: 2
decoder_walk: {{from: 4, to: 9}}
"""


# Tests on Slurm need the throwaway cluster.
if not is_up():
    collect_ignore = ["slurm"]


def pytest_report_header() -> str:
    """Say once that tests are left out."""
    return (
        "" if is_up() else "tests on Slurm are left out: no cluster is up; as root on Debian, make cluster starts one"
    )


# A script that was started in the background ignores Ctrl-C, and so would all that the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark unit tests, and tell pytest-xdist which tests one process should run: those of a file, in most cases."""
    for item in items:
        path = item.path.relative_to(ROOT / "tests")
        folder = path.parts[0]
        if folder == "unit":
            item.add_marker(pytest.mark.unit)
        if folder in TOGETHER:
            item.add_marker(pytest.mark.xdist_group(folder))
        elif path.name != "test_changes.py":
            item.add_marker(pytest.mark.xdist_group(str(path)))


@pytest.fixture(scope="session")
def copy_project() -> Callable[[Path], Path]:
    """Give a function that copies what a study needs of this repository into a folder, and returns the folder."""

    def copy(folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for name in PROJECT:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy2(ROOT / name, folder / name)
        return folder

    return copy


@pytest.fixture(scope="module")
def make_read_only() -> Iterator[Callable[[Path], None]]:
    """Give a function that makes a folder read-only, for root as well: by a mount, until the tests end."""
    mounted = []

    def make(folder: Path) -> None:
        if os.geteuid() != 0:
            pytest.skip("only root can mount a folder read-only")
        mount = subprocess.run(["mount", "--bind", folder, folder], capture_output=True, text=True)
        if mount.returncode:
            pytest.skip(f"nothing can be mounted here: {mount.stderr}")
        mounted.append(folder)
        subprocess.run(["mount", "-o", "remount,bind,ro", folder], check=True)

    yield make
    for folder in mounted:
        subprocess.run(["umount", folder], check=True)


@pytest.fixture(scope="session")
def start_python() -> Callable[..., subprocess.Popen]:
    """Give a function that starts Snakemake or a command in a study's folder: start_python(study, "snakemake", "-n").

    Jobs use this test's Python, and take what the study's folder `upgraded` holds for installed packages.
    """

    def start(study: Path, module: str, *arguments: str) -> subprocess.Popen:
        environment = os.environ | {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(study / "upgraded"),
        }
        program = ["-m", module] if module == "snakemake" else [str(study / "workflow"), module]
        command = [sys.executable, *program, *arguments]
        return subprocess.Popen(
            command, cwd=study, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    return start


@pytest.fixture(scope="session")
def run_python(start_python) -> Callable[..., subprocess.CompletedProcess]:
    """Give a function that runs Snakemake or a command in a study's folder to its end."""

    def run(study: Path, module: str, *arguments: str) -> subprocess.CompletedProcess:
        process = start_python(study, module, *arguments)
        output, _ = process.communicate()
        return subprocess.CompletedProcess(process.args, process.returncode, output)

    return run


@pytest.fixture(scope="session")
def make_once(tmp_path_factory, worker_id, copy_project) -> Callable[[str, Callable[[Path], None]], Path]:
    """Give a function that has the first process of the test run make a copy of the project into something to share."""
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent

    def make_project(name: str, make: Callable[[Path], None]) -> Path:
        project, made = shared / name / "project", shared / name / "made"
        with FileLock(shared / f"{name}.lock"):
            if not made.exists():
                shutil.rmtree(project, ignore_errors=True)  # of a process that failed
                make(copy_project(project))
                made.touch()
        return project

    return make_project


@pytest.fixture(scope="session")
def dataset(make_once, run_python) -> Path:
    """An MNIST that was fetched and checked once, for the `dataset.path` of other studies."""
    path = Path("results/full/dataset/mnist.npz")

    def fetch(project: Path) -> None:
        run = run_python(project, "snakemake", "--profile", "profiles/local", str(path))
        assert run.returncode == 0, run.stdout

    return make_once("dataset", fetch) / path


@pytest.fixture(scope="session")
def start_demo(start_python) -> Callable[..., subprocess.Popen]:
    """Give a function that starts the demo in a copy of the project, on an MNIST that was fetched before."""

    def start(project: Path, dataset: Path, *options: str, profile: str = "profiles/local") -> subprocess.Popen:
        (project / "dataset.yaml").write_text(f"dataset: {{path: {dataset}}}\n")
        configs = ["--configfile", "demo.yaml", "dataset.yaml"]
        return start_python(project, "snakemake", *configs, "--profile", profile, *options)

    return start


@pytest.fixture(scope="session")
def demo(make_once, start_demo, dataset) -> tuple[Path, str]:
    """The results folder of a plain run of the demo, and what Snakemake printed."""

    def make(project: Path) -> None:
        run = start_demo(project, dataset)
        output, _ = run.communicate()
        assert run.returncode == 0, output
        (project / "output.txt").write_text(output)

    project = make_once("demo", make)
    return project / "results/demo", (project / "output.txt").read_text()


@pytest.fixture(scope="session")
def finished_study(make_once, run_python, dataset) -> Path:
    """The folder of a small study that is finished, for tests to copy: project, results and .snakemake."""

    def make(project: Path) -> None:
        (project / "config.yaml").write_text(SMALL_STUDY.format(dataset=dataset))
        run = run_python(project, "snakemake", "--profile", "profiles/local")
        assert run.returncode == 0, run.stdout

    return make_once("finished", make)
