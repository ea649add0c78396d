import pytest

from mnist_study.layers import keep_image, list_kinds, read_layer, shorten_layer, shrink_image, take_image


def shrink(side, kind="conv", **options):
    _, options = read_layer({kind: {"filters": 1} | options})
    return shrink_image(side, kind, options)


def test_a_whole_number_is_a_dense_relu_layer_of_so_many_units():
    assert read_layer(128) == read_layer({"dense": 128}) == ("dense", {"units": 128, "activation": "relu"})
    assert list_kinds([128, {"conv": 16}, "batch_norm"]) == ["dense", "conv", "batch_norm"]


@pytest.mark.parametrize("kind", ["conv", "transposed_conv"])
def test_layers_of_the_same_meaning_have_the_same_shortest_form(kind):
    assert shorten_layer(64) == shorten_layer({"dense": {"units": 64, "activation": "relu"}}) == {"dense": 64}
    whole = {"filters": 8, "size": 3, "stride": 1, "padding": "valid", "activation": "relu"}
    assert shorten_layer({kind: whole}) == {kind: 8}
    assert shorten_layer({kind: whole | {"stride": 2}}) == {kind: {"filters": 8, "stride": 2}}


def test_a_convolution_has_an_output_for_each_whole_step_of_its_kernel():
    assert [shrink(side, size=3) for side in (2, 3, 28)] == [0, 1, 26]
    assert [shrink(side, size=3, stride=2) for side in (2, 3, 4, 5, 28)] == [0, 1, 1, 2, 13]
    assert [shrink(side, size=5, stride=3) for side in (4, 5, 7, 8, 28)] == [0, 1, 1, 2, 8]
    # A stride larger than the kernel leaves pixels out.
    assert [shrink(side, size=1, stride=2) for side in (1, 2, 3)] == [1, 1, 2]


def test_padding_gives_a_convolution_an_output_for_each_step_within_the_image():
    assert [shrink(side, size=5, padding="same") for side in (1, 28)] == [1, 28]
    assert [shrink(side, size=3, stride=2, padding="same") for side in (1, 7, 28)] == [1, 4, 14]


def test_a_transposed_convolution_makes_an_image_larger():
    assert [shrink(side, "transposed_conv", stride=2, padding="same") for side in (1, 7, 14)] == [2, 14, 28]
    assert [shrink(side, "transposed_conv", size=3, stride=2) for side in (1, 7)] == [3, 15]
    assert [shrink(side, "transposed_conv", size=2, stride=3) for side in (1, 7)] == [3, 21]


def test_a_pool_leaves_out_what_does_not_fill_a_square():
    assert [shrink_image(side, "max_pool", {"size": 2}) for side in (1, 2, 13)] == [0, 1, 6]


@pytest.mark.parametrize(
    ("layers", "takes", "keeps"),
    [
        ([128, 96], False, False),
        ([{"conv": 4}, "batch_norm", {"transposed_conv": 4}], True, True),
        ([{"max_pool": 2}], True, True),
        ([{"conv": 4}, 8], True, False),
        ([{"conv": 4}, "global_max_pool"], True, False),
        ([{"dropout": 0.5}], False, False),
    ],
)
def test_layers_tell_whether_they_take_an_image_and_keep_it(layers, takes, keeps):
    assert (take_image(layers), keep_image(layers)) == (takes, keeps)
