"""Test `make status` of a run on the cluster: running and requeued jobs, and the questions to Slurm."""

import os
import re
import signal
import subprocess
import sys

import pytest

from tests.slurm.studies import Study, put_before, wait_until

pytestmark = pytest.mark.thorough


def show(study: Study) -> str:
    """Show a study once. Each call of squeue is logged in a file."""
    programs = put_before(study.folder, "squeue", f'echo "$@" >> {study.folder}/asked')
    command = [sys.executable, "workflow", "show_status", "--once", "--configfile", "study.yaml"]
    environment = os.environ | {"PATH": f"{programs}:{os.environ['PATH']}"}
    return subprocess.run(command, cwd=study.folder, env=environment, capture_output=True, text=True, check=True).stdout


def find_cells(picture: str) -> tuple[str, str]:
    """Find the cells of the two replicates."""
    return re.search(r"^regularized +(\S .*?)  +(\S .*?) *$", picture, re.MULTILINE).groups()


def test_a_look_tells_what_runs_and_what_queues_again_and_asks_slurm_once(make_study):
    study = make_study(2)
    with study.held():
        process = study.start()
        study.wait_for_epoch(1, 2)
        assert find_cells(show(study))[0] == "▶ 2/8"
        [asked] = (study.folder / "asked").read_text().splitlines()
        assert "--states=all" in asked and "--name=" in asked
        subprocess.run(["scontrol", "requeue", study.wait_for_job(2)[0]], check=True)
        picture = wait_until(lambda: next((look for look in [show(study)] if "◦ queued" in look), None), "a queued job")
        assert find_cells(picture)[1] == "◦ queued"
        assert re.search(r"◦ regularized l2 0\.001, replicate 2: queued.*, try 2: BeginTime", " ".join(picture.split()))
        os.killpg(process.pid, signal.SIGINT)
        study.end(process)
    picture = show(study)
    assert picture.startswith("nothing runs; last run on Slurm since ")
    assert find_cells(picture)[1] == "■ stopped"
