"""Print what each classifier of a study gains over the one before it, on the validation images, as a Markdown table.

    python -m benchmarks.compare_classifiers results/ingredients/tables/classifiers sgd adam cosine dropout epochs

Replicate k of each has the same seed, so the differences are paired. Each classifier has one setting.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from mnist_study.seeding import derive_seed
from mnist_study.show.statistics import compare_to_zero, summarize_groups
from mnist_study.show.tables import find_validation


def load_accuracies(tables: Path, classifiers: list[str]) -> pd.DataFrame:
    """Load the accuracy on the validation images after the last epoch: a row for each replicate, a column for each."""
    columns = {}
    for classifier in classifiers:
        runs = pd.read_csv(tables / classifier / "runs.csv")
        runs = runs[runs["data"] == find_validation(runs)]
        columns[classifier] = runs.set_index("replicate")["accuracy"]
    return pd.DataFrame(columns)


def compare_in_turn(accuracies: pd.DataFrame) -> pd.DataFrame:
    """Summarize each classifier, and its difference to the one before it.

    `accuracies`: a row for each replicate, a column for each classifier. Returns a row for each classifier, in the same
    order, with n, mean, ci95_low, ci95_high, and these of the difference: mean_difference, low and high, which are
    empty for the first one. Replicates that one of two classifiers lacks are left out of their difference.
    """
    long = accuracies.melt(var_name="classifier", value_name="accuracy")
    rows = summarize_groups(long, ["classifier"], "accuracy").set_index("classifier").loc[list(accuracies)]
    rows[["mean_difference", "low", "high"]] = np.nan
    for before, classifier in zip(accuracies, list(accuracies)[1:], strict=False):
        difference = (accuracies[classifier] - accuracies[before]).dropna().to_frame()
        gain = compare_to_zero(difference, derive_seed(0, "sign flips")).iloc[0]
        rows.loc[classifier, ["mean_difference", "low", "high"]] = gain[
            ["mean_difference", "ci95_low", "ci95_high"]
        ].to_numpy(float)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", type=Path, help="the folder tables/classifiers of the study's results")
    parser.add_argument("classifiers", nargs="+", help="in the order in which they are compared")
    arguments = parser.parse_args()
    print("| classifier | n | mean | 95 % interval | gain | 95 % interval of the gain |\n|---|---|---|---|---|---|")
    for name, row in compare_in_turn(load_accuracies(arguments.tables, arguments.classifiers)).iterrows():
        gain = f"{row['mean_difference']:+.4f} | {row['low']:+.4f} to {row['high']:+.4f}"
        print(
            f"| {name} | {row['n']:.0f} | {row['mean']:.4f} | {row['ci95_low']:.4f} to {row['ci95_high']:.4f} "
            f"| {'– | –' if pd.isna(row['mean_difference']) else gain} |"
        )


if __name__ == "__main__":
    main()
