"""Shared by the workflow tests, with and without Slurm: copies of the project, and real images."""

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
from tests.forks import LIBRARIES, run_snakemake_in_fork, serve_jobs
from tests.slurm.cluster import is_up

# Some tests import Keras and TensorFlow before the study does.
settle_environment()

ROOT = Path(__file__).parents[1]
# The tests in each of these folders share fixtures that take long to make, or the only cluster of a machine. So one
# process runs all tests of such a folder.
TOGETHER = {"slurm", "report"}
PROJECT = ["Snakefile", "workflow", "profiles", "config", "config.yaml", "demo.yaml", "studies", "environment.yml"]

# A study with all rules, real images and tiny networks. Only the autoencoder is larger: its file exceeds 1 MB,
# Snakemake's default limit for checksums.
SMALL_STUDY = """
pathvars: {{results: results}}
seed: 7
dataset: {{name: mnist, path: {dataset}}}
validation: test
classifiers:
  regularized:
    layers: [{{dense: 8}}]
    sweep: {{l2: [0.001, 0.01]}}
    replicates: 2
    epochs: 1
    batch_size: 2000
    learning_rate: 0.1
  cnn:
    layers: [{{max_pool: 4}}, {{conv: 2}}, {{dense: 8}}, {{dropout: 0.2}}]
    replicates: 1
    epochs: 1
    batch_size: 2000
    learning_rate: 0.1
denoisers:
  median: {{filter: median, size: 3}}
  autoencoder:
    encoder: [128]
    decoder: []
    noise_level: 0.4
    replicates: 1
    epochs: 4
    batch_size: 2000
    learning_rate: 0.001
noise:
  classifiers: [cnn]
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
    """Say in the header if the tests on Slurm are left out."""
    return (
        "" if is_up() else "tests on Slurm are left out: no cluster is up; as root on Debian, make cluster starts one"
    )


# A process that a shell started in the background ignores Ctrl-C, and its children inherit this. The tests send Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark unit tests, and tell pytest-xdist which tests one process should run. In most cases, these are a file's.

    The tests on Slurm come first: one process runs them, and the others have the rest meanwhile. Those of the table of
    changes come last: any process can run each of them, so that all processes end at the same time.
    """
    items.sort(
        key=lambda item: (not item.path.is_relative_to(ROOT / "tests/slurm"), item.path.name == "test_changes.py")
    )
    for item in items:
        path = item.path.relative_to(ROOT)
        folder = path.parts[1]
        if folder == "unit" or path.parts[0] == "plugins":
            item.add_marker(pytest.mark.unit)
        if folder in TOGETHER:
            item.add_marker(pytest.mark.xdist_group(folder))
        elif path.name != "test_changes.py":
            item.add_marker(pytest.mark.xdist_group(str(path)))


@pytest.fixture(scope="session")
def copy_project() -> Callable[[Path], Path]:
    """Give a function that copies the files that a study needs from this repository. It returns their new folder."""

    def copy(folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for name in PROJECT:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, folder / name)
            else:
                shutil.copy2(ROOT / name, folder / name)
        return folder

    return copy


def run_program(folder: Path, *command: object) -> subprocess.CompletedProcess:
    """Run a program in a folder. Of the environment, it gets only the path to the programs, and HOME."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {"PATH": path, "HOME": os.environ["HOME"]}
    return subprocess.run(list(map(str, command)), cwd=folder, env=environment, capture_output=True, text=True)


@pytest.fixture(scope="module")
def make_read_only() -> Iterator[Callable[[Path], None]]:
    """Give a function that makes a folder read-only until the tests end: by a mount for root, who ignores modes."""
    mounted, changed = [], []

    def make(folder: Path) -> None:
        if os.geteuid() != 0:
            changed.append(folder)
            subprocess.run(["chmod", "--recursive", "a-w", folder], check=True)
            return
        mount = subprocess.run(["mount", "--bind", folder, folder], capture_output=True, text=True)
        if mount.returncode:
            pytest.skip(f"nothing can be mounted here: {mount.stderr}")
        mounted.append(folder)
        subprocess.run(["mount", "-o", "remount,bind,ro", folder], check=True)

    yield make
    for folder in mounted:
        subprocess.run(["umount", folder], check=True)
    for folder in changed:
        subprocess.run(["chmod", "--recursive", "u+w", folder], check=True)


@pytest.fixture(scope="session")
def start_python() -> Callable[..., subprocess.Popen]:
    """Give a function that starts Snakemake or a command in a study's folder: start_python(study, "snakemake", "-n").

    Jobs use this test's Python, or the program `python` of the folder `programs`. They find packages in the study's
    folder `upgraded` as if they were installed.
    """

    def start(
        study: Path, module: str, *arguments: str, programs: Path = Path(sys.executable).parent
    ) -> subprocess.Popen:
        environment = os.environ | {
            "PATH": f"{programs}:{os.environ['PATH']}",
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

    def run(study: Path, module: str, *arguments: str, **options: Path) -> subprocess.CompletedProcess:
        process = start_python(study, module, *arguments, **options)
        output, _ = process.communicate()
        return subprocess.CompletedProcess(process.args, process.returncode, output)

    return run


@pytest.fixture(scope="session")
def forking_programs() -> Iterator[Path]:
    """The folder of a program `python` that runs a study's jobs in forks, which is faster."""
    with serve_jobs(*LIBRARIES) as programs:
        yield programs


@pytest.fixture(scope="session")
def run_in_forks(forking_programs) -> Callable[..., subprocess.CompletedProcess]:
    """Give a function that runs Snakemake in a study's folder as run_python does, with jobs in forks."""
    return lambda study, *arguments: run_snakemake_in_fork(study, *arguments, programs=forking_programs)


@pytest.fixture(scope="session")
def make_once(tmp_path_factory, worker_id, copy_project) -> Callable[[str, Callable[[Path], None]], Path]:
    """Give a function that makes something from a copy of the project once. All test processes share it."""
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent

    def make_project(name: str, make: Callable[[Path], None]) -> Path:
        project, made = shared / name / "project", shared / name / "made"
        with FileLock(shared / f"{name}.lock"):
            if not made.exists():
                shutil.rmtree(project, ignore_errors=True)  # left by a process that failed
                make(copy_project(project))
                made.touch()
        return project

    return make_project


@pytest.fixture(scope="session")
def dataset(make_once, run_python) -> Path:
    """A copy of MNIST that was fetched and checked once. Other studies use it as `dataset.path`."""
    path = Path("results/full/dataset/mnist.npz")

    def fetch(project: Path) -> None:
        run = run_python(project, "snakemake", "--profile", "profiles/local", str(path))
        assert run.returncode == 0, run.stdout

    return make_once("dataset", fetch) / path


@pytest.fixture(scope="session")
def start_demo(start_python) -> Callable[..., subprocess.Popen]:
    """Give a function that starts the demo in a copy of the project, with the fetched MNIST."""

    def start(project: Path, dataset: Path, *options: str, profile: str = "profiles/local") -> subprocess.Popen:
        (project / "dataset.yaml").write_text(f"dataset: {{path: {dataset}}}\n")
        configs = ["--configfile", "demo.yaml", "dataset.yaml"]
        return start_python(project, "snakemake", *configs, "--profile", profile, *options)

    return start


@pytest.fixture(scope="session")
def demo(make_once, run_python, forking_programs, dataset) -> tuple[Path, str]:
    """The results folder of an ordinary run of the demo, and what it shows in a pipe."""

    def make(project: Path) -> None:
        (project / "dataset.yaml").write_text(f"dataset: {{path: {dataset}}}\n")
        configs = ["--configfile", "demo.yaml", "dataset.yaml"]
        run = run_python(project, "run_study", *configs, programs=forking_programs)
        assert run.returncode == 0, run.stdout
        (project / "output.txt").write_text(run.stdout)

    project = make_once("demo", make)
    return project / "results/demo", (project / "output.txt").read_text()


@pytest.fixture(scope="session")
def finished_study(make_once, run_in_forks, dataset) -> Path:
    """The folder of a small finished study that tests copy: project, results and .snakemake."""

    def make(project: Path) -> None:
        (project / "config.yaml").write_text(SMALL_STUDY.format(dataset=dataset))
        run = run_in_forks(project, "--profile", "profiles/local")
        assert run.returncode == 0, run.stdout

    return make_once("finished", make)
