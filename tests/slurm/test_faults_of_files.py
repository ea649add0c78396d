"""Test files that can't be read or written, missing GPUs, and jobs that can't succeed.

Of four trainings, two have a Slurm job each, and two share one.
"""

import re
import subprocess
from contextlib import contextmanager

import pytest

from tests.slurm.studies import RUNS, TABLE


@pytest.fixture
def mount():
    """Give a function that mounts a folder in memory, or mounts it again with other options."""
    mounted = []

    def mount(folder, options):
        folder.mkdir(parents=True, exist_ok=True)
        again = ["-o", "remount"] if folder in mounted else []
        subprocess.run(["mount", "-t", "tmpfs", *again, "-o", options, "tmpfs", folder], check=True)
        mounted.append(folder)

    yield mount
    for folder in set(mounted):
        subprocess.run(["umount", "--lazy", folder], check=True)


@contextmanager
def drained_nodes():
    """Drain all nodes, so that no job starts."""
    update = ["scontrol", "update", "nodename=ALL", "reason=test"]
    subprocess.run([*update, "state=drain"], check=True)
    try:
        yield
    finally:
        subprocess.run([*update, "state=resume"], check=True)


def check_results(study, undisturbed) -> None:
    assert study.digests() == undisturbed(study.replicates)
    assert all(study.written()[f"{RUNS}/replicate~{number}.json"] == 1 for number in range(1, study.replicates + 1))
    assert study.live_jobs() == {}


@pytest.mark.slow
def test_a_job_that_always_fails_is_described_and_the_others_finish(make_study, undisturbed):
    study = make_study(2, [{"job": "replicate~1.json", "at": "start", "do": "exit", "always": True}])
    status, output = study.run()
    assert status != 0
    assert study.starts() == {1: ["FAILED"] * 3, 2: ["COMPLETED"]}
    block = output[output.index("FAILED: train_classifier classifier=regularized setting=l2~0.001 replicate=1") :]
    lines = [line.strip() for line in block.splitlines()]
    for attempt, line in enumerate(lines[1:4], start=1):
        assert line.startswith(f"attempt {attempt}: Slurm job ")
        assert ": FAILED, exit code 1 after " in line
    assert lines[4] == "its log ends, results/logs/train_classifier/regularized/l2~0.001/replicate~1.log:"
    assert lines[5] == "error: planted"
    assert "To go on, when the cause is removed: snakemake results/" in block
    (study.planted / "plan.json").write_text("[]")
    status, output = study.run()
    assert status == 0, output
    assert study.starts()[2] == ["COMPLETED"]
    check_results(study, undisturbed)


@pytest.mark.thorough
def test_what_changes_while_jobs_are_in_the_queue_stops_them_at_once_and_is_named(make_study):
    study = make_study(4)
    with drained_nodes():
        process = study.start("--retries", "0")
        for replicate in (1, 2, 3, 4):
            study.wait_for_job(replicate, "PENDING")
        training, config = study.folder / "workflow/mnist_study/nets/training.py", study.folder / "study.yaml"
        training.write_text(training.read_text().replace("VALIDATION_BATCH = 500", "VALIDATION_BATCH = 250"))
        config.write_text(config.read_text().replace("epochs: 8", "epochs: 9"))
    output = study.end(process)
    assert process.returncode != 0
    [change] = set(re.findall(r"error: changed after this job was submitted: (.*)", output))
    assert "settings epochs: 8 -> 9" in change
    assert re.search(r'code nets\.training: "\w+" -> ', change)
    assert set(study.written()) == {"results/dataset/mnist.npz"}
    status, output = study.run()
    assert status == 0, output
    assert study.starts() == {replicate: ["FAILED", "COMPLETED"] for replicate in (1, 2, 3, 4)}


@pytest.mark.slow
def test_what_a_job_does_not_depend_on_may_change_while_it_is_in_the_queue(make_study, undisturbed):
    study = make_study(4)
    with drained_nodes():
        process = study.start("--retries", "0")
        for replicate in (1, 2, 3, 4):
            study.wait_for_job(replicate, "PENDING")
        script, config = study.folder / "workflow/mnist_study/scripts/plot_gallery.py", study.folder / "config.yaml"
        script.write_text(script.read_text().replace("GAP = 0.15", "GAP = 0.2"))
        config.write_text(config.read_text().replace("epochs: 32", "epochs: 33"))
    output = study.end(process)
    assert process.returncode == 0, output
    check_results(study, undisturbed)


@pytest.mark.slow
def test_a_read_only_results_folder(make_study, undisturbed, mount):
    study = make_study(2)
    mount(study.folder / "results", "ro")
    status, output = study.run()
    assert status != 0
    assert "can't write into results: it is read-only, or not yours" in output
    mount(study.folder / "results", "rw")
    status, output = study.run()
    assert status == 0, output
    check_results(study, undisturbed)


@pytest.mark.slow
def test_a_full_disk(make_study, undisturbed, mount, dataset):
    study = make_study(4)
    mount(study.folder / "results", "size=20m")
    # The images and the logs fit on the disk, but no checkpoint does.
    filler = study.folder / "results/filler"
    filler.write_bytes(bytes(20 * 2**20 - dataset.stat().st_size - 40_000))
    status, output = study.run()
    assert status != 0
    assert "No space left on device" in output[output.index("FAILED: ") :]
    assert list((study.folder / RUNS).glob("*.json")) == []
    filler.unlink()
    status, output = study.run()
    assert status == 0, output
    check_results(study, undisturbed)


@pytest.mark.slow
def test_a_damaged_data_set(make_study, undisturbed):
    study = make_study(4)
    images = study.folder / "results/dataset/mnist.npz"
    images.parent.mkdir(parents=True)
    images.write_bytes(b"PK damaged")
    status, output = study.run()
    assert status != 0
    assert "error: the images in results/dataset/mnist.npz can't be read" in output[output.index("FAILED: ") :]
    assert not (study.folder / TABLE).exists()
    images.unlink()
    status, output = study.run()
    assert status == 0, output
    check_results(study, undisturbed)


@pytest.mark.thorough
def test_a_job_that_must_have_a_gpu_and_sees_none_stops_at_once(make_study, undisturbed):
    # Undo the tests' own edits of the profile.
    study = make_study(2, edits={"device: auto": "device: gpu"})
    status, output = study.run("--retries", "0")
    assert status != 0
    assert "error: this job must have a GPU, and TensorFlow sees none on " in output[output.index("FAILED: ") :]
    assert "epoch" not in study.log(1).read_text()
    profile = study.folder / "profiles/slurm/config.yaml"
    profile.write_text(profile.read_text().replace("device: gpu", "device: auto"))
    status, output = study.run()
    assert status == 0, output
    check_results(study, undisturbed)
