"""What the workflow tests share, with Slurm and without: copies of the project, and real images."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mnist_study.nets.environment import settle_environment

# Some tests import Keras and TensorFlow before the study does.
settle_environment()

ROOT = Path(__file__).parents[1]
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
def dataset(tmp_path_factory, copy_project, run_python) -> Path:
    """An MNIST that was fetched and checked once, for the `dataset.path` of other studies."""
    project = copy_project(tmp_path_factory.mktemp("dataset") / "project")
    path = project / "results/full/dataset/mnist.npz"
    run = run_python(project, "snakemake", "--profile", "profiles/local", str(path.relative_to(project)))
    assert run.returncode == 0, run.stdout
    return path


@pytest.fixture(scope="session")
def start_demo(start_python) -> Callable[..., subprocess.Popen]:
    """Give a function that starts the demo in a copy of the project, on an MNIST that was fetched before."""

    def start(project: Path, dataset: Path, *options: str, profile: str = "profiles/local") -> subprocess.Popen:
        (project / "dataset.yaml").write_text(f"dataset: {{path: {dataset}}}\n")
        configs = ["--configfile", "demo.yaml", "dataset.yaml"]
        return start_python(project, "snakemake", *configs, "--profile", profile, *options)

    return start


@pytest.fixture(scope="session")
def demo(tmp_path_factory, copy_project, start_demo, dataset) -> tuple[Path, str]:
    """The results folder of a plain run of the demo, and what Snakemake printed."""
    project = copy_project(tmp_path_factory.mktemp("plain") / "project")
    run = start_demo(project, dataset)
    output, _ = run.communicate()
    assert run.returncode == 0, output
    return project / "results/demo", output


@pytest.fixture(scope="session")
def finished_study(tmp_path_factory, copy_project, run_python, dataset) -> Path:
    """The folder of a small study that is finished, for tests to copy: project, results and .snakemake."""
    project = copy_project(tmp_path_factory.mktemp("finished") / "project")
    (project / "config.yaml").write_text(SMALL_STUDY.format(dataset=dataset))
    run = run_python(project, "snakemake", "--profile", "profiles/local")
    assert run.returncode == 0, run.stdout
    return project
