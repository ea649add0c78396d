"""Test the choice of images for the galleries."""

import numpy as np

from mnist_study.data.galleries import choose_images


def test_the_first_image_of_each_class_is_chosen_in_the_order_asked_for():
    assert choose_images(np.array([5, 2, 7, 7, 2, 0], np.uint8), [7, 0, 2]) == [2, 5, 1]
