"""The paths of single runs and logs. Rules and aggregation share them, so that neither parses a path."""

import re
from collections.abc import Iterable

from mnist_study.plan.sweeps import Setting, Value, format_value

REPLICATE = "replicate~{replicate}"
ALL_REPLICATES = "{setting}"
RUN = f"{ALL_REPLICATES}/{REPLICATE}"
LEVEL = f"{{classifier}}/{{denoiser}}/level~{{level}}/{REPLICATE}"
# The setting of a classifier without a sweep.
PLAIN = "default"
# Snakemake separates the wildcards of a job by commas, so a setting has none.
AND = "+"
# Patterns of the wildcards, and of a text that can be the value of a setting.
TEXT = "[A-Za-z0-9_.-]+"
VALUE = rf"[a-z][a-z0-9_]*~{TEXT}(e\+[0-9]+)?"
SETTING = rf"{PLAIN}|{VALUE}(\+{VALUE})*"
NUMBER = "[1-9][0-9]*"


def format_setting(setting: Setting) -> str:
    """Format a setting for a path: learning_rate~0.1+dropout~0.2, and without a sweep: default."""
    return AND.join(f"{name}~{format_value(value)}" for name, value in setting.items()) or PLAIN


def parse_setting(text: str, sweep: dict[str, list]) -> Setting | None:
    """Parse a setting that format_setting formatted; None if it is none of this sweep. `sweep`: the values by name."""
    parts = [] if text == PLAIN else [part.partition("~") for part in re.split(r"\+(?=[a-z])", text)]
    if [name for name, *_ in parts] != list(sweep):
        return None
    found = {name: find_value(value, sweep[name]) for name, _, value in parts}
    setting = {name: value for name, value in found.items() if value is not None}
    return setting if setting.keys() == found.keys() else None


def find_value(text: str, values: list) -> Value | None:
    """Find the value that has this text in paths; None if it is none of them."""
    try:  # a search by the texts of all values would be slow in a sweep of thousands
        value: Value = float(text)
    except ValueError:
        value = {"true": True, "false": False}.get(text, text)
    found = values[values.index(value)] if value in values else None
    return found if format_value(found) == text else None


def match(names: Iterable[object]) -> str:
    """Make the pattern of a wildcard that has one of these values. Without any, it matches nothing."""
    return "|".join(re.escape(str(name)) for name in names) or "(?!)"


def locate_log(rule: str, job: str = "") -> str:
    """Locate the log of a rule's job below the study's folder; `job` distinguishes the jobs of the rule."""
    return f"logs/{rule}/{job}.log" if job else f"logs/{rule}.log"
