"""Test that a broken config stops `snakemake -n` with one sentence before anything is made."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.forks import run_snakemake_in_fork
from tests.unit.test_config import BROKEN

ROOT = Path(__file__).parents[2]

# One kind of mistake that the schema finds, one in a name, and one that no schema can express.
SOME_BROKEN = ["unknown key", "classifier called no", "scoring classifier that is left out"]


def dry_run(*arguments: str | Path) -> subprocess.CompletedProcess:
    """Plan the study as a user does, in the repository's root."""
    return run_snakemake_in_fork(ROOT, "-n", *map(str, arguments))


@pytest.mark.parametrize("name", SOME_BROKEN)
def test_broken_config_is_refused_in_one_sentence(name, tmp_path):
    changes, value, remedy = BROKEN[name]
    file = tmp_path / "broken.yaml"
    file.write_text(f"{changes}\npathvars: {{results: {tmp_path / 'results'}}}\n")
    run = dry_run("--configfile", file)
    assert run.returncode != 0
    [message] = [line for line in run.stdout.splitlines() if "config: " in line]
    assert message.startswith(f"config: {value}")
    assert remedy in message.partition(": ")[2].partition(": ")[2]
    assert "Traceback" not in run.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["broken.yaml"]


@pytest.mark.parametrize("arguments", [[], ["--configfile", "demo.yaml"]], ids=["config", "demo"])
def test_shipped_config_is_planned(arguments):
    run = dry_run(*arguments)
    assert run.returncode == 0, run.stdout


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("tables/classifiers/mlp/runs.csv", None),
        ("figures/models/mlp.svg", None),
        ("figures/classifiers/regularized/accuracy_median.svg", None),
        ("noise_levels/cnn/median/level~0.55/replicate~1.json", None),
        ("noise_levels/cnn/mean/level~0.5/replicate~1.json", None),
        ("autoencoders/median/replicate~1.json", None),
        ("dataset/fashion_mnist.npz", None),
        ("classifiers/regularized/l2/replicate~1.json", None),
        (
            "classifiers/cnn/l2~0.001/replicate~1.json",
            "this study has no l2~0.001/replicate~1 of cnn: its settings are default, its replicates 1 to 3",
        ),
        (
            "autoencoders/autoencoder/replicate~4.json",
            "this study has no replicate~4 of autoencoder: its replicates are 1 to 3",
        ),
        (
            "noise_levels/baseline/none/level~0.5/replicate~1.json",
            "this study has no noise_levels/baseline/none/level~0.5/replicate~1: its scoring classifiers are cnn",
        ),
        (
            "noise_levels/cnn/none/level~0.5/replicate~4.json",
            "this study has no noise_levels/cnn/none/level~0.5/replicate~4: its scoring classifiers are cnn, and its "
            "noise levels have replicates 1 to 3, as many as all of them and all autoencoders have",
        ),
        (
            "classifiers/regularized/l2~1e-05/replicate~4.json",
            "this study has no l2~1e-05/replicate~4 of regularized: its settings are l2~1e-06, l2~1e-05, l2~0.0001, "
            "l2~0.0005, l2~0.001, its replicates 1 to 3",
        ),
    ],
)
def test_a_mistyped_target_is_named(target, message):
    run = dry_run(f"results/full/{target}")
    assert run.returncode == 1
    assert (message or f"No rule to produce results/full/{target} ") in run.stdout


def test_a_classifier_that_is_left_out_is_nowhere_in_the_plan(tmp_path):
    (tmp_path / "variant.yaml").write_text("pathvars: {results: results/variant}\nclassifiers: {regularized: null}\n")
    run = dry_run("--configfile", tmp_path / "variant.yaml")
    assert run.returncode == 0, run.stdout
    jobs = run.stdout.partition("Building DAG")[2]
    assert "classifier=cnn" in jobs
    assert "regularized" not in jobs


@pytest.mark.thorough
def test_a_classifier_left_out_of_a_finished_study_is_left_out_of_all_that_is_told(
    copy_study, run_python, run_in_forks, tmp_path
):
    study = copy_study(tmp_path / "study")
    (study / "variant.yaml").write_text("classifiers: {regularized: null}\n")
    variant = ("--configfile", "config.yaml", "variant.yaml")
    run = run_in_forks(study, "--profile", "profiles/local", *variant)
    assert run.returncode == 0, run.stdout
    made = {line.split()[1].rstrip(":") for line in run.stdout.splitlines() if line.startswith("localrule ")}
    assert made - {"all"} == {"compare_published", "summarize_study", "make_report"}
    for file in ("summary.txt", "report.html"):
        published = r"regularized MLP, [^<]*|the published regularized one"
        assert "regularized" not in re.sub(published, "", (study / "results" / file).read_text())
    status = run_python(study, "show_status", "--once", *variant)
    assert status.returncode == 0, status.stdout
    assert "regularized" not in status.stdout
    why = run_python(study, "explain_results", "--brief", *variant)
    assert why.returncode == 0, why.stdout


UNREADABLE = {
    "missing": (None, "No such file or directory"),
    "Latin-1": ("# Größe".encode("latin-1"), "it is not in UTF-8"),
    "UTF-16": ("seed: 7".encode("utf-16"), "it is not in UTF-8"),
    "empty": (b"", "keys at top level"),
    "a list": (b"- seed: 7", "keys at top level"),
    "no YAML": (b"seed:\n\t- 7", "not valid JSON or YAML"),
    "too large a number": (b"seed: 1" + b"0" * 5000, "Exceeds the limit"),
}


@pytest.fixture(scope="module")
def project(copy_project, tmp_path_factory):
    return copy_project(tmp_path_factory.mktemp("unreadable") / "project")


@pytest.mark.parametrize(
    ("command", "kind"),
    [("explain_results", "missing"), ("show_status", "missing"), *(("report_study", kind) for kind in UNREADABLE)],
)
def test_a_config_that_cannot_be_read_is_one_sentence(kind, command, project, run_python):
    content, problem = UNREADABLE[kind]
    config = project / "variant.yaml"
    config.unlink(missing_ok=True)
    if content is not None:
        config.write_bytes(content)
    run = run_python(project, command, "--configfile", config.name)
    assert run.returncode == 1
    [line] = run.stdout.splitlines()
    assert line.startswith("error: variant.yaml can't be read as a config: ")
    assert problem in line


@pytest.mark.parametrize("command", ["explain_results", "report_study"])
@pytest.mark.parametrize(
    ("broken", "problem"),
    [("rule a\n    input", "SyntaxError: "), ("1 / 0", "division by zero")],
    ids=["syntax", "error"],
)
def test_a_broken_snakefile_is_one_sentence(broken, problem, command, copy_project, run_python, tmp_path):
    project = copy_project(tmp_path / "project")
    (project / "Snakefile").write_text(broken)
    run = run_python(project, command)
    assert run.returncode == 1
    [line] = run.stdout.splitlines()
    assert line.startswith("error: Snakemake can't plan this study: ")
    assert problem in line
