"""Test the output of a process in a locale that is not UTF-8, into a pipe and on a terminal."""

import os
import pty
import subprocess
import sys

from mnist_study.trust.reasons import SOURCES

PRINT = "from mnist_study.output import print_any_character as any; any(); print('5 × 数 ' + {name!a})"


def test_into_a_pipe_everything_is_printed_as_it_is():
    command = [sys.executable, "-c", PRINT.format(name=os.fsdecode(b"\xff"))]
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    ended = subprocess.run(command, cwd=SOURCES, env=environment, capture_output=True, check=True)
    assert ended.stdout == "5 × 数 ".encode() + b"\xff\n"


def test_on_a_terminal_what_it_can_not_show_is_replaced():
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", PRINT.format(name="é")]
    environment = os.environ | {"PYTHONIOENCODING": "latin-1"}
    subprocess.run(command, cwd=SOURCES, env=environment, stdout=theirs, check=True)
    assert os.read(ours, 100) == "5 × ? é\r\n".encode("latin-1")
