"""Test that scripts without networks import little: starting a figure's script must not take longer than drawing."""

import subprocess
import sys

from mnist_study.trust.reasons import SOURCES

# Modules whose import takes a second or more.
SLOW = ["tensorflow", "keras", "scipy.cluster", "scipy.stats"]
QUICK = sorted(
    path.stem
    for path in (SOURCES / "mnist_study" / "scripts").glob("*.py")
    if path.stem.startswith(("fetch_", "summarize_", "compare_", "plot_"))
)
FIND_SLOW = """
import importlib, sys
slow, scripts = sys.argv[1].split(","), sys.argv[2].split(",")
for script in scripts:
    importlib.import_module(f"mnist_study.scripts.{script}")
    found = [name for name in slow if name in sys.modules]
    if found:
        sys.exit(f"{script} imports {found}")
print(len(scripts))
"""


def test_fetching_tables_and_figures_import_nothing_slow():
    command = [sys.executable, "-c", FIND_SLOW, ",".join(SLOW), ",".join(QUICK)]
    run = subprocess.run(command, cwd=SOURCES, capture_output=True, text=True)
    assert (run.stderr, run.stdout) == ("", f"{len(QUICK)}\n")
    assert len(QUICK) > 10
