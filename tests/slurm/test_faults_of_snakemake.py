"""Test that the same command goes on after Snakemake itself is stopped, killed, or started twice.

Two of the four trainings have a Slurm job each, and two share one.
"""

import os
import signal

import pytest

from tests.slurm.studies import RUNS, put_before, wait_until


@pytest.fixture
def study(make_study):
    return make_study(4)


def check_results(study, undisturbed) -> None:
    assert study.digests() == undisturbed(study.replicates)
    assert all(study.written()[f"{RUNS}/replicate~{number}.json"] == 1 for number in (1, 2, 3, 4))
    assert study.live_jobs() == {}


@pytest.mark.thorough
def test_an_interrupt_cancels_all_jobs_and_the_same_command_goes_on(study, undisturbed):
    with study.held():
        process = study.start()
        study.wait_for_epoch(1, 2)
        study.wait_for_epoch(3, 2)
        os.killpg(process.pid, signal.SIGINT)  # Ctrl-C
        output = study.end(process)
        wait_until(lambda: not study.live_jobs(), "no Slurm job is left")
    assert process.returncode != 0
    assert "CANCELLED" in output
    assert "To go on" in output
    status, output = study.run()
    assert status == 0, output
    for replicate in (1, 3):
        assert "resumed from the checkpoint after epoch" in study.log(replicate).read_text()
    check_results(study, undisturbed)


@pytest.mark.slow
def test_an_interrupt_while_jobs_are_submitted_leaves_none_behind(study, undisturbed):
    programs = put_before(study.folder, "sbatch", "sleep 3")
    process = study.start(path=programs)
    study.wait_for_output("rule train_classifier:")
    os.killpg(process.pid, signal.SIGINT)
    study.end(process)
    assert process.returncode != 0
    wait_until(lambda: not study.live_jobs(), "no Slurm job is left")
    status, output = study.run()
    assert status == 0, output
    check_results(study, undisturbed)


@pytest.mark.slow
def test_a_termination_ends_the_run_after_the_jobs_that_are_under_way(study, undisturbed):
    with study.held():
        process = study.start()
        study.wait_for_epoch(1, 2)
        process.send_signal(signal.SIGTERM)
        study.wait_for_output("Will exit after finishing currently running jobs")
    study.end(process)
    assert process.returncode != 0
    status, output = study.run()
    assert status == 0, output
    assert "train_classifier" not in output  # the running jobs were finished
    check_results(study, undisturbed)


@pytest.mark.slow
def test_a_lost_terminal_does_not_end_the_run(study, undisturbed):
    terminal, snakemakes_end = os.openpty()
    with study.held():
        process = study.start(terminal=snakemakes_end)
        os.close(snakemakes_end)
        study.wait_for_epoch(1, 2)
        os.close(terminal)  # sends SIGHUP, and all output fails from now on
    study.end(process)
    assert process.returncode == 0
    check_results(study, undisturbed)


@pytest.mark.thorough
def test_after_a_kill_live_jobs_are_named_and_nothing_starts_before_they_end(study, undisturbed):
    with study.held():
        process = study.start()
        for replicate in (1, 2, 3):
            study.wait_for_epoch(replicate, 2)
        process.kill()
        process.wait()
        live = study.live_jobs()
        status, output = study.run()
        assert status != 0
        assert "3 Slurm jobs of an earlier run, which was killed, still write into results" in output
        for job, state, node in live.values():
            assert f"{job} {state} {node} rule_train_classifier_wildcards_regularized_l2~0.001_" in output
        assert study.live_jobs().keys() == live.keys()
    wait_until(lambda: not study.live_jobs(), "they have ended")
    status, output = study.run()
    assert status == 0, output
    assert "rule train_classifier" not in output  # the finished trainings are kept
    check_results(study, undisturbed)


@pytest.mark.slow
def test_after_a_kill_live_jobs_can_be_cancelled_and_their_trainings_resume(make_study, undisturbed):
    runs = [f"replicate~{number}" for number in (1, 2, 3, 4)]
    hang = {"after": 3, "do": "hang"}
    study = make_study(4, [{"job": f"{run}.json", "at": f"{run}.checkpoint.npz", **hang} for run in runs])
    process = study.start()
    for replicate in (1, 2, 3, 4):
        study.wait_for_epoch(replicate, 3)
    process.kill()
    process.wait()
    _, output = study.run()
    [command] = [line.partition("stop them: ")[2] for line in output.splitlines() if "stop them: " in line]
    assert os.system(command) == 0
    wait_until(lambda: not study.live_jobs(), "they have ended")
    status, output = study.run()
    assert status == 0, output
    for replicate in (1, 2, 3, 4):
        assert "resumed from the checkpoint after epoch 3" in study.log(replicate).read_text()
    check_results(study, undisturbed)


@pytest.mark.thorough
def test_a_second_snakemake_is_refused_and_told_who_has_the_results(study, undisturbed):
    with study.held():
        first = study.start()
        study.wait_for_job(1)
        output_of_first = study.output
        status, output = study.run()
    assert status != 0
    assert f"another Snakemake writes into results: process {first.pid} of " in output
    study.output = output_of_first
    output = study.end(first)
    assert first.returncode == 0, output
    check_results(study, undisturbed)
