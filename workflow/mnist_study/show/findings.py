"""Describe the study's results in sentences. Every number is computed from the study's tables."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from mnist_study.plan.layout import format_factor
from mnist_study.show.differences import compare_levels, find_crossing
from mnist_study.show.tables import ABOVE, ALL_PENALIZED, BELOW, FALLS, RISES, THRESHOLDS, name_fall

GOAL = 0.99  # the CNN's accuracy, as the study's first implementation set it
TEST_IMAGES = "test images"
TEST = "McNemar's test, 95 %"
SHOWN_RUNS = 8
NOTHING_COMPARED = (
    "No published number is compared, as the networks or trainings of this study are others: the table of published "
    "numbers says in what."
)
CONVOLUTIONAL, PERCEPTRON = "convolutional network", "multilayer perceptron"


def describe_classifier(factors: pd.DataFrame, settings: dict) -> str:
    """Describe how accurate a classifier without factors is.

    `factors`: its row of factors.csv; `settings`: its part of the config.
    """
    [row] = factors.to_dict("records")
    return (
        f"The {describe_kind(settings)} “{row['classifier']}” reaches an accuracy of {format_spread(row)} "
        f"on the {TEST_IMAGES} after {count(settings['epochs'], 'epoch')}{describe_replicates(row)}."
    )


def describe_sweep(factors: pd.DataFrame, runs: pd.DataFrame, settings: dict) -> list[str]:
    """Describe which L2 factor is best, by how much, and whether the replicates show a difference to the others."""
    best = factors.loc[factors["mean"].idxmax()]
    top = runs.loc[runs["accuracy"].idxmax()]
    name = f"the {describe_kind(settings)} “{best['classifier']}”"
    if len(factors) == 1:
        sentences = [
            f"At its one L2 factor, {format_factor(best['factor'])}, {name} reaches an accuracy of "
            f"{format_spread(best)} after {count(settings['epochs'], 'epoch')}{describe_replicates(best)}."
        ]
    else:
        sentences = [
            f"Of {len(factors)} L2 factors, {format_factor(best['factor'])} is best: with it, {name} reaches "
            f"a{' mean' if best['n'] > 1 else 'n'} accuracy of {format_spread(best)} after "
            f"{count(settings['epochs'], 'epoch')}{describe_replicates(best)}.",
            compare_factors(factors, best),
        ]
    if len(runs) > 1:
        sentences.append(
            f"The best of all {len(runs)} runs is replicate {top['replicate']} at factor "
            f"{format_factor(top['factor'])}, with {top['accuracy']:.4f}."
        )
    return sentences


def compare_factors(factors: pd.DataFrame, best: pd.Series) -> str:
    """Compare the best factor with the others by their 95 % confidence intervals, if there are replicates."""
    span = f"From the worst factor to the best, the accuracy differs by {best['mean'] - factors['mean'].min():.4f}"
    if best["n"] == 1:
        return f"{span}; with one replicate per factor, nothing says how much of that is chance."
    others = factors.drop(best.name)
    overlapping = int((others["ci95_high"] >= best["ci95_low"]).sum())
    if overlapping == len(others):
        told = "as all 95 % confidence intervals overlap with that of the best, the replicates can't tell them apart"
    elif overlapping:
        told = f"the 95 % confidence intervals of {overlapping} of {len(others)} others overlap with that of the best"
    else:
        told = "the 95 % confidence interval of the best lies apart from all others"
    return f"{span}; {told}."


def describe_goal(factors: pd.DataFrame) -> str:
    """Describe whether the mean accuracy of the CNN's replicates reaches the goal of the study."""
    mean = factors["mean"].max()
    if mean >= GOAL:
        return f"The goal of the study for the CNN, an accuracy of at least {GOAL}, is reached: {mean:.4f}."
    return f"The goal of the study for the CNN, an accuracy of at least {GOAL}, is missed: {mean:.4f}."


def describe_autoencoder(epochs: pd.DataFrame) -> list[str]:
    """Describe the autoencoder's loss after its last epoch, and whether it has learnt anything."""
    last = epochs[epochs["epoch"] == epochs["epoch"].max()].set_index("data")["loss"]
    sentence = (
        f"After {count(epochs['epoch'].max(), 'epoch')}, the autoencoder's loss is {last['training']:.4f} on the "
        f"training images and {last['validation']:.4f} on the {TEST_IMAGES}."
    )
    return [sentence, *describe_mean_image(epochs)]


def describe_mean_image(epochs: pd.DataFrame) -> list[str]:
    """Warn of an autoencoder that is no better than one answer for all images. Say nothing of a better one."""
    loss, chance = epochs.loc[epochs["data"] == "validation", ["loss", "chance"]].iloc[-1]
    if loss < chance:
        return []
    return [f"The autoencoder is no better than chance: one image for all, the mean, has a loss of {chance:.4f}."]


def describe_crossing(levels: pd.DataFrame, thresholds: pd.DataFrame) -> str:
    """Describe at which noise levels denoising helps, by the differences that the test images show.

    `levels`: levels.csv. `thresholds`: thresholds.csv. Its level of "curves cross" is empty if the curves never cross.
    """
    compared = compare_levels(levels)
    helped, hurt, undecided = (
        [format_level(level) for level in compared.index[compared["verdict"] == verdict]] for verdict in (1, -1, 0)
    )
    first, last = map(format_level, compared.index[[0, -1]])
    if len(compared) == 1:
        return describe_one_level(first, compared.iloc[0])
    crossing = find_crossing(compared, thresholds)
    sentences = []
    if crossing is not None:
        lost = compared[compared["verdict"] == -1].iloc[0]
        sentences.append(
            f"Denoising pays off above a noise level of {crossing:.2f}, where the curves cross; below it, it hurts: at "
            f"level {hurt[0]}, it takes the accuracy from {lost['noisy']:.4f} to {lost['denoised']:.4f}."
        )
    elif helped and hurt:
        sentences.append(f"Denoising pays off at noise level {join(helped)}, and hurts at noise level {join(hurt)}.")
    elif helped or hurt:
        verb = "pays off" if helped else "hurts"
        where = (
            f"every noise level between {first} and {last}" if not undecided else f"noise level {join(helped or hurt)}"
        )
        sentences.append(f"Denoising {verb} at {where}.")
    if helped:
        sentences.append(
            f"The largest gain, {compared['gain'].max():.4f}, is at level {format_level(compared['gain'].idxmax())}."
        )
    if undecided:
        everywhere = len(undecided) == len(compared)
        where = f"any noise level between {first} and {last}" if everywhere else f"noise level {join(undecided)}"
        sentences.append(f"No difference between noisy and denoised images is shown at {where} ({TEST}).")
    return " ".join(sentences)


def describe_one_level(level: str, compared: pd.Series) -> str:
    """Describe what denoising does in a study with one noise level. `compared`: its row of compare_levels."""
    before, after = f"{compared['noisy']:.4f}", f"{compared['denoised']:.4f}"
    if compared["verdict"] == 0:
        return (
            f"At the one noise level, {level}, no difference is shown between noisy images, with an accuracy of "
            f"{before}, and denoised ones, with {after} ({TEST})."
        )
    verb = "raises" if compared["verdict"] > 0 else "lowers"
    return f"At the one noise level, {level}, denoising {verb} the accuracy from {before} to {after}."


def describe_falls(levels: pd.DataFrame, thresholds: pd.DataFrame) -> list[str]:
    """Describe where the noisy and the denoised curve fall under 0.9 and 0.5, in one sentence each."""
    found = thresholds.set_index("quantity")
    tried = levels["level"].unique()
    one = len(tried) == 1
    words = {
        ABOVE: "is not under {}" if one else "never falls under {}",
        BELOW: "is under {}" if one else "is under {} at every level",
        RISES: "is under {} at first but not later",
    }
    where = f" at the one noise level, {format_level(tried[0])}," if one else ","
    sentences = []
    for images in ("noisy", "denoised"):
        falls = []
        for threshold in THRESHOLDS:
            fall = found.loc[name_fall(images, threshold)]
            if fall["case"] == FALLS:
                falls.append(f"falls under {threshold} at a noise level of {fall['level']:.2f}")
            else:
                falls.append(words[fall["case"]].format(threshold))
        sentences.append(f"On {images} images{where} the accuracy {join(falls)}.")
    return sentences


def describe_chance(runs: pd.DataFrame) -> list[str]:
    """Warn of a classifier's runs that end no better than chance. Say nothing if all are better.

    `runs`: its runs.csv.
    """
    lost = runs[is_at_chance(runs)]
    if lost.empty:
        return []
    name = f"“{runs['classifier'].iloc[0]}”"
    chance = (
        f"no better than chance, {runs['chance'].iloc[0]:.4f}, the accuracy of naming the most frequent class for all "
        "images"
    )
    if len(runs) == 1:
        return [f"This run of {name} ends {chance}."]
    named = list(map(name_run, lost.head(SHOWN_RUNS).to_dict("records")))
    if len(lost) > SHOWN_RUNS:
        named.append(f"{len(lost) - SHOWN_RUNS:,} more")
    return [f"{len(lost):,} of {len(runs):,} runs of {name} end {chance}: {join(named)}."]


def describe_scorer(runs: pd.DataFrame) -> list[str]:
    """Warn of a scoring classifier that has learnt nothing. Say nothing if it has learnt something.

    `runs`: its runs.csv. The first run scores the noisy images.
    """
    if not is_at_chance(runs).iloc[0]:
        return []
    return [
        f"“{runs['classifier'].iloc[0]}”, which is asked for the class, is no better than chance on clean images: the "
        "noise curves tell nothing of noise or denoising."
    ]


def is_at_chance(runs: pd.DataFrame) -> pd.Series:
    """Tell which runs are no better than chance. `runs`: runs.csv."""
    return runs["accuracy"] <= runs["chance"]


def name_run(row: dict) -> str:
    """Name a run of a classifier."""
    factor = "" if pd.isna(row["factor"]) else f" at factor {format_factor(row['factor'])}"
    return f"replicate {row['replicate']}{factor}"


def describe_confusion(confusion: pd.DataFrame, classifier: str, classes: list[str]) -> str:
    """Describe how many test images a classifier gets wrong, and its most frequent mistake.

    `confusion` has the columns true, predicted, count. `classes`: the names of the ten classes.
    """
    wrong = confusion[(confusion["true"] != confusion["predicted"]) & (confusion["count"] > 0)]
    total = confusion["count"].sum()
    if wrong.empty:
        return f"“{classifier}” gets all {total:,} {TEST_IMAGES} right."
    most = wrong.loc[wrong["count"].idxmax()]
    true, predicted = classes[most["true"]], classes[most["predicted"]]
    return (
        f"“{classifier}” gets {wrong['count'].sum():,} of {total:,} {TEST_IMAGES} wrong; its most frequent mistake "
        f"is {true} taken for {predicted}, {count(most['count'], 'time')}."
    )


def describe_norms(norms: pd.DataFrame) -> str:
    """Describe how the norm of the penalized kernels changes from the smallest factor to the largest.

    `norms` has the columns factor, replicate, layer, norm. The layer ALL_PENALIZED stands for all penalized kernels
    together.
    """
    total = norms[norms["layer"] == ALL_PENALIZED].groupby("factor")["norm"].mean()
    if len(total) == 1:
        return f"At its one L2 factor, the L2 norm of the penalized weights is {total.iloc[0]:.2f}."
    factors = " to ".join(map(format_factor, total.index[[0, -1]]))
    change = f"from {total.iloc[0]:.2f} to {total.iloc[-1]:.2f}"
    return f"From factor {factors}, the L2 norm of the penalized weights goes {change}."


def describe_comparison(comparison: pd.DataFrame) -> list[str]:
    """Describe how far our numbers lie from the published ones. `comparison`: published.csv."""
    ours = comparison.dropna(subset="ours")
    if ours.empty:
        return [NOTHING_COMPARED]
    noise = ours["quantity"].str.contains(", noise level ")
    kinds = {"single published numbers": ours[~noise], "points of the published noise curves": ours[noise]}
    sentences = []
    for what, rows in kinds.items():
        if rows.empty:
            sentences.append(f"This study has none of the {what}.")
            continue
        differences = rows["difference"].abs()
        farthest = rows.loc[differences.idxmax()]
        sentences.append(
            f"Of {len(rows)} {what}, half are met within {differences.median():.4f} and all within "
            f"{differences.max():.4f}; the farthest is “{farthest['quantity']}”: published "
            f"{farthest['reference']:.4f}, ours {farthest['ours']:.4f}."
        )
    missing = len(comparison) - len(ours)
    if missing:
        sentences.append(
            f"{count(missing, 'published number has', 'published numbers have')} no counterpart here: the table says "
            "why not."
        )
    return sentences


def number_accuracy(factors: pd.DataFrame) -> tuple[str, str]:
    """Give the accuracy of a classifier, at its best factor if it has factors, and a label that explains the number."""
    best = factors.loc[factors["mean"].idxmax()]
    factor = "" if pd.isna(best["factor"]) else f" at factor {format_factor(best['factor'])}, best of {len(factors)}"
    return f"{best['mean']:.4f}", f"{'mean ' if best['n'] > 1 else ''}accuracy of {best['classifier']}{factor}"


def number_crossing(levels: pd.DataFrame, thresholds: pd.DataFrame) -> tuple[str, str] | None:
    """Give the noise level above which denoising helps, and a label that explains it. Return None if there is none."""
    crossing = find_crossing(compare_levels(levels), thresholds)
    return None if crossing is None else (f"{crossing:.2f}", "noise level above which denoising pays off")


def number_loss(epochs: pd.DataFrame) -> tuple[str, str]:
    """Give the autoencoder's loss on test images after its last epoch, and a label that explains the number."""
    loss = epochs.loc[epochs["data"] == "validation", "loss"].iloc[-1]
    return f"{loss:.4f}", "loss of the autoencoder on noisy test images"


def describe_kind(settings: dict) -> str:
    """Name the kind of a classifier, by its layers in the config."""
    kinds = {kind for layer in settings["layers"] for kind in layer}
    return CONVOLUTIONAL if "conv" in kinds else PERCEPTRON


def describe_replicates(row: pd.Series | dict) -> str:
    """Describe how many replicates a mean is taken over, and what its ± means. Say nothing for a single run."""
    return f" (mean ± standard deviation of n = {row['n']} replicates)" if row["n"] > 1 else " (n = 1 run)"


def format_spread(row: pd.Series | dict) -> str:
    """Format a mean with its standard deviation, if there are replicates."""
    spread = "" if np.isnan(row["standard_deviation"]) else f" ± {row['standard_deviation']:.4f}"
    return f"{row['mean']:.4f}{spread}"


def format_level(level: float) -> str:
    """Format a noise level of the config with its own digits. Interpolated levels have two digits instead."""
    return f"{level:g}"


def count(number: int, one: str, several: str | None = None) -> str:
    """Format a number of things: 1 epoch, 2 epochs."""
    return f"{number:,} {one if number == 1 else several or one + 's'}"


def join(words: Iterable[str]) -> str:
    """Join words as a sentence does: a, b and c."""
    *before, last = words
    return f"{', '.join(before)} and {last}" if before else last
