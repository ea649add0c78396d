"""Start and stop a test cluster of Slurm on one Debian 12 machine: four nodes, eight GPUs as gres, accounting.

    python3 tests/slurm/cluster.py up
    python3 tests/slurm/cluster.py down

Its configuration lies in /etc/slurm, because jobs of Snakemake's Slurm plugin lose SLURM_CONF. All other files lie in
FOLDER.
"""

import argparse
import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

FOLDER = Path("/var/tmp/mnist-study-cluster")
ETC = Path("/etc/slurm")
CGROUPS = Path("/sys/fs/cgroup")
MARK = "# Written by mnist-study's tests/slurm/cluster.py, whose `down` removes it."
CLUSTER = "study"
NODES = ("gpu1", "gpu2", "gpu3", "gpu4")

CONFIGURATION = {
    "slurm.conf": """\
ClusterName={cluster}
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
# Not Slurm's own ports, which another Slurm on this machine may have.
SlurmctldPort=16817
# A requeued job waits for as long as a credential lives, two minutes by default.
AuthInfo=socket={folder}/munge.socket,cred_expire=20
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool/%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdPidFile={folder}/%n.pid
SlurmdLogFile={folder}/%n.log

# Jobs start and end at once.
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0,sched_min_interval=0
KillWait=2
SlurmdTimeout=20
BatchStartTimeout=10
MessageTimeout=10
# A node that was down is used again as soon as its slurmd is back.
ReturnToService=2
JobRequeue=1

SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
# Without it, a job that names no memory gets all of its node's.
DefMemPerCPU=1000
{tracking}
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1

AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort=16819
AccountingStoragePass=socket={folder}/munge.socket
AccountingStorageTRES=gres/gpu,gres/shard
AccountingStorageEnforce=associations,limits,qos

# More CPUs and memory than the machine has.
SlurmdParameters=config_overrides
GresTypes=gpu,shard
NodeName=gpu[1-4] NodeHostname={host} NodeAddr=127.0.0.1 Port=[16821-16824] CPUs=8 RealMemory=16000 Gres=gpu:2,shard:8
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
PartitionName=DEFAULT Nodes=ALL PriorityTier=10
PartitionName=cpu Default=YES
PartitionName=gpu
PartitionName=scavenge PriorityTier=1 PreemptMode=CANCEL
PartitionName=urgent PriorityTier=100 PreemptMode=OFF
""",
    "gres.conf": """\
# Slurm wants a device file for each GPU, and never opens it; these two are on every machine.
Name=gpu File=/dev/null,/dev/zero
Name=shard Count=8
""",
    "cgroup.conf": "{cgroup}\n",
    "slurmdbd.conf": """\
DbdHost={host}
DbdAddr=127.0.0.1
DbdPort=16819
SlurmUser=root
AuthInfo=socket={folder}/munge.socket
PidFile={folder}/slurmdbd.pid
LogFile={folder}/slurmdbd.log
StorageType=accounting_storage/mysql
# On localhost, the client goes through the socket in MYSQL_UNIX_PORT, where root needs no password.
StorageHost=localhost
StorageUser=root
""",
}

# A job that exceeds its memory ends as OUT_OF_MEMORY only by a cgroup's limit. OverMemoryKill would end it as FAILED.
WITH_CGROUPS = "ProctrackType=proctrack/cgroup\nTaskPlugin=task/cgroup"
# How jobs are tracked and limited, by the version of cgroups that has a memory controller on this machine.
TRACKING = {
    1: {"tracking": WITH_CGROUPS, "cgroup": "CgroupPlugin=cgroup/v1\nConstrainRAMSpace=yes"},
    2: {"tracking": WITH_CGROUPS, "cgroup": "CgroupPlugin=cgroup/v2\nIgnoreSystemd=yes\nConstrainRAMSpace=yes"},
    None: {"tracking": "ProctrackType=proctrack/linuxproc\nTaskPlugin=task/none", "cgroup": "CgroupPlugin=cgroup/v1"},
}

# The daemons start in this order.
COMMANDS = {
    "munged": [
        "/usr/sbin/munged",
        f"--key-file={FOLDER}/munge.key",
        f"--socket={FOLDER}/munge.socket",
        f"--pid-file={FOLDER}/munged.pid",
        f"--log-file={FOLDER}/munged.log",
        f"--seed-file={FOLDER}/munge.seed",
    ],
    # MariaDB's daemon is the only one that does not go into the background by itself.
    "mariadbd": [
        *["/usr/sbin/start-stop-daemon", "--start", "--background", f"--pidfile={FOLDER}/mariadbd.pid"],
        *["--exec", "/usr/sbin/mariadbd", "--"],
        *["--no-defaults", "--user=root", "--skip-networking"],
        f"--datadir={FOLDER}/mariadb",
        f"--socket={FOLDER}/mariadb.socket",
        f"--pid-file={FOLDER}/mariadbd.pid",
        f"--log-error={FOLDER}/mariadbd.log",
    ],
    "slurmdbd": ["/usr/sbin/slurmdbd"],
    "slurmctld": ["/usr/sbin/slurmctld"],
    **{node: ["/usr/sbin/slurmd", "-N", node] for node in NODES},
}
PACKAGES = {
    "/usr/sbin/munged": "munge",
    "/usr/sbin/mariadbd": "mariadb-server",
    "/usr/sbin/slurmdbd": "slurmdbd",
    "/usr/sbin/slurmctld": "slurmctld",
    "/usr/sbin/slurmd": "slurmd",
    "/usr/bin/sinfo": "slurm-client",
}
# Commands that succeed when a daemon answers. The other daemons answer as soon as they are in the background.
ANSWERS = {
    "mariadbd": ["mariadb", "--no-defaults", f"--socket={FOLDER}/mariadb.socket", "--execute=SELECT 1"],
    "slurmdbd": ["sacctmgr", "--noheader", "show", "cluster"],
    "slurmctld": ["scontrol", "ping"],
}


class ClusterError(Exception):
    """An error that tells the user why there is no cluster."""


def missing():
    """List what this machine lacks for a cluster, one line for each thing."""
    lines = []
    foreign = []
    if os.geteuid() == 0:
        foreign = [str(ETC / name) for name in CONFIGURATION if (ETC / name).exists() and not _is_ours(ETC / name)]
    else:
        lines.append("You are not root, who alone can write /etc/slurm and run Slurm's daemons.")
    if packages := [package for file, package in PACKAGES.items() if not Path(file).exists()]:
        lines.append(f"Debian's packages {' '.join(packages)} are missing: make packages installs them.")
    if foreign:
        lines.append(f"Another Slurm is configured on this machine, and stays as it is: {', '.join(foreign)}")
    return lines


def is_up():
    """Say whether the cluster is up."""
    return all(_is_running(name) for name in COMMANDS)


def find_memory_controller():
    """Find the version of cgroups that can limit a job's memory on this machine, or None."""
    if (CGROUPS / "memory" / "memory.limit_in_bytes").exists():
        return 1
    # Slurm makes a node's cgroup below systemd's system.slice. A container may have no such slice, or may only read it.
    controllers = CGROUPS / "system.slice" / "cgroup.subtree_control"
    return 2 if os.access(controllers, os.W_OK) and "memory" in controllers.read_text().split() else None


def up():
    """Start the cluster, and wait until it accepts jobs."""
    if lines := missing():
        raise ClusterError("\n".join(lines))
    if is_up():
        print(f"The cluster is already up, in {FOLDER}.")
        return
    down()
    try:
        _configure()
        for name in COMMANDS:
            start_daemon(name)
            if name == "slurmdbd":
                _add_account()
        if not _wait_until(_all_nodes_idle, 60):
            raise ClusterError(f"The nodes did not all become idle:\n{_last_words('slurmctld')}")
    except BaseException:
        down()
        raise
    print(f"The cluster is up, in {FOLDER}.")
    if not find_memory_controller():
        print(f"No memory controller for Slurm in {CGROUPS}: jobs over their memory go on, and their test is left out.")


def down():
    """Stop the cluster's daemons and jobs, and remove its files."""
    if FOLDER.exists():
        for name in reversed(COMMANDS):
            stop_daemon(name, signal.SIGKILL)
        _remove_cgroups()
        shutil.rmtree(FOLDER)
    for name in CONFIGURATION:
        if _is_ours(ETC / name):
            (ETC / name).unlink()


def start_daemon(name):
    """Start one daemon and wait until it answers."""
    environment = {**os.environ, "MYSQL_UNIX_PORT": f"{FOLDER}/mariadb.socket"}
    with (FOLDER / f"{name}.out").open("w") as out:
        subprocess.run(COMMANDS[name], env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    if not _wait_until(lambda: _is_running(name) and _succeeds(ANSWERS.get(name, ["true"])), 30):
        raise ClusterError(f"{name} did not start:\n{_last_words(name)}")


def stop_daemon(name, number=signal.SIGTERM):
    """Send one daemon a signal, and wait for its end. SIGKILL also ends a node's job steps, like a power failure."""
    if _is_running(name):
        os.kill(_pid(name), number)
    if name in NODES and number == signal.SIGKILL:
        _end_steps(name)
    if not _wait_until(lambda: not _is_running(name), 30):
        raise ClusterError(f"{name} did not stop:\n{_last_words(name)}")


def _configure():
    """Write the configuration, the key and an empty database."""
    for folder in (FOLDER, FOLDER / "state", FOLDER / "spool"):
        folder.mkdir()
    host = socket.gethostname().partition(".")[0]
    values = {"folder": FOLDER, "host": host, "cluster": CLUSTER} | TRACKING[find_memory_controller()]
    for name, text in CONFIGURATION.items():
        # Slurm accepts a slurmdbd.conf only if no other user can read it.
        (ETC / name).touch(0o600 if name == "slurmdbd.conf" else 0o644)
        (ETC / name).write_text(f"{MARK}\n{text.format(**values)}")
    (FOLDER / "munge.key").touch(0o600)
    (FOLDER / "munge.key").write_bytes(secrets.token_bytes(128))
    database = ["--no-defaults", "--user=root", f"--datadir={FOLDER}/mariadb", "--skip-test-db"]
    _run(["mariadb-install-db", *database, "--auth-root-authentication-method=socket"])


def _add_account():
    """Let root submit jobs in an account. Tests can set its limits."""
    _run(["sacctmgr", "--immediate", "add", "cluster", CLUSTER])
    _run(["sacctmgr", "--immediate", "add", "account", "study"])
    _run(["sacctmgr", "--immediate", "add", "user", "root", "account=study", "defaultaccount=study"])


def _all_nodes_idle():
    """Tell whether all nodes wait for jobs."""
    states = subprocess.run(["sinfo", "--noheader", "--Node", "--format=%N %T"], capture_output=True, text=True).stdout
    return set(states.splitlines()) == {f"{node} idle" for node in NODES}


def _end_steps(node):
    """Kill all processes of a node's jobs and their parent processes, slurmstepd."""
    _wait_until(lambda: not [_kill(number) for number in _step_processes(node)], 30)


def _step_processes(node):
    """List the processes of a node's jobs and their parent processes, slurmstepd."""
    parents = {}
    ours = set()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # the process has just ended
            name, _, rest = (process / "stat").read_text().partition(" (")[2].rpartition(") ")
            parents[int(process.name)] = int(rest.split()[1]), name
            if f"SLURMD_NODENAME={node}\0" in (process / "environ").read_text(errors="replace"):
                ours.add(int(process.name))
    for number in ours:
        yield number
        parent, _ = parents[number]
        if parents.get(parent, (0, ""))[1].startswith("slurmstepd"):
            yield parent


def _kill(number):
    """Kill a process. It may already have ended."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(number, signal.SIGKILL)


def _remove_cgroups():
    """Remove the nodes' empty cgroups, the innermost first."""
    folders = [
        *(folder for node in NODES for folder in CGROUPS.glob(f"*/slurm_{node}")),
        *(folder for node in NODES for folder in CGROUPS.glob(f"system.slice/{node}_slurmstepd.scope")),
    ]
    for folder in folders:
        for inner, _, _ in os.walk(folder, topdown=False):
            Path(inner).rmdir()


def _is_ours(file):
    """Say whether a file of /etc/slurm was written by `up`."""
    return file.exists() and file.read_text().startswith(MARK)


def _is_running(name):
    """Tell whether a daemon runs. After a crash, another process may have its process id."""
    try:
        program = Path("/usr/sbin", "slurmd" if name in NODES else name).resolve()
        return Path(f"/proc/{_pid(name)}/exe").readlink() == program
    except (OSError, ValueError):
        return False


def _pid(name):
    """Read a daemon's process id."""
    return int((FOLDER / f"{name}.pid").read_text())


def _last_words(name):
    """Give what a daemon printed and the end of its log."""
    files = [FOLDER / f"{name}.out", FOLDER / f"{name}.log"]
    return "\n".join(line for file in files if file.exists() for line in file.read_text().splitlines()[-10:])


def _run(command):
    """Run a command that has to succeed."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise ClusterError(f"{' '.join(command)} failed:\n{done.stdout}")


def _succeeds(command):
    """Say whether a command succeeds."""
    return subprocess.run(command, capture_output=True).returncode == 0


def _wait_until(condition, seconds):
    """Say whether a condition comes true in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.2)
    return True


def main():
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description="A throwaway Slurm cluster on this machine, for tests and trials.")
    commands = parser.add_subparsers(required=True)
    commands.add_parser("up", help="start it and wait until it takes jobs").set_defaults(function=up)
    commands.add_parser("down", help="take everything of it down: daemons, jobs, files").set_defaults(function=down)
    try:
        parser.parse_args().function()
    except ClusterError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
