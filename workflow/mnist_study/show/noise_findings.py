"""Describe the noise study's results in sentences. Every number is computed from the study's tables."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from mnist_study.images import NO_DENOISER
from mnist_study.show.tables import (
    ABOVE,
    BELOW,
    CROSS,
    MIXED,
    RISES,
    THRESHOLDS,
    format_mean_level,
    list_names,
    name_fall,
    select_cell,
)
from mnist_study.show.wording import (
    EQUAL,
    UNKNOWN,
    describe_number,
    describe_power,
    format_difference,
    is_enough,
    join,
    quote,
)

# What the test images tell of one replicate.
MCNEMAR = "McNemar's test (95 % for each level) finds"
# Of what they do not find in several replicates.
SHARED = " that all replicates share"
SHOWN_CURVES = 2  # denoisers


class Verbs(NamedTuple):
    """Verbs for what is better at some noise levels and worse at others; what is behind the first one, and the next."""

    up: str
    down: str
    first: str
    then: str


DENOISING = Verbs("raise", "lower", " the accuracy", " it")


def describe_gains(differences: pd.DataFrame, classifier: str) -> list[str]:
    """Describe at which noise levels each denoiser helps a scorer. `differences`: differences.csv of the noise levels.

    With the first scorer, it is said if the replicates are too few to tell of other trainings.
    """
    gains = {denoiser: select_gains(differences, classifier, denoiser) for denoiser in list_denoisers(differences)}
    n, levels = (next(iter(gains.values()))[name] for name in ("n", "level"))
    n, of = n.iloc[0], name_scorer(differences, classifier)
    is_first = classifier == differences["classifier"].iloc[0]
    same = {name: describe_same(rows) for name, rows in gains.items()}
    if n == 1:
        sentences = tell_effects(f"In this one run{of}, {MCNEMAR}", "It finds", same)
        return [*sentences, *([f"{UNKNOWN.capitalize()}."] if is_first and any(same.values()) else [])]
    shown = {name: describe_shown(rows) for name, rows in gains.items()}
    sentences = []
    if is_enough(n, len(levels)):
        sentences = tell_effects(f"The mean of {n} replicates{of} shows", "It shows", shown)
    elif is_first:
        sentences = [describe_power(n, len(levels), "mean difference by denoising")]
    if any(same.values()) and not any(shown.values()):
        sentences += tell_effects(f"Within each of these {n} replicates{of}, {MCNEMAR}", "It finds", same, SHARED)
    largest = pd.concat(gains.values(), ignore_index=True)
    largest = largest.loc[largest["mean_difference"].idxmax()]
    if largest["mean_difference"] > EQUAL:
        sentences.append(
            f"The largest mean gain{of} is {format_difference(largest)}, by {quote(largest['denoiser'])} at noise "
            f"level {largest['level']:g}."
        )
    return sentences


def list_denoisers(table: pd.DataFrame) -> list[str]:
    """List the denoisers of a table of the noise study, without none."""
    return [denoiser for denoiser in list_names(table, "denoiser") if denoiser != NO_DENOISER]


def name_scorer(table: pd.DataFrame, classifier: str) -> str:
    """Name a scorer, as in " of “cnn”"; empty if a table of the noise study has no other one."""
    return f" of {quote(classifier)}" if table["classifier"].nunique() > 1 else ""


def select_gains(differences: pd.DataFrame, classifier: str, denoiser: str) -> pd.DataFrame:
    """Select a row for each level: what a denoiser gains for a scorer."""
    rows = select_cell(differences, classifier, denoiser)
    return rows[(rows["than_classifier"] == classifier) & (rows["than_denoiser"] == NO_DENOISER)]


def describe_same(rows: pd.DataFrame, verbs: Verbs = DENOISING) -> str:
    """Describe at which levels the test images show a gain or a loss in each replicate; `rows`: of one pair."""
    return describe_levels(rows["level"], rows["helped"] == rows["n"], rows["hurt"] == rows["n"], verbs)


def describe_shown(rows: pd.DataFrame, verbs: Verbs = DENOISING) -> str:
    """Describe at which levels a mean gain or loss is shown; `rows`: of one pair."""
    gains = rows["mean_difference"] > 0
    return describe_levels(rows["level"], rows["shown"] & gains, rows["shown"] & ~gains, verbs)


def describe_levels(levels: pd.Series, up: pd.Series, down: pd.Series, verbs: Verbs = DENOISING) -> str:
    """Describe at which noise levels something is better and worse, as in "raise the accuracy at"; empty if at none.

    `up`, `down`: which of the levels.
    """
    parts: list[str] = []
    told = verbs.first
    for verb, chosen in ((verbs.up, up), (verbs.down, down)):
        if chosen.any():
            at = list_ranges(levels, chosen) if parts else name_levels(levels, chosen)
            parts.append(f"{verb}{told} at {at}")
            told = verbs.then
    return " and to ".join(parts)


def tell_effects(who: str, again: str, effects: dict[str, str], which: str = "") -> list[str]:
    """Tell what each denoiser does, in a sentence for all those that do the same.

    `who`: the beginning of the first sentence; `again`: that of the others. `effects`: from describe_levels, by
    denoiser. `which`: what kind of effect the others lack.
    """
    sentences: list[str] = []
    # Those without an effect come last.
    for effect in sorted(dict.fromkeys(effects.values()), key=lambda effect: not effect):
        names = join(quote(name) for name, other in effects.items() if other == effect)
        begin = again if sentences else who
        sentences.append(f"{begin} {names} to {effect}." if effect else f"{begin} no effect of {names}{which}.")
    return sentences


def name_levels(levels: pd.Series, chosen: pd.Series) -> str:
    """Name the chosen ones of ascending noise levels, with all levels between two as a range."""
    if len(levels) > 1 and chosen.all():
        return f"all {len(levels)} noise levels"
    return f"noise level{'' if chosen.sum() == 1 else 's'} {list_ranges(levels, chosen)}"


def list_ranges(levels: pd.Series, chosen: pd.Series) -> str:
    """List the chosen ones of ascending noise levels, with all levels between two as a range: 0.1 to 0.4 and 0.7."""
    named = [f"{level:g}" for level in levels]
    places = np.flatnonzero(chosen)
    parts = []
    for near in np.split(places, np.flatnonzero(np.diff(places) > 1) + 1):
        if len(near) > 2:
            parts.append(f"{named[near[0]]} to {named[near[-1]]}")
        else:
            parts += [named[place] for place in near]
    return join(parts)


def describe_best(levels: pd.DataFrame, differences: pd.DataFrame, classifier: str) -> list[str]:
    """Describe which denoiser is best for a scorer at which noise levels, and where that is shown.

    A denoiser is shown to be the best where it is shown to be better than each other one. Say nothing of a single
    denoiser, as describe_gains does. `levels`, `differences`: levels.csv and differences.csv of the noise levels.
    """
    means = list_means(levels, classifier)
    if len(means.columns) < 3:
        return []
    tied = means.ge(means.max(axis="columns") - EQUAL, axis="index")
    best = tied.apply(lambda row: join(map(quote, means.columns[row])), axis="columns")
    parts: list[str] = []
    for name in best.unique():
        chosen = list_ranges(best.index, best == name)
        parts.append(f"with {name} at {chosen if parts else name_levels(best.index, best == name)}")
    n, of = levels["n"].iloc[0], name_scorer(levels, classifier)
    sentences = [f"{'In this one run, the' if n == 1 else 'The mean'} accuracy{of} is highest {join(parts)}."]
    if n > 1 and is_enough(n, len(means)):
        shown = is_best_shown(differences, means, classifier)
        where = name_levels(best.index, shown) if shown.any() else "no noise level"
        sentences.append(f"The best is shown to be better than every other at {where}.")
    return sentences


def list_means(levels: pd.DataFrame, classifier: str) -> pd.DataFrame:
    """List the mean accuracies of a scorer: a row for each noise level, and a column for each denoiser, in order."""
    rows = levels[levels["classifier"] == classifier]
    return rows.pivot(index="level", columns="denoiser", values="mean")[list_names(levels, "denoiser")]


def is_best_shown(differences: pd.DataFrame, means: pd.DataFrame, classifier: str) -> pd.Series:
    """Tell at which noise levels the best denoiser is shown to be better than each other one. `means`: list_means."""
    better = differences["shown"] & (differences["mean_difference"] > 0)
    worse = differences["shown"] & (differences["mean_difference"] < 0)
    own = (differences["classifier"] == classifier) & (differences["than_classifier"] == classifier)
    wins = pd.concat(
        [
            differences[own & better][["level", "denoiser"]],
            differences[own & worse][["level", "than_denoiser"]].rename(columns={"than_denoiser": "denoiser"}),
        ]
    )
    won = wins.groupby("level")["denoiser"].value_counts().groupby("level").max()
    return won.reindex(means.index, fill_value=0) == len(means.columns) - 1


def describe_further_scorers(levels: pd.DataFrame, differences: pd.DataFrame) -> list[str]:
    """Describe whether each further scorer makes denoising needless, as one that was trained on noise may.

    It is compared without a denoiser to the first scorer with its best one at each noise level. `levels`,
    `differences`: levels.csv and differences.csv of the noise levels.
    """
    first, *further = list_names(levels, "classifier")
    sentences = []
    for scorer in further:
        rows = compare_to_best(levels, differences, scorer, first)
        n, other = rows["n"].iloc[0], f"{quote(first)} with its best denoiser"
        verbs = Verbs("be more accurate", "be less accurate", f" than {other}", "")
        who, effect = f"{quote(scorer)} with {quote(NO_DENOISER)}", describe_same(rows, verbs)
        begin, which = f"In this one run, {MCNEMAR}", ""
        if n > 1:
            begin, which = f"Within each of {n} replicates, {MCNEMAR}", SHARED
        if is_enough(n, len(rows)):
            begin, which, effect = f"The mean of {n} replicates shows", "", describe_shown(rows, verbs)
        none = f"no difference between {who} and {other}{which}"
        sentences.append(f"{begin} {f'{who} to {effect}' if effect else none}.")
        ends = rows.loc[[rows["mean_difference"].idxmin(), rows["mean_difference"].idxmax()]].drop_duplicates("level")
        told = [f"{format_difference(row)} at noise level {row['level']:g}" for _, row in ends.iterrows()]
        sentences.append(f"The {'mean ' if n > 1 else ''}difference is {'between ' * (len(told) > 1)}{join(told)}.")
    if further:
        sentences.append("The best denoiser is chosen on these same images, so that its accuracy is biased upwards.")
    return sentences


def compare_to_best(levels: pd.DataFrame, differences: pd.DataFrame, scorer: str, first: str) -> pd.DataFrame:
    """Select a row for each level: a scorer without a denoiser minus the first one with its best denoiser there."""
    best = list_means(levels, first).idxmax(axis="columns")
    rows = differences[(differences["classifier"] == scorer) & (differences["than_classifier"] == first)]
    return rows[rows["than_denoiser"] == rows["level"].map(best)].sort_values("level").reset_index(drop=True)


def describe_crossing(thresholds: pd.DataFrame, differences: pd.DataFrame, classifier: str) -> list[str]:
    """Describe where the curve without a denoiser crosses that with each. Say nothing where no replicate's does.

    Of many denoisers, the first crossing and the last one are told, and those that may be none. `thresholds`,
    `differences`: thresholds.csv and differences.csv of the noise levels.
    """
    plain, others = [], []
    for denoiser in list_denoisers(differences):
        crossing = find_crossing(thresholds, classifier, denoiser)
        rows, told = select_gains(differences, classifier, denoiser), f"that with {quote(denoiser)}"
        lacking = list_lacking(crossing, rows)
        if crossing["n"] == 0:
            continue
        at = f"at a noise level of {describe_level(crossing)}"
        if crosses_again(crossing, rows):
            others.append(f"{told} more than once; it begins to help {at}.")
        elif lacking:
            others.append(f"{told} {at}, which may be chance: {MCNEMAR} {join(lacking)}.")
        else:
            plain.append((crossing["mean"], told, describe_level(crossing)))
    parts = []
    if len(plain) > SHOWN_CURVES:
        (_, first, low), *_, (_, last, high) = sorted(plain)
        parts = [f"first {first}, at a noise level of {low}, and last {last}, at {high}."]
    elif plain:
        (_, first, level), *further = plain
        parts = [f"{join([f'{first} at a noise level of {level}', *(f'{told} at {at}' for _, told, at in further)])}."]
    parts += others
    who = f"The curve{name_scorer(differences, classifier)} with {quote(NO_DENOISER)}"
    return [f"{'It' if place else who} crosses {part}" for place, part in enumerate(parts)]


def find_crossing(thresholds: pd.DataFrame, classifier: str, denoiser: str) -> pd.Series:
    """Find the row of thresholds.csv of the level where a denoiser's curve crosses that without one."""
    return select_cell(thresholds, classifier, denoiser).set_index("quantity").loc[CROSS]


def crosses_again(crossing: pd.Series, gains: pd.DataFrame) -> bool:
    """Tell whether denoising helps every replicate at a level below the crossing, or hurts each at one above it.

    `gains`: from select_gains.
    """
    below, n = gains["level"] < crossing["mean"], gains["n"]
    return bool((below & (gains["helped"] == n)).any() or (~below & (gains["hurt"] == n)).any())


def list_lacking(crossing: pd.Series, gains: pd.DataFrame) -> list[str]:
    """List what no replicate's test images show: a loss at a level below the crossing, a gain at one above it."""
    below = gains["level"] < crossing["mean"]
    lacking = []
    if not (below & (gains["hurt"] > 0)).any():
        lacking.append("no loss below it")
    if not (~below & (gains["helped"] > 0)).any():
        lacking.append("no gain above it")
    return lacking


def describe_level(found: pd.Series) -> str:
    """Describe a mean noise level of thresholds.csv, its spread, and in how many of the replicates there is one."""
    of = f" in {found['n']} of {found['replicates']} replicates" if found["n"] < found["replicates"] else ""
    return format_mean_level(found) + of


def describe_falls(levels: pd.DataFrame, thresholds: pd.DataFrame, classifier: str) -> list[str]:
    """Describe where a scorer's accuracy with each denoiser falls under 0.9 and 0.5, in one sentence each.

    Of many denoisers, the first fall and the last one are told. `levels`, `thresholds`: levels.csv and thresholds.csv.
    """
    tried, of = levels["level"].unique(), name_scorer(levels, classifier)
    one = len(tried) == 1
    words = {
        ABOVE: "is not under {}" if one else "never falls under {}",
        BELOW: "is under {}" if one else "is under {} at every level",
        RISES: "is under {} at first but not later",
        MIXED: "is not on the same side of {} in all replicates",
    }
    begin = f"At the one noise level, {tried[0]:g}, the accuracy{of}" if one else f"The accuracy{of}"
    sentences = []
    for threshold in THRESHOLDS:
        falls: list[tuple[float, str, str]] = []
        others: dict[str, list[str]] = {}
        for denoiser in list_names(levels, "denoiser"):
            fall = select_cell(thresholds, classifier, denoiser).set_index("quantity").loc[name_fall(threshold)]
            if fall["n"]:
                falls.append((fall["mean"], describe_level(fall), quote(denoiser)))
            else:
                others.setdefault(words[fall["case"]].format(threshold), []).append(quote(denoiser))
        clauses = []
        if len(falls) > SHOWN_CURVES + 1:
            (_, low, first), *_, (_, high, last) = sorted(falls)
            ends = f"first at noise level {low}, with {first}, and last at {high}, with {last}"
            clauses = [f"falls under {threshold} {ends}"]
        elif falls:
            told = join(f"{level} with {name}" for _, level, name in falls)
            clauses = [f"falls under {threshold} at noise level {told}"]
        clauses += [f"{does} with {join(names)}" for does, names in others.items()]
        sentences.append(f"{begin} {'; it '.join(clauses)}.")
    return sentences


def number_crossing(thresholds: pd.DataFrame, differences: pd.DataFrame) -> tuple[str, str] | None:
    """Give the lowest noise level from which a denoiser helps the first scorer, and its label; None without any.

    This is where its curve crosses that without a denoiser, if those of all replicates do so, and once only.
    `thresholds`, `differences`: thresholds.csv and differences.csv of the noise levels.
    """
    classifier, denoisers = differences["classifier"].iloc[0], list_denoisers(differences)
    found = []
    for denoiser in denoisers:
        crossing = find_crossing(thresholds, classifier, denoiser)
        rows = select_gains(differences, classifier, denoiser)
        every = crossing["n"] == crossing["replicates"]
        if every and not crosses_again(crossing, rows) and not list_lacking(crossing, rows):
            found.append((crossing["mean"], denoiser, crossing))
    if not found:
        return None
    _, denoiser, crossing = min(found, key=lambda one: one[0])
    which = "lowest noise level" if len(denoisers) > 1 else "noise level"
    label = f"{which} where denoising begins to help, by {denoiser}, {describe_number(crossing['n'])}"
    return format_mean_level(crossing), label
