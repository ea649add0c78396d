"""What came out, in sentences: every number is computed from the study's tables."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from workflow.lib.layout import format_factor
from workflow.lib.tables import ALL_PENALIZED, THRESHOLDS, name_fall

GOAL = 0.99  # of the CNN, by the study's first implementation
TEST_IMAGES = "test images"
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
    """Describe which L2 factor is best, by how much, and whether the replicates can tell it from the others."""
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
    """Compare the best factor with the others by their 95 % confidence intervals, where there are replicates."""
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
    """Describe whether the CNN reaches the goal of the study, by the mean of its replicates."""
    mean = factors["mean"].max()
    if mean >= GOAL:
        return f"The goal of the study for the CNN, an accuracy of at least {GOAL}, is reached: {mean:.4f}."
    return f"The goal of the study for the CNN, an accuracy of at least {GOAL}, is missed: {mean:.4f}."


def describe_autoencoder(epochs: pd.DataFrame) -> str:
    """Describe the autoencoder's loss after its last epoch."""
    last = epochs[epochs["epoch"] == epochs["epoch"].max()].set_index("data")["loss"]
    return (
        f"After {count(epochs['epoch'].max(), 'epoch')}, the autoencoder's loss is {last['training']:.4f} on the "
        f"training images and {last['validation']:.4f} on the {TEST_IMAGES}."
    )


def describe_crossing(levels: pd.DataFrame, thresholds: pd.DataFrame) -> str:
    """Describe from which noise level on denoising pays off.

    `levels`: levels.csv; `thresholds`: thresholds.csv, whose level of "curves cross" is empty where they never do.
    """
    curves = levels.pivot(index="level", columns="images", values="accuracy").sort_index()
    crossing = thresholds.set_index("quantity")["level"]["curves cross"]
    gain = curves["denoised"] - curves["noisy"]
    first = curves.iloc[0]
    if len(curves) == 1:
        level, before, after = format_level(curves.index[0]), first["noisy"], first["denoised"]
        if before == after:
            return f"At the one noise level, {level}, denoising leaves the accuracy at {before:.4f}."
        verb = "raises" if after > before else "lowers"
        return f"At the one noise level, {level}, denoising {verb} the accuracy from {before:.4f} to {after:.4f}."
    tried = f"between {format_level(curves.index[0])} and {format_level(curves.index[-1])}"
    if pd.notna(crossing) and (gain[gain.index < crossing] <= 0).all():
        lost = gain.index[(gain.index > crossing) & (gain < 0)]
        but = f", but not at level {join(list(map(format_level, lost)))}" if len(lost) else ""
        return (
            f"Denoising pays off above a noise level of {crossing:.2f}, where the curves cross{but}; below it, it "
            f"hurts: at level {format_level(curves.index[0])}, it takes the accuracy from {first['noisy']:.4f} "
            f"to {first['denoised']:.4f}. It helps most at level {format_level(gain.idxmax())}, "
            f"where it adds {gain.max():.4f}."
        )
    if (gain > 0).all():
        return (
            f"Denoising pays off at every noise level {tried}, most at level {format_level(gain.idxmax())}, "
            f"where it adds {gain.max():.4f}: the curves don't cross."
        )
    if (gain <= 0).all():
        return f"Denoising pays off at no noise level {tried}: the curves don't cross."
    helped = ", ".join(format_level(level) for level in gain.index[gain > 0])
    return f"Denoising pays off at noise level {helped}, and at no other one {tried}."


def describe_falls(levels: pd.DataFrame, thresholds: pd.DataFrame) -> list[str]:
    """Describe where each curve falls under 0.9 and 0.5, in a sentence for noisy and one for denoised images."""
    found = thresholds.set_index("quantity")["level"]
    sentences = []
    for images in ("noisy", "denoised"):
        accuracy = levels[levels["images"] == images].sort_values("level")["accuracy"].to_numpy()
        falls = []
        for threshold in THRESHOLDS:
            level = found[name_fall(images, threshold)]
            if pd.notna(level):
                falls.append(f"falls under {threshold} at a noise level of {level:.2f}")
            elif (accuracy >= threshold).all():
                falls.append(f"never falls under {threshold}")
            else:
                falls.append(f"is under {threshold} from the first level on")
        sentences.append(f"On {images} images, the accuracy {' and '.join(falls)}.")
    return sentences


def describe_confusion(confusion: pd.DataFrame, classifier: str, classes: list[str]) -> str:
    """Describe how many test images a classifier gets wrong, and its most frequent mistake.

    `confusion` has the columns true, predicted, count; `classes`: the names of the ten classes.
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

    `norms` has the columns factor, replicate, layer, norm; the layer ALL_PENALIZED is all penalized kernels as one.
    """
    total = norms[norms["layer"] == ALL_PENALIZED].groupby("factor")["norm"].mean()
    if len(total) == 1:
        return f"At its one L2 factor, the L2 norm of the penalized weights is {total.iloc[0]:.2f}."
    factors = " to ".join(map(format_factor, total.index[[0, -1]]))
    change = f"from {total.iloc[0]:.2f} to {total.iloc[-1]:.2f}"
    return f"From factor {factors}, the L2 norm of the penalized weights goes {change}."


def describe_comparison(comparison: pd.DataFrame) -> list[str]:
    """Describe how far our numbers lie from the published ones: `comparison` is published.csv."""
    ours = comparison.dropna(subset="ours")
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
        sentences.append(f"{count(missing, 'published number has', 'published numbers have')} no counterpart here.")
    return sentences


def number_accuracy(factors: pd.DataFrame) -> tuple[str, str]:
    """Give the accuracy of a classifier, at its best factor if it has any, and what that number is."""
    best = factors.loc[factors["mean"].idxmax()]
    factor = "" if pd.isna(best["factor"]) else f" at factor {format_factor(best['factor'])}, best of {len(factors)}"
    return f"{best['mean']:.4f}", f"{'mean ' if best['n'] > 1 else ''}accuracy of {best['classifier']}{factor}"


def number_crossing(thresholds: pd.DataFrame) -> tuple[str, str] | None:
    """Give the noise level at which the curves cross, and what that number is; None if they don't."""
    crossing = thresholds.set_index("quantity")["level"]["curves cross"]
    return None if pd.isna(crossing) else (f"{crossing:.2f}", "noise level above which denoising pays off")


def number_loss(epochs: pd.DataFrame) -> tuple[str, str]:
    """Give the autoencoder's loss on test images after its last epoch, and what that number is."""
    loss = epochs.loc[epochs["data"] == "validation", "loss"].iloc[-1]
    return f"{loss:.4f}", "loss of the autoencoder on noisy test images"


def describe_kind(settings: dict) -> str:
    """Name what a classifier is, from its layers in the config."""
    kinds = {kind for layer in settings["layers"] for kind in layer}
    return CONVOLUTIONAL if "conv" in kinds else PERCEPTRON


def describe_replicates(row: pd.Series | dict) -> str:
    """Describe over how many replicates a mean is taken, and what its ± is; nothing for a single run."""
    return f" (mean ± standard deviation of n = {row['n']} replicates)" if row["n"] > 1 else " (n = 1 run)"


def format_spread(row: pd.Series | dict) -> str:
    """Format a mean with its standard deviation, if there are replicates."""
    spread = "" if np.isnan(row["standard_deviation"]) else f" ± {row['standard_deviation']:.4f}"
    return f"{row['mean']:.4f}{spread}"


def format_level(level: float) -> str:
    """Format a noise level of the config; where curves cross or fall between two of them, two digits mean something."""
    return f"{level:g}"


def count(number: int, one: str, several: str | None = None) -> str:
    """Count things: 1 epoch, 2 epochs."""
    return f"{number:,} {one if number == 1 else several or one + 's'}"


def join(words: Iterable[str]) -> str:
    """Join words as in a sentence: a, b and c."""
    *before, last = words
    return f"{', '.join(before)} and {last}" if before else last
