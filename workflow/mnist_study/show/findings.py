"""Describe the study's results in sentences. Every number is computed from the study's tables."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd

from mnist_study.images import NO_DENOISER, TEST, TRAINING
from mnist_study.layers import read_layer
from mnist_study.plan.sweeps import list_swept, name_setting, spell_name
from mnist_study.show.statistics import ERROR, detectable_difference, fewest_replicates, smallest_p
from mnist_study.show.tables import (
    ABOVE,
    ALL_PENALIZED,
    BELOW,
    CROSS,
    MIXED,
    RISES,
    THRESHOLDS,
    find_swept,
    find_validation,
    format_mean_level,
    list_names,
    list_table_settings,
    name_denoiser,
    name_fall,
    name_settings,
    select_cell,
)

GOAL = 0.99  # the CNN's accuracy, as the study's first implementation set it
# What is called shown of replicates, and what the test images tell of one of them.
SHOWN = "its 95 % interval leaves out zero, and its Holm-adjusted p, from sign flips, is below 0.05"
MCNEMAR = "McNemar's test (95 % for each level) finds"
UNKNOWN = "nothing is known of other trainings"
SHOWN_PAIRS = 3
SHOWN_RUNS = 8
SHOWN_CURVES = 2  # denoisers
NOTHING_COMPARED = (
    "No published number is compared, as the networks or trainings of this study are others: the table of published "
    "numbers says in what."
)
CONVOLUTIONAL, PERCEPTRON = "convolutional network", "multilayer perceptron"
# Accuracies of images differ by more than this, and rounding errors of their means by less.
EQUAL = 1e-9


class Verbs(NamedTuple):
    """Verbs for what is better at some noise levels and worse at others; what is behind the first one, and the next."""

    up: str
    down: str
    first: str
    then: str


DENOISING = Verbs("raise", "lower", " the accuracy", " it")


def describe_classifier(statistics: pd.DataFrame, model: dict) -> str:
    """Describe how accurate a classifier without a sweep is on the test images.

    `statistics`: statistics.csv; `model`: its part of the config.
    """
    row = find_tested(statistics)
    return (
        f"The {describe_kind(model)} “{row['classifier']}” reaches an accuracy of {format_spread(row)} "
        f"on the test images after {describe_length(model)} ({describe_errors(row)})."
    )


def describe_sweep(statistics: pd.DataFrame, runs: pd.DataFrame, model: dict) -> list[str]:
    """Describe which setting has the highest mean accuracy, on which images it was chosen, and the best run.

    `statistics`, `runs`: statistics.csv and runs.csv of a classifier; `model`: its part of the config.
    """
    validation, row = find_validation(statistics), find_tested(statistics)
    tried, best = count_settings(statistics), list_best(statistics)
    name = f"the {describe_kind(model)} “{row['classifier']}”"
    after = f"after {describe_length(model)}"
    setting, reached = name_row(row), f"{format_spread(row)} ({describe_errors(row)})"
    if tried == 1:
        sentences = [f"At {setting}, {name} reaches an accuracy on the test images {after} of {reached}."]
    else:
        mean = "mean " if row["n"] > 1 else ""
        highest = f"highest {mean}accuracy of {name} on the {validation} images {after}"
        swept = join(map(spell_name, find_swept(statistics)))
        of = f"Of {tried} settings of {swept},"
        if len(best) > 1:
            tied = join(name_row(one) for _, one in best.iterrows())
            sentences = [f"{of} {tied} share the {highest}, {best['mean'].iloc[0]:.4f}."]
        elif validation == TEST:
            sentences = [f"{of} {setting} has the {highest}, {reached}."]
        else:
            sentences = [f"{of} {setting} has the {highest}, {format_spread(best.iloc[0])}."]
        if validation == TEST:
            if len(best) > 1:
                sentences.append(f"At {setting}, the first of them, it is {reached}.")
            sentences.append("The choice was made on these same images, so this number is biased upwards.")
        else:
            sentences.append(f"On the test images, which had no part in this choice, {setting} reaches {reached}.")
    scored = runs[runs["data"] == validation]
    if row["n"] > 1:
        top = scored[scored["accuracy"] >= scored["accuracy"].max() - EQUAL]
        sentences.append(
            f"Of all {len(scored):,} runs, the highest accuracy on the {validation} images is "
            f"{top['accuracy'].max():.4f}, of {name_runs(top)}: as a maximum, it is biased upwards."
        )
    return sentences


def name_row(row: pd.Series) -> str:
    """Name the setting of a row of statistics.csv or runs.csv; empty without a sweep."""
    return name_setting({name: row[name] for name in find_swept(row.index)})


def at_setting(row: pd.Series) -> str:
    """Say at which setting a row of statistics.csv or runs.csv is: " at l2 0.0001"; empty without a sweep."""
    setting = name_row(row)
    return f" at {setting}" if setting else ""


def list_best(statistics: pd.DataFrame) -> pd.DataFrame:
    """List the rows of the settings with the highest mean accuracy on the validation images, in ascending order."""
    ranked = statistics[statistics["data"] == find_validation(statistics)]
    return ranked[ranked["mean"] >= ranked["mean"].max() - EQUAL]


def find_tested(statistics: pd.DataFrame) -> pd.Series:
    """Find the row on the test images of the setting with the highest mean accuracy; of equal ones, of the first."""
    names = name_settings(statistics)
    best = names[list_best(statistics).index[0]]
    return statistics[(statistics["data"] == TEST) & (names == best)].iloc[0]


def count_settings(statistics: pd.DataFrame) -> int:
    """Count the settings of statistics.csv. A classifier without a sweep has one."""
    return int((statistics["data"] == TEST).sum())


def describe_differences(differences: pd.DataFrame) -> list[str]:
    """Describe which differences between settings are shown, and how small a difference so many replicates show.

    `differences`: differences.csv of a classifier. They are those on the validation images.
    """
    validation = find_validation(differences)
    pairs = differences[differences["data"] == validation].sort_values(
        "mean_difference", key=abs, ascending=False, kind="stable"
    )
    n, largest, varying = pairs["n"].iloc[0], pairs.iloc[0], pairs["standard_deviation"] > EQUAL
    if abs(largest["mean_difference"]) < EQUAL and not varying.any():
        replicates = "the one replicate" if n == 1 else f"all {n} replicates"
        return [f"On the {validation} images, all settings have the same accuracy in {replicates}."]
    told = f"The largest difference on the {validation} images is {name_difference(largest)}"
    if n == 1:
        return ["With one replicate per setting, no difference between settings can be shown.", f"{told}."]
    shown = pairs[pairs["shown"]]
    if len(shown):
        sentences = [
            f"Of {count(len(pairs), 'difference')} between settings on the {validation} images, {len(shown):,} "
            f"{'is' if len(shown) == 1 else 'are'} shown."
        ]
        named = join(name_difference(pair) for _, pair in shown.head(SHOWN_PAIRS).iterrows())
        which = "The largest are" if len(shown) > SHOWN_PAIRS else "It is" if len(shown) == 1 else "They are"
        sentences.append(f"{which} {named}.")
    else:
        sentences = [
            describe_power(n, len(pairs), "difference between settings")
            or f"Of {count(len(pairs), 'difference')} between settings on the {validation} images, none is shown."
        ]
        if len(pairs) > 1:
            apart = int((varying & ((pairs["ci95_low"] > 0) | (pairs["ci95_high"] < 0))).sum())
            leave = "leave" if apart > 1 else "leaves"
            told += f"; before the correction, {apart or 'none'} of {len(pairs)} intervals {leave} out zero"
        sentences.append(f"{told}.")
    if not varying.any():
        sentences.append("All replicates differ by the same, so that their spread says nothing of chance.")
    elif is_enough(n, len(pairs)):
        spread = float(np.sqrt((pairs["standard_deviation"] ** 2).mean()))
        least = format_small(float(detectable_difference(spread, n)))
        sentences.append(
            f"The differences of {n} replicates have a standard deviation of {format_small(spread)}: before the "
            f"correction, a paired t-test shows a true difference of {least} with a power of 80 %."
        )
    return sentences


def is_enough(n: int, comparisons: int) -> bool:
    """Tell whether sign flips of n replicates can show any of so many differences after Holm's correction."""
    return smallest_p(n) * comparisons < ERROR


def describe_power(n: int, comparisons: int, what: str) -> str:
    """Describe that n replicates are too few for so many comparisons, and how many would do; empty if they are enough.

    `what`: what can't be shown.
    """
    if is_enough(n, comparisons):
        return ""
    enough = fewest_replicates(comparisons)
    needs = f"at least {enough} replicates are needed" if enough else "no number of replicates is enough"
    compared = f"for {comparisons:,} comparisons, " if comparisons > 1 else ""
    return (
        f"With {n} replicates, no {what} can be shown: sign flips give p = {smallest_p(n):.2g} at best; "
        f"{compared}{needs}."
    )


def name_difference(pair: pd.Series) -> str:
    """Name a difference between two settings, the better one first, with its 95 % interval if there is one."""
    first, second = pair[["first", "second"]]
    low, mean, high = pair[["ci95_low", "mean_difference", "ci95_high"]]
    if mean < 0:
        first, second, low, mean, high = second, first, -high, -mean, -low
    if ", " not in first:  # one setting is swept, so that it need not be named twice
        first = first.rpartition(" ")[2]
    return f"{second} over {first} by {mean:.4f}{describe_bounds(low, high, pair)}"


def describe_bounds(low: float, high: float, pair: pd.Series) -> str:
    """Describe the 95 % interval of a mean difference in brackets. Say so if all replicates have the same one."""
    if pair["n"] == 1:
        return ""
    if pair["standard_deviation"] <= EQUAL:
        return f" (the same in all {pair['n']} replicates)"
    return f" ({low:.4f} to {high:.4f})"


def describe_ensembles(ensembles: pd.DataFrame, statistics: pd.DataFrame) -> str:
    """Describe the accuracy of the replicates as an ensemble, at the best setting.

    `ensembles`, `statistics`: ensembles.csv and statistics.csv of a classifier.
    """
    best = find_tested(statistics)
    row = ensembles[name_settings(ensembles) == name_row(best)].iloc[0]
    at = at_setting(best)
    if count_settings(statistics) > 1 and find_validation(statistics) == TEST:
        at += ", chosen on these same images,"
    return (
        f"As an ensemble, by the mean of their class probabilities, the {row['replicates']} replicates of "
        f"“{row['classifier']}”{at} reach {row['accuracy']:.4f} on the test images (one ensemble; 95 % interval by the "
        f"number of images: {format_interval(row, 'wilson95')})."
    )


def describe_goal(statistics: pd.DataFrame) -> str:
    """Describe whether the CNN reaches the goal of the study on the test images. `statistics`: statistics.csv."""
    row = find_tested(statistics)
    goal = f"The goal of the study for the CNN, an accuracy of at least {GOAL} on the test images,"
    reached = "reached" if row["mean"] >= GOAL else "missed"
    if row["n"] == 1:
        return f"{goal} is {reached} by this one run, with {row['mean']:.4f}."
    if row["standard_deviation"] <= EQUAL:
        return f"{goal} is {reached} by each of {row['n']} replicates, with {row['mean']:.4f}."
    told = f"{row['mean']:.4f} (95 % interval of the mean: {format_interval(row, 'ci95')})"
    if row["ci95_low"] <= GOAL <= row["ci95_high"]:
        return f"{goal} is neither shown to be reached by the mean nor to be missed: {told}."
    return f"{goal} is {reached} by the mean: {told}."


def describe_autoencoder(losses: pd.DataFrame, epochs: pd.DataFrame) -> list[str]:
    """Describe an autoencoder's loss after its last epoch, and whether it has learnt anything.

    `losses`, `epochs`: losses.csv and epochs.csv of the autoencoder.
    """
    rows = losses.set_index("data")
    sentence = (
        f"After {count(epochs['epoch'].max(), 'epoch')}, the loss of “{losses['autoencoder'].iloc[0]}” is "
        f"{format_spread(rows.loc[TRAINING])} on the noisy training images and {format_spread(rows.loc[TEST])} on the "
        f"noisy test images ({describe_number(rows['n'].iloc[0])})."
    )
    return [sentence, *describe_mean_image(epochs)]


def describe_mean_image(epochs: pd.DataFrame) -> list[str]:
    """Warn of an autoencoder that is no better than one answer for all images. Say nothing of a better one.

    `epochs`: epochs.csv of an autoencoder.
    """
    validation = find_validation(epochs)
    last = epochs[(epochs["data"] == validation) & (epochs["epoch"] == epochs["epoch"].max())]
    lost = last[last["loss"] >= last["chance"]]
    if lost.empty:
        return []
    name = f"“{epochs['autoencoder'].iloc[0]}”"
    which = f"{name} is"
    if len(last) > 1:
        which = f"Of {len(last)} replicates of {name}, {len(lost)} {'is' if len(lost) == 1 else 'are'}"
    return [
        f"{which} no better than chance: one image for all, the mean, has a loss of {last['chance'].iloc[0]:.4f} "
        f"on the {validation} images."
    ]


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
        sentences += tell_effects(f"Within each of these {n} replicates{of}, {MCNEMAR}", "It finds", same)
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


def quote(name: str) -> str:
    """Name a denoiser or a classifier in a sentence."""
    return name_denoiser(name) if name == NO_DENOISER else f"“{name}”"


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


def tell_effects(who: str, again: str, effects: dict[str, str]) -> list[str]:
    """Tell what each denoiser does, in a sentence for all those that do the same.

    `who`: the beginning of the first sentence; `again`: that of the others. `effects`: from describe_levels, by
    denoiser.
    """
    sentences: list[str] = []
    # Those without an effect come last.
    for effect in sorted(dict.fromkeys(effects.values()), key=lambda effect: not effect):
        names = join(quote(name) for name, other in effects.items() if other == effect)
        begin = again if sentences else who
        sentences.append(f"{begin} {names} to {effect}." if effect else f"{begin} no effect of {names}.")
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
        begin = f"In this one run, {MCNEMAR}" if n == 1 else f"Within each of {n} replicates, {MCNEMAR}"
        if is_enough(n, len(rows)):
            begin, effect = f"The mean of {n} replicates shows", describe_shown(rows, verbs)
        sentences.append(f"{begin} {f'{who} to {effect}' if effect else f'no difference between {who} and {other}'}.")
        ends = [rows.loc[find(rows["mean_difference"])] for find in (pd.Series.idxmin, pd.Series.idxmax)]
        told = [f"{format_difference(row)} at noise level {row['level']:g}" for row in ends]
        sentences.append(f"The {'mean ' if n > 1 else ''}difference is between {join(told)}.")
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


def describe_chance(runs: pd.DataFrame) -> list[str]:
    """Warn of a classifier's runs that end no better than chance. Say nothing if all are better.

    `runs`: its runs.csv.
    """
    validation = find_validation(runs)
    runs = runs[runs["data"] == validation]
    lost = runs[is_at_chance(runs)]
    if lost.empty:
        return []
    name = f"“{runs['classifier'].iloc[0]}”"
    chance = (
        f"no better than chance on the {validation} images, {runs['chance'].iloc[0]:.4f}, the accuracy of naming their "
        "most frequent class for all"
    )
    if len(runs) == 1:
        return [f"This run of {name} ends {chance}."]
    return [f"{len(lost):,} of {len(runs):,} runs of {name} end {chance}: {name_runs(lost)}."]


def describe_scorer(runs: pd.DataFrame, replicates: int) -> list[str]:
    """Warn of a scoring classifier that has learnt nothing. Say nothing if it has learnt something.

    `runs`: its runs.csv. Its first `replicates` runs at its first setting score the noisy images.
    """
    tested = runs[(runs["data"] == TEST) & (runs["replicate"] <= replicates)]
    scorers = tested[name_settings(tested) == list_table_settings(tested).index[0]]
    lost = int(is_at_chance(scorers).sum())
    if not lost:
        return []
    which = "" if replicates == 1 else f" in {lost} of {replicates} replicates"
    return [
        f"“{runs['classifier'].iloc[0]}”, which is asked for the class, is no better than chance on clean test images"
        f"{which}: {'the' if lost == len(scorers) else 'their'} noise curves tell nothing of noise or denoising."
    ]


def is_at_chance(runs: pd.DataFrame) -> pd.Series:
    """Tell which runs are no better than chance. `runs`: runs.csv."""
    return runs["accuracy"] <= runs["chance"]


def name_runs(runs: pd.DataFrame) -> str:
    """Name runs of a classifier, the first ones of many. `runs`: rows of runs.csv."""
    named = [f"replicate {row['replicate']}{at_setting(row)}" for _, row in runs.head(SHOWN_RUNS).iterrows()]
    if len(runs) > SHOWN_RUNS:
        named.append(f"{len(runs) - SHOWN_RUNS:,} more")
    return join(named)


def describe_confusion(confusion: pd.DataFrame, classifier: str) -> str:
    """Describe how many test images a classifier gets wrong, and its most frequent mistakes.

    `confusion` has the columns true, predicted, count.
    """
    wrong = confusion[(confusion["true"] != confusion["predicted"]) & (confusion["count"] > 0)]
    total = confusion["count"].sum()
    if wrong.empty:
        return f"Replicate 1 of “{classifier}” gets all {total:,} clean test images right."
    most = wrong[wrong["count"] == wrong["count"].max()]
    taken = [f"{row['true']} taken for {row['predicted']}" for row in most.to_dict("records")]
    if len(taken) > SHOWN_PAIRS:
        taken = [*taken[:SHOWN_PAIRS], f"{len(taken) - SHOWN_PAIRS} more"]
    times = f"{count(most['count'].iloc[0], 'time')}{' each' if len(most) > 1 else ''}"
    return (
        f"Replicate 1 of “{classifier}” gets {wrong['count'].sum():,} of {total:,} clean test images wrong; its most "
        f"frequent {'mistake is' if len(most) == 1 else 'mistakes are'} {join(taken)}, {times}."
    )


def describe_norms(norms: pd.DataFrame) -> list[str]:
    """Describe the norm of the penalized kernels at the first setting and at the last. Say nothing without a penalty.

    `norms`: kernel_norms.csv. The layer ALL_PENALIZED stands for all penalized kernels together.
    """
    total = norms[norms["layer"] == ALL_PENALIZED]
    if total.empty:
        return []
    groups = total.assign(setting=name_settings(total)).groupby("setting")["norm"]
    rows = groups.agg(n="size", mean="mean", standard_deviation="std").loc[list_table_settings(total).index]
    ends = [
        f"{format_spread(row, digits=2)} at {setting}" for setting, row in rows.iloc[[0, -1][: len(rows)]].iterrows()
    ]
    return [f"The L2 norm of the penalized weights is {join(ends)} ({describe_number(rows['n'].iloc[0])})."]


def describe_comparison(comparison: pd.DataFrame) -> list[str]:
    """Describe how far our numbers lie from the published ones. `comparison`: published.csv."""
    ours = comparison.dropna(subset="ours")
    if ours.empty:
        return [NOTHING_COMPARED]
    noise = comparison["quantity"].str.contains(", noise level ")
    kinds = {"single published numbers": ~noise, "points of the published noise curves": noise}
    sentences = []
    for what, of_kind in kinds.items():
        rows = ours[of_kind[ours.index]]
        if not of_kind.any():  # the study has no noise levels
            continue
        if rows.empty:
            sentences.append(f"This study has none of the {what}.")
            continue
        farthest = rows.loc[rows["difference"].abs().idxmax()]
        sentences.append(
            f"Of {len(rows)} {what}, {describe_inside(rows)}. The farthest is “{farthest['quantity']}”: published "
            f"{farthest['reference']:.4f}, ours {format_ours(farthest)}."
        )
    if ours["inside_run95"].notna().any():
        sentences.append("Each published number is of one run, and so is to be held against one more training of ours.")
    else:
        sentences.append("Each published number is of one run, as ours is: nothing says how far two trainings differ.")
    missing = len(comparison) - len(ours)
    if missing:
        sentences.append(
            f"{count(missing, 'published number has', 'published numbers have')} no counterpart here: the table says "
            "why not."
        )
    return sentences


def describe_inside(rows: pd.DataFrame) -> str:
    """Describe how many published numbers lie inside each of our intervals. `rows`: of published.csv."""
    parts: list[str] = []
    for column, interval in (
        ("inside_run95", "one more training"),
        ("inside_ci95", "our mean"),
        ("inside_wilson95", "the number of test images"),
    ):
        told = rows[column].dropna()
        if len(told):
            inside = "inside that of" if parts else "lie inside the 95 % interval of"
            parts.append(f"{(told == 'yes').sum()} of {len(told)} {inside} {interval}")
    return join(parts) if parts else "none has an interval of ours"


def format_ours(row: pd.Series) -> str:
    """Format our number beside a published one, with its standard deviation if it is a mean of replicates."""
    spread = "" if pd.isna(row["standard_deviation"]) else f" ± {row['standard_deviation']:.4f}"
    return f"{row['ours']:.4f}{spread}"


def number_accuracy(statistics: pd.DataFrame) -> tuple[str, str]:
    """Give the accuracy of a classifier on the test images, at the best setting of its sweep, and its label."""
    validation, row, tried = find_validation(statistics), find_tested(statistics), count_settings(statistics)
    chosen = ""
    if tried > 1:
        biased = " and so biased upwards" if validation == TEST else ""
        chosen = f", the best of {tried} on the {validation} images{biased}"
    label = f"test accuracy of {row['classifier']}{at_setting(row)}{chosen}, {describe_number(row['n'])}"
    return format_spread(row), label


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


def number_loss(losses: pd.DataFrame) -> tuple[str, str]:
    """Give an autoencoder's loss on the test images after its last epoch, and its label. `losses`: losses.csv."""
    row = losses.set_index("data").loc[TEST]
    return format_spread(row), f"loss of {row['autoencoder']} on noisy test images, {describe_number(row['n'])}"


def describe_kind(model: dict) -> str:
    """Name the kind of a classifier, by its layers in the config."""
    kinds = {kind for kind, _ in map(read_layer, model["layers"])}
    return CONVOLUTIONAL if "conv" in kinds else PERCEPTRON


def describe_length(model: dict) -> str:
    """Describe after how many epochs a classifier is scored, if that is the same at every setting of its sweep."""
    swept = list_swept(model)
    epochs = "" if "epochs" in swept else count(model["epochs"], "epoch")
    if "patience" in model or "patience" in swept:
        return f"the best {f'of at most {epochs}' if epochs else 'epoch'} on the held-out images"
    return epochs or "the last epoch"


def describe_number(n: int) -> str:
    """Describe how many trainings a number is of. Behind ± is their standard deviation."""
    return f"n = {n:.0f} replicates" if n > 1 else "n = 1 run"


def describe_errors(row: pd.Series) -> str:
    """Describe both errors of a mean accuracy: between trainings, and by the number of images."""
    images = f"{format_interval(row, 'wilson95')} by the number of images"
    if row["n"] == 1:
        return f"n = 1 run; 95 % interval: {images}; {UNKNOWN}"
    if row["standard_deviation"] <= EQUAL:
        return f"the same in all n = {row['n']} replicates; 95 % interval: {images}"
    return f"{describe_number(row['n'])}; 95 % intervals: {format_interval(row, 'ci95')} of the mean, {images}"


def format_interval(row: pd.Series, name: str) -> str:
    """Format an interval of an accuracy, by the beginning of its columns' names. It ends at 0 and at 1."""
    return f"{max(row[f'{name}_low'], 0):.4f} to {min(row[f'{name}_high'], 1):.4f}"


def format_difference(pair: pd.Series) -> str:
    """Format a mean difference of differences.csv with its 95 % interval, if there is one."""
    return f"{pair['mean_difference']:.4f}{describe_bounds(pair['ci95_low'], pair['ci95_high'], pair)}"


def format_spread(row: pd.Series | dict, digits: int = 4) -> str:
    """Format a mean with its standard deviation, if there are replicates."""
    spread = "" if np.isnan(row["standard_deviation"]) else f" ± {row['standard_deviation']:.{digits}f}"
    return f"{row['mean']:.{digits}f}{spread}"


def format_small(value: float) -> str:
    """Format a small difference with two significant digits."""
    return f"{value:.2g}" if value >= 1e-4 else f"{value:.1e}"


def count(number: int, one: str, several: str | None = None) -> str:
    """Format a number of things: 1 epoch, 2 epochs."""
    return f"{number:,} {one if number == 1 else several or one + 's'}"


def join(words: Iterable[str]) -> str:
    """Join words as a sentence does: a, b and c."""
    *before, last = words
    return f"{', '.join(before)} and {last}" if before else last
