"""What the workflow tests share: a small study that is finished, and a training that is killed."""

import os
import shutil
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

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
"""


@pytest.fixture(scope="session")
def kill_training() -> Callable[[Path, str, Path, str], None]:
    """Give a function that kills a study's training by SIGKILL as soon as its log has a line."""

    def find(project: Path, script: str) -> int:
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                command, folder = (process / "cmdline").read_text(), (process / "cwd").readlink()
                if f"-m\0workflow.scripts.{script}" in command and folder == project:
                    return int(process.name)
        raise AssertionError(f"{script} does not run")

    def kill(project: Path, script: str, log: Path, line: str) -> None:
        deadline = time.monotonic() + 300
        while not (log.exists() and line in log.read_text()):
            assert time.monotonic() < deadline, f"{log} never had {line}"
            time.sleep(0.02)
        os.kill(find(project, script), signal.SIGKILL)

    return kill


@pytest.fixture(scope="session")
def finished_study(tmp_path_factory, copy_project, run_python, dataset) -> Path:
    """The folder of a small study that is finished, for tests to copy: project, results and .snakemake."""
    project = copy_project(tmp_path_factory.mktemp("finished") / "project")
    (project / "config.yaml").write_text(SMALL_STUDY.format(dataset=dataset))
    run = run_python(project, "snakemake", "--profile", "profiles/local")
    assert run.returncode == 0, run.stdout
    return project


@pytest.fixture(scope="session")
def copy_study(finished_study) -> Callable[[Path], Path]:
    """Give a function that copies the finished study into a folder, with all times, and returns the folder."""

    def copy(folder: Path) -> Path:
        return shutil.copytree(finished_study, folder)  # copy2 keeps the times

    return copy
