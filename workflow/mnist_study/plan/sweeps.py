"""The sweep of a classifier, which is trained at each of its settings: their values, their order and their names.

The Snakefile imports this module, so it imports the standard library only.
"""

from itertools import product

from mnist_study.layers import read_layer

# The rate of all dropout layers is swept like a key of its own.
DROPOUT = "dropout"

Value = float | int | str
Setting = dict[str, Value]


def list_swept(model: dict) -> list[str]:
    """List the names of what a classifier sweeps, in the order of its config. `model`: its part of the config."""
    return list(dict(model["sweep"]))


def list_settings(model: dict) -> list[Setting]:
    """List the settings of a sweep in ascending order: every combination of its values, the first name outermost.

    A classifier without a sweep has one setting, which is empty.
    """
    sweep = dict(model["sweep"])
    return [dict(zip(sweep, values, strict=True)) for values in product(*sweep.values())]


def list_values(model: dict, name: str) -> list:
    """List the values that a key of a classifier has in its runs: one, if it is not swept."""
    sweep = dict(model["sweep"])
    return sweep[name] if name in sweep else [model[name]]


def is_grid(model: dict) -> bool:
    """Tell whether a classifier sweeps two numbers, and nothing else: their settings are the cells of a map."""
    values = list(dict(model["sweep"]).values())
    return len(values) == 2 and all(is_number(value) for each in values for value in each)


def is_number(value: object) -> bool:
    """Tell whether a value is a number. A truth value is none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def sort_values(values: list[Value]) -> list[Value]:
    """Sort the values of one name: numbers, then texts."""
    return sorted(values, key=lambda value: (isinstance(value, str), value))


def resolve(model: dict, setting: Setting) -> dict:
    """Give what a classifier is trained with at one setting of its sweep, and the names of what is swept.

    `model`: its part of the config, or any mapping with these keys. A dropout rate of 0 leaves the dropout layers out.
    """
    resolved = {key: value for key, value in model.items() if key not in ("sweep", "replicates")} | setting
    if DROPOUT in setting:
        rate = setting[DROPOUT]
        layers = [{DROPOUT: rate} if read_layer(layer)[0] == DROPOUT else layer for layer in model["layers"]]
        resolved["layers"] = [layer for layer in layers if layer != {DROPOUT: 0}]
    return resolved | {"swept": list(setting)}


def format_value(value: object) -> str:
    """Format a value for paths, tables and sentences: 1e-4 as 0.0001, 1.0 as 1, true as true."""
    text = str(value)
    if isinstance(value, str):
        return text
    return text.lower() if text in ("True", "False") else text.removesuffix(".0")


def spell_name(name: str) -> str:
    """Spell the name of a key as a sentence does: learning rate."""
    return name.replace("_", " ")


def name_setting(setting: Setting) -> str:
    """Name a setting as a sentence does: learning rate 0.1, dropout 0.2. The setting without a sweep has no name."""
    return ", ".join(f"{spell_name(name)} {format_value(value)}" for name, value in setting.items())
