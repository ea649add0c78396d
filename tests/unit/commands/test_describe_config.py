"""Test that the page of all keys of the config is current, and how it describes the schema's constraints."""

import pytest
import yaml

from mnist_study.commands.describe_config import describe_config, describe_value, list_keys
from mnist_study.plan.config import SCHEMA
from mnist_study.trust.reasons import ROOT


def test_the_page_is_current():
    page = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
    assert page == describe_config(), "type: python workflow describe_config > docs/configuration.md"


def test_keys_are_listed_in_the_schemas_order_with_the_layers_below_their_list():
    schema = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))
    paths = [".".join(key.path) for key in list_keys(schema)]
    assert paths[:2] == ["pathvars.results", "seed"]
    layers = paths.index("classifiers.NAME.layers")
    assert paths[layers + 1] == "classifiers.NAME.layers[].dense"


def test_keys_of_filters_and_of_autoencoders_are_listed_and_layers_once():
    schema = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))
    paths = [".".join(key.path) for key in list_keys(schema)]
    denoisers = [path.removeprefix("denoisers.NAME.") for path in paths if path.startswith("denoisers.")]
    assert denoisers[:4] == ["filter", "size", "encoder", "decoder"]
    assert [path for path in paths if path.endswith(".conv")] == ["classifiers.NAME.layers[].conv"]


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"enum": ["mnist", "fashion_mnist"]}, "`mnist` or `fashion_mnist`"),
        (
            {"type": ["integer", "array", "null"], "minimum": 2, "items": {"type": "string"}, "uniqueItems": True},
            "whole number ≥ 2 or list of texts, all different or `null`",
        ),
        (
            {"type": "array", "minItems": 1, "items": {"type": ["integer", "string"], "minimum": 0}},
            "list of whole numbers ≥ 0 or texts, not empty",
        ),
        ({"type": ["string", "null"]}, "text or `null`"),
        ({"type": "integer", "minimum": 1}, "whole number ≥ 1"),
        (
            {"type": ["string", "integer"], "minimum": 1, "maximum": 9, "then": {"const": "test"}},
            "`test` or whole number from 1 to 9",
        ),
        ({"type": "number", "minimum": 0, "maximum": 1}, "number from 0 to 1"),
        ({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}, "number > 0 and < 1"),
        (
            {"type": "array", "minItems": 1, "uniqueItems": True, "items": {"type": "number", "exclusiveMinimum": 0}},
            "list of numbers > 0, not empty, all different",
        ),
    ],
)
def test_values_are_described_in_words(schema, words):
    assert describe_value(schema) == words
