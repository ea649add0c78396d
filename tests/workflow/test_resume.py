"""Test that what is killed by SIGKILL and run again ends like what is not: a training, and a whole study."""

import random
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.conftest import SMALL_STUDY
from tests.slurm.studies import list_results

EPOCHS = 5
# The training is killed twice, each time after one of these epochs.
KILLED_AFTER = sorted(random.Random(20261122).sample([1, 2, 3], 2))
STUDY = """
pathvars: {{results: {results}}}
dataset: {{path: {dataset}}}
classifiers:
  cnn:
    layers: [{{max_pool: 4}}, {{conv: 8}}, {{dense: 16}}, {{dropout: 0.5}}]
    epochs: {epochs}
    batch_size: 500
"""
RUN = "cnn/default/replicate~1"


@pytest.fixture(scope="module")
def trainings(tmp_path_factory, copy_project, run_python, kill_training, dataset):
    """An undisturbed training and one that was killed twice: both folders, and the log of the second one's attempts."""
    project = copy_project(tmp_path_factory.mktemp("resume") / "project")

    def train(results):
        study = project / f"{results}.yaml"
        study.write_text(STUDY.format(results=results, dataset=dataset, epochs=EPOCHS))
        options = ["--profile", "profiles/local", "--configfile", study.name]
        return run_python(project, "snakemake", f"{results}/classifiers/{RUN}.json", *options)

    run = train("undisturbed")
    assert run.returncode == 0, run.stdout
    log = project / f"killed/logs/train_classifier/{RUN}.log"
    with ThreadPoolExecutor(1) as pool:
        for epoch in KILLED_AFTER:
            future = pool.submit(train, "killed")
            kill_training(project, "train_classifier", log, f"epoch {epoch}/{EPOCHS}")
            run = future.result()
            assert run.returncode != 0, run.stdout
    run = train("killed")
    assert run.returncode == 0, run.stdout
    folders = [(project / results / "classifiers" / RUN).parent for results in ("undisturbed", "killed")]
    _, *attempts = re.split(r"^started .*\n", log.read_text(), flags=re.MULTILINE)
    return *folders, attempts


def list_epochs(log: str) -> list[int]:
    return [int(epoch) for epoch in re.findall(rf"^epoch (\d+)/{EPOCHS} ", log, re.MULTILINE)]


def test_a_killed_training_goes_on_after_its_last_epoch_and_its_log_keeps_every_attempt(trainings):
    _, _, logs = trainings
    assert "resumed" not in logs[0]
    done = 0
    for log, killed_after in zip(logs, [*KILLED_AFTER, EPOCHS], strict=True):
        if done:
            # A kill between an epoch's checkpoint and its line in the log loses only the line.
            [resumed] = re.findall(r"^resumed from the checkpoint after epoch (\d+)$", log, re.MULTILINE)
            assert int(resumed) in (done, done + 1)
            done = int(resumed)
        epochs = list_epochs(log)
        assert epochs == list(range(done + 1, epochs[-1] + 1))
        assert epochs[-1] >= killed_after
        done = epochs[-1]
    assert done == EPOCHS


def test_a_killed_training_ends_with_the_same_bytes(trainings):
    undisturbed, killed, _ = trainings
    assert (killed / "replicate~1.json").read_bytes() == (undisturbed / "replicate~1.json").read_bytes()


def test_a_killed_training_leaves_neither_checkpoint_nor_incomplete_files(trainings):
    undisturbed, killed, _ = trainings
    names = ["replicate~1.json", "replicate~1.keras", "replicate~1.provenance.json"]
    assert sorted(path.name for path in killed.iterdir()) == names
    assert sorted(path.name for path in undisturbed.iterdir()) == names


@pytest.fixture(scope="module")
def disturbed_study(tmp_path_factory, copy_project, start_python, run_in_forks, kill_training, dataset):
    """The results of the small study with three jobs at a time, in another order, killed and run again."""
    study = copy_project(tmp_path_factory.mktemp("disturbed") / "study")
    (study / "config.yaml").write_text(SMALL_STUDY.format(dataset=dataset))
    late = "results/classifiers/regularized/l2~0.01/replicate~2.json"
    options = ["--profile", "profiles/local", "--cores", "3", "--prioritize", late]
    run = start_python(study, "snakemake", *options)
    log = study / "results/logs/train_autoencoder/autoencoder/replicate~1.log"
    kill_training(study, "train_autoencoder", log, "epoch 1/4")
    output, _ = run.communicate()
    assert run.returncode != 0, output
    run = run_in_forks(study, *options)
    assert run.returncode == 0, run.stdout
    return study / "results"


@pytest.mark.thorough
def test_the_killed_training_of_a_study_is_resumed(disturbed_study):
    log = disturbed_study / "logs/train_autoencoder/autoencoder/replicate~1.log"
    assert re.search(r"^resumed from the checkpoint after epoch [123]$", log.read_text(), re.MULTILINE)


@pytest.mark.thorough
def test_a_disturbed_study_ends_with_the_bytes_of_an_undisturbed_one(disturbed_study, finished_study):
    undisturbed, disturbed = list_results(finished_study / "results"), list_results(disturbed_study)
    assert undisturbed.keys() == disturbed.keys()
    assert [name for name in undisturbed if undisturbed[name] != disturbed[name]] == []
