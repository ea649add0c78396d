"""Test the private names of Snakemake and of its Slurm plugin that this plugin uses. Each says what it is for.

If one of these fails after an upgrade, this plugin would lose jobs or wait for ever.
"""

import inspect
import logging

from snakemake import logging as snakemake_logging
from snakemake.cli import main
from snakemake.dag import DAG
from snakemake.jobs import Job
from snakemake.scheduling import job_scheduler
from snakemake.scheduling.job_scheduler import JobScheduler
from snakemake.workflow import Workflow
from snakemake_executor_plugin_slurm import Executor, ExecutorSettings
from snakemake_executor_plugin_slurm.submit_string import get_submit_command
from snakemake_executor_plugin_slurm.utils import get_job_wildcards, set_gres_string
from snakemake_executor_plugin_slurm.validation import validate_or_get_slurm_job_id, validate_slurm_extra
from snakemake_interface_executor_plugins.executors.remote import RemoteExecutor
from snakemake_interface_executor_plugins.registry import ExecutorPluginRegistry

from snakemake_executor_plugin_slurm_patient.executor import PatientExecutor


def read_code(thing) -> str:
    return inspect.getsource(thing)


def test_snakemake_finds_the_plugin():
    assert ExecutorPluginRegistry().is_installed("slurm-patient")


def test_the_scheduler_hands_over_ready_jobs_together_and_takes_the_end_of_each():
    """Without it, jobs would not share a Slurm job, or their ends would not be seen."""
    assert "executor.run_jobs(jobs)" in read_code(JobScheduler.run)
    code = read_code(JobScheduler)
    for name in ("finish_callback", "error_callback", "submit_callback", "self.failed"):
        assert name in code


def test_jobs_that_can_join_a_bundle_are_ready_jobs_of_the_dag():
    """Without it, incomplete bundles would never wait, or wait for ever."""
    assert isinstance(DAG.ready_jobs, property)
    assert "register_running(set(run))" in read_code(JobScheduler.schedule)


def test_the_scheduler_knows_when_no_other_job_is_to_start():
    """Without it, jobs that wait for others would be submitted after a SIGTERM."""
    assert "user_kill or (not self.keepgoing and errors)" in read_code(JobScheduler.schedule)
    for name in ("_user_kill", "_errors", "keepgoing"):
        assert f"self.{name} = " in read_code(JobScheduler.__init__)


def test_a_job_without_attempts_left_fails_for_good():
    """A job that was given up must not be tried again."""
    assert "job.restart_times > job.attempt - 1" in read_code(JobScheduler._handle_error)
    assert isinstance(Job.restart_times, property) and Job.attempt.fset


def test_a_run_ends_by_the_executors_shutdown_or_cancel():
    """The report at the end of a run is printed there."""
    code = read_code(JobScheduler.schedule)
    assert code.count("_executor.shutdown()") == 2 and code.count("_executor.cancel()") == 2
    assert "self.shutdown()" in read_code(RemoteExecutor.cancel)
    assert callable(DAG.finished) and callable(DAG.needrun_jobs)


def test_the_thread_that_checks_states_starts_in_the_constructor():
    """What it reads must be set before."""
    assert "self.wait_thread.start()" in read_code(RemoteExecutor.__init__)
    code = read_code(RemoteExecutor)
    for name in ("self.active_jobs", "self.lock", "check_active_jobs", "next_seconds_between_status_checks"):
        assert name in code


def test_the_plugin_leaves_a_slurm_job_only_if_it_sees_one():
    """It deletes SLURM_CONF too, so this plugin removes the variables before."""
    assert 'if "SLURM_JOB_ID" in os.environ' in read_code(Executor.__init__)


def test_what_is_used_of_the_plugins_executor():
    for name in ("run_uuid", "slurm_logdir", "_failed_nodes"):
        assert f"self.{name} = " in read_code(Executor.__post_init__)
    for name in (
        "get_account_arg",
        "get_partition_arg",
        "clean_old_logs",
        "check_active_jobs",
        "cancel_jobs",
        "run_jobs",
    ):
        assert name in vars(Executor)
        # or this plugin would override nothing
    assert {"array_jobs", "init_seconds_before_status_checks", "logdir"} <= set(ExecutorSettings.__dataclass_fields__)


def test_the_plugins_functions_that_make_the_call_of_sbatch():
    assert list(inspect.signature(get_submit_command).parameters)[:4] == ["job", "params", "settings", "failed_nodes"]
    code = read_code(get_submit_command)
    assert "job.resources.get(" in code and "-D {safe_quote(params.workdir)}" in code
    for function in (set_gres_string, get_job_wildcards, validate_slurm_extra):
        assert list(inspect.signature(function).parameters) == ["job"]
    assert validate_or_get_slurm_job_id("12", "12") == "12"


def test_the_node_hears_snakemakes_events_from_the_logger_above():
    """Without it, no member of a bundle would be seen to end before its Slurm job."""
    assert snakemake_logging.logger.name.startswith("snakemake.")
    assert snakemake_logging.logger.propagate
    assert "list(self.logger.handlers)" in read_code(snakemake_logging.LoggerManager.__init__)
    assert logging.getLogger("snakemake") is not snakemake_logging.logger
    assert "event=LogEvent.JOB_INFO" in read_code(Job.log_info)
    assert "event=LogEvent.JOB_ERROR" in read_code(Job.get_log_error_info)
    assert "event=LogEvent.JOB_FINISHED, job_id=j.jobid" in read_code(job_scheduler)
    assert callable(main)


def test_a_snakemake_on_this_machine_says_that_it_is_local():
    """The study's claim on its results asks for it."""
    assert isinstance(Workflow.local_exec, property)


def test_every_override_is_one():
    ours = {name for name, value in vars(PatientExecutor).items() if inspect.isfunction(value)}
    interface = {
        "run_jobs",
        "run_job",
        "check_active_jobs",
        "cancel",
        "cancel_jobs",
        "shutdown",
        "report_job_submission",
    }
    assert interface <= ours
    assert all(callable(getattr(Executor, name)) for name in interface)
