"""Place the settings of a sweep in a figure: the first swept one on an axis, the others as lines."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from mnist_study.plan.sweeps import Value, format_value, is_number, sort_values, spell_name
from mnist_study.show.tables import find_swept, list_table_settings, name_settings

SHOWN = 8  # more lines could not be told apart
DECADE = 10
EXACT = 1 - 1e-9
SMALL = 1e-3  # values are written as powers of ten if one of them is smaller
WRITTEN_VALUES = 8  # more would not fit below a linear axis


class Scale(NamedTuple):
    """A scale for the values of a setting.

    `kind`: "log" for numbers that span a decade, "linear" for other numbers, "category" for texts. `places`: where each
    value lies. `control`: where 0 lies on a logarithmic axis, a decade left of the smallest number; None without a 0.
    """

    kind: str
    places: dict[Value, float]
    control: float | None = None

    def place(self, values: Iterable[Value]) -> list[float]:
        """Place values on the axis."""
        return [self.places[value] for value in values]

    def format(self, value: Value) -> str:
        """Format a value for a figure: with few digits, and small ones as powers of ten, in mathematical text."""
        if self.kind == "category" or float(value).is_integer():
            return format_value(value)
        small = min(abs(place) for place in self.places.values() if place) < SMALL
        return format_power(float(value)) if small else f"{float(value):.4g}"


def make_scale(values: Iterable[Value]) -> Scale:
    """Make the scale of a setting from all its values, in any order."""
    found = sort_values(list(pd.unique(pd.Series(values))))
    if not all(is_number(value) or isinstance(value, np.number) for value in found):
        return Scale("category", {value: place for place, value in enumerate(found)})
    numbers = [float(value) for value in found]
    positive = [number for number in numbers if number > 0]
    if not positive or numbers[0] < 0 or max(positive) < DECADE * min(positive) * EXACT:
        return Scale("linear", dict(zip(found, numbers, strict=True)))
    control = min(positive) / DECADE
    places = {value: float(value) or control for value in found}
    return Scale("log", places, control if numbers[0] == 0 else None)


def label_axis(name: str) -> str:
    """Label the axis or the legend of a setting."""
    return "L2 factor" if name == "l2" else spell_name(name)


def set_scale(axes: Axes, scale: Scale, name: str) -> None:
    """Give the horizontal axis the scale of a setting, and its name."""
    axes.set_xlabel(label_axis(name))
    if scale.kind == "log":
        axes.set_xscale("log")
    if scale.control is not None:
        low, high = np.log10([scale.control * DECADE, max(scale.places.values()) / EXACT])
        decades = 10.0 ** np.arange(np.ceil(low - 1e-6), high)
        axes.set_xticks([scale.control, *decades], ["0", *map(format_power, decades)])
        axes.tick_params(axis="x", which="minor", bottom=False)
    elif scale.kind == "category" or (scale.kind == "linear" and len(scale.places) <= WRITTEN_VALUES):
        axes.set_xticks(list(scale.places.values()), list(map(scale.format, scale.places)))


def part_control(scale: Scale, values: pd.Index) -> list[np.ndarray]:
    """Part values into those that a line joins, as masks: a control, which is no point of the axis, is left alone."""
    control = np.array([scale.control is not None and value == 0 for value in values])
    return [mask for mask in (control, ~control) if mask.any()]


def choose_evenly(items: list) -> list:
    """Choose at most SHOWN of ascending items, evenly spread. The first and the last are always chosen."""
    positions = np.linspace(0, len(items) - 1, min(len(items), SHOWN))
    return [items[position] for position in positions.round().astype(int)]


def list_lines(table: pd.DataFrame) -> list[str]:
    """List the names of the lines of a figure over the first swept setting: each combination of the others."""
    return list(list_table_settings(table.drop(columns=find_swept(table)[0])).index)


def name_lines(table: pd.DataFrame) -> pd.Series:
    """Name the line of each row of a classifier's table: the name is empty if one setting is swept."""
    return name_settings(table.drop(columns=find_swept(table)[0]))


def label_settings(table: pd.DataFrame) -> dict[str, str]:
    """Label each setting of a classifier's table for a figure by its values alone, by the name of the setting."""
    settings = list_table_settings(table)
    scales = {column: make_scale(settings[column]) for column in settings}
    return {
        name: ", ".join(scale.format(values[column]) for column, scale in scales.items())
        for name, values in zip(settings.index, settings.to_dict("records"), strict=True)
    }


def format_power(value: float) -> str:
    """Format a number as a power of ten in Matplotlib's mathematical text: 0.0005 as 5 × 10⁻⁴."""
    mantissa, exponent = f"{value:.2e}".split("e")
    power = f"10^{{{int(exponent)}}}"
    return f"${power}$" if float(mantissa) == 1 else rf"${float(mantissa):g} \times {power}$"
