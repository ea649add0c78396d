"""Say in a few lines what came out and where it lies."""

from pathlib import Path

import pandas as pd

from workflow.lib.files import write_atomically
from workflow.lib.jobs import Job, run_job


def describe_classifier(factors: pd.DataFrame) -> str:
    """Describe a classifier in a line: its accuracy at its best factor, and its best run."""
    best = factors.loc[factors["mean"].idxmax()]
    factor = "" if pd.isna(best["factor"]) else f" at its best factor {best['factor']:g}"
    spread = "" if best["n"] == 1 else f" ± {best['standard_deviation']:.4f}"
    line = f"{best['classifier']}: accuracy {best['mean']:.4f}{spread} (n = {best['n']}){factor}"
    return line if len(factors) * best["n"] == 1 else f"{line}; best of all runs {factors['maximum'].max():.4f}"


def describe_thresholds(thresholds: pd.DataFrame) -> list[str]:
    """Describe where the noise curves cross and fall, a line each."""
    lines = []
    for quantity, level in thresholds.itertuples(index=False):
        where = "nowhere" if pd.isna(level) else f"at noise level {level:.2f}"
        lines.append(f"{quantity} {where}")
    return lines


def main(job: Job) -> None:
    lines = [describe_classifier(pd.read_csv(path)) for path in job.arguments.factors]
    loss = pd.read_csv(job.arguments.autoencoder).groupby("data")["loss"].last()
    lines.append(f"autoencoder: loss {loss['training']:.4f}, validation loss {loss['validation']:.4f}")
    lines += describe_thresholds(pd.read_csv(job.arguments.thresholds))
    results = job.arguments.summary.parent
    lines.append(f"tables: {results}/tables    figures: {results}/figures    logs: {results}/logs")
    with write_atomically(job.arguments.summary) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    run_job(main, __doc__, factors=[Path], autoencoder=Path, thresholds=Path, summary=Path)
