from argparse import Namespace

import numpy as np
import pandas as pd
import pytest

from workflow.lib.jobs import Job
from workflow.lib.tables import write_table
from workflow.scripts.summarize_study import describe_classifier, describe_thresholds, main


def make_factors(*rows, classifier="regularized"):
    """Make the table of a classifier's factors: factor, n, mean, standard deviation, maximum."""
    table = pd.DataFrame(rows, columns=["factor", "n", "mean", "standard_deviation", "maximum"], dtype=object)
    table = table.astype({"factor": float, "n": int, "mean": float, "standard_deviation": float, "maximum": float})
    table.insert(0, "classifier", classifier)
    return table


SINGLE = make_factors((None, 1, 0.99123, None, 0.99123), classifier="cnn")
SWEEP = make_factors((1e-6, 3, 0.981, 0.001, 0.9833), (1e-5, 3, 0.9825, 0.00014, 0.9829), (1e-3, 3, 0.97, 0.002, 0.975))
THRESHOLDS = pd.DataFrame(
    [("curves cross", 0.118), ("accuracy on noisy images falls under 0.9", np.nan)], columns=["quantity", "level"]
)


@pytest.mark.parametrize(
    ("factors", "line"),
    [
        (SINGLE, "cnn: accuracy 0.9912 (n = 1)"),
        (
            SWEEP,
            "regularized: accuracy 0.9825 ± 0.0001 (n = 3) at its best factor 1e-05; best of all runs 0.9833",
        ),
        (
            make_factors((None, 2, 0.96, 0.01, 0.97), classifier="baseline"),
            "baseline: accuracy 0.9600 ± 0.0100 (n = 2); best of all runs 0.9700",
        ),
        (
            make_factors((1e-4, 1, 0.95, None, 0.95), (5e-4, 1, 0.96, None, 0.96)),
            "regularized: accuracy 0.9600 (n = 1) at its best factor 0.0005; best of all runs 0.9600",
        ),
        (make_factors((1e-4, 1, 0.95, None, 0.95)), "regularized: accuracy 0.9500 (n = 1) at its best factor 0.0001"),
    ],
    ids=["single run", "sweep", "replicates alone", "factors alone", "one factor"],
)
def test_a_classifier_is_a_line(factors, line):
    assert describe_classifier(factors) == line


def test_a_curve_that_never_falls_does_so_nowhere():
    assert describe_thresholds(THRESHOLDS) == [
        "curves cross at noise level 0.12",
        "accuracy on noisy images falls under 0.9 nowhere",
    ]


def test_the_summary_says_what_came_out_and_where_it_lies(tmp_path):
    losses = pd.DataFrame(
        {"epoch": [1, 2, 1, 2], "data": ["training"] * 2 + ["validation"] * 2, "loss": [0.3, 0.115, 0.4, 0.12]}
    )
    tables = {"cnn": SINGLE, "regularized": SWEEP, "autoencoder": losses, "thresholds": THRESHOLDS}
    paths = {name: tmp_path / f"{name}.csv" for name in tables}
    for name, table in tables.items():
        write_table(table, paths[name])
    arguments = Namespace(
        factors=[paths["cnn"], paths["regularized"]],
        autoencoder=paths["autoencoder"],
        thresholds=paths["thresholds"],
        summary=tmp_path / "summary.txt",
    )
    main(Job(arguments, {}, {}, {}, {}))
    assert arguments.summary.read_text().splitlines() == [
        "cnn: accuracy 0.9912 (n = 1)",
        "regularized: accuracy 0.9825 ± 0.0001 (n = 3) at its best factor 1e-05; best of all runs 0.9833",
        "autoencoder: loss 0.1150, validation loss 0.1200",
        "curves cross at noise level 0.12",
        "accuracy on noisy images falls under 0.9 nowhere",
        f"tables: {tmp_path}/tables    figures: {tmp_path}/figures    logs: {tmp_path}/logs",
    ]
