"""The Slurm plugin's executor, without endless waits, and without attempts lost to Slurm's own faults.

The plugin says how a job is submitted. This class says what the state of a job means, and puts several jobs into one
Slurm job (bundles.py). It corrects behaviours of the plugin that were seen on a cluster:

- It waits forever for a job that was cancelled, preempted for good, or lost by Slurm, and if Slurm can't be reached.
- It forgets its jobs when Slurm does not answer for a while.
- An sbatch at a bad moment costs an attempt.
- An interrupt can leave jobs behind.
- A path with $, a quote or % is read as something else by a shell or by Slurm.

Each Slurm job starts one Snakemake process, which runs the jobs (node.py). The plugin's starts a second one through
srun. Jobs of several tasks or nodes need that, and are refused.
"""

import os
import re
import shlex
import shutil
import subprocess
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from pathlib import Path

from snakemake.jobs import Job
from snakemake_executor_plugin_slurm import Executor
from snakemake_executor_plugin_slurm.submit_string import get_submit_command
from snakemake_executor_plugin_slurm.utils import set_gres_string
from snakemake_executor_plugin_slurm.validation import validate_or_get_slurm_job_id, validate_slurm_extra
from snakemake_interface_common.exceptions import WorkflowError
from snakemake_interface_executor_plugins.executors.base import SubmittedJobInfo
from snakemake_interface_executor_plugins.logging import LoggerExecutorInterface
from snakemake_interface_executor_plugins.utils import encode_target_jobs_cli_args
from snakemake_interface_executor_plugins.workflow import WorkflowExecutorInterface

from snakemake_executor_plugin_slurm_patient.bundles import (
    Bundle,
    is_complete,
    make_bundles,
    name_bundle,
)
from snakemake_executor_plugin_slurm_patient.records import FINISHED, write_record
from snakemake_executor_plugin_slurm_patient.report import describe_run, find_logs, list_starts
from snakemake_executor_plugin_slurm_patient.slurm import (
    FAILED_STATES,
    FINAL_STATES,
    NO_ANSWER,
    REQUEUED_STATES,
    State,
    ask,
    ask_accounting,
    ask_queue,
    tell,
)

# The name of this run's jobs in Slurm, in the environment of this process and of its jobs.
RUN_VARIABLE = "SNAKEMAKE_SLURM_RUN"
PROGRAMS = ("sbatch", "squeue", "scancel", "scontrol")
# What a Slurm job's own variables must not change in the jobs that are submitted from there, but for these.
KEPT_VARIABLES = {"SLURM_CONF", "SLURM_CLUSTERS"}

# Upper bound of the polling interval, as a multiple of the initial one. By default, this is two minutes.
LONGEST_PAUSE = 3
# A job counts as lost after so many status checks in a row that find it neither in the queue nor in the accounting.
LOOKS_FOR_LOST_JOBS = 3
# The same, if the accounting does not answer or does not exist.
LOOKS_WITHOUT_ACCOUNTING = 30

# Slurm's messages if the same command can succeed later: no controller, or a limit on submitted jobs.
COME_BACK_LATER = re.compile(
    r"Unable to contact slurm controller|Socket timed out|Connection (refused|timed out|reset)|Zero Bytes|"
    r"controller in standby mode|temporarily|(QOS|Assoc)\w*SubmitJobs?\w*Limit"
)
# States and reasons of jobs that wait until a person acts.
NEEDS_A_PERSON = re.compile(
    r"held|_HOLD|SPECIAL_EXIT|BadConstraints|Invalid|NotAllowed|MaxWallDuration|MaxMemPerLimit|"
    r"Partition(TimeLimit|NodeLimit|Config)",
    re.IGNORECASE,
)


class BundleInfo(SubmittedJobInfo):
    """What is noted of a Slurm job that is under way."""

    job: Bundle  # type: ignore[assignment] # the interface knows Snakemake's own jobs alone
    external_jobid: str


class PatientExecutor(Executor):
    """The plugin's executor with the corrections above."""

    next_seconds_between_status_checks: float
    active_jobs: list[BundleInfo]

    def __init__(self, workflow: WorkflowExecutorInterface, logger: LoggerExecutorInterface) -> None:
        """Check that Slurm can be reached. Raises WorkflowError if its programs are missing."""
        # All of this is set before the thread starts that checks the states of jobs.
        settings = workflow.executor_settings  # type: ignore[attr-defined] # the interface leaves it out
        if settings.array_jobs:
            raise WorkflowError("remove slurm-patient-array-jobs: the resource bundle puts jobs into one Slurm job")
        self.pause = settings.init_seconds_before_status_checks
        self.start = time.time()
        self.bundles: list[Bundle] = []
        self.held: list[Job] = []
        self.refused: list[tuple[float, Bundle]] = []
        self.submitter = ThreadPoolExecutor(2, "submit")
        self.stopping = threading.Event()
        self.silent = False
        self.unknown: Counter[str] = Counter()
        self.told: set[str] = set()
        self.numbers = count(1)
        self.reported = False
        check_programs()
        check_folder(Path.cwd())
        leave_slurm_job()
        super().__init__(workflow, logger)
        os.environ[RUN_VARIABLE] = self.run_uuid
        if not settings.logdir:
            self.slurm_logdir = Path(".snakemake/slurm_logs")  # short in messages
        try:
            ask_queue(self.run_uuid)
        except NO_ANSWER as error:
            self.tell_silence(error)

    # --- Submission

    def run_jobs(self, jobs: list[Job]) -> None:
        """Submit jobs, in bundles. An incomplete bundle waits if other jobs of its rule are ready and can join it."""
        for job in jobs:
            check_job(job)
            self.run_job_pre(job)
        self.submit_bundles([*self.take_held(), *jobs])

    def take_held(self) -> list[Job]:
        """Take the jobs that wait for others to share a Slurm job with."""
        with self.lock:
            held, self.held = self.held, []
        return held

    def submit_bundles(self, jobs: list[Job]) -> None:
        """Submit jobs in bundles, but for those that wait for others. In a run that is ending, they end too."""
        if self.is_ending():
            for job in jobs:
                self.workflow.scheduler.error_callback(job)
            return
        bundles = make_bundles(jobs)
        ready = {(job.rule.name, job.attempt) for job in list(self.dag.ready_jobs) if not job.is_group()}
        busy = self.is_busy() or any(map(is_complete, bundles))
        for bundle in bundles:
            if busy and not is_complete(bundle) and (bundle.name, bundle.attempt) in ready:
                with self.lock:
                    self.held += bundle.members
            else:
                self.bundles.append(bundle)
                self.submitter.submit(self.submit_bundle, bundle)

    def is_busy(self) -> bool:
        """Tell whether jobs are under way. Each that ends makes room for one that is ready."""
        return any(bundle.open for bundle in self.bundles)

    def is_ending(self) -> bool:
        """Tell whether no other job is to be started: after Ctrl-C, SIGTERM, or a failure without --keep-going."""
        scheduler = self.workflow.scheduler
        return self.stopping.is_set() or scheduler._user_kill or (scheduler._errors and not scheduler.keepgoing)

    def run_job(self, job: Job) -> None:
        """Submit one job; the interface asks for this method."""
        self.run_jobs([job])

    def submit_bundle(self, bundle: Bundle) -> None:
        """Submit a bundle. If Slurm can't take it now, wait; this does not count as an attempt."""
        try:
            told = False
            while refusal := self.call_sbatch(bundle):
                passes = COME_BACK_LATER.search(refusal)
                if passes and not told:
                    self.logger.warning(f"Slurm does not take {name_bundle(bundle)} now. It is asked again. {refusal}")
                    told = True
                while not self.clear_strays(bundle):
                    if self.stopping.wait(self.pause):
                        return
                if not passes:
                    self.refuse(bundle, refusal)
                    return
                if self.stopping.wait(self.pause):
                    return
        except Exception as error:  # in this thread, nobody else would report it
            self.refuse(bundle, str(error) or repr(error))

    def call_sbatch(self, bundle: Bundle) -> str:
        """Call sbatch for a bundle. Return Slurm's message if it refuses, else an empty text."""
        folder = self.slurm_logdir / f"rule_{bundle.name}" / bundle.label
        folder.mkdir(parents=True, exist_ok=True)
        bundle.record = self.slurm_logdir / "records" / self.run_uuid / f"{next(self.numbers)}.log"
        write_record(bundle.record, self.list_arguments(bundle), [describe_member(job) for job in bundle.members])
        validate_slurm_extra(bundle)
        parameters = {
            "run_uuid": self.run_uuid,
            "slurm_logfile": f"{str(folder.absolute()).replace('%', '%%')}/%j.log",  # Slurm replaces %
            "comment_str": make_comment(bundle),
            "account": next(self.get_account_arg(bundle)),
            "partition": self.get_partition_arg(bundle),
            "workdir": self.workflow.workdir_init,
        }
        call = get_submit_command(bundle, parameters, self.workflow.executor_settings, self._failed_nodes)
        # The script goes through a pipe, so that no shell reads it before that of the job.
        sbatch = subprocess.run(
            f"{call}{set_gres_string(bundle)} /dev/stdin",
            shell=True,
            input=f"#!/bin/sh\n{self.format_script(bundle)}\n",
            capture_output=True,
            encoding="utf-8",
            errors="replace",
        )
        self.logger.debug(f"sbatch call: {sbatch.args}")
        if sbatch.returncode:
            return sbatch.stderr.strip() or f"exit status {sbatch.returncode}"
        bundle.slurm_job = validate_or_get_slurm_job_id(sbatch.stdout.strip().split(";")[0], sbatch.stdout)
        bundle.slurm_log = folder / f"{bundle.slurm_job}.log"
        self.report_job_submission(BundleInfo(bundle, bundle.slurm_job))  # type: ignore[arg-type]
        return ""

    def format_script(self, bundle: Bundle) -> str:
        """Format the command of a Slurm job."""
        precommand = self.workflow.spawned_job_args_factory.precommand(executor_common_settings=self.common_settings)
        program = [self.get_python_executable(), "-m", "snakemake_executor_plugin_slurm_patient.node"]
        return " && ".join(filter(None, [precommand, f"exec {shlex.join([*program, str(bundle.record)])}"]))

    def list_arguments(self, bundle: Bundle) -> list[str]:
        """List the arguments of the Snakemake on the node, but for its targets, the members."""
        factory = self.workflow.spawned_job_args_factory
        inputs = {str(path): None for job in bundle.members for path in job.get_wait_for_files()}
        unneeded = [str(path) for job in bundle.members for path in self.dag.get_unneeded_temp_files(job)]
        return [
            *["--snakefile", str(self.get_snakefile())],
            *["--allowed-rules", bundle.name],
            *["--cores", str(bundle.threads)],
            *["--attempt", str(bundle.attempt)],
            *["--wait-for-files", *inputs],
            *(["--unneeded-temp-files", *unneeded] if unneeded else []),
            *["--force-use-threads", "--keep-going"],
            # Snakemake formats these for a shell, which would replace $ in some of them. shlex does not.
            *shlex.split(factory.general_args(executor_common_settings=self.common_settings)),
            *["--mode", self.get_exec_mode().item_to_choice()],
        ]

    def clear_strays(self, bundle: Bundle) -> bool:
        """Cancel jobs that a refused submission left in the queue; tell whether there were none."""
        try:
            rows = ask("squeue", "--all", "--noheader", f"--name={self.run_uuid}", "--format=%i|%k", fields=2)
            known = {bundle.slurm_job for bundle in self.bundles}
            strays = [number for number, text in rows if text == make_comment(bundle) and number not in known]
            if strays:
                tell("scancel", *strays)
        except NO_ANSWER:
            return False
        return not strays

    def report_job_submission(self, job_info: BundleInfo, register_job: bool = True) -> None:
        """Note that Slurm took a bundle."""
        bundle = job_info.job
        bundle.submitted = time.time()
        numbers = ", ".join(str(job.jobid) for job in bundle.members)
        words = f"Job {numbers} has" if len(bundle.members) == 1 else f"Jobs {numbers} have"
        self.logger.info(
            f"{words} been submitted with SLURM jobid {bundle.slurm_job} (log: {bundle.slurm_log}).",
            extra={
                "submission": {
                    "slurm_job": bundle.slurm_job,
                    "jobs": [job.jobid for job in bundle.members],
                    "record": str(bundle.record.absolute()),
                }
            },
        )
        for job in bundle.members:
            self.workflow.scheduler.submit_callback(job)
            if register_job:
                job.register(external_jobid=bundle.slurm_job)
        with self.lock:
            self.active_jobs.append(job_info)

    def refuse(self, bundle: Bundle, refusal: str) -> None:
        """Note that Slurm refused a bundle for good. The next attempt, if there is one, is made after a pause."""
        bundle.refusal = refusal
        last = all(bundle.attempt > job.restart_times for job in bundle.members)
        pause = 0 if last else LONGEST_PAUSE * self.pause
        if pause:
            self.logger.warning(f"Slurm refuses {name_bundle(bundle)}. It is tried again in {pause} s. {refusal}")
        with self.lock:
            self.refused.append((time.monotonic() + pause, bundle))

    # --- States

    async def check_active_jobs(self, active_jobs: list[BundleInfo]) -> AsyncIterator[BundleInfo]:
        """Report the jobs that ended, and yield the Slurm jobs that are under way."""
        longer = min(self.next_seconds_between_status_checks + self.pause, LONGEST_PAUSE * self.pause)
        self.next_seconds_between_status_checks = longer if active_jobs else self.pause
        self.report_refused()
        states = self.ask_states([job_info.external_jobid for job_info in active_jobs])
        for job_info in active_jobs:
            bundle = job_info.job
            left = len(bundle.open)
            try:
                under_way = self.is_under_way(bundle, states.get(bundle.slurm_job, State("UNKNOWN", "", "")))
            except NO_ANSWER:  # the next status check sees the same state
                under_way = True
            if under_way:
                yield job_info
            if len(bundle.open) < left or not under_way:
                self.next_seconds_between_status_checks = self.pause
        if held := self.take_held():
            self.submit_bundles(held)

    def report_refused(self) -> None:
        """Report the refused bundles whose pause is over."""
        with self.lock:
            due = [bundle for moment, bundle in self.refused if moment <= time.monotonic()]
            self.refused = [entry for entry in self.refused if entry[1] not in due]
        for bundle in due:
            self.fail(bundle, bundle.open, f"Slurm refused it. {bundle.refusal} ")

    def is_under_way(self, bundle: Bundle, state: State) -> bool:
        """Report the members that have ended, and tell whether the others can still end without help."""
        for job, end in bundle.list_ended():
            if end == FINISHED:
                self.report_job_success(SubmittedJobInfo(job, bundle.slurm_job))
            else:
                self.report_member(bundle, job, f"Slurm job {bundle.slurm_job}: this job failed. ")
        if state.name == "COMPLETED":
            for job in take_open(bundle, bundle.open):
                self.report_job_success(SubmittedJobInfo(job, bundle.slurm_job))
            with suppress(OSError):
                bundle.slurm_log.unlink()
            return False
        if state.name in REQUEUED_STATES:
            state = self.requeue(bundle, state)
        if state.name in FAILED_STATES:
            self.end_bundle(bundle, state)
            return False
        self.tell_if_stuck(bundle, state)
        return True

    def end_bundle(self, bundle: Bundle, state: State) -> None:
        """Report the open members of a Slurm job that failed. Those that were never started are submitted again.

        The Slurm job is cancelled first, so that Slurm does not start it again.
        """
        tell("scancel", "--quiet", bundle.slurm_job)
        given_up = bundle.slurm_job in self.told and state.name == "CANCELLED"
        started = bundle.list_started()
        # Without a member that was started, the cause can be what all of them share.
        failed = bundle.open if given_up or not started or self.stopping.is_set() else started
        if given_up:
            for job in failed:
                job.attempt = job.restart_times + 1
        self.fail(bundle, failed, f"Slurm job {bundle.slurm_job}: {state}. ")
        if bundle.open:
            self.submit_bundles(take_open(bundle, bundle.open))

    def fail(self, bundle: Bundle, jobs: list[Job], message: str) -> None:
        """Report that members of a bundle failed."""
        for job in take_open(bundle, jobs):
            self.report_member(bundle, job, message)

    def report_member(self, bundle: Bundle, job: Job, message: str) -> None:
        """Report that a member failed."""
        # If the job has written its own log, Slurm's log only repeats how the job was started.
        logs = [] if find_logs(self.bundles, job) or not bundle.slurm_job else [str(bundle.slurm_log)]
        self.report_job_error(SubmittedJobInfo(job, bundle.slurm_job or None), msg=message, aux_logs=logs)

    def ask_states(self, jobs: list[str]) -> dict[str, State]:
        """Ask Slurm for the states of jobs. Jobs without an answer are left out."""
        if not jobs:
            return {}
        try:
            states = ask_queue(self.run_uuid)
        except NO_ANSWER as error:
            self.tell_silence(error)
            return {}
        if self.silent:
            self.logger.warning("Slurm answers again.")
        self.silent = False
        for job in states:
            del self.unknown[job]
        gone = [job for job in jobs if job not in states]
        return states | self.find_ends(gone) if gone else states

    def tell_silence(self, error: Exception) -> None:
        """Warn once that Slurm does not answer."""
        if not self.silent:
            words = " ".join((getattr(error, "stderr", None) or str(error)).split())
            self.logger.warning(
                f"Slurm does not answer. Its jobs go on. So does this run when Slurm is back. squeue: {words}"
            )
        self.silent = True

    def find_ends(self, gone: list[str]) -> dict[str, State]:
        """Find the final states of jobs that the controller no longer remembers."""
        try:
            accounts, looks = ask_accounting(gone), LOOKS_FOR_LOST_JOBS
        except NO_ANSWER:
            accounts, looks = {}, LOOKS_WITHOUT_ACCOUNTING
        ends = {job: state for job, state in accounts.items() if state.name in FINAL_STATES}
        self.unknown.update(job for job in gone if job not in ends)
        lost = [job for job in gone if self.unknown[job] >= looks]
        return dict.fromkeys(lost, State("CANCELLED", "Slurm no longer knows this job", "")) | ends

    def requeue(self, bundle: Bundle, state: State) -> State:
        """Requeue a job that Slurm took from its node, and return its state then. This does not count as an attempt."""
        if self.stopping.is_set():
            return State("CANCELLED", "", "")
        answer = tell("scontrol", "requeue", bundle.slurm_job)
        if answer.returncode and not COME_BACK_LATER.search(answer.stderr):
            return State("CANCELLED", str(state), "")
        if not answer.returncode:
            self.logger.warning(f"{name_bundle(bundle)}: {state}. Slurm job {bundle.slurm_job} queues again.")
        return State("PENDING", "", "")

    def tell_if_stuck(self, bundle: Bundle, state: State) -> None:
        """Warn once if a job waits for a person."""
        job = bundle.slurm_job
        if state.name == "RUNNING":
            self.told.discard(job)
        elif NEEDS_A_PERSON.search(f"{state.name} {state.reason}") and job not in self.told:
            self.told.add(job)
            self.logger.warning(
                f"{name_bundle(bundle)} waits for you: {state}. Remove the cause (held: scontrol release {job}), or "
                f"give it up: scancel {job}"
            )

    # --- The end

    def cancel(self) -> None:
        """Cancel the run: jobs in the queue, jobs that are being submitted, and jobs that were requeued meanwhile."""
        super().cancel()
        self.cancel_by_name()

    def cancel_jobs(self, active_jobs: list[BundleInfo]) -> None:
        """Cancel all jobs of this run, including those that are being submitted or checked."""
        self.stopping.set()
        self.cancel_by_name()
        self.submitter.shutdown(wait=True, cancel_futures=True)
        self.cancel_by_name()

    def cancel_by_name(self) -> None:
        """Cancel all jobs with this run's name."""
        command = ["scancel", "--quiet", f"--name={self.run_uuid}"]
        try:
            tell(*command).check_returncode()
        except NO_ANSWER as error:
            words = (getattr(error, "stderr", None) or str(error)).strip()
            self.logger.warning(f"Slurm's jobs may go on ({words}). To stop them: {' '.join(command)}")

    def shutdown(self) -> None:
        """Shut down, and report. If no thread waits for jobs any more, as after an error, cancel all jobs."""
        if not self.wait_thread.is_alive():
            self.cancel_jobs([])
        self.stopping.set()
        self.submitter.shutdown(wait=True, cancel_futures=True)
        super().shutdown()
        if not self.reported:
            self.reported = True
            self.report()

    def report(self) -> None:
        """Report the failures and their reasons, the command to go on, and the cost of the run."""
        try:
            succeeded = all(map(self.dag.finished, self.dag.needrun_jobs()))
            bundles = [bundle for bundle in self.bundles if bundle.slurm_job or bundle.refusal]
            starts = list_starts(self.run_uuid, self.start, {bundle.slurm_job for bundle in bundles} - {""})
            self.logger.info(describe_run(bundles, self.workflow.scheduler.failed, succeeded, starts))
        except Exception as error:  # a report that fails must not make the run fail
            self.logger.warning(f"The report of this run failed: {error!r}")


def take_open(bundle: Bundle, jobs: list[Job]) -> list[Job]:
    """Take members from the open ones of a bundle."""
    taken = list(jobs)
    bundle.open = [job for job in bundle.open if job not in taken]
    return taken


def make_comment(bundle: Bundle) -> str:
    """Make the text by which a person knows a job in Slurm's lists; as the plugin's."""
    return f"rule_{bundle.name}_wildcards_{bundle.label}".removesuffix("_wildcards_")


def describe_member(job: Job) -> dict:
    """Describe a job for the record of its bundle."""
    [target] = encode_target_jobs_cli_args(job.get_target_spec())
    return {
        "jobid": job.jobid,
        "target": target,
        "wildcards": job.wildcards_dict,
        "output": [str(path) for path in job.output],
        "params": {name: str(value) for name, value in job.params.items()},
    }


def check_job(job: Job) -> None:
    """Raise WorkflowError if a job can't be submitted by this plugin."""
    if job.is_group():
        raise WorkflowError(
            f"group {job.groupid}: remove it. The resource bundle puts jobs of a rule into one Slurm job"
        )
    several = [
        name for name in ("mpi", "nodes", "tasks", "tasks_per_gpu") if job.resources.get(name, 1) not in (1, False)
    ]
    if several:
        raise WorkflowError(f"rule {job.rule.name}: {several[0]}: this executor has one task on one node; use slurm")


def check_programs() -> None:
    """Raise WorkflowError if programs of Slurm are missing."""
    if missing := [program for program in PROGRAMS if shutil.which(program) is None]:
        raise WorkflowError(
            f"Slurm's programs are not on the PATH: {', '.join(missing)}. Run Snakemake where sbatch works, "
            "such as on a login node"
        )


def check_folder(folder: Path) -> None:
    """Raise WorkflowError if Slurm can't write logs into a folder."""
    if "\\" in str(folder):
        raise WorkflowError(f"Slurm can't write into a folder with a backslash in its path: rename {folder}")


def leave_slurm_job() -> None:
    """Remove the variables of the Slurm job in which Snakemake itself runs, as jobs would inherit them."""
    if "SLURM_JOB_ID" in os.environ:
        for name in [name for name in os.environ if name.startswith("SLURM_") and name not in KEPT_VARIABLES]:
            del os.environ[name]
