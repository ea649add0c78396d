"""Test which images train, validate and test a network in each protocol."""

import numpy as np
import pytest

from mnist_study.data.protocols import count_images, divide_samples, mark_held_out, mark_trained

SEED = 7
# The sizes of the classes of MNIST's training images.
SIZES = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]


@pytest.fixture(scope="module")
def labels():
    return np.random.default_rng(0).permutation(np.repeat(np.arange(10, dtype=np.uint8), SIZES))


def test_each_class_has_its_share_and_the_largest_remainders_fill_up(labels):
    """A sixth of each class: 987.17, 1123.67, 993, 1021.83, 973.67, 903.5, 986.33, 1044.17, 975.17 and 991.5 images.

    Rounded down, these are 9,996. The remainders 0.83, 0.67 and 0.67 are the largest. Of the two of 0.5, the first one
    counts.
    """
    counts = np.bincount(labels[mark_held_out(labels, 10_000, SEED)])
    assert counts.tolist() == [987, 1124, 993, 1022, 974, 904, 986, 1044, 975, 991]


@pytest.mark.parametrize("number", [10, 11, 999, 6000, 12_345, 50_000])
def test_as_many_images_are_held_out_as_asked_for_and_no_class_is_off_by_one(labels, number):
    held_out = mark_held_out(labels, number, SEED)
    assert held_out.dtype == bool
    assert held_out.sum() == number
    assert (abs(np.bincount(labels[held_out], minlength=10) - np.array(SIZES) * number / 60_000) < 1).all()


def test_every_training_of_a_study_holds_out_the_same_images(labels):
    np.testing.assert_array_equal(mark_held_out(labels, 5000, SEED), mark_held_out(labels, 5000, SEED))


def test_another_seed_holds_out_other_images_at_random(labels):
    """Of the 10,000 images of one draw, a sixth is in another one; the variance is that without replacement."""
    one, other = (mark_held_out(labels, 10_000, seed) for seed in (SEED, SEED + 1))
    spread = np.sqrt(10_000 * 1 / 6 * 5 / 6 * 5 / 6)
    assert abs((one & other).sum() - 10_000 / 6) < 4 * spread


def test_images_are_held_out_from_everywhere_among_the_training_images(labels):
    """The mean position of n draws from [0, 1) has the standard deviation 1 / sqrt(12 n), at most."""
    positions = np.flatnonzero(mark_held_out(labels, 10_000, SEED)) / len(labels)
    assert abs(positions.mean() - 0.5) < 4 / np.sqrt(12 * 10_000)


def test_if_the_test_images_validate_none_are_held_out(labels):
    assert not mark_held_out(labels, "test", SEED).any()


@pytest.fixture
def samples():
    """Inputs and targets of training and of test images. A target is ten times its input."""
    training, test = np.arange(600), np.arange(1000, 1100)
    return (training, 10 * training), (test, 10 * test)


def test_held_out_images_validate_and_all_others_train(samples):
    training, test = samples
    held_out = mark_held_out(np.arange(600) % 10, 100, SEED)
    kept, validation = divide_samples(training, test, held_out, ~held_out)
    assert len(validation[0]) == 100
    assert sorted([*kept[0], *validation[0]]) == training[0].tolist()
    np.testing.assert_array_equal(validation[0], training[0][held_out])
    assert count_images(kept, validation, test) == {"training": 500, "validation": 100, "test": 100}


def test_an_image_keeps_its_target(samples):
    held_out = mark_held_out(np.arange(600) % 10, 100, SEED)
    for inputs, targets in divide_samples(*samples, held_out, ~held_out):
        np.testing.assert_array_equal(targets, 10 * inputs)


def test_if_none_are_held_out_all_training_images_train_and_the_test_images_validate(samples):
    training, test = samples
    held_out = mark_held_out(np.arange(600) % 10, "test", SEED)
    kept, validation = divide_samples(training, test, held_out, ~held_out)
    for found, expected in zip([*kept, *validation], [*training, *test], strict=True):
        np.testing.assert_array_equal(found, expected)
    assert count_images(kept, validation, test) == {"training": 600, "validation": 100, "test": 100}


def test_at_most_so_many_images_train_each_class_in_proportion_and_none_that_is_held_out(labels):
    held_out = mark_held_out(labels, 10_000, SEED)
    trained = mark_trained(labels, held_out, {"seed": SEED, "training_images": 2000})
    assert trained.sum() == 2000
    assert not (trained & held_out).any()
    assert (abs(np.bincount(labels[trained]) - np.array(SIZES) / 30) < 1.1).all()
    same, other = (mark_trained(labels, held_out, {"seed": seed, "training_images": 2000}) for seed in (SEED, SEED + 1))
    assert (same == trained).all()
    assert not (other == trained).all()


@pytest.mark.parametrize("limit", [{}, {"training_images": 50_000}, {"training_images": 60_000}])
def test_without_a_limit_below_their_number_all_images_train_that_are_not_held_out(labels, limit):
    held_out = mark_held_out(labels, 10_000, SEED)
    assert (mark_trained(labels, held_out, {"seed": SEED} | limit) == ~held_out).all()


@pytest.mark.parametrize("validation", ["test", 100])
def test_few_training_images_leave_the_validation_images_as_they_are(samples, validation):
    labels = np.arange(600) % 10
    held_out = mark_held_out(labels, validation, SEED)
    _, whole = divide_samples(*samples, held_out, ~held_out)
    trained = mark_trained(labels, held_out, {"seed": SEED, "training_images": 50})
    kept, scored = divide_samples(*samples, held_out, trained)
    assert np.bincount(labels[kept[0]]).tolist() == [5] * 10
    np.testing.assert_array_equal(scored, whole)
