import pytest

from mnist_study.errors import StudyError
from mnist_study.plan.shapes import check_autoencoder, check_layers, measure_layers

IMAGE = (28, 28, 1)
DOWN = {"conv": {"filters": 16, "stride": 2, "padding": "same"}}
KEEP = {"conv": {"filters": 32, "padding": "same"}}
UP = {"transposed_conv": {"filters": 16, "stride": 2, "padding": "same"}}
# Of a layer that loses as many pixels as a transposed one wins.
VALID = ({"conv": {"filters": 4, "size": 5}}, {"transposed_conv": {"filters": 4, "size": 5}})


def check(encoder, decoder, shape=IMAGE):
    check_autoencoder("denoisers.deep", encoder, decoder, shape)


@pytest.mark.parametrize(
    ("layers", "shape"),
    [
        ([], IMAGE),
        ([DOWN, "batch_norm", {"dropout": 0.5}], (14, 14, 16)),
        ([{"max_pool": 3}], (9, 9, 1)),
        ([DOWN, DOWN, KEEP, UP, UP], (28, 28, 16)),
        ([DOWN, "global_max_pool"], (16,)),
        ([DOWN, 96, {"activation": "relu"}], (96,)),
    ],
)
def test_the_shape_of_an_image_is_followed_through_the_layers(layers, shape):
    assert measure_layers(layers, IMAGE) == check_layers({"layers": layers}, IMAGE) == shape


@pytest.mark.parametrize(
    ("encoder", "decoder"),
    [
        ([128, 96], [128]),
        ([96], []),
        ([DOWN, DOWN, KEEP], [UP, UP]),
        ([VALID[0]], [VALID[1]]),
        ([{"max_pool": 2}], [UP]),
        ([DOWN, 64], [128]),
        ([DOWN, "global_average_pool"], []),
        ([KEEP], []),
    ],
)
def test_an_autoencoder_that_ends_in_a_vector_or_in_an_image_of_the_same_size_is_taken(encoder, decoder):
    check(encoder, decoder)


@pytest.mark.parametrize(
    ("encoder", "decoder", "shape", "sizes"),
    [
        ([DOWN, DOWN], [UP], IMAGE, "14 × 14 pixels of the 28 × 28 pixels"),
        ([DOWN], [UP, UP], IMAGE, "56 × 56 pixels of the 28 × 28 pixels"),
        ([{"conv": 8}], [], IMAGE, "26 × 26 pixels of the 28 × 28 pixels"),
        ([DOWN], [UP], (27, 14, 3), "28 × 14 pixels of the 27 × 14 pixels"),
    ],
)
def test_an_autoencoder_whose_images_have_another_size_is_refused_with_both_sizes(encoder, decoder, shape, sizes):
    said = f"config: denoisers.deep.encoder and denoisers.deep.decoder make {sizes} of an image: let the decoder undo"
    with pytest.raises(StudyError) as error:
        check(encoder, decoder, shape)
    assert str(error.value).startswith(said)


@pytest.mark.parametrize(
    ("encoder", "decoder", "said"),
    [
        (
            [96, DOWN],
            [],
            'denoisers.deep.encoder[1] is {"conv": {"filters": 16, "stride": 2, "padding": "same"}}, which',
        ),
        ([KEEP, 96], [{"dense": 8}, UP], 'denoisers.deep.decoder[1] is {"transposed_conv": '),
        (
            [DOWN, "global_max_pool"],
            [{"max_pool": 2}],
            'denoisers.deep.decoder[0] is {"max_pool": 2}, which follows a ',
        ),
    ],
)
def test_a_layer_that_needs_an_image_behind_a_vector_is_refused_by_its_place(encoder, decoder, said):
    with pytest.raises(StudyError) as error:
        check(encoder, decoder)
    assert str(error.value).startswith(f"config: {said}")
    assert "where there is no image any more: put convolutions and pooling before the first" in str(error.value)


def test_a_layer_that_leaves_nothing_is_refused_with_the_size_that_reaches_it():
    with pytest.raises(StudyError, match=r"deep\.decoder\[0\] is .*, which leaves nothing of the 14 × 14 pixels that"):
        check([DOWN], [{"conv": {"filters": 1, "size": 15}}])
