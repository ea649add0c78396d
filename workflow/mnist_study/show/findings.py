"""Describe the study's results in sentences, but for the noise study. Every number is computed from its tables."""

import numpy as np
import pandas as pd

from mnist_study.images import TEST, TRAINING
from mnist_study.layers import read_layer
from mnist_study.plan.sweeps import list_swept, name_setting, spell_name
from mnist_study.show.statistics import detectable_difference
from mnist_study.show.tables import ALL_PENALIZED, find_swept, find_validation, list_table_settings, name_settings
from mnist_study.show.wording import (
    EQUAL,
    count,
    describe_bounds,
    describe_errors,
    describe_number,
    describe_power,
    format_interval,
    format_small,
    format_spread,
    is_enough,
    join,
)

GOAL = 0.99  # the CNN's accuracy, as the study's first implementation set it
SHOWN_PAIRS = 3
SHOWN_RUNS = 8
NOTHING_COMPARED = (
    "No published number is compared, as the networks or trainings of this study are others: the table of published "
    "numbers says in what."
)
CONVOLUTIONAL, PERCEPTRON = "convolutional network", "multilayer perceptron"


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


def name_difference(pair: pd.Series) -> str:
    """Name a difference between two settings, the better one first, with its 95 % interval if there is one."""
    first, second = pair[["first", "second"]]
    low, mean, high = pair[["ci95_low", "mean_difference", "ci95_high"]]
    if mean < 0:
        first, second, low, mean, high = second, first, -high, -mean, -low
    if ", " not in first:  # one setting is swept, so that it need not be named twice
        first = first.rpartition(" ")[2]
    return f"{second} over {first} by {mean:.4f}{describe_bounds(low, high, pair)}"


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
