"""Describe every key of the config as Markdown: python workflow describe_config > docs/configuration.md

The keys, their meaning and their values come from workflow/schemas/config.yaml, the defaults from config.yaml.
"""

import argparse
import json
import textwrap
from collections.abc import Iterator
from typing import NamedTuple

import yaml

from mnist_study.plan.config import CONFIGS, ROOT, SCHEMA
from mnist_study.run.jobs import run_script

HEAD = """\
# How to configure the study

<!-- Written by `make docs` from workflow/schemas/config.yaml: edit that file. -->

[`config.yaml`](../config.yaml) is the study. A variant is a file with only the keys that differ:
[how to vary the study](variants.md). A key that is not listed here is an error.
A classifier or a denoiser that a variant adds needs all of its keys that have no default.
"""
NAME = "NAME"  # stands for keys that the user chooses
NOUNS = {
    "integer": "whole number",
    "number": "number",
    "string": "text",
    "null": "`null`",
    "object": "mapping",
    "boolean": "`true` or `false`",
}


class Key(NamedTuple):
    """A key of the config: its path, and its part of the schema."""

    path: tuple[str, ...]
    schema: dict


def list_keys(schema: dict, path: tuple[str, ...] = ()) -> Iterator[Key]:
    """List the keys below one of the schema's mappings that hold a value, in its order.

    Layers are listed once, below those of classifiers.
    """
    named = list(schema.get("properties", {}).items())
    named += [(NAME, schema[kind]) for kind in ("filters", "additionalProperties") if schema.get(kind)]
    for name, inner in named:
        if is_section(inner) and {"properties", "additionalProperties"} & inner.keys():
            yield from list_keys(inner, (*path, name))
        else:
            yield Key((*path, name), inner)
            if name == "layers":
                yield from list_keys(inner["items"], (*path, f"{name}[]"))


def is_section(schema: dict) -> bool:
    """Tell whether a key holds other keys, and can only be left out beside that."""
    return schema.get("type") in ("object", ["object", "null"])


def describe_value(schema: dict, plural: str = "") -> str:
    """Describe which values a key takes: "list of numbers > 0, all different"; `plural`: the ending of the noun."""
    if "default" in schema:
        values = describe_value({key: part for key, part in schema.items() if key != "default"})
        return f"{values}, by default `{format_value(schema['default'])}`"
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    if "properties" in schema.get("items", {}):
        return "list of layers"
    types = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    if types == ["number", "array"]:
        inner = {key: part for key, part in schema.items() if key != "type"}
        return f"{describe_value(inner | {'type': 'number'})} or list of two such"
    nouns = {name: f"{noun}{plural}" for name, noun in NOUNS.items()}
    nouns |= {name: nouns[name] + describe_range(schema) for name in ("integer", "number")}
    if "then" in schema:
        nouns["string"] = f"`{schema['then']['const']}`"
    if "array" in types:
        extras = {"minItems": "not empty", "uniqueItems": "all different"}
        said = [words for word, words in extras.items() if schema.get(word)]
        nouns["array"] = ", ".join([f"list of {describe_value(schema['items'], 's')}", *said])
    return " or ".join(nouns[name] for name in types)


def describe_range(schema: dict) -> str:
    """Describe the range of a number: " from 0 to 1"."""
    if "minimum" in schema and "maximum" in schema:
        return f" from {schema['minimum']} to {schema['maximum']}"
    signs = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    bounds = [f"{sign} {schema[word]}" for word, sign in signs.items() if word in schema]
    return f" {' and '.join(bounds)}" if bounds else ""


def format_default(config: dict, path: tuple[str, ...]) -> str:
    """Format what config.yaml has for a key; nothing for a key that it has several times or not at all."""
    value = config
    for name in path:
        if name == NAME or name.endswith("[]") or name not in value:
            return ""
        value = value[name]
    return f"`{format_value(value)}`"


def format_value(value: object) -> str:
    """Format a value as in YAML."""
    return value if isinstance(value, str) else json.dumps(value)


def describe_section(name: str, schema: dict, config: dict) -> str:
    """Describe one key at the top of the config and those below it, under a heading."""
    keys = list(list_keys({"properties": {name: schema}}))
    own = [textwrap.fill(schema["description"], 120, break_on_hyphens=False)] if is_section(schema) else []
    defaults = any(format_default(config, key.path) for key in keys)
    columns = ["key", "value", *(["in config.yaml"] if defaults else []), "meaning"]
    rows = [
        [
            f"`{'.'.join(key.path)}`",
            describe_value(key.schema),
            *([format_default(config, key.path)] if defaults else []),
            key.schema["description"],
        ]
        for key in keys
    ]
    table = "\n".join(f"| {' | '.join(row)} |" for row in [columns, ["---"] * len(columns), *rows])
    return "\n\n".join([f"## `{name}`", *own, table])


def describe_config() -> str:
    """Describe every key of the config as Markdown."""
    schema = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))
    config = yaml.safe_load((ROOT / CONFIGS[0]).read_text(encoding="utf-8"))
    sections = [describe_section(name, inner, config) for name, inner in schema["properties"].items()]
    return "\n\n".join([HEAD.rstrip(), *sections]) + "\n"


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    print(describe_config(), end="")


if __name__ == "__main__":
    run_script(main)
