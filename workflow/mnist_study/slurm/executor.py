"""The Slurm plugin's executor, with a way out of every wait that can't end, and no attempt lost to Slurm's own faults.

The plugin submits; this class decides what a job's state means. It mends what was seen on a cluster (docs/faults.md):
a job that was cancelled, preempted for good, or lost by Slurm was waited for forever; jobs were forgotten when Slurm
did not answer for a while; an sbatch at a bad moment cost an attempt; an interrupt could leave jobs behind.

Each Slurm job starts one Snakemake, which runs the script. The plugin starts two: the first only calls srun, for the
second. That is for jobs of several tasks or nodes, which a study has none of.
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
    name_job,
    tell,
)
from mnist_study.trust.reasons import list_reasons

# The pause between two looks at the queue grows to so many times that before the first: in our profile, to a minute.
LONGEST_PAUSE = 3
# So many looks in a row must find a job neither in the queue nor in the accounting before it counts as lost.
LOOKS_FOR_LOST_JOBS = 3
# And so many if the accounting gives no answer, as where there is none.
LOOKS_WITHOUT_ACCOUNTING = 30

# What Slurm says when the same command can succeed later: no controller, or a limit on submitted jobs.
COME_BACK_LATER = re.compile(
    r"Unable to contact slurm controller|Socket timed out|Connection (refused|timed out|reset)|Zero Bytes|"
    r"controller in standby mode|temporarily|(QOS|Assoc)\w*SubmitJobs?\w*Limit"
)
# States and reasons in which a job waits forever if nobody does anything.
NEEDS_A_PERSON = re.compile(
    r"held|_HOLD|SPECIAL_EXIT|BadConstraints|Invalid|NotAllowed|MaxWallDuration|MaxMemPerLimit|"
    r"Partition(TimeLimit|NodeLimit|Config)",
    re.IGNORECASE,
)


class PatientExecutor(Executor):
    """The plugin's executor, as above; `make_patient` turns the one that Snakemake has made into it."""

    def prepare(self) -> None:
        """Add what this class keeps in mind to an executor of the plugin."""
        self.pause = self.workflow.executor_settings.init_seconds_before_status_checks
        self.start = time.time()
        self.submissions: list[Submission] = []
        self.refusals: dict[object, str] = {}
        self.stopping = threading.Event()
        self.silent = False
        self.unknown: Counter[str] = Counter()
        self.told: set[str] = set()

    def additional_general_args(self) -> str:
        """Let the Snakemake in a Slurm job run the script itself."""
        return ""

    def get_job_args(self, job: object) -> str:
        """Let it use as many cores as the job asked for, and of a group make what is missing, also after a failure."""
        arguments = f"{super().get_job_args(job)} --cores {job.threads}"
        return f"{shlex.join(map(str, job.output))} {arguments} --keep-going" if job.is_group() else arguments

    def get_job_exec_prefix(self, job: object) -> str:
        """Hand on to the node what each job was submitted for, as its Snakemake reads config and code anew."""
        submitted = {
            str(member.output[0]): list_reasons(member.rule.name, json.loads(member.params.settings))
            for member in list_members(job)
        }
        return " && ".join(filter(None, [super().get_job_exec_prefix(job), export_reasons(submitted)]))

    def format_job_exec(self, job: object) -> str:
        """Give a Slurm job's command; a group's forces nothing, as Slurm may start it again half-way."""
        command = super().format_job_exec(job)
        return command.replace(" --force ", " ") if job.is_group() else command

    def run_job(self, job: object) -> None:
        """Submit a job; where Slurm can't take it now, wait, which is no attempt of the job."""
        if job.is_group():
            share(job)
        told = False
        while refusal := self.submit(job):
            passes = COME_BACK_LATER.search(refusal)
            if passes and not told:
                self.logger.warning(f"Slurm does not take {name_job(job)} now, and is asked again. {refusal}")
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

    def submit(self, job: object) -> str | None:
        """Submit a job, and return what Slurm said if it refused."""
        super().run_job(job)
        return self.refusals.pop(job, None)

    def _report_job_error_threadsafe(self, job_info: SubmittedJobInfo, msg: str) -> None:
        self.refusals[job_info.job] = msg.partition("\n    sbatch call:")[0]

    def clear_strays(self, job: object) -> bool:
        """Cancel what a refused submission has left in the queue all the same; tell whether there is nothing of it."""
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

    def report_job_submission(self, job_info: SubmittedJobInfo, register_job: bool = True) -> None:
        """Keep in mind which Slurm job is an attempt of which job."""
        self.note_submission(job_info.job, job_info.external_jobid)
        if job_info.job.is_group():
            for member in list_members(job_info.job):
                self.logger.info(
                    f"Job {member.jobid} has been submitted with SLURM jobid {job_info.external_jobid} too."
                )
        super().report_job_submission(job_info, register_job=register_job)

    def note_submission(self, job: object, slurm_job: str, refusal: str = "") -> None:
        """Note an attempt of a job; of a group, an attempt of each of its jobs that is not finished."""
        for member in list_members(job):
            if not (job.is_group() and is_finished(member)):
                self.submissions.append(Submission(slurm_job, member, job.attempt, time.time(), refusal, job))

    async def check_active_jobs(self, active_jobs: list[SubmittedJobInfo]) -> AsyncIterator[SubmittedJobInfo]:
        """Report the jobs that ended, and give back those that are under way."""
        longer = min(self.next_seconds_between_status_checks + self.pause, LONGEST_PAUSE * self.pause)
        self.next_seconds_between_status_checks = longer if active_jobs else self.pause
        states = self.ask_states([job_info.external_jobid for job_info in active_jobs])
        for job_info in active_jobs:
            state = states.get(job_info.external_jobid, State("UNKNOWN", "", ""))
            try:
                under_way = self.is_under_way(job_info, state)
            except NO_ANSWER:  # the next look sees the same state
                under_way = True
            if under_way:
                yield job_info
            else:
                self.next_seconds_between_status_checks = self.pause

    def is_under_way(self, job_info: SubmittedJobInfo, state: State) -> bool:
        """Tell whether a job can still come to its end by itself; report it if not."""
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
        """Ask Slurm for the states of jobs; those that it does not tell now are left out."""
        if not jobs:
            return {}
        try:
            states = ask_queue(self.run_uuid)
        except NO_ANSWER:
            if not self.silent:
                self.logger.warning("Slurm does not answer. Its jobs go on, and so does this run when it is back.")
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
        """Find how jobs ended that the controller no longer remembers."""
        try:
            accounts, looks = ask_accounting(gone), LOOKS_FOR_LOST_JOBS
        except NO_ANSWER:
            accounts, looks = {}, LOOKS_WITHOUT_ACCOUNTING
        ends = {job: state for job, state in accounts.items() if state.name in FINAL_STATES}
        self.unknown.update(job for job in gone if job not in ends)
        lost = [job for job in gone if self.unknown[job] >= looks]
        return dict.fromkeys(lost, State("CANCELLED", "Slurm no longer knows this job", "")) | ends

    def requeue(self, job_info: SubmittedJobInfo, state: State) -> State:
        """Put a job that Slurm took from its node back into the queue, which is no attempt of it; its state then."""
        if self.stopping.is_set():
            return State("CANCELLED", "", "")
        answer = tell("scontrol", "requeue", job_info.external_jobid)
        if answer.returncode and not COME_BACK_LATER.search(answer.stderr):
            return State("CANCELLED", str(state), "")
        if not answer.returncode:
            self.logger.warning(f"{name_job(job_info.job)}: {state}. Slurm job {job_info.external_jobid} queues again.")
        return State("PENDING", "", "")

    def tell_if_stuck(self, job_info: SubmittedJobInfo, state: State) -> None:
        """Tell once that a job waits for a person."""
        job = job_info.external_jobid
        if state.name != "RUNNING" and NEEDS_A_PERSON.search(f"{state.name} {state.reason}") and job not in self.told:
            self.told.add(job)
            self.logger.warning(
                f"{name_job(job_info.job)} waits for you: {state}. Remove the cause (held: scontrol release {job}), or "
                f"give it up: scancel {job}"
            )

    def report_failure(self, job_info: SubmittedJobInfo, state: State) -> None:
        """Report that a job failed, once it is certain that Slurm does not start it again."""
        tell("scancel", "--quiet", job_info.external_jobid)
        # Where the job has come to write a log of its own, Slurm's only repeats how it was started.
        told = any(find_logs(self.submissions, member) for member in list_members(job_info.job))
        logs = [] if told else [str(job_info.aux["slurm_logfile"])]
        self.report_job_error(job_info, msg=f"Slurm job {job_info.external_jobid}: {state}. ", aux_logs=logs)

    def cancel(self) -> None:
        """Cancel the run: what is in the queue, what is being submitted, and what was requeued meanwhile."""
        super().cancel()
        self.cancel_by_name()

    def cancel_jobs(self, active_jobs: list[SubmittedJobInfo]) -> None:
        """Cancel all jobs of this run, those included that are being submitted or looked at just now."""
        self.stopping.set()
        self.cancel_by_name()
        self._job_submission_executor.shutdown(wait=True, cancel_futures=True)
        self.cancel_by_name()

    def cancel_by_name(self) -> None:
        """Cancel all jobs that bear this run's name."""
        command = ["scancel", "--quiet", f"--name={self.run_uuid}"]
        try:
            tell(*command).check_returncode()
        except NO_ANSWER as error:
            words = (getattr(error, "stderr", None) or str(error)).strip()
            self.logger.warning(f"Slurm's jobs may go on ({words}). To stop them: {' '.join(command)}")

    def shutdown(self) -> None:
        """Shut down; where nobody waits for jobs any more, as after an error of Snakemake's, none is left."""
        if not self.wait_thread.is_alive():
            self.cancel_jobs([])
        self.stopping.set()
        super().shutdown()


def find_logs(submissions: list[Submission], job: object) -> list[Path]:
    """Find the logs that a job has written since its last attempt was submitted."""
    [*_, submitted] = [0, *(submission.time for submission in submissions if submission.job is job)]
    clocks_differ = 60
    logs = map(Path, job.log)
    return [log for log in logs if log.exists() and log.stat().st_mtime > submitted - clocks_differ]


def make_patient(executor: Executor) -> PatientExecutor:
    """Turn the executor that Snakemake has made of the plugin into a patient one; Snakemake lets no workflow choose.

    Raises StudyError if jobs are to be submitted as arrays, which this class can't follow.
    """
    if executor.array_jobs:
        raise StudyError("leave out --slurm-array-jobs: short jobs share a Slurm job by `groups` in the profile")
    PatientExecutor.prepare(executor)
    executor.__class__ = PatientExecutor
    return executor
