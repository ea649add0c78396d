"""Start, disturb and inspect a study for tests of faults on Slurm."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

PROFILE = Path("profiles/slurm/config.yaml")
# Edits of the shipped profile as docs/cluster.md says: an account, and no GPUs, as the test cluster has no real ones.
EDITS = {"my_account": "study", "device: gpu": "device: auto"}

# The replicates that share a Slurm job, side by side, in studies that have so many. The others have one each.
BUNDLED = (3, 4)
SHARE = {
    "train_classifier: &gpu\n": "train_classifier: &gpu\n    abreast: 2\n"
    f"    bundle: 2 if int(wildcards.replicate) in {BUNDLED} else 1\n"
}

# Files that may differ between two runs of the same study. They hold times, hosts, or, in a .keras file, the date.
DIFFERING = re.compile(r"\.provenance\.json$|^logs/|^\.claim/|\.keras$")

STUDY = """
pathvars: {{results: results}}
seed: 7
dataset: {{path: {dataset}}}
classifiers:
  regularized:
    layers: [{{dense: 8}}]
    sweep: {{l2: [0.001]}}
    replicates: {replicates}
    epochs: 8
    batch_size: 500
"""
TABLE = "results/tables/classifiers/regularized/statistics.csv"
RUNS = "results/classifiers/regularized/l2~0.001"
MOST_REPLICATES = 8
STOPPING = ("RUNNING", "COMPLETING")


class Study:
    """A study in its own folder: trainings of one classifier, and their table."""

    def __init__(self, folder: Path, dataset: Path, replicates: int, faults: Iterable[dict]) -> None:
        self.folder = folder
        self.replicates = replicates
        (folder / "study.yaml").write_text(STUDY.format(dataset=dataset, replicates=replicates))
        self.planted = folder / "faults"
        self.planted.mkdir()
        shutil.copy2(Path(__file__).with_name("faults.py"), self.planted / "sitecustomize.py")
        named = [{"name": str(number), **fault} for number, fault in enumerate(faults)]
        (self.planted / "plan.json").write_text(json.dumps(named))
        self.runs = 0

    def start(
        self, *options: str, profile: str = "profiles/slurm", path: Path | None = None, terminal: int | None = None
    ) -> subprocess.Popen:
        """Start Snakemake as a user does, in its own session.

        `path`: a folder of programs that is first on the path. `terminal`: prints there instead of into a file.
        """
        self.runs += 1
        self.output = self.folder / f"output{self.runs}.txt"
        pace = ["--slurm-patient-init-seconds-before-status-checks", "3"] if profile == "profiles/slurm" else []
        command = ["snakemake", TABLE, "--profile", profile, *pace, *options, "--configfile", "study.yaml"]
        programs = [*([str(path)] if path else []), str(Path(sys.executable).parent), os.environ["PATH"]]
        with self.output.open("w") as output:
            return subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=self.folder,
                env=os.environ | {"PATH": ":".join(programs), "PYTHONPATH": str(self.planted)},
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=os.setsid if terminal is None else lambda: os.login_tty(terminal),
            )

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold all trainings at the end of epoch 3, within a block, so that a test can hit several while they run."""
        (self.planted / "hold").touch()
        try:
            yield
        finally:
            (self.planted / "hold").unlink()

    def end(self, process: subprocess.Popen, seconds: float = 400) -> str:
        """Wait until Snakemake ends, and return its output."""
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise AssertionError(f"Snakemake still waits:\n{self.output.read_text()}") from None
        return self.output.read_text()

    def run(self, *options: str, **more) -> tuple[int, str]:
        """Run Snakemake to its end. Return its exit status and its output."""
        process = self.start(*options, **more)
        output = self.end(process)
        return process.returncode, output

    def log(self, replicate: int) -> Path:
        return self.folder / f"results/logs/train_classifier/regularized/l2~0.001/replicate~{replicate}.log"

    def wait_for_epoch(self, replicate: int, epoch: int) -> None:
        log = self.log(replicate)
        wait_until(lambda: log.exists() and f"epoch {epoch}/8" in log.read_text(), f"epoch {epoch} in {log}")

    def wait_for_output(self, text: str, seconds: float = 120) -> None:
        wait_until(lambda: text in self.output.read_text(), f"{text!r} in {self.output}", seconds)

    def members(self) -> dict[str, list[int]]:
        """List the replicates of each Slurm job that was submitted, from what Snakemake printed."""
        members = {}
        for run in range(1, self.runs + 1):
            printed = (self.folder / f"output{run}.txt").read_text()
            blocks = re.findall(r"^rule train_classifier:\n((?:    .*\n)+)", printed, re.MULTILINE)
            replicates = {
                re.search(r"jobid: (\d+)", block)[1]: int(re.search(r"replicate=(\d)", block)[1]) for block in blocks
            }
            submitted = re.findall(
                r"^Jobs? ([\d, ]+) (?:has|have) been submitted with SLURM jobid (\d+)", printed, re.MULTILINE
            )
            for jobs, slurm_job in submitted:
                if set(jobs.split(", ")) <= replicates.keys():
                    members[slurm_job] = sorted(replicates[job] for job in jobs.split(", "))
        return members

    def live_jobs(self) -> dict[int, tuple[str, str, str]]:
        """List the live Slurm jobs of this folder: number, state and node, by replicate."""
        rows = ask("squeue", "--noheader", "--format=%i|%T|%N|%Z")
        live = {job: (job, state, node) for job, state, node, folder in rows if folder == str(self.folder)}
        members = self.members()
        # A job that was not announced has no replicate.
        return {replicate: live[job] for job in live for replicate in members.get(job, [0])}

    def wait_for_job(self, replicate: int, state: str = "RUNNING") -> tuple[str, str]:
        """Wait until a replicate's Slurm job is in a state. Return the job's number and node."""
        found = wait_until(
            lambda: [job for number, job in self.live_jobs().items() if number == replicate and job[1] == state],
            f"replicate {replicate} {state}",
        )
        return found[0][0], found[0][2]

    def wait_until_stopped(self, *jobs: str) -> None:
        """Wait until no process of these Slurm jobs is left. After scancel, Slurm lets them run for some seconds."""
        wait_until(
            lambda: not any(job in jobs and state in STOPPING for job, state, _ in self.live_jobs().values()),
            f"the end of {jobs}",
        )

    def starts(self) -> dict[int, list[str]]:
        """List the states of every start of every replicate's Slurm jobs, from the accounting."""
        states = {replicate: [] for replicate in range(1, self.replicates + 1)}
        for job, replicates in self.members().items():
            rows = ask("sacct", "--allocations", "--duplicates", "--noheader", "--parsable2", "-oState", f"-j{job}")
            for replicate in replicates:
                states[replicate] += [state.partition(" ")[0] for [state] in rows]
        return states

    def printed(self) -> str:
        return "".join((self.folder / f"output{run}.txt").read_text() for run in range(1, self.runs + 1))

    def digests(self) -> dict[str, str]:
        """Digest the metrics of all runs, and their table."""
        paths = [*sorted((self.folder / RUNS).glob("replicate~?.json")), self.folder / TABLE]
        return {
            str(path.relative_to(self.folder)): sha256(path.read_bytes()).hexdigest() for path in paths if path.exists()
        }

    def written(self) -> Counter:
        """Count how often a file got its final name, by its path in the folder."""
        return Counter((self.planted / "written.txt").read_text().splitlines())


def wait_until(condition: Callable, what: str, seconds: float = 120):
    """Wait until a condition holds, and return its value."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.1)
    return value


def list_results(folder: Path) -> dict[str, bytes]:
    """Read all results whose bytes must be the same in each run, by name."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    names = {str(path.relative_to(folder)): path for path in paths}
    return {name: path.read_bytes() for name, path in names.items() if not DIFFERING.search(name)}


def put_before(folder: Path, program: str, words: str) -> Path:
    """Write a program that runs the shell code `words` and then the real program of its name. Return its folder."""
    path = folder / "programs" / program
    path.parent.mkdir(exist_ok=True)
    path.write_text(f'#!/bin/sh\n{words}\nexec /usr/bin/{program} "$@"\n')
    path.chmod(0o755)
    return path.parent


def edit_profile(profile: Path, edits: dict[str, str]) -> None:
    """Replace texts in the shipped profile."""
    text = profile.read_text()
    for shipped, edited in edits.items():
        assert shipped in text
        text = text.replace(shipped, edited)
    profile.write_text(text)


def ask(*command: str) -> list[list[str]]:
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [line.split("|") for line in output.splitlines()]
