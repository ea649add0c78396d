"""Plant faults in the jobs of a study. This is a sitecustomize.py: every Python of a job runs it first.

It notes the node and GPU of every job, and every file that a script gives its final name. It also does what `plan.json`
beside it says:

    [{"job": part of the script's command, "at": "start" or the name of a file that gets its final name, "do": …}]

Each fault strikes once in all attempts of the job. With "after": 2, the file gets its final name twice before.
While a file `hold` is beside, each training waits when it has written two checkpoints.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path

FOLDER = Path(__file__).parent


def is_due(fault: dict) -> bool:
    """Tell whether a fault is due: its time in this process has come, and it has not struck in any attempt."""
    fault["after"] = fault.get("after", 0) - 1
    if fault["after"] >= 0:
        return False
    if fault.get("always"):
        return True
    try:
        (FOLDER / f"struck.{fault['name']}").open("x").close()
    except FileExistsError:
        return False
    return True


def strike(fault: dict, temporary: str | None = None) -> None:
    """Do to this process what a fault says. `temporary`: the file that is about to get its final name."""
    if fault["do"] == "exit":
        print("error: planted", file=sys.stderr, flush=True)
        os._exit(1)
    if fault["do"] == "hang":
        time.sleep(3600)
    if fault["do"] == "eat memory":
        eaten = [b"x" * 10_000_000 for _ in range(fault.get("times 10 MB", 300))]
        time.sleep(len(eaten))
    if fault["do"] == "kill":
        if temporary:
            os.truncate(temporary, Path(temporary).stat().st_size // 2)
        os.kill(os.getpid(), signal.SIGKILL)


def watch(event: str, arguments: tuple) -> None:
    """Note the files that get their final names, and strike when the file of a fault gets its final name."""
    if event != "os.rename":
        return
    temporary, final = map(os.fspath, arguments[:2])
    if final.endswith(".pyc"):  # a module that Python has compiled
        return
    for fault in faults:
        if fault["at"] == Path(final).name and is_due(fault):
            strike(fault, temporary)
    with (FOLDER / "written.txt").open("a") as file:
        file.write(f"{final}\n")
    if final.endswith(".checkpoint.npz"):
        epochs.append(final)
        while len(epochs) > 2 and (FOLDER / "hold").exists():
            time.sleep(0.1)


command = " ".join(sys.orig_argv)
if len(sys.orig_argv) > 1 and sys.orig_argv[1].endswith("/workflow"):
    where = [os.environ.get(name, "") for name in ("SLURM_JOB_ID", "SLURMD_NODENAME", "CUDA_VISIBLE_DEVICES")]
    with (FOLDER / "jobs.txt").open("a") as file:
        file.write(f"{' '.join(where)}\n")
    plan = FOLDER / "plan.json"
    faults = [fault for fault in json.loads(plan.read_text()) if fault["job"] in command]
    epochs: list[str] = []
    sys.addaudithook(watch)
    for fault in faults:
        if fault["at"] == "start" and is_due(fault):
            strike(fault)
