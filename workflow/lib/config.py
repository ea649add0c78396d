"""Check the config before anything is planned; imported by the Snakefile in every job, so nothing heavy here."""

import difflib
import json
import math
import os
import re
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

from workflow.lib.errors import StudyError

SCHEMA = Path(__file__).parent.parent / "schemas" / "config.yaml"
IMAGE_SIDE = 28

# JSON Schema takes 1.0 for an integer, and not a number and infinity for numbers.
Validator = extend(
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine_many(
        {
            "integer": lambda _, value: type(value) is int,
            "number": lambda _, value: type(value) is int or (type(value) is float and math.isfinite(value)),
        }
    ),
)

KINDS = {str: "text", bool: "a truth value", int: "a whole number", float: "a decimal number", list: "a list"}
TYPES = {
    "string": "text",
    "null": "null",
    "integer": "a whole number",
    "number": "a number",
    "array": "a list",
    "object": "a mapping",
}
PROBLEMS = {
    "enum": "which is unknown",
    "minimum": "which is below {}",
    "maximum": "which is above {}",
    "exclusiveMinimum": "which is not above {}",
    "exclusiveMaximum": "which is not below {}",
    "minLength": "which is empty",
    "minItems": "which is empty",
    "minProperties": "which is empty",
    "maxProperties": "which has more than {} key",
    "pattern": "which has a character that is not allowed here",
}


def check_config(config: dict) -> None:
    """Check the merged config of a study: against workflow/schemas/config.yaml, and what no schema can say.

    Raises StudyError with one sentence on the first mistake: key, value, what is wrong, and the remedy. Unknown keys
    come first, as a misspelled key is often why another one seems to be missing; the rest is in the schema's order.
    """
    validator = Validator(yaml.safe_load(SCHEMA.read_text(encoding="utf-8")))
    error = min(validator.iter_errors(config), key=lambda error: not is_about_a_key(error), default=None)
    if error:
        raise StudyError(f"config: {describe(error)}")
    check_name("pathvars.results", config["pathvars"]["results"])
    check_name("dataset.path", config["dataset"]["path"] or "")
    for name, classifier in config["classifiers"].items():
        check_layers(f"classifiers.{name}.layers", classifier["layers"])
        if classifier["factors"] and not any({"dense", "conv"} & layer.keys() for layer in classifier["layers"]):
            raise StudyError(
                f"config: classifiers.{name}.factors penalize the kernels of hidden layers, and "
                f"classifiers.{name}.layers has none: write factors: [], or add a dense or conv layer"
            )
    scorer = config["noise"]["classifier"]
    if scorer not in config["classifiers"]:
        known = ", ".join(config["classifiers"])
        raise StudyError(f"config: noise.classifier is {scorer!r}, which is no classifier: write one of {known}")


def check_name(key: str, name: str) -> None:
    """Raise StudyError if the name of a file or folder has characters that this locale has not."""
    try:
        os.fsencode(name)
    except UnicodeEncodeError as error:
        raise StudyError(
            f"config: {key} is {name!a}, and {name[error.start]!a} can't be written in the encoding of this locale, "
            f"{error.encoding}: type: export LC_ALL=C.UTF-8"
        ) from error


def check_layers(key: str, layers: list[dict]) -> None:
    """Follow an image through the layers of a classifier; `key` is where they stand in the config.

    Raises StudyError at the first layer that gets no image, or that leaves nothing of it.
    """
    side = IMAGE_SIDE
    flat = False
    for index, layer in enumerate(layers):
        [(kind, size)] = layer.items()
        where = f"config: {key}[{index}] is {show(layer)}"
        if kind == "dense":
            flat = True
        elif kind in ("conv", "max_pool"):
            if flat:
                raise StudyError(
                    f"{where}, which follows a dense layer, where there is no image any more: "
                    "put conv and max_pool before the first dense layer"
                )
            left = side - 2 if kind == "conv" else side // size
            if left < 1:
                raise StudyError(
                    f"{where}, which leaves nothing of the {side} × {side} pixels that reach it: "
                    "take fewer conv and max_pool layers, or a smaller max_pool"
                )
            side = left


def is_about_a_key(error: ValidationError) -> bool:
    """Say whether an error is about a key itself, not about the value behind it."""
    return error.validator == "additionalProperties" or "propertyNames" in error.schema_path


def describe(error: ValidationError) -> str:
    """Put a schema's error into one sentence: key, value, what is wrong, and the remedy."""
    value, schema = error.instance, error.schema
    if error.validator == "additionalProperties":
        known = list(schema["properties"])
        unknown = next(key for key in value if key not in known)
        close = difflib.get_close_matches(str(unknown), known, n=1)
        remedy = f"did you mean {close[0]} (of {', '.join(known)})" if close else f"the keys are {', '.join(known)}"
        return f"{format_key(error.path, unknown)} is {show(value[unknown])}, but there is no such key: {remedy}"
    if error.validator == "required":
        missing = next(key for key in schema["required"] if key not in value)
        remedy = find_remedy(schema["properties"][missing])
        return f"{format_key(error.path, missing)} is missing, and config.yaml does not have it either: {remedy}"
    if "propertyNames" in error.schema_path:
        return f"{format_key(error.path, value)} has no valid name: {find_remedy(schema)}"
    remedy = find_remedy(schema)
    if error.validator == "type":
        problem = describe_type(value, error.validator_value)
        remedy = rewrite_number(value, error.validator_value) or remedy
    elif error.validator == "uniqueItems":
        twice = next(item for index, item in enumerate(value) if item in value[:index])
        problem = f"in which {show(twice)} stands twice"
    else:
        problem = PROBLEMS[error.validator].format(error.validator_value)
    return f"{format_key(error.path)} is {show(value)}, {problem}: {remedy}"


def describe_type(value: object, expected: str | list[str]) -> str:
    """Say what a value is, and what it should be."""
    if expected == "number" and isinstance(value, float):
        return "which is not finite"
    types = [expected] if isinstance(expected, str) else expected
    kind = "empty" if value is None else KINDS.get(type(value), "a mapping" if isinstance(value, dict) else "a date")
    return f"which is {kind}, not {' or '.join(TYPES[name] for name in types)}"


def rewrite_number(value: object, expected: str | list[str]) -> str | None:
    """Tell how to write a number that arrived as text, None for anything else."""
    if not isinstance(value, str) or expected not in ("number", "integer"):
        return None
    power = re.fullmatch(r"([+-]?\d+)\.?(\d*)e([+-]?)(\d+)", value, re.IGNORECASE)
    if power and expected == "number":
        whole, fraction, sign, exponent = power.groups()
        return f"YAML reads {value} as text, write {whole}.{fraction or 0}e{sign or '+'}{exponent}"
    if re.fullmatch(r"[+-]?\d*\.?\d+", value):
        # Snakemake reads every number inside --config 'key={…}' as text.
        return f"write {value} without quotes, and in a file for --configfile rather than behind --config"
    return None


def find_remedy(schema: dict) -> str:
    """Find a key's remedy in the schema; a mapping without one is explained by its keys."""
    return schema.get("remedy") or f"give it the keys {', '.join(schema['properties'])}"


def format_key(path: list[str | int], *rest: str) -> str:
    """Format where a value stands: classifiers.cnn.layers[0]."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return "".join([text, *(f".{key}" for key in rest)]).removeprefix(".")


def show(value: object) -> str:
    """Show a value as YAML would have it, in one line."""
    return repr(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str, skipkeys=True)
