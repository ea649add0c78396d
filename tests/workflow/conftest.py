"""Shared by the workflow tests: a small finished study, and a training that is killed."""

import os
import shutil
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def kill_training() -> Callable[[Path, str, Path, str], None]:
    """Give a function that kills a study's training by SIGKILL as soon as its log has a line."""

    def find(project: Path, script: str, log: Path) -> int:
        metrics = str(log.with_suffix(".json")).partition(f"/logs/{script}")[2]
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                command, folder = (process / "cmdline").read_text(), (process / "cwd").readlink()
                if f"/workflow\0{script}\0" in command and f"{metrics}\0" in command and folder == project:
                    return int(process.name)
        raise AssertionError(f"{script} does not run")

    def kill(project: Path, script: str, log: Path, line: str) -> None:
        deadline = time.monotonic() + 300
        while not (log.exists() and line in log.read_text()):
            assert time.monotonic() < deadline, f"{log} never had {line}"
            time.sleep(0.02)
        os.kill(find(project, script, log), signal.SIGKILL)

    return kill


@pytest.fixture(scope="session")
def copy_study(finished_study) -> Callable[[Path], Path]:
    """Give a function that copies the finished study into a folder, with all time stamps, and returns the folder."""

    def copy(folder: Path) -> Path:
        return shutil.copytree(finished_study, folder)  # copytree keeps time stamps

    return copy
