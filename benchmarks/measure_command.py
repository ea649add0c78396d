"""Run a command, and print as JSON what it took: processor and wall time in seconds, memory at its peak in MB.

    python -m benchmarks.measure_command OUTPUT COMMAND ...

What the command prints goes to the file OUTPUT. A process of its own, and a small one, since a child's peak begins with
the memory of the process that started it.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path


def measure_command(command: list[str], output: Path) -> dict[str, float]:
    """Run a command to its end; times are those of all its processes, memory is that of the largest of them.

    Exits with the end of what the command printed if it fails.
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


if __name__ == "__main__":
    print(json.dumps(measure_command(sys.argv[2:], Path(sys.argv[1]))))
