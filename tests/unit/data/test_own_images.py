"""Test how a user's own images are read, described, checked and divided."""

import gzip
import struct

import numpy as np
import pytest
import yaml

from mnist_study.data.datasets import digest_arrays, divide_images, load_dataset, write_arrays
from mnist_study.data.own_images import check_own_images, describe_own_images, read_own_images
from mnist_study.errors import StudyError

NAMES = ["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"]
KEYS = ["x_train", "y_train", "x_test", "y_test"]


def make_images(count, classes=4, shape=(12, 10, 3), seed=0):
    """Make images in uint8 of random pixels, with as many of each class, as the values of an npz file."""
    pixels = np.random.default_rng(seed).integers(0, 256, (count, *shape), np.uint8)
    return pixels, np.arange(count) % classes


def make_sets(**options):
    return dict(zip(KEYS, [*make_images(40, **options), *make_images(20, seed=1, **options)], strict=True))


def make_set(**options):
    return dict(zip(["x", "y"], make_images(60, **options), strict=True))


@pytest.fixture
def save(tmp_path):
    """Give a function that saves arrays as an npz file."""

    def save(arrays, **changes):
        np.savez(tmp_path / "own.npz", **(arrays | changes))
        return tmp_path / "own.npz"

    return save


def describe(arrays):
    """Describe images as the settings of a job do."""
    lines = yaml.safe_load(describe_own_images(arrays))
    return {"test_images": None} | lines


def assert_refused(path, *words):
    with pytest.raises(StudyError) as caught:
        read_own_images(path)
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    for part in words:
        assert part in message


@pytest.mark.parametrize("shape", [(12, 10), (12, 10, 1), (12, 10, 3)])
def test_images_get_an_axis_for_their_channels_and_labels_are_whole(shape, save):
    arrays = read_own_images(save(make_sets(shape=shape)))
    assert list(arrays) == KEYS
    assert arrays["x_train"].shape == (40, 12, 10, 3 if shape[2:] == (3,) else 1)
    assert arrays["x_train"].dtype == np.uint8
    assert (arrays["y_test"].shape, arrays["y_test"].dtype) == ((20,), np.int32)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floats_stay_floats(dtype, save):
    made = make_sets()
    images = {key: (made[key] / 255).astype(dtype) for key in ("x_train", "x_test")}
    arrays = read_own_images(save(made | images))
    assert arrays["x_train"].dtype == np.float32
    np.testing.assert_array_equal(arrays["x_train"], images["x_train"].astype(np.float32))


@pytest.mark.parametrize(
    "spell",
    [
        lambda labels: labels.astype(np.uint8),
        lambda labels: labels.astype(float),
        lambda labels: labels[:, np.newaxis],
        lambda labels: np.eye(4)[labels],
        lambda labels: np.eye(4, dtype=bool)[labels],
    ],
    ids=["bytes", "floats", "column", "one-hot", "one-hot truth values"],
)
def test_labels_may_be_spelled_in_several_ways(spell, save):
    made = make_sets()
    path = save(made, y_train=spell(made["y_train"]), y_test=spell(made["y_test"]))
    arrays = read_own_images(path)
    np.testing.assert_array_equal(arrays["y_train"], made["y_train"])
    assert describe(arrays) == describe(read_own_images(save(made)))


def test_one_set_is_read_under_either_name(save):
    made = make_set()
    arrays = read_own_images(save(made))
    assert list(arrays) == ["x", "y"]
    named = read_own_images(save({"x_train": made["x"], "y_train": made["y"]}))
    # The second file lies over the first one.
    assert digest_arrays(named) == digest_arrays(arrays)


def write_idx(folder, arrays, names=NAMES, pack=False):
    for name, array in zip(names, arrays.values(), strict=True):
        content = struct.pack(f">{1 + array.ndim}I", 2048 + array.ndim, *array.shape) + array.astype(np.uint8).tobytes()
        (folder / (f"{name}.gz" if pack else name)).write_bytes(gzip.compress(content) if pack else content)
    return folder


@pytest.mark.parametrize("pack", [False, True])
@pytest.mark.parametrize(("shape", "name"), [((12, 10), "idx3"), ((12, 10, 3), "idx3"), ((12, 10, 3), "idx4")])
def test_an_idx_folder_of_the_same_images_has_the_same_digest(shape, name, pack, save, tmp_path):
    made = make_sets(shape=shape)
    folder = tmp_path / "idx"
    folder.mkdir()
    write_idx(folder, made, [file.replace("idx3", name) for file in NAMES], pack)
    assert describe(read_own_images(folder)) == describe(read_own_images(save(made)))


def test_an_idx_folder_without_test_images_has_one_set(save, tmp_path):
    folder = tmp_path / "idx"
    folder.mkdir()
    write_idx(folder, make_set(), NAMES[:2])
    assert describe(read_own_images(folder)) == describe(read_own_images(save(make_set())))


def test_the_lines_for_the_config_tell_what_the_images_are(save):
    arrays = read_own_images(save(make_set()))
    assert describe(arrays) == {
        "sha256": digest_arrays(arrays),
        "shape": [12, 10, 3],
        "classes": 4,
        "test_images": 12,
    }
    assert "test_images" not in describe_own_images(read_own_images(save(make_sets())))


@pytest.mark.parametrize("key", KEYS)
def test_one_other_value_is_another_digest(key, save):
    made = make_sets()
    before = describe(read_own_images(save(made)))["sha256"]
    made[key].flat[0] = made[key].flat[1]
    assert describe(read_own_images(save(made)))["sha256"] != before


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"x_train": np.zeros((40, 120), np.uint8)}, ["x_train is uint8 of shape (40, 120)", "(n, height, width)"]),
        ({"x_train": np.zeros((40, 3, 12, 10), np.uint8)}, ["(40, 3, 12, 10)", "with the channels last"]),
        ({"x_train": np.full((40, 12, 10, 3), 16.0)}, ["from 16.0 to 16.0", "divide them by the value of white"]),
        ({"x_train": np.full((40, 12, 10, 3), -0.5)}, ["from -0.5 to -0.5", "uint8 from 0 to 255, or floats from 0"]),
        ({"x_train": np.full((40, 12, 10, 3), np.nan)}, ["from nan to nan", "floats from 0 to 1"]),
        ({"x_train": np.full((40, 12, 10, 3), 256)}, ["from 256 to 256", "uint8 from 0 to 255"]),
        ({"x_train": np.ones((40, 12, 10, 3), np.uint8)}, ["from 1 to 1, which is black as uint8: save it as floats"]),
        ({"x_train": np.full((40, 12, 10, 3), "a")}, ["<U1", "uint8 from 0 to 255"]),
        ({"x_test": np.full((20, 12, 10, 3), 0.5)}, ["training images that are uint8", "test images that are float32"]),
        ({"x_test": np.full((20, 12, 9, 3), 9)}, ["(12, 10, 3)", "test images that are uint8 of shape (12, 9, 3)"]),
        ({"y_train": np.arange(39) % 4}, ["has 40 images in x_train, and 39 labels"]),
        ({"y_train": np.arange(40) % 4 + 0.5}, ["y_train is float64", "labels are whole numbers from 0 on"]),
        ({"y_train": np.arange(40) % 4 - 1}, ["y_train is int64", "labels are whole numbers from 0 on"]),
        ({"y_train": np.full(40, "cat")}, ["y_train is <U3", "labels are whole numbers from 0 on"]),
        ({"y_train": np.zeros((40, 4))}, ["y_train is float64 of shape (40, 4)", "one-hot"]),
        ({"y_train": np.arange(40) % 4 + 1}, ["has no image of class 0 in x_train, of the classes 0 to 4: number the"]),
        ({"y_test": np.arange(20) % 3}, ["has no image of class 3 in x_test, of the classes 0 to 3"]),
        ({"y_test": np.full(20, 2**31 - 1)}, ["has no image of class 4 in x_train, of the classes 0 to 2147483647"]),
        ({"y_train": np.zeros(40, int), "y_test": np.zeros(20, int)}, ["images of one class only"]),
    ],
)
def test_what_cannot_be_used_is_refused_with_what_was_found(changes, words, save):
    assert_refused(save(make_sets(), **changes), *words)


def test_other_files_are_refused(tmp_path, save):
    assert_refused(tmp_path / "none.npz", "is missing", "set dataset.path to an npz file or to a folder of IDX files")
    (tmp_path / "text").write_text("a text")
    assert_refused(tmp_path / "text", "x_train, y_train, x_test, y_test or x_train, y_train or x, y", "a text")
    np.savez(tmp_path / "other.npz", images=np.zeros(3))
    assert_refused(tmp_path / "other.npz", "its keys are images")


def check(arrays, tmp_path, **changes):
    return check_own_images(arrays, describe(arrays) | changes, tmp_path / "own.npz")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"sha256": "5" * 64}, f"dataset.sha256 is {'5' * 64}, and theirs is "),
        ({"shape": [10, 12, 3]}, "dataset.shape is [10, 12, 3], and theirs is [12, 10, 3]: "),
        ({"classes": 5}, "dataset.classes is 5, and theirs is 4: "),
    ],
)
def test_images_that_the_config_does_not_describe_are_refused_with_the_lines_to_write(
    changes, sentence, save, tmp_path
):
    arrays = read_own_images(save(make_sets()))
    assert check(arrays, tmp_path) is arrays
    with pytest.raises(StudyError) as caught:
        check(arrays, tmp_path, **changes)
    assert sentence in str(caught.value)
    assert str(caught.value).endswith(f"write below dataset:\n{describe_own_images(arrays)}")


@pytest.mark.parametrize(
    ("make", "number", "sentence"),
    [
        (make_sets, 10, "has test images of its own, and dataset.test_images in the config is 10: write null"),
        (make_set, None, "has one set of images, and dataset.test_images in the config is null: write how many"),
        (make_set, 60, "which leaves none to train on: write a smaller number"),
        (make_set, 3, "which leaves class 3 without test images: write a larger number"),
        (make_set, 57, "which leaves class 0 without training images: write a smaller number"),
    ],
)
def test_test_images_are_drawn_where_there_is_one_set_and_enough_of_them(make, number, sentence, save, tmp_path):
    arrays = read_own_images(save(make()))
    with pytest.raises(StudyError) as caught:
        check(arrays, tmp_path, test_images=number)
    assert sentence in str(caught.value)


def test_a_draw_divides_the_images_in_proportion_to_the_classes_by_the_seed(save):
    made = make_set(classes=4)
    made["y"][:30] = 0
    arrays = read_own_images(save(made))
    divided = divide_images(arrays, 20, seed=7)
    assert len(divided.train_labels) == 40
    np.testing.assert_allclose(np.bincount(divided.test_labels), np.bincount(made["y"]) / 3, atol=1)
    again, other = (divide_images(arrays, 20, seed) for seed in (7, 8))
    np.testing.assert_array_equal(again.test_images, divided.test_images)
    assert not np.array_equal(other.test_images, divided.test_images)
    found = {image.tobytes() for part in (divided.train_images, divided.test_images) for image in part}
    assert found == {image.tobytes() for image in made["x"]}


@pytest.mark.parametrize("make", [make_sets, make_set])
def test_a_job_loads_the_images_again_and_checks_them(make, save, tmp_path):
    arrays = read_own_images(save(make()))
    settings = {"seed": 7, "dataset": "shapes", "images": describe(arrays)}
    path = tmp_path / "shapes.npz"
    write_arrays(path, arrays)
    loaded = load_dataset(path, settings)
    if make is make_sets:
        for found, expected in zip(loaded, arrays.values(), strict=True):
            np.testing.assert_array_equal(found, expected)
    else:
        assert len(loaded.test_labels) == 12
    with pytest.raises(StudyError, match=r"are not shapes: their SHA-256 is .* and run Snakemake again"):
        load_dataset(path, settings | {"images": settings["images"] | {"sha256": "5" * 64}})
