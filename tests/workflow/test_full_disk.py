"""Test a disk that is full while results are written: one sentence of error, nothing lost, and no incomplete file."""

import os
import subprocess

import pytest

from tests.conftest import SMALL_STUDY

# The images (11 MB) fit on the disk. The autoencoder with its checkpoint (5 MB) does not.
SMALL, LARGE = "14m", "100m"
AUTOENCODER = "results/autoencoders/autoencoder/replicate~1.json"


@pytest.fixture
def disk(tmp_path):
    """A small disk, mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SMALL}", "tmpfs", folder]
    if os.geteuid() or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("needs leave to mount a disk: run the tests as root")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.mark.thorough
def test_a_full_disk_is_one_sentence_and_costs_only_time(
    disk, copy_project, run_python, dataset, finished_study, tmp_path
):
    study = copy_project(tmp_path / "study")
    (study / "config.yaml").write_text(SMALL_STUDY.format(dataset=dataset))
    (study / "results").symlink_to(disk)
    full = run_python(study, "snakemake", "--profile", "profiles/local", AUTOENCODER)
    assert full.returncode == 1
    assert "error: results/autoencoders/autoencoder/" in full.stdout
    assert ": No space left on device: make room there and run Snakemake again" in full.stdout
    assert "Traceback" not in full.stdout
    assert not any(disk.glob("autoencoders/autoencoder/.*"))
    assert not (study / AUTOENCODER).exists()

    subprocess.run(["mount", "-o", f"remount,size={LARGE}", disk], check=True)
    again = run_python(study, "snakemake", "--profile", "profiles/local", AUTOENCODER)
    assert again.returncode == 0, again.stdout
    assert (study / AUTOENCODER).read_bytes() == (finished_study / AUTOENCODER).read_bytes()
