"""Test what the status shows in a terminal, and without one."""

import io
import re
from datetime import datetime

import pytest
from rich.console import Console

from mnist_study.status.picture import draw_study, format_moment, format_time
from mnist_study.status.times import estimate_times

LINE = "epoch {}/40  loss 0.5  accuracy 0.8  val_loss 0.4  val_accuracy 0.9123  1 min 00 s left"
MLP = "mlp l2 {}, replicate {}"


def show(study, width=80, height=40, **options):
    """Show a study as lines. By default, they have no colours."""
    output = io.StringIO()
    console = Console(file=output, width=width, height=height, highlight=False, **options)
    view, now = study.look(), study.clock + 20
    console.print(draw_study(study.rows, view, estimate_times(study.watch, view, now), now, console))
    return output.getvalue().splitlines()


@pytest.fixture
def busy_study(study):
    """A study that has a run in each state."""
    study.begin()
    study.write(MLP.format(0.0001, 1))
    study.write("cnn, none, noise level 0.5, replicate 1")
    study.start(MLP.format(0.0001, 2))
    study.print(MLP.format(0.0001, 2), "error: planted")
    study.fail(MLP.format(0.0001, 2), printed=["error: planted"], again=True)
    study.start(MLP.format(0.0001, 2))
    study.print(MLP.format(0.0001, 2), LINE.format(12))
    study.start(MLP.format(0.001, 1))
    study.fail(MLP.format(0.001, 1), printed=["error: the loss is not finite in epoch 3: set a smaller learning_rate"])
    study.start("autoencoder, replicate 1")
    study.fail("autoencoder, replicate 1")
    study.start("cnn, replicate 1", slurm_job=11)
    return study


def test_the_grid_has_a_cell_for_each_run(busy_study, queue):
    queue.rows = [["PENDING", "0", "11", "JobHeldUser"]]
    text = "\n".join(line.rstrip() for line in show(busy_study))
    assert (
        """
23%  ✓ 2 done  ▶ 1 running  ◦ 1 queued  · 2 waiting  ⊘ 2 blocked  ✗ 2 failed  ↻
1 restarted
"""
        in text
    )
    assert (
        """
mlp                replicate 1    replicate 2
  l2 0.0001        ✓ 0.9800       ▶ 12/40
  l2 0.001         ✗ failed       · waiting
cnn                ◦ queued
autoencoder        ✗ failed
noise levels       0.0            0.5
  cnn, none        · waiting      ✓ 0.9800
  cnn, autoencoder ⊘ blocked      ⊘ blocked

✗ mlp l2 0.001, replicate 1: failed: error: the loss is not finite in epoch 3:
set a smaller learning_rate
✗ autoencoder, replicate 1: failed: exit status 1
▶ mlp l2 0.0001, replicate 2: epoch 12 of 40, accuracy 0.9123, 44 s left, try 2:
after error: planted
◦ cnn, replicate 1: queued: JobHeldUser"""
        in text
    )


def test_a_scorer_with_a_denoiser_is_a_row_of_all_levels_and_replicates(make_study):
    study = make_study([0.001], replicates=1, pairs=2)
    study.begin()
    study.write("cnn, replicate 2")
    study.write("cnn, none, noise level 0.0, replicate 1")
    study.start("autoencoder, replicate 2")
    study.fail("autoencoder, replicate 2")
    assert """
mlp                · waiting
cnn                · waiting      ✓ 0.9800
autoencoder        · waiting      ✗ failed
noise levels       0.0, repl. 1   0.0, repl. 2   0.5, repl. 1   0.5, repl. 2
  cnn, none        ✓ 0.9800       · waiting      · waiting      · waiting
  cnn, autoencoder · waiting      ⊘ blocked      · waiting      ⊘ blocked
""" in "\n".join(line.rstrip() for line in show(study))


@pytest.mark.parametrize(("width", "columns"), [(80, False), (200, True)])
def test_levels_that_do_not_fit_side_by_side_are_counted_for_each_denoiser(make_study, width, columns):
    study = make_study(levels=[level / 10 for level in range(11)])
    study.begin()
    for level in ("0.0", "0.1"):
        study.write(f"cnn, autoencoder, noise level {level}, replicate 1")
    lines = [line.rstrip() for line in show(study, width)]
    head = next(number for number, line in enumerate(lines) if line.startswith("noise levels"))
    assert [line[:18] for line in lines[head + 1 : head + 3]] == ["  cnn, none       ", "  cnn, autoencoder"]
    if columns:
        assert lines[head].split()[2:] == [f"{level / 10}" for level in range(11)]
        assert lines[head + 2].split() == ["cnn,", "autoencoder", *["✓", "0.9800"] * 2, *["·", "waiting"] * 9]
    else:
        assert lines[head : head + 3] == [
            "noise levels",
            "  cnn, none        · 11 waiting",
            "  cnn, autoencoder ✓ 2 done  · 9 waiting",
        ]


def test_the_head_says_who_runs_since_when_and_for_how_long_still(busy_study, queue):
    head = show(busy_study, width=120)[:4]
    assert re.search(r"runs on this machine since .* \(process \d+ of \w+ on .*\)", head[0])
    assert head[3].startswith("time left: more than 3 min; work: 2 min done")
    busy_study.end()
    assert show(busy_study, width=120)[0].startswith("nothing runs; last run on this machine since ")


def test_what_was_killed_says_after_which_epoch(study):
    study.begin()
    study.start(MLP.format(0.001, 1))
    study.print(MLP.format(0.001, 1), LINE.format(12))
    study.end()
    assert show(study)[-1] == "■ mlp l2 0.001, replicate 1: stopped after epoch 12, accuracy 0.9123"


@pytest.mark.parametrize("options", [{}, {"force_terminal": True, "no_color": True}])
def test_without_colours_nothing_is_lost(busy_study, queue, options):
    plain = [line.rstrip() for line in show(busy_study)]
    colours = re.compile(r"\x1b\[[\d;]*m")
    coloured = show(busy_study, force_terminal=True, color_system="truecolor")
    assert any(map(colours.search, coloured))
    assert [colours.sub("", line).rstrip() for line in coloured if "━" not in line] == [
        line for line in plain if "━" not in line
    ]


SIZES = pytest.mark.parametrize("size", [(80, 24), (80, 50), (200, 60), (40, 24)])


@SIZES
def test_many_noise_levels_of_many_replicates_are_a_screenful(make_study, size):
    study = make_study(pairs=100, levels=[level / 10 for level in range(11)])
    study.begin()
    study.write("cnn, none, noise level 0.5, replicate 70")
    study.start("cnn, none, noise level 0.6, replicate 70")
    lines = show(study, *size)
    assert len(lines) < size[1]
    assert max(map(len, lines)) <= size[0]
    [levels] = [line.rstrip() for line in lines if line.startswith("  cnn, none")]
    assert re.fullmatch(r"  cnn, none +✓ 1 done  ▶ 1 runnin.*", levels)
    end = " ".join(line.rstrip() for line in lines[-2:])
    assert end.endswith("▶ cnn, none, noise level 0.6, replicate 70: running")


@SIZES
def test_fifteen_hundred_runs_are_a_screenful(make_study, size):
    study = make_study([0.1 / number for number in range(1, 16)], replicates=100)
    study.begin()
    names = list(study.runs)
    for name in names[:30]:
        study.write(name)
    for name in names[30:90]:
        study.start(name)
    for name in names[60:90]:
        study.fail(name, printed=["error: planted"])
    lines = show(study, *size)
    assert len(lines) < size[1]
    assert max(map(len, lines)) <= size[0]
    assert "✓ 30 done  ▶ 30 running" in lines[1]
    assert any(line.startswith("✗ mlp") for line in lines)
    assert re.fullmatch(r"… and \d+ more", lines[-1])
    if size[1] >= 50:  # a line for each setting
        assert sum(re.search(r"^  l2 0\.\d+ .*(done|running|waiting|failed)", line) is not None for line in lines) == 15


@pytest.mark.parametrize(("seconds", "text"), [(50.4, "50 s"), (720, "12 min"), (12240, "3.4 h")])
def test_times(seconds, text):
    assert format_time(seconds) == text


@pytest.mark.parametrize(("hours", "text"), [(1, "13:05"), (12, "Nov 24, 00:05")])
def test_moments(hours, text):
    noon = datetime(2026, 11, 23, 12, 5).timestamp()
    assert format_moment(noon + hours * 3600, noon) == text
