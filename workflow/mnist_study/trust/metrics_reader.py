"""Read the JSON of metrics, and refuse it unless it is complete and was made for the present reasons."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import fastjsonschema
import yaml

from mnist_study.errors import StudyError
from mnist_study.trust.provenance import check_unchanged, locate_provenance
from mnist_study.trust.reasons import explain_change, list_reasons

SCHEMAS = Path(__file__).parents[2] / "schemas"


def read_metrics(path: Path, script: str, settings: dict) -> dict:
    """Read the metrics that `script` wrote for `settings`.

    Raises StudyError if the file is missing, truncated or edited, does not fit workflow/schemas/SCRIPT.yaml, or was
    made with other settings, code, packages or data than the present ones.
    """
    remedy = f"type: rm '{path}', and run Snakemake again"
    try:
        metrics = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise StudyError(f"{path} can't be read ({error.strerror}): run Snakemake again") from error
    except ValueError as error:
        raise StudyError(f"{path} is no complete JSON ({error}): {remedy}") from error
    try:
        load_validator(script)(metrics)
    except fastjsonschema.JsonSchemaValueException as error:
        raise StudyError(f"{path}: {error.message}: {remedy}") from error
    changes = explain_change(metrics["reasons"], list_reasons(script, settings))
    if changes:
        raise StudyError(f"{path} was made for other reasons ({'; '.join(changes)}): {remedy}")
    provenance = locate_provenance(path)
    if not provenance.exists():
        raise StudyError(f"{path} may be another than its job wrote, as {provenance} is missing: {remedy}")
    check_unchanged(path)
    return metrics


def check_models(path: Path, used: object, present: object) -> None:
    """Raise StudyError if metrics were made with other models than the present ones.

    `used`, `present`: the digests of their weights, in the same form.
    """
    if used != present:
        raise StudyError(
            f"{path} was made with other models than the present ones: type: rm '{path}', and run Snakemake again"
        )


@cache
def load_validator(script: str) -> Callable[[dict], dict]:
    """Load and compile the schema of a script's metrics: a table may be made from thousands of files."""
    return fastjsonschema.compile(yaml.safe_load((SCHEMAS / f"{script}.yaml").read_text(encoding="utf-8")))
