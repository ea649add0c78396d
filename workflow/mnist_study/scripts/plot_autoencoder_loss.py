"""Plot an autoencoder's loss over the epochs, training beside validation."""

from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from mnist_study.run.jobs import Job, run_job
from mnist_study.show.figures import BLUE, ONE_COLUMN, draw_epochs, make_figure, save_figure


def plot_autoencoder_loss(epochs: pd.DataFrame) -> Figure:
    """Plot the loss over the epochs, of replicates their mean and standard deviation.

    `epochs` has the columns autoencoder, replicate, epoch, data, loss.
    """
    figure = make_figure(ONE_COLUMN, 2.6)
    axes = figure.subplots()
    draw_epochs(axes, epochs, "loss", "loss (binary cross-entropy)", color=BLUE)
    axes.legend(title=None)
    n = epochs["replicate"].nunique()
    spread = f"mean ± standard deviation of n = {n} replicates" if n > 1 else "n = 1 run"
    axes.set_title(f"{epochs['autoencoder'].iloc[0]}, from noisy to clean images\n{spread}")
    return figure


def main(job: Job) -> None:
    save_figure(plot_autoencoder_loss(pd.read_csv(job.arguments.epochs)), job.arguments.figure)


if __name__ == "__main__":
    run_job(main, __doc__, epochs=Path, figure=Path)
