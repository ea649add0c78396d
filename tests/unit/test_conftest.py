"""Test the set-up of the tests themselves."""

import signal
import subprocess
import sys

from mnist_study.trust.reasons import ROOT

ASK = "import subprocess, tests.conftest; print(subprocess.run(['grep', 'SigIgn', '/proc/self/status']))"


def test_what_tests_start_can_be_interrupted_where_they_run_in_the_background_of_a_script():
    ended = subprocess.run(
        [sys.executable, "-c", ASK],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'workflow'}"},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
        capture_output=True,
        text=True,
    )
    ignored = int(ended.stdout.splitlines()[0].split()[1], 16)
    assert not ignored & 1 << signal.SIGINT - 1
