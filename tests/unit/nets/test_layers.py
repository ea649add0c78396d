"""Test that a layer of the config is Keras' layer, and that its shape is the one that is planned with."""

import keras
import numpy as np
import pytest

from mnist_study.nets.layers import make_layers
from mnist_study.plan.shapes import measure_layers

pytestmark = [pytest.mark.tensorflow, pytest.mark.usefixtures("device")]


def make(layers, shape=(28, 28, 1), l2=0, flat=False):
    made = make_layers(layers, iter(range(1, 20)), iter(range(1, 20)), l2, flat)
    return keras.Sequential([keras.Input(shape), *(layer for group in made for layer in group)])


@pytest.mark.parametrize("kind", ["conv", "transposed_conv"])
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("stride", [1, 2, 3, 5])
@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_a_convolution_has_the_shape_that_is_planned_with(kind, padding, stride, size):
    layer = {kind: {"filters": 2, "size": size, "stride": stride, "padding": padding}}
    for side in range(size, 12):
        shape = (side, side + 1, 3)
        assert make([layer], shape).output_shape[1:] == measure_layers([layer], shape), shape


def test_other_layers_have_the_shape_that_is_planned_with():
    layers = [{"max_pool": 3}, "batch_norm", {"average_pool": 2}, {"dropout": 0.5}, "global_average_pool", 5]
    for number in range(1, len(layers) + 1):
        assert make(layers[:number]).output_shape[1:] == measure_layers(layers[:number], (28, 28, 1))


def test_options_of_a_convolution_are_those_of_the_config():
    options = {"filters": 4, "size": 5, "stride": 2, "padding": "same", "activation": "tanh"}
    down, up, plain = make([{"conv": options}, {"transposed_conv": options}, {"transposed_conv": 3}]).layers
    assert (type(down), type(up)) == (keras.layers.Conv2D, keras.layers.Conv2DTranspose)
    for layer in (down, up):
        assert (layer.kernel_size, layer.strides, layer.padding) == ((5, 5), (2, 2), "same")
        assert (layer.filters, layer.activation.__name__) == (4, "tanh")
    assert (plain.kernel_size, plain.strides, plain.padding) == ((3, 3), (1, 1), "valid")
    assert (plain.filters, plain.activation.__name__) == (3, "relu")


def test_a_whole_number_is_the_dense_layer_of_so_many_units():
    for one, other in zip(make([8]).get_weights(), make([{"dense": 8}]).get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_an_image_is_flattened_once_and_a_flat_one_not_at_all():
    assert [type(layer).__name__ for layer in make([8, 8]).layers] == ["Flatten", "Dense", "Dense"]
    assert [type(layer).__name__ for layer in make([8, 8], (784,), flat=True).layers] == ["Dense", "Dense"]
    pooled = [type(layer).__name__ for layer in make(["global_max_pool", 8]).layers]
    assert pooled == ["GlobalMaxPooling2D", "Dense"]


def test_a_penalty_is_on_the_kernels_of_all_layers():
    model = make([{"conv": 2}, {"transposed_conv": 2}, 4], l2=0.5)
    expected = 0.5 * sum(float(np.square(layer.kernel.numpy()).sum()) for layer in model.layers if layer.weights)
    assert float(sum(model.losses)) == pytest.approx(expected, rel=1e-5)
    assert make([{"conv": 2}, 4]).losses == []
