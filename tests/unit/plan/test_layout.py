import re

import pytest

from mnist_study.plan.layout import SETTING, format_setting, match, parse_setting

SWEEP = {"learning_rate": [1e-6, 0.1, 1.0, 1e16], "dropout": [0.0, 0.2], "epochs": [2, 10]}


@pytest.mark.parametrize(
    ("setting", "text"),
    [
        ({"l2": 1e-6}, "l2~1e-06"),
        ({"l2": 0.0}, "l2~0"),
        ({"batch_size": 128}, "batch_size~128"),
        ({"schedule": "cosine"}, "schedule~cosine"),
        ({"augment": True}, "augment~true"),
        ({"learning_rate": 0.1, "dropout": 0.0, "epochs": 2}, "learning_rate~0.1+dropout~0+epochs~2"),
        ({"learning_rate": 1e16, "dropout": 0.2, "epochs": 10}, "learning_rate~1e+16+dropout~0.2+epochs~10"),
        ({}, "default"),
    ],
)
def test_a_setting_has_one_name_in_paths_and_is_read_back(setting, text):
    sweep = SWEEP if len(setting) == 3 else {name: [value, "other"] for name, value in setting.items()}
    assert format_setting(setting) == text
    assert parse_setting(text, sweep) == setting
    assert re.fullmatch(SETTING, text)
    assert "," not in text  # Snakemake separates wildcards by it


@pytest.mark.parametrize(
    "text",
    [
        *(
            "default",
            "",
            "learning_rate~0.1",
            "dropout~0.2+learning_rate~0.1+epochs~2",
            "learning_rate~0.1+dropout~0.2",
        ),
        *("learning_rate~0.1+dropout~0.3+epochs~2", "learning_rate~0.10+dropout~0.2+epochs~2", "x"),
    ],
)
def test_another_text_is_no_setting_of_a_sweep(text):
    assert parse_setting(text, SWEEP) is None


def test_a_classifier_without_a_sweep_has_one_setting():
    assert parse_setting("default", {}) == {}
    assert parse_setting("l2~0", {}) is None


def test_a_wildcard_has_one_of_its_names_and_without_names_matches_nothing():
    assert re.fullmatch(match([0.5, "cnn"]), "0.5")
    assert not re.fullmatch(match([0.5, "cnn"]), "0x5")
    assert not re.fullmatch(match([]), "")
