"""The provenance of a result: its reasons and its device, in `NAME.provenance.json` beside NAME.json or NAME.csv.

Times, hosts and commits are in this file, so that the results themselves have the same bytes on every run.
"""

import json
import os
import platform
import subprocess
import time
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from mnist_study.errors import StudyError
from mnist_study.files import read_json, write_atomically
from mnist_study.trust.reasons import ROOT, Reasons

# What the readers of a provenance rely on.
SHAPE = {"outputs": dict, "inputs": dict, "reasons": dict, "device": dict, "duration_seconds": int | float}


def locate_provenance(output: Path) -> Path:
    """Locate the provenance file of the job that made `output`. Outputs with the same stem share it."""
    return output.with_suffix(".provenance.json")


def write_provenance(
    outputs: list[Path], inputs: dict[Path, str], reasons: Reasons, device: dict, start: float
) -> None:
    """Write the provenance of a job's outputs.

    `inputs`: the SHA-256 of each input file; `device`: as the job found it; `start`: in seconds since 1970.
    """
    folder = outputs[0].parent
    provenance = {
        "outputs": {path.name: digest_file(path) for path in outputs},
        "inputs": {name_input(path, folder): digest for path, digest in inputs.items()},
        "reasons": reasons,
        "device": device,
        "python": platform.python_version(),
        "host": platform.node(),
        "git_commit": find_commit(),
        "slurm_job": os.environ.get("SLURM_JOB_ID"),
        "start": datetime.fromtimestamp(start, UTC).isoformat(timespec="seconds"),
        "duration_seconds": round(time.time() - start, 1),
    }
    for path in {locate_provenance(output) for output in outputs}:
        with write_atomically(path) as temporary:
            temporary.write_text(json.dumps(provenance, indent=1) + "\n", encoding="utf-8")


def name_input(path: Path, folder: Path) -> str:
    """Name an input relative to the folder of a job's first output, so that the name is right after both are moved."""
    return os.path.relpath(path, folder)


def read_provenance(output: Path) -> dict:
    """Read the provenance of `output`, in the shape in which write_provenance writes it.

    Raises StudyError if the file is missing, damaged, or of another job.
    """
    path = locate_provenance(output)
    try:
        provenance = read_json(path)
        wrong = [key for key, kind in SHAPE.items() if not isinstance(provenance.get(key), kind)]
        if wrong or output.name not in provenance["outputs"]:
            raise ValueError(f"without {', '.join(wrong) or output.name}")
    except (OSError, ValueError) as error:
        raise StudyError(f"{path} is damaged ({error}): type: rm '{output}', and run Snakemake again") from error
    return provenance


def check_unchanged(path: Path) -> None:
    """Raise StudyError if a result differs from the digest in its provenance. Without provenance, do nothing."""
    if not (path.is_file() and locate_provenance(path).exists()):
        return
    if digest_file(path) != read_provenance(path)["outputs"][path.name]:
        raise StudyError(f"{path} was changed after it was written: type: rm '{path}', and run Snakemake again")


def digest_file(path: Path) -> str:
    """Compute the SHA-256 of a file."""
    return sha256(path.read_bytes()).hexdigest()


def find_commit() -> str | None:
    """Find the git commit of this project's own checkout, with "-dirty" if code differs; None without a checkout."""
    root = ROOT.resolve()
    # Ignore other repositories: one around the project, and the one that GIT_DIR names.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {"GIT_CEILING_DIRECTORIES": str(root.parent), "GIT_OPTIONAL_LOCKS": "0"}

    def ask(*command: str) -> str:
        git = ["git", "-C", str(root), *command]
        return subprocess.run(git, env=environment, capture_output=True, encoding="utf-8", check=True).stdout.strip()

    try:
        commit = ask("rev-parse", "--verify", "HEAD")
        differs = ask("status", "--porcelain", "--untracked-files=no", "--", "Snakefile", "workflow")
    except (OSError, subprocess.CalledProcessError):
        return None
    return f"{commit}-dirty" if differs else commit
