"""Read the JSON of metrics, and believe it only if it is whole."""

import json
from pathlib import Path

import jsonschema
import yaml

from workflow.lib.errors import StudyError
from workflow.lib.metrics_writer import digest_metrics

SCHEMAS = Path(__file__).parent.parent / "schemas"


def read_metrics(path: Path, kind: str) -> dict:
    """Read the metrics of a "classifier", an "autoencoder" or a "noise_level".

    Raises StudyError if the file is truncated, edited, or does not fit workflow/schemas/metrics_KIND.yaml.
    """
    remedy = "delete it and run Snakemake again"
    try:
        metrics = json.loads(path.read_text())
    except ValueError as error:
        raise StudyError(f"{path} is no complete JSON ({error}): {remedy}") from error
    schema = yaml.safe_load((SCHEMAS / f"metrics_{kind}.yaml").read_text())
    error = jsonschema.exceptions.best_match(jsonschema.Draft202012Validator(schema).iter_errors(metrics))
    if error is not None:
        raise StudyError(f"{path}: {error.json_path}: {error.message}: {remedy}")
    if metrics["digest"] != digest_metrics(metrics):
        raise StudyError(f"{path} was changed after it was written: {remedy}")
    return metrics
