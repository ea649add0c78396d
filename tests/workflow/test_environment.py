"""Test that a user's environment neither stops a study nor changes its results."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mnist_study.trust.reasons import ROOT, digest_script, format_settings

FETCH = ["snakemake", "--profile", "profiles/local", "results/full/dataset/mnist.npz"]


@pytest.fixture
def project(tmp_path, copy_project):
    """A copy of the project, in a folder whose name has characters that few locales have."""
    return copy_project(tmp_path / "Jürgen 数据")


@pytest.fixture
def run(project, dataset):
    """Give a function that runs Snakemake or a command in a fresh copy of the project, with some variables set."""
    (project / "dataset.yaml").write_text(f"dataset: {{path: '{dataset}'}}\n", encoding="utf-8")

    def run(variables: dict[str, str], module: str, *arguments: str) -> subprocess.CompletedProcess:
        environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"} | variables
        program = ["-m", module] if module == "snakemake" else ["workflow", module]
        command = [sys.executable, *program, *arguments, "--configfile", "dataset.yaml"]
        return subprocess.run(command, cwd=project, env=environment, capture_output=True)

    return run


@pytest.mark.parametrize(
    "name, safe",
    [
        ("mnist_study/__init__.py", ""),
        ("mnist_study/__init__.py", "1"),
        ("mnist_study.py", ""),
        ("workflow/__init__.py", ""),
    ],
)
def test_a_package_of_the_same_name_elsewhere_is_not_taken_for_ours(run, project, tmp_path, name, safe):
    other = tmp_path / "other" / name
    other.parent.mkdir(parents=True)
    other.write_text("raise ImportError('this is another project')\n")
    # The path has our package after the other one, as a user's shell may set it.
    paths = f"{tmp_path / 'other'}:{project / 'workflow'}"
    ended = run({"PYTHONPATH": paths, "PYTHONSAFEPATH": safe}, *FETCH)
    assert ended.returncode == 0, ended.stderr.decode()


TRAININGS = {
    "train_classifier": {
        "seed": 7,
        "dataset": "mnist",
        "validation": "test",
        "classifier": "cnn",
        "replicate": 1,
        "l2": 0.001,
        "swept": ["l2"],
        "layers": [{"max_pool": 4}, {"conv": 4}, {"dense": 8}, {"dropout": 0.5}],
        "epochs": 1,
        "batch_size": 2000,
        "learning_rate": 0.1,
    },
    "train_autoencoder": {
        "seed": 7,
        "dataset": "mnist",
        "validation": "test",
        "autoencoder": "autoencoder",
        "replicate": 1,
        "encoder": [16],
        "decoder": [],
        "noise_level": 0.4,
        "epochs": 1,
        "batch_size": 2000,
        "learning_rate": 0.001,
    },
}
# Most of these variables changed the numbers or stopped the script. The others are common variables of other programs.
HOSTILE = {
    "KERAS_BACKEND": "jax",
    "KERAS_MAX_EPOCHS": "0",
    "KERAS_NNX_ENABLED": "1",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "TF_USE_LEGACY_KERAS": "1",
    "TF_XLA_FLAGS": "--tf_xla_auto_jit=2 --tf_xla_cpu_global_jit",
    "XLA_FLAGS": "--xla_cpu_max_isa=SSE4_2",
    "ONEDNN_DEFAULT_FPMATH_MODE": "BF16",
    "DNNL_MAX_CPU_ISA": "SSE41",
    "NVIDIA_TF32_OVERRIDE": "0",
    "OMP_NUM_THREADS": "2",
    "PYTHONHASHSEED": "7",
    "PYTHONOPTIMIZE": "2",
    "MPLBACKEND": "no such backend",
    "TZ": "Asia/Tokyo",
    "LC_ALL": "C",
    "PYTHONUTF8": "0",
    "PYTHONCOERCECLOCALE": "0",
}
KERAS = {"floatx": "float64", "epsilon": 0.01, "backend": "jax", "image_data_format": "channels_first"}


def train(script: str, folder: Path, dataset: Path, variables: dict[str, str]) -> dict:
    """Run a training script with these variables in its environment. Return its metrics."""
    outputs = [folder / "model.json", folder / "model.keras"]
    command = [sys.executable, ROOT / "workflow", script, "--threads", "1", "--device", "auto"]
    command += ["--dataset", dataset, "--metrics", outputs[0], "--model", outputs[1], "--outputs", *outputs]
    command += ["--settings", format_settings(TRAININGS[script]), "--submitted", digest_script(script)]
    clean = {name: os.environ[name] for name in ("PATH", "HOME")}
    ended = subprocess.run(command, cwd=ROOT, env=clean | variables, capture_output=True)
    assert ended.returncode == 0, ended.stderr.decode(errors="replace")
    return json.loads(outputs[0].read_text())


@pytest.mark.thorough
@pytest.mark.parametrize("script", TRAININGS)
def test_a_training_computes_the_same_in_a_hostile_environment(tmp_path, dataset, script):
    home = tmp_path / "home"
    (home / ".keras").mkdir(parents=True)
    (home / ".keras/keras.json").write_text(json.dumps(KERAS))
    clean = train(script, tmp_path, dataset, {})
    assert train(script, tmp_path, dataset, HOSTILE | {"HOME": str(home)}) == clean
    assert train(script, tmp_path, dataset, {"KERAS_HOME": str(home / ".keras")}) == clean
    assert list(home.rglob("*.json")) == [home / ".keras/keras.json"]


ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
LATIN_1 = {"LC_ALL": "de_DE.ISO-8859-1"}


@pytest.fixture(params=[ASCII, LATIN_1], ids=["ASCII", "Latin-1"])
def locale(request):
    """The variables of a locale that is not UTF-8."""
    ask = [sys.executable, "-c", "import sys; print(sys.stdout.encoding)"]
    encoding = subprocess.run(ask, env=os.environ | request.param, capture_output=True).stdout.decode()
    if "utf" in encoding.lower():
        pytest.skip("this locale is not installed")
    return request.param


@pytest.mark.thorough
def test_a_study_is_planned_run_and_explained_in_a_locale_that_is_not_utf_8(run, project, locale):
    for command in (FETCH, ["snakemake", "-n"]):
        ended = run(locale, *command)
        assert ended.returncode == 0, ended.stderr.decode()
    assert (project / "results/full/dataset/mnist.npz").exists()
    explained = run(locale, "explain_results")
    assert "jobs have current results" in explained.stdout.decode()
    status = run(locale, "show_status", "--once")
    assert (status.returncode, status.stderr) == (0, b"")
    assert "·" in status.stdout.decode()


def test_a_name_that_the_locale_can_not_write_is_refused_in_one_sentence(run, project):
    (project / "dataset.yaml").write_text("dataset: {path: 数据.npz}\n", encoding="utf-8")
    ended = run(ASCII, "snakemake", "-n")
    assert ended.returncode == 1
    assert "config: dataset.path is '\\u6570\\u636e.npz', and '\\u6570' can't be written" in ended.stdout.decode()
