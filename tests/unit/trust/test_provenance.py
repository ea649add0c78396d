"""Test the provenance that a job writes beside its results."""

import json
import os
import platform
import re
import subprocess
import time
from datetime import UTC, datetime

import pytest

from mnist_study.errors import StudyError
from mnist_study.trust import provenance
from mnist_study.trust.provenance import (
    SHAPE,
    check_unchanged,
    digest_file,
    find_commit,
    locate_provenance,
    write_provenance,
)
from mnist_study.trust.reasons import list_reasons

REASONS = list_reasons("summarize_model", {"epochs": 2})
DEVICE = {"processor": "Processor 9000", "gpus": [], "threads": 1}


@pytest.fixture
def outputs(tmp_path):
    """Two files that a job made: metrics with a setting in their path, and a model."""
    folder = tmp_path / "learning_rate~0.1+l2~1e-06"
    folder.mkdir()
    outputs = [folder / "replicate~1.json", folder / "replicate~1.keras"]
    for path in outputs:
        path.write_text(f"content of {path.name}")
    return outputs


@pytest.fixture
def write(outputs):
    """Give a function that writes the provenance of a job that started 90 seconds ago, and returns it."""

    def write(device=DEVICE):
        write_provenance(outputs, {outputs[0].parents[1] / "mnist.npz": "0" * 64}, REASONS, device, time.time() - 90)
        return json.loads(locate_provenance(outputs[0]).read_text())

    return write


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """Replace this project by a git checkout with one commit. Give a function that runs git in it."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    monkeypatch.setattr(provenance, "ROOT", folder)
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)

    def git(*command):
        identity = ["-c", "user.name=A", "-c", "user.email=a@lab.example", "-c", "commit.gpgsign=false"]
        ended = subprocess.run(["git", "-C", folder, *identity, *command], capture_output=True, text=True, check=True)
        return ended.stdout.strip()

    git("init", "--quiet")
    for name in ("workflow/script.py", "profiles/config.yaml", "results/README.md"):
        (folder / name).parent.mkdir()
        (folder / name).write_text("LIMIT = 3\n")
    git("add", ".")
    git("commit", "--quiet", "--message", "Limit to three")
    return git


def test_provenance_lies_beside_the_first_output(outputs, write):
    write()
    folder = outputs[0].parent
    assert sorted(path.name for path in folder.iterdir()) == [
        "replicate~1.json",
        "replicate~1.keras",
        "replicate~1.provenance.json",
    ]


def test_provenance_knows_every_output_by_its_bytes(outputs, write):
    assert write()["outputs"] == {path.name: digest_file(path) for path in outputs}
    before = digest_file(outputs[0])
    outputs[0].write_text("edited")
    assert digest_file(outputs[0]) != before


def test_provenance_says_what_a_result_was_made_for_and_made_on(write, monkeypatch):
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    written = write()
    assert written["inputs"] == {"../mnist.npz": "0" * 64}
    assert written["reasons"] == REASONS
    assert written["device"] == DEVICE
    assert written["python"] == platform.python_version()
    assert written["host"] == platform.node()
    assert written["git_commit"] == find_commit()
    assert written["slurm_job"] is None


def test_a_job_of_slurm_is_named(write, monkeypatch):
    monkeypatch.setenv("SLURM_JOB_ID", "4711")
    assert write()["slurm_job"] == "4711"


def test_provenance_says_when_a_job_started_and_how_long_it_took(write):
    written = write()
    start = datetime.fromisoformat(written["start"])
    assert start.tzinfo == UTC
    assert 89 <= (datetime.now(UTC) - start).total_seconds() <= 120
    assert 90 <= written["duration_seconds"] <= 120


def test_a_commit_is_named_in_full(checkout):
    assert find_commit() == checkout("rev-parse", "HEAD")
    assert re.fullmatch("[0-9a-f]{40}", find_commit())


def test_a_tagged_commit_is_named_in_full_as_well(checkout):
    checkout("tag", "--annotate", "v1.0", "--message", "First")
    assert find_commit() == checkout("rev-parse", "HEAD")


def test_changed_code_makes_the_commit_dirty(checkout):
    (provenance.ROOT / "workflow/script.py").write_text("LIMIT = 4\n")
    assert find_commit() == f"{checkout('rev-parse', 'HEAD')}-dirty"


def test_a_profile_and_a_results_folder_elsewhere_leave_the_commit_clean(checkout, tmp_path):
    (provenance.ROOT / "profiles/config.yaml").write_text("cores: 1\n")
    (provenance.ROOT / "results").rename(tmp_path / "scratch")
    (provenance.ROOT / "results").symlink_to(tmp_path / "scratch")
    assert find_commit() == checkout("rev-parse", "HEAD")


def test_a_copy_inside_another_repository_has_no_commit(checkout, monkeypatch):
    copy = provenance.ROOT / "downloads/mnist-study"
    (copy / "workflow").mkdir(parents=True)
    (copy / "workflow/script.py").write_text("LIMIT = 3\n")
    monkeypatch.setattr(provenance, "ROOT", copy)
    assert find_commit() is None


def test_the_repository_that_the_environment_names_is_not_asked(checkout, tmp_path, monkeypatch):
    commit = checkout("rev-parse", "HEAD")
    checkout("init", "--quiet", tmp_path / "other")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other/.git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path / "other"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    assert find_commit() == commit
    monkeypatch.setattr(provenance, "ROOT", tmp_path)
    assert find_commit() is None


@pytest.mark.parametrize("kind", ["worktree", "submodule", "symlink"])
def test_the_commit_of_any_kind_of_checkout_is_found(checkout, tmp_path, monkeypatch, kind):
    other = tmp_path / "other"
    if kind == "worktree":
        checkout("worktree", "add", "--quiet", other)
    elif kind == "submodule":
        checkout("init", "--quiet", tmp_path / "above")
        add = ["-C", tmp_path / "above", "-c", "protocol.file.allow=always", "submodule", "--quiet", "add"]
        checkout(*add, provenance.ROOT, "other")
        other = tmp_path / "above/other"
    else:
        other.symlink_to(provenance.ROOT)
    monkeypatch.setattr(provenance, "ROOT", other)
    assert find_commit() == checkout("rev-parse", "HEAD")
    (other / "workflow/script.py").write_text("LIMIT = 4\n")
    assert find_commit() == f"{checkout('rev-parse', 'HEAD')}-dirty"


def test_outside_a_checkout_there_is_no_commit(tmp_path, monkeypatch, outputs, write):
    monkeypatch.setattr(provenance, "ROOT", tmp_path)
    assert find_commit() is None
    assert write()["git_commit"] is None


def test_without_git_there_is_no_commit(checkout, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_commit() is None


def test_a_result_that_was_changed_is_refused_and_named(outputs, write):
    write()
    check_unchanged(outputs[0])
    outputs[0].write_text("changed")
    with pytest.raises(StudyError, match=r"was changed after it was written: type: rm '.*replicate~1\.json'"):
        check_unchanged(outputs[0])


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "",
        lambda text: text[:-20],
        lambda text: "garbage",
        lambda text: "[]",
        lambda text: "null",
        lambda text: "3",
        lambda text: "{}",
        lambda text: "[" * 100_000,
        lambda text: text.replace("replicate~1", "replicate~2"),
        *[lambda text, key=key: text.replace(f'"{key}": ', f'"no_{key}": ') for key in SHAPE],
        *[lambda text, key=key: json.dumps(json.loads(text) | {key: None}) for key in SHAPE],
    ],
)
def test_a_result_with_a_damaged_provenance_is_refused(outputs, write, damage):
    write()
    provenance = locate_provenance(outputs[0])
    provenance.write_text(damage(provenance.read_text()))
    with pytest.raises(StudyError, match=r"provenance\.json is damaged"):
        check_unchanged(outputs[0])


@pytest.mark.parametrize("function", ["digest_file", "read_json"])
def test_an_error_of_ours_is_not_taken_for_a_damaged_provenance(outputs, write, monkeypatch, function):
    def fail(path):
        raise TypeError("planted")

    write()
    monkeypatch.setattr(provenance, function, fail)
    with pytest.raises(TypeError, match="planted"):
        check_unchanged(outputs[0])


def test_a_file_without_provenance_is_let_through(outputs):
    check_unchanged(outputs[0])
