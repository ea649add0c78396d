"""Run a command, and print its processor time and wall time in seconds and its peak memory in MB, as JSON.

    python -m benchmarks.measure_command OUTPUT COMMAND ...

The command's output is written to the file OUTPUT. This program is a small process of its own: a child's peak memory
starts at the memory of the process that started it.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path


def measure_command(command: list[str], output: Path) -> dict[str, float]:
    """Run a command to its end. Times include all its processes. Memory is that of the largest process.

    If the command fails, exits with the last part of its output.
    """
    start = time.monotonic()
    with output.open("w", encoding="utf-8") as file:
        process = subprocess.Popen(command, stdout=file, stderr=file)
        _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - start
    if status:
        sys.exit(f"{command} failed:\n{output.read_text(encoding='utf-8')[-2000:]}")
    processor = usage.ru_utime + usage.ru_stime
    return {"processor_seconds": processor, "wall_seconds": wall, "memory_mb": usage.ru_maxrss / 1024}


def measure_apart(command: list[str], output: Path, folder: Path, environment: dict[str, str]) -> dict[str, float]:
    """Run a command in a folder as `measure_command` does, from a small process of its own. Exits if it fails."""
    measured = [sys.executable, __file__, str(output), *command]
    run = subprocess.run(measured, cwd=folder, env=environment, stdout=subprocess.PIPE, encoding="utf-8")
    if run.returncode:
        sys.exit(run.returncode)
    return json.loads(run.stdout)


if __name__ == "__main__":
    print(json.dumps(measure_command(sys.argv[2:], Path(sys.argv[1]))))
