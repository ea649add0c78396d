"""Run Snakemake and the jobs of a study in forks of processes that have imported their libraries.

A dry run of a small study takes two seconds, and the imports before it two more. A job of a small network takes two
seconds, and TensorFlow's import before it four. Jobs in forks write the bytes that processes of their own write: a
study in another folder, and the demo on Slurm, do not run in forks, and tests compare their results.
"""

import multiprocessing
import os
import runpy
import shlex
import signal
import socket
import sys
import traceback
from ast import literal_eval
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from select import select
from subprocess import PIPE, CompletedProcess, Popen
from tempfile import NamedTemporaryFile, TemporaryDirectory

SOURCES = Path(__file__).parents[1] / "workflow"
SNAKEMAKES = multiprocessing.get_context("forkserver")
SNAKEMAKES.set_forkserver_preload(["snakemake.cli"])

# The libraries of a study's jobs whose import takes most of the time of a small job.
LIBRARIES = ("seaborn", "mnist_study.nets.networks")

# The program `python` of a study whose jobs run in forks, and what it runs: it sends a job's arguments, folder,
# environment and streams, and ends with the job's exit status.
PYTHON = """#!/bin/sh
exec {python} -IS {ask} "$@"
"""
ASK = """
import os, socket, sys
with socket.socket(socket.AF_UNIX) as jobs:
    jobs.connect({address!r})
    told = repr((sys.argv[1:], os.getcwd(), dict(os.environ))).encode()
    socket.send_fds(jobs, [b"%10d" % len(told)], [0, 1, 2])
    jobs.sendall(told)
    sys.exit(int(jobs.recv(3) or 1))
"""


def run_snakemake_in_fork(study: Path, *arguments: str, programs: Path | None = None) -> CompletedProcess:
    """Run Snakemake in a study's folder, as run_python of tests/conftest.py does.

    `programs`: the folder of the program `python` of its jobs.
    """
    with NamedTemporaryFile("r", encoding="utf-8") as output:
        process = SNAKEMAKES.Process(target=run_snakemake, args=(study, arguments, programs, output.name))
        process.start()
        process.join()
        return CompletedProcess(arguments, process.exitcode, output.read())


def run_snakemake(study: Path, arguments: tuple[str, ...], programs: Path | None, output: str) -> None:
    """Become Snakemake in this process. `output`: the file for what it prints."""
    from snakemake.cli import main

    with Path(output).open("wb") as file:
        for stream in (sys.stdout, sys.stderr):
            os.dup2(file.fileno(), stream.fileno())
    os.chdir(study)
    os.environ["PYTHONPATH"] = str(study / "upgraded")
    if programs:
        os.environ["PATH"] = f"{programs}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    find_modules_in(str(study), str(study / "upgraded"))
    main(arguments)


def find_modules_in(*folders: str) -> None:
    """Let this process find the modules of these folders and those installed, and none of the tests'."""
    installed = [path for path in sys.path if Path(path).is_relative_to(sys.base_prefix) or "site-packages" in path]
    sys.path[:] = [*folders, *installed]


@contextmanager
def serve_jobs(*libraries: str, python: Path = Path(sys.executable)) -> Iterator[Path]:
    """Start a process that imports libraries and then runs jobs in forks. Yield the folder of the program `python`."""
    with TemporaryDirectory() as name, socket.socket(socket.AF_UNIX) as jobs:
        folder = Path(name)
        (folder / "ask.py").write_text(ASK.format(address=f"{folder}/jobs"))
        (folder / "python").write_text(PYTHON.format(python=shlex.quote(str(python)), ask=folder / "ask.py"))
        (folder / "python").chmod(0o755)
        jobs.bind(f"{folder}/jobs")
        jobs.listen()
        command = [python, "-P", __file__, str(jobs.fileno()), *libraries]
        environment = os.environ | {"PYTHONPATH": str(SOURCES)}
        with Popen(command, env=environment, stdin=PIPE, pass_fds=[jobs.fileno()]) as server:
            yield folder
            server.terminate()


def fork_jobs(jobs: socket.socket, libraries: list[str]) -> None:
    """Import libraries, and run each job that asks for it in a fork, until the tests end, and with them our input."""
    for library in libraries:
        import_module(library)
    for name in [name for name in sys.modules if name.partition(".")[0] == "mnist_study"]:
        del sys.modules[name]  # a job imports the modules of its study
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while sys.stdin not in select([jobs, sys.stdin], [], [])[0]:
        job, _ = jobs.accept()
        if os.fork() == 0:
            jobs.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            run_job(job)
        job.close()


def run_job(job: socket.socket) -> None:
    """Become the job that a program `python` has sent, and tell it the exit status."""
    size, streams, _, _ = socket.recv_fds(job, 10, 3)
    with job.makefile("rb") as file:
        arguments, folder, environment = literal_eval(file.read(int(size)).decode())
    for stream, number in zip(streams, (0, 1, 2), strict=True):
        os.dup2(stream, number)
    # Those of the server may be files, and Python would seek in them.
    sys.stdout = sys.__stdout__ = os.fdopen(1, "w", closefd=False)
    sys.stderr = sys.__stderr__ = os.fdopen(2, "w", buffering=1, closefd=False)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = arguments
    find_modules_in(arguments[0], *environment.get("PYTHONPATH", "").split(os.pathsep))
    status = 0
    try:
        runpy.run_path(arguments[0], run_name="__main__")
    except SystemExit as ended:
        if isinstance(ended.code, str):
            print(ended.code, file=sys.stderr)
        status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    job.sendall(str(status).encode())
    os._exit(status)


if __name__ == "__main__":
    fork_jobs(socket.socket(fileno=int(sys.argv[1])), sys.argv[2:])
