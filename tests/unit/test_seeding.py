import numpy as np
import pytest

from mnist_study.seeding import derive_seed, draw_order


def state(*arguments):
    return derive_seed(*arguments).generate_state(4).tolist()


def test_the_same_purpose_has_the_same_seed():
    assert state(1, "cnn", 2, "weights") == state(1, "cnn", 2, "weights")


@pytest.mark.parametrize(
    "one, other",
    [
        ((1, "ab", "c"), (1, "a", "bc")),
        ((1, "a, b"), (1, "a", "b")),
        ((1, "cnn", 1, "weights"), (1, "cnn", 1, "order")),
        ((1, "cnn", 1), (1, "cnn", 11)),
        ((1, "cnn"), (2, "cnn")),
        ((1,), (1, "")),
    ],
)
def test_another_purpose_or_study_has_another_seed(one, other):
    assert state(*one) != state(*other)


def test_the_seed_is_the_same_in_every_release():
    """Published results can be reproduced only while these numbers stay the same."""
    assert state(20261122, "cnn", 1, "weights") == [2188029016, 3468305766, 3330164259, 2024615643]
    assert draw_order(derive_seed(20261122, "cnn", 1, "order"), 0, 8).tolist() == [1, 3, 6, 2, 4, 7, 0, 5]


def test_an_order_has_each_sample_once():
    order = draw_order(derive_seed(1), 0, 1000)
    assert order.dtype == np.int32
    assert sorted(order) == list(range(1000))


def test_an_order_is_shuffled():
    """A random order of 1,000 has one fixed point on average. More than eight are rarer than once in 100,000."""
    assert (draw_order(derive_seed(1), 0, 1000) == np.arange(1000)).sum() < 9


def test_each_epoch_and_seed_has_its_own_order_which_repeats():
    def order(seed, epoch):
        return draw_order(derive_seed(seed, "order"), epoch, 100).tolist()

    assert order(1, 3) == order(1, 3)
    assert len({tuple(order(seed, epoch)) for seed in (1, 2) for epoch in range(5)}) == 10


def test_the_order_of_an_epoch_does_not_depend_on_the_epochs_before():
    seed = derive_seed(1, "order")
    alone = draw_order(derive_seed(1, "order"), 2, 100)
    for epoch in range(2):
        draw_order(seed, epoch, 100)
    np.testing.assert_array_equal(draw_order(seed, 2, 100), alone)
