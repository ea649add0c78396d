"""The Slurm plugin's executor, without endless waits, and without attempts lost to Slurm's own faults.

The plugin submits jobs. This class decides what the state of a job means. It corrects four behaviours of the plugin
that were seen on a cluster (docs/faults.md):

- It waited forever for a job that was cancelled, preempted for good, or lost by Slurm.
- It forgot its jobs when Slurm did not answer for a while.
- An sbatch at a bad moment cost an attempt.
- An interrupt could leave jobs behind.

Each Slurm job starts one Snakemake process, which runs the script. The plugin starts two: the first one only calls srun
for the second. Jobs of several tasks or nodes need this, and a study has no such jobs.
"""

import json
import re
import shlex
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

from snakemake.jobs import GroupJob, Job
from snakemake_executor_plugin_slurm import Executor
from snakemake_executor_plugin_slurm.utils import get_job_wildcards
from snakemake_interface_executor_plugins.executors.base import SubmittedJobInfo

from mnist_study.errors import StudyError
from mnist_study.run.submissions import export_reasons
from mnist_study.slurm.groups import is_finished, list_members, share
from mnist_study.slurm.jobs import (
    FAILED_STATES,
    FINAL_STATES,
    NO_ANSWER,
    REQUEUED_STATES,
    State,
    Submission,
    ask,
    ask_accounting,
    ask_queue,
    is_group,
    name_job,
    tell,
)
from mnist_study.trust.reasons import list_reasons

# Upper bound of the polling interval, as a multiple of the initial one. In our profile, this is one minute.
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


class SlurmJobInfo(SubmittedJobInfo):
    """What the plugin notes of a job that Slurm took, in types that are exact."""

    job: Job | GroupJob
    external_jobid: str
    aux: dict[str, Path]


class PatientExecutor(Executor):
    """The plugin's executor with the corrections above; `make_patient` converts Snakemake's instance into it."""

    next_seconds_between_status_checks: float

    def prepare(self) -> None:
        """Add the state of this class to an executor of the plugin."""
        self.pause = self.workflow.executor_settings.init_seconds_before_status_checks
        self.start = time.time()
        self.submissions: list[Submission] = []
        self.refusals: dict[Job | GroupJob, str] = {}
        self.stopping = threading.Event()
        self.silent = False
        self.unknown: Counter[str] = Counter()
        self.told: set[str] = set()

    def additional_general_args(self) -> str:
        """Let the Snakemake in a Slurm job run the script itself."""
        return ""

    def get_python_executable(self) -> str:
        """Give this run's Python for the command of a Slurm job. Its folder may have blanks, and a shell reads it."""
        return shlex.quote(super().get_python_executable())

    def get_job_args(self, job: Job | GroupJob) -> str:
        """Give the arguments of the Snakemake in a Slurm job: as many cores as the job asked for.

        For a group, it makes the files that are missing, and goes on after a failure.
        """
        arguments = f"{super().get_job_args(job)} --cores {job.threads}"
        return f"{shlex.join(map(str, job.output))} {arguments} --keep-going" if is_group(job) else arguments

    def get_job_exec_prefix(self, job: Job | GroupJob) -> str:
        """Export the reasons that each job was submitted with: Snakemake on the node reads config and code again."""
        submitted = {
            str(member.output[0]): list_reasons(member.rule.name, json.loads(member.params.settings))
            for member in list_members(job)
        }
        return " && ".join(filter(None, [super().get_job_exec_prefix(job), export_reasons(submitted)]))

    def format_job_exec(self, job: Job | GroupJob) -> str:
        """Give a Slurm job's command. A group's command has no --force, as Slurm may start it again half-way."""
        command = super().format_job_exec(job)
        return command.replace(" --force ", " ") if is_group(job) else command

    def run_job(self, job: Job | GroupJob) -> None:
        """Submit a job. If Slurm can't take it now, wait; this does not count as an attempt."""
        if is_group(job):
            share(job)
        told = False
        while refusal := self.submit(job):
            passes = COME_BACK_LATER.search(refusal)
            if passes and not told:
                self.logger.warning(f"Slurm does not take {name_job(job)} now. It is asked again. {refusal}")
                told = True
            while not self.clear_strays(job):
                if self.stopping.wait(self.pause):
                    return
            if not passes:
                self.note_submission(job, "", refusal)
                super()._report_job_error_threadsafe(SubmittedJobInfo(job), refusal)
                return
            if self.stopping.wait(self.pause):
                return

    def submit(self, job: Job | GroupJob) -> str | None:
        """Submit a job. Return Slurm's message if it refuses, else None."""
        super().run_job(job)
        return self.refusals.pop(job, None)

    def _report_job_error_threadsafe(self, job_info: SlurmJobInfo, msg: str) -> None:
        self.refusals[job_info.job] = msg.partition("\n    sbatch call:")[0]

    def clear_strays(self, job: Job | GroupJob) -> bool:
        """Cancel jobs that a refused submission left in the queue; tell whether there were none."""
        comment = f"rule_{job.name}_wildcards_{get_job_wildcards(job)}".removesuffix("_wildcards_")
        try:
            rows = ask("squeue", "--all", "--noheader", f"--name={self.run_uuid}", "--format=%i|%k", fields=2)
            known = {submission.slurm_job for submission in self.submissions}
            strays = [number for number, text in rows if text == comment and number not in known]
            if strays:
                tell("scancel", *strays)
        except NO_ANSWER:
            return False
        return not strays

    def report_job_submission(self, job_info: SlurmJobInfo, register_job: bool = True) -> None:
        """Note which Slurm job is an attempt of which job."""
        self.note_submission(job_info.job, job_info.external_jobid)
        if is_group(job_info.job):
            for member in list_members(job_info.job):
                self.logger.info(
                    f"Job {member.jobid} has been submitted with SLURM jobid {job_info.external_jobid} too."
                )
        super().report_job_submission(job_info, register_job=register_job)

    def note_submission(self, job: Job | GroupJob, slurm_job: str, refusal: str = "") -> None:
        """Note an attempt of a job. For a group, note an attempt of each of its unfinished jobs."""
        for member in list_members(job):
            if not (is_group(job) and is_finished(member)):
                self.submissions.append(Submission(slurm_job, member, job.attempt, time.time(), refusal, job))

    async def check_active_jobs(self, active_jobs: list[SlurmJobInfo]) -> AsyncIterator[SlurmJobInfo]:
        """Report the jobs that ended, and yield those that are under way."""
        longer = min(self.next_seconds_between_status_checks + self.pause, LONGEST_PAUSE * self.pause)
        self.next_seconds_between_status_checks = longer if active_jobs else self.pause
        states = self.ask_states([job_info.external_jobid for job_info in active_jobs])
        for job_info in active_jobs:
            state = states.get(job_info.external_jobid, State("UNKNOWN", "", ""))
            try:
                under_way = self.is_under_way(job_info, state)
            except NO_ANSWER:  # the next status check sees the same state
                under_way = True
            if under_way:
                yield job_info
            else:
                self.next_seconds_between_status_checks = self.pause

    def is_under_way(self, job_info: SlurmJobInfo, state: State) -> bool:
        """Tell whether a job can still end without help; report it if not."""
        if state.name == "COMPLETED":
            self.report_job_success(job_info)
            with suppress(OSError):
                job_info.aux["slurm_logfile"].unlink()
            return False
        if state.name in REQUEUED_STATES:
            state = self.requeue(job_info, state)
        if state.name in FAILED_STATES:
            self.report_failure(job_info, state)
            return False
        self.tell_if_stuck(job_info, state)
        return True

    def ask_states(self, jobs: list[str]) -> dict[str, State]:
        """Ask Slurm for the states of jobs. Jobs without an answer are left out."""
        if not jobs:
            return {}
        try:
            states = ask_queue(self.run_uuid)
        except NO_ANSWER:
            if not self.silent:
                self.logger.warning("Slurm does not answer. Its jobs go on. So does this run when Slurm is back.")
            self.silent = True
            return {}
        if self.silent:
            self.logger.warning("Slurm answers again.")
        self.silent = False
        for job in states:
            del self.unknown[job]
        gone = [job for job in jobs if job not in states]
        return states | self.find_ends(gone) if gone else states

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

    def requeue(self, job_info: SlurmJobInfo, state: State) -> State:
        """Requeue a job that Slurm took from its node, and return its state then. This does not count as an attempt."""
        if self.stopping.is_set():
            return State("CANCELLED", "", "")
        answer = tell("scontrol", "requeue", job_info.external_jobid)
        if answer.returncode and not COME_BACK_LATER.search(answer.stderr):
            return State("CANCELLED", str(state), "")
        if not answer.returncode:
            self.logger.warning(f"{name_job(job_info.job)}: {state}. Slurm job {job_info.external_jobid} queues again.")
        return State("PENDING", "", "")

    def tell_if_stuck(self, job_info: SlurmJobInfo, state: State) -> None:
        """Warn once if a job waits for a person."""
        job = job_info.external_jobid
        if state.name != "RUNNING" and NEEDS_A_PERSON.search(f"{state.name} {state.reason}") and job not in self.told:
            self.told.add(job)
            self.logger.warning(
                f"{name_job(job_info.job)} waits for you: {state}. Remove the cause (held: scontrol release {job}), or "
                f"give it up: scancel {job}"
            )

    def report_failure(self, job_info: SlurmJobInfo, state: State) -> None:
        """Report a failed job. It is cancelled first, so that Slurm does not start it again."""
        tell("scancel", "--quiet", job_info.external_jobid)
        # If the job has written its own log, Slurm's log only repeats how the job was started.
        told = any(find_logs(self.submissions, member) for member in list_members(job_info.job))
        logs = [] if told else [str(job_info.aux["slurm_logfile"])]
        self.report_job_error(job_info, msg=f"Slurm job {job_info.external_jobid}: {state}. ", aux_logs=logs)

    def cancel(self) -> None:
        """Cancel the run: jobs in the queue, jobs that are being submitted, and jobs that were requeued meanwhile."""
        super().cancel()
        self.cancel_by_name()

    def cancel_jobs(self, active_jobs: list[SlurmJobInfo]) -> None:
        """Cancel all jobs of this run, including those that are being submitted or checked."""
        self.stopping.set()
        self.cancel_by_name()
        self._job_submission_executor.shutdown(wait=True, cancel_futures=True)
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
        """Shut down. If no thread waits for jobs any more, as after an error in Snakemake, cancel all jobs."""
        if not self.wait_thread.is_alive():
            self.cancel_jobs([])
        self.stopping.set()
        super().shutdown()


def find_logs(submissions: list[Submission], job: Job) -> list[Path]:
    """Find the logs of a job that were written since its last attempt was submitted."""
    [*_, submitted] = [0, *(submission.time for submission in submissions if submission.job is job)]
    clocks_differ = 60
    logs = map(Path, job.log)
    return [log for log in logs if log.exists() and log.stat().st_mtime > submitted - clocks_differ]


def make_patient(executor: Executor) -> PatientExecutor:
    """Convert the plugin's executor, which Snakemake has made, into a patient one: a workflow can't choose its own.

    Raises StudyError if jobs are to be submitted as arrays: this class does not support them.
    """
    if executor.array_jobs:
        raise StudyError("remove --slurm-array-jobs: in the profile, `groups` lets short jobs share a Slurm job")
    PatientExecutor.prepare(executor)
    executor.__class__ = PatientExecutor
    return executor
