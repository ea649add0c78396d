"""Test the state of each run, in folders as runs leave them."""

import json
from collections import Counter
from pathlib import Path

import pytest
from snakemake_interface_logger_plugins.common import LogEvent

from mnist_study.run.claims import locate_claim
from mnist_study.status import states
from mnist_study.trust.provenance import locate_provenance

RUN = "mlp l2 0.001, replicate 1"
OTHER = "mlp l2 0.001, replicate 2"
EPOCH = "epoch {}/40  loss 0.5391  accuracy 0.8485  val_loss 0.3796  val_accuracy 0.{}  1 min 31 s left"


def test_without_a_run_what_is_there_is_done_and_the_rest_is_missing(study):
    study.write(RUN)
    assert study.look().claim == {}
    assert study.find(RUN)[:4] == ("done", "", 1, 0.98)
    assert study.find(OTHER).name == "missing"


@pytest.mark.parametrize("damage", ["", "{", "garbage", "[]", "null", "3", "{}", '{"reasons": 3}', '{"final": [0.9]}'])
def test_a_result_of_other_settings_or_a_damaged_one_is_outdated(study, damage):
    study.write(RUN, epochs=39)
    study.runs[OTHER].metrics.parent.mkdir(parents=True, exist_ok=True)
    study.runs[OTHER].metrics.write_text(damage)
    assert study.find(RUN).name == "outdated"
    assert study.find(OTHER).name == "outdated"


@pytest.mark.parametrize("damage", ["", '{"duration', "garbage", "[]", "null", "3", "{}", '{"reasons": null}'])
def test_the_time_of_a_run_with_a_damaged_provenance_is_not_known(study, damage):
    study.write(RUN, seconds=60)
    run = study.runs[RUN]
    assert study.watch.find_duration(run) == 60
    locate_provenance(run.metrics).write_text(damage)
    assert study.watch.find_duration(run) is None


@pytest.mark.parametrize("final", [None, 3, [0.9], {"val_accuracy": "high"}, {"val_accuracy": [0.9]}])
def test_a_result_whose_last_values_are_damaged_is_outdated(study, final):
    study.write(RUN)
    metrics = study.runs[RUN].metrics
    metrics.write_text(json.dumps(json.loads(metrics.read_text()) | {"final": final}))
    assert study.find(RUN).name == "outdated"


@pytest.mark.parametrize("function", ["list_reasons", "read_json"])
def test_an_error_of_ours_is_not_taken_for_a_damaged_result(study, monkeypatch, function):
    def fail(*arguments):
        raise TypeError("planted")

    study.write(RUN)
    monkeypatch.setattr(states, function, fail)
    with pytest.raises(TypeError, match="planted"):
        study.find(RUN)


def test_a_local_job_waits_then_runs_by_epochs_then_is_done(study):
    study.begin()
    assert study.find(RUN).name == "waiting"
    study.start(RUN)
    assert (study.find(RUN).name, study.find(RUN).progress) == ("running", None)
    study.print(RUN, EPOCH.format(" 9", 90), EPOCH.format(10, 91))
    state = study.find(RUN)
    assert state.name == "running"
    assert state.progress == (study.clock + 10, 10, 40, 0.91, 91)
    study.write(RUN)
    study.finish(RUN)
    assert study.find(RUN).name == "done"
    assert study.find(OTHER).name == "waiting"


def test_the_log_of_an_earlier_run_is_not_taken_for_the_present(study):
    study.print(RUN, EPOCH.format(39, 99))
    study.clock += 100
    study.begin()
    study.start(RUN)
    assert study.find(RUN).progress is None
    study.end()
    assert (study.find(RUN).name, study.find(RUN).progress) == ("stopped", None)


def test_an_earlier_failure_is_forgotten_in_a_new_run(study):
    study.begin()
    study.start(RUN)
    study.fail(RUN)
    study.end()
    assert study.find(RUN).name == "failed"
    study.begin()
    assert study.find(RUN).name == "waiting"


@pytest.mark.parametrize(
    ("message", "printed", "status", "reason"),
    [
        (None, ["epoch 1/40", "error: the loss is not finite"], 1, "error: the loss is not finite"),
        ("Slurm job 4: OUT_OF_MEMORY on gpu2. For further error details see the cluster/cloud log and the log files of "
         "the involved rule(s).", ["epoch 1/40"], 1, "Slurm job 4: OUT_OF_MEMORY on gpu2"),
        (None, ["epoch 1/40"], 1, "exit status 1"),
        (None, ["epoch 1/40"], 137, "exit status 137, SIGKILL"),
        (None, ["epoch 1/40"], 255, "exit status 255"),
    ],
)  # fmt: skip
def test_a_failed_job_tells_its_reason_and_its_last_epoch(study, message, printed, status, reason):
    study.begin()
    study.start(RUN)
    study.print(RUN, EPOCH.format(" 7", 90))
    study.fail(RUN, message, printed, status=status)
    for _ in range(2):  # the reason outlives the run
        state = study.find(RUN)
        assert (state.name, state.reason, state.progress.epoch) == ("failed", reason, 7)
        study.end()


def test_what_needs_a_failed_job_is_blocked(study):
    study.begin()
    assert study.find("cnn, autoencoder, noise level 0.5, replicate 1").name == "waiting"
    study.start("autoencoder, replicate 1")
    study.fail("autoencoder, replicate 1")
    assert study.find("cnn, autoencoder, noise level 0.5, replicate 1").name == "blocked"
    assert study.find("cnn, none, noise level 0.5, replicate 1").name == "waiting"
    assert study.find(RUN).name == "waiting"


def test_a_replicate_of_a_noise_level_waits_for_its_own_models_alone(make_study):
    study = make_study(pairs=2)
    study.begin()
    for failed in ("autoencoder, replicate 2", "cnn, replicate 2"):
        study.start(failed)
        study.fail(failed)
        assert study.find("cnn, autoencoder, noise level 0.5, replicate 2").name == "blocked"
        assert study.find("cnn, autoencoder, noise level 0.5, replicate 1").name == "waiting"


def test_a_job_that_is_tried_again_tells_why(study):
    study.begin()
    study.start(RUN)
    study.print(RUN, EPOCH.format(" 7", 90))
    study.fail(RUN, printed=["error: planted"], again=True)
    assert study.find(RUN)[:3] == ("waiting", "error: planted", 1)
    study.clock += 100
    study.start(RUN)
    assert study.find(RUN) == ("running", "error: planted", 2, None, None)
    study.print(RUN, "resumed from the checkpoint after epoch 7")
    assert study.find(RUN).progress[1:3] == (7, 40)


def test_a_job_of_a_killed_run_is_stopped_after_its_last_epoch(study):
    study.begin()
    study.start(RUN)
    study.print(RUN, EPOCH.format(" 7", 90))
    study.end()
    state = study.find(RUN)
    assert (state.name, state.progress.epoch) == ("stopped", 7)


def test_slurm_tells_what_is_queued_what_runs_and_what_was_requeued(study, queue):
    study.begin("the-run")
    study.start(RUN, slurm_job=11)
    study.start(OTHER, slurm_job=12)
    queue.rows = [["PENDING", "0", "11", "Priority"], ["RUNNING", "0", "12", "None"]]
    assert study.find(RUN)[:3] == ("queued", "Priority", 1)
    assert study.find(OTHER)[:3] == ("running", "", 1)
    study.print(OTHER, EPOCH.format(" 7", 90))
    queue.rows = [["COMPLETED", "0", "11", "None"], ["PENDING", "1", "12", "BeginTime"]]
    assert study.find(RUN).name == "running"  # Snakemake has not yet seen that it ended
    assert study.find(OTHER)[:3] == ("queued", "BeginTime", 2)


def test_slurm_is_asked_once_a_look_and_only_for_jobs_under_way(study, queue):
    study.begin("the-run")
    study.look()
    assert queue.asked == 0
    study.start(RUN, slurm_job=11)
    study.start(OTHER, slurm_job=12)
    study.look()
    assert queue.asked == 1


def test_where_slurm_is_silent_the_log_tells_what_runs(study, queue):
    study.begin("the-run")
    study.start(RUN, slurm_job=11)
    study.start(OTHER, slurm_job=12)
    queue.rows = None
    study.print(OTHER, EPOCH.format(" 7", 90))
    assert study.look().silent
    assert study.find(RUN).name == "queued"
    assert study.find(OTHER).name == "running"


def test_jobs_that_outlive_a_killed_snakemake_still_run(study, queue):
    study.begin("the-run")
    study.start(RUN, slurm_job=11)
    study.start(OTHER, slurm_job=12)
    queue.rows = [["RUNNING", "0", "11", "None"], ["CANCELLED", "0", "12", "None"]]
    study.end()
    assert not study.look().alive
    assert study.find(RUN).name == "running"
    assert study.find(OTHER).name == "stopped"


LEVELS = [f"cnn, autoencoder, noise level {level}, replicate 1" for level in ("0.0", "0.2", "0.5")]


@pytest.fixture
def bundle(make_study, queue):
    """A study with three noise levels in Slurm job 11, which runs, and the record of this job."""
    study = make_study(levels=(0, 0.2, 0.5))
    study.begin("the-run")
    for level in LEVELS:
        study.start(level, local=False)
    record = study.submit(LEVELS, 11)
    queue.rows = [["RUNNING", "0", "11", "None"]]
    return study, record


def test_jobs_of_one_slurm_job_run_in_turn(bundle):
    study, record = bundle
    study.note(record, "started", LEVELS[0])
    assert [study.find(level).name for level in LEVELS] == ["running", "queued", "queued"]
    assert study.find(LEVELS[2]).reason == "in turn: 0 of the 3 jobs in Slurm job 11 have ended"
    study.note(record, "finished", LEVELS[0])
    study.note(record, "started", LEVELS[2])
    study.write(LEVELS[0])
    assert [study.find(level).name for level in LEVELS] == ["done", "queued", "running"]
    assert study.find(LEVELS[1]).reason == "in turn: 1 of the 3 jobs in Slurm job 11 have ended"


def test_before_the_node_starts_a_job_none_of_a_slurm_job_runs(bundle, queue):
    study, _ = bundle
    assert [study.find(level).name for level in LEVELS] == ["queued"] * 3
    queue.rows = [["PENDING", "0", "11", "Resources"]]
    assert [study.find(level)[:2] for level in LEVELS] == [("queued", "Resources")] * 3


def test_where_slurm_is_silent_the_node_tells_what_runs(bundle, queue):
    study, record = bundle
    study.note(record, "started", LEVELS[1])
    queue.rows = None
    assert [study.find(level).name for level in LEVELS] == ["queued", "running", "queued"]


def test_a_job_of_a_slurm_job_fails_by_itself_and_the_others_are_submitted_again(bundle, queue):
    study, record = bundle
    study.note(record, "started", LEVELS[0])
    study.note(record, "failed", LEVELS[0])
    study.fail(LEVELS[0], "Slurm job 11: this job failed. ", ["error: planted"])
    study.submit(LEVELS[1:], 12)
    queue.rows = [["FAILED", "0", "11", "None"], ["PENDING", "0", "12", "Priority"]]
    assert study.find(LEVELS[0])[:3] == ("failed", "error: planted", 1)
    assert [study.find(level)[:3] for level in LEVELS[1:]] == [("queued", "Priority", 1)] * 2


def test_a_job_that_failed_after_snakemake_was_killed_is_failed(bundle):
    study, record = bundle
    study.note(record, "started", LEVELS[0])
    study.print(LEVELS[0], "error: planted")
    study.note(record, "failed", LEVELS[0])
    assert study.find(LEVELS[0]).name == "running"  # Snakemake may try it again
    study.end()
    assert study.find(LEVELS[0])[:2] == ("failed", "error: planted")


def test_a_job_that_ran_when_slurm_took_its_node_waits_for_its_turn_again(bundle):
    study, record = bundle
    study.note(record, "started", LEVELS[0])
    study.note(record, "begun", None)
    study.note(record, "started", LEVELS[1])
    assert [study.find(level).name for level in LEVELS] == ["queued", "running", "queued"]


def test_half_a_line_of_a_node_and_a_lost_record_are_no_error(bundle):
    study, record = bundle
    study.note(record, "started", LEVELS[0])
    with record.open("a") as file:
        file.write('\n{"time": 17')  # the node died
    assert [study.find(level).name for level in LEVELS] == ["running", "queued", "queued"]
    study.note(record, "started", LEVELS[1])
    assert [study.find(level).name for level in LEVELS] == ["running", "running", "queued"]
    record.write_text("")
    assert [study.find(level).name for level in LEVELS] == ["queued"] * 3
    record.unlink()
    assert [study.find(level).name for level in LEVELS] == ["running"] * 3  # as Slurm says


def test_tables_and_figures_are_counted_beside_the_grid(study):
    for number in (77, 78, 79):
        study.plan.add(number, "plot_model")
    study.begin()
    plot = {
        "jobid": 77,
        "rule_name": "plot_model",
        "wildcards": {},
        "output": ["a"],
        "log": ["plot.log"],
        "local": True,
    }
    study.log(event=LogEvent.JOB_INFO, **plot)
    assert study.look().steps == (0, 3)
    study.log(event=LogEvent.JOB_FINISHED, job_id=77)
    study.log(event=LogEvent.JOB_INFO, **plot | {"jobid": 0, "rule_name": "all", "output": []})
    study.log(event=LogEvent.JOB_FINISHED, job_id=0)
    assert study.look().steps == (1, 3)


def test_a_line_that_is_still_being_written_is_read_when_it_is_complete(study):
    study.begin()
    study.start(RUN)
    whole = study.events.read_text()
    study.events.write_text(whole[: whole.index('"jobid": ') + len('"jobid": ')])
    assert study.find(RUN).name == "waiting"
    study.events.write_text(whole)
    assert study.find(RUN).name == "running"


def test_a_run_of_an_earlier_version_is_shown_by_its_results(study):
    study.write(RUN)
    study.begin()
    claim = locate_claim(study.results)
    claim.write_text(json.dumps({**json.loads(claim.read_text()), "events": None, "log": "a.snakemake.log"}))
    assert (study.find(RUN).name, study.find(OTHER).name) == ("done", "waiting")
    study.end()
    assert (study.find(RUN).name, study.find(OTHER).name) == ("done", "missing")


def test_a_file_is_read_when_it_has_changed_and_never_written(make_study, monkeypatch):
    study = make_study([0.1 / number for number in range(1, 11)], replicates=150)
    names = [name for name in study.runs if name.startswith("mlp")]
    study.begin()
    for name in names[4:20]:
        study.write(name)
    for name in names[:4]:
        study.start(name)
        study.print(name, EPOCH.format(" 7", 90))
    open_file = Path.open

    def look():
        opened = []

        def count(path, mode="r", *arguments, **options):
            assert mode in ("r", "rb")
            opened.append(path)
            return open_file(path, mode, *arguments, **options)

        with monkeypatch.context() as patch:
            patch.setattr(Path, "open", count)
            study.look()
        return Counter(opened)

    claim = locate_claim(study.results)
    logs, results = ([getattr(study.runs[name], kind) for name in names[:20]] for kind in ("log", "metrics"))
    assert look() == Counter([claim, study.events, *logs[:4], *results[4:]])
    assert look() == Counter([claim])
    study.clock += 1
    study.print(names[3], EPOCH.format(" 8", 90))
    assert look() == Counter([claim, logs[3]])
