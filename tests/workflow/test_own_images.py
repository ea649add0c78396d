"""Test studies on a user's own images: colour images by the page that shows how, and scikit-learn's digits."""

import csv
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from sklearn.datasets import load_digits

from mnist_study.images import PUBLIC
from tests.conftest import SMALL_STUDY

pytestmark = pytest.mark.thorough
ROOT = Path(__file__).parents[2]
LOCALLY = ["--profile", "profiles/local"]
OPTIONS = [*LOCALLY, "--configfile"]
FASHION_MNIST = Path("/usr/share/datasets/fashion-mnist")  # from Debian's package dataset-fashion-mnist
TABLES = ["confusion/confusion.csv", "noise_levels/classes.csv", "noise_levels/runs.csv"]
NAMES = ["circle", "cross", "square", "triangle"]
# Over the config of the page: fewer jobs.
FEWER = """
classifiers: {baseline: {replicates: 1}, cnn: {replicates: 2}}
denoisers: {autoencoder: {replicates: 1}}
noise: {levels: [0, 0.3, 1]}
decoder_samples: 10
"""
# Two classifiers and the autoencoder on one set of images of 8 × 8 pixels.
SMALL = """
pathvars: {results: results/small}
dataset: {name: small_digits, path: small.npz}
validation: 200
classifiers:
  baseline: {replicates: 1, epochs: 20, batch_size: 16}
  regularized: null
  cnn: {layers: [{conv: 8}, {max_pool: 2}, {dense: 32}], replicates: 1, epochs: 20, batch_size: 16}
denoisers: {autoencoder: {replicates: 1, epochs: 20, batch_size: 16}}
noise: {levels: [0, 0.5]}
decoder_samples: 10
"""


def read_table(path):
    with path.open() as file:
        return list(csv.DictReader(file))


def read_blocks(language):
    """Read the parts of the page in a language: its code or its config."""
    page = (ROOT / "docs/own_images.md").read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)


def find_lines(refusal):
    """Find the lines that a refusal proposes, and read them as YAML."""
    lines = re.findall(r"^  (\w+: .*)$", refusal, re.MULTILINE)
    return yaml.safe_load("\n".join(lines))


def finish(run):
    assert run.returncode == 0, run.stdout
    return run


@pytest.fixture(scope="module")
def shapes(tmp_path_factory, copy_project, run_in_forks):
    """The folder of a finished study by the page, and the refusal of the config before the lines were pasted."""
    project = copy_project(tmp_path_factory.mktemp("shapes") / "project")
    [code], [config] = read_blocks("python"), read_blocks("yaml")
    subprocess.run([sys.executable, "-c", code], cwd=project, check=True)
    whole = yaml.safe_load(config)
    described = {key: whole["dataset"].pop(key) for key in ("sha256", "shape", "classes")}
    (project / "shapes.yaml").write_text(yaml.safe_dump(whole))
    refused = run_in_forks(project, *OPTIONS, "shapes.yaml")
    assert refused.returncode != 0
    assert find_lines(refused.stdout) == described | {"classes": len(described["classes"])}
    (project / "shapes.yaml").write_text(config)
    (project / "fewer.yaml").write_text(FEWER)
    finish(run_in_forks(project, *OPTIONS, "shapes.yaml", "fewer.yaml"))
    return project


@pytest.fixture(scope="module")
def small(tmp_path_factory, copy_project, run_in_forks):
    """The folder of a finished study on scikit-learn's digits, one set of grey images."""
    project = copy_project(tmp_path_factory.mktemp("small") / "project")
    digits = load_digits()
    np.savez(project / "small.npz", x=digits.images / digits.images.max(), y=digits.target)
    (project / "small.yaml").write_text(SMALL)
    refused = run_in_forks(project, *OPTIONS, "small.yaml")
    described = find_lines(refused.stdout)
    config = yaml.safe_load(SMALL)
    config["dataset"] |= described | {"test_images": 300}
    (project / "small.yaml").write_text(yaml.safe_dump(config))
    finish(run_in_forks(project, *OPTIONS, "small.yaml"))
    return project


@pytest.fixture(scope="module")
def clothes(tmp_path_factory, copy_project, run_python, run_in_forks):
    """The folder of a study on Fashion-MNIST's IDX files, as on a user's own images, with some of its tables."""
    if not FASHION_MNIST.is_dir():
        pytest.skip("there is no Fashion-MNIST; as root on Debian, make packages installs it")
    project = copy_project(tmp_path_factory.mktemp("clothes") / "project")
    described = run_python(project, "describe_images", str(FASHION_MNIST)).stdout
    config = yaml.safe_load(SMALL_STUDY.format(dataset=FASHION_MNIST))
    config["dataset"] |= {"name": "clothes"} | yaml.safe_load(described) | {"classes": PUBLIC["fashion_mnist"].classes}
    config |= {"gallery": {"digits": ["bag"]}, "decoder_walk": {"from": "coat", "to": "shirt"}}
    (project / "config.yaml").write_text(yaml.safe_dump(config))
    finish(run_in_forks(project, *LOCALLY, *(f"results/tables/{table}" for table in TABLES)))
    return project


def test_the_config_of_the_page_has_fifteen_lines():
    [config] = read_blocks("yaml")
    assert len(config.splitlines()) == 15


def test_networks_learn_colour_images(shapes):
    results = shapes / "results/shapes"
    [baseline] = read_table(results / "tables/classifiers/baseline/runs.csv")
    assert (baseline["correct"], baseline["total"]) != ("", "") and baseline["total"] == "200"
    assert float(baseline["accuracy"]) > 0.5
    cnn = read_table(results / "tables/classifiers/cnn/runs.csv")
    assert min(float(run["accuracy"]) for run in cnn) > 0.8
    layers = read_table(results / "tables/models/cnn.csv")
    assert (layers[0]["output_shape"], layers[-1]["output_shape"]) == ("12 × 10 × 3", "4")
    autoencoder = read_table(results / "tables/models/autoencoder.csv")
    assert (autoencoder[0]["output_shape"], autoencoder[-1]["output_shape"]) == ("360", "360")
    losses = read_table(results / "tables/autoencoders/autoencoder/epochs.csv")
    assert all(float(row["loss"]) < float(row["chance"]) for row in losses if row["epoch"] == "60")


def test_tables_name_the_classes(shapes):
    results = shapes / "results/shapes"
    confusion = read_table(results / "tables/confusion/confusion.csv")
    assert [(row["true"], row["predicted"]) for row in confusion] == [(one, other) for one in NAMES for other in NAMES]
    assert sum(int(row["count"]) for row in confusion) == 200
    classes = read_table(results / "tables/noise_levels/classes.csv")
    assert [row["class"] for row in classes] == NAMES * 3 * 3


def test_the_page_tells_what_the_images_are(shapes):
    results = shapes / "results/shapes"
    page = " ".join((results / "report.html").read_text(encoding="utf-8").split())
    assert "Small neural networks on shapes" in page
    assert "tell the 4 classes of shapes apart, on colour images of 12 × 10 pixels" in page
    assert "All networks learn from the 800 training images. They are scored on the 200 test images" in page
    assert "triangle" in page
    text = re.sub(r"<(script|style)\b.*?</\1>", " ", page)
    for word in ("28 × 28", "10,000", "60,000", "digit", "MNIST", "Published numbers"):
        assert word not in re.sub(r"<[^>]*>", " ", text), word
    assert not (results / "tables/comparison").exists()


def test_the_images_of_figures_have_the_shape_of_the_images(shapes):
    results = shapes / "results/shapes"
    with np.load(results / "gallery/gallery.npz") as gallery:
        assert gallery["noisy"].shape == (3, 2, 12, 10, 3)
        assert gallery["denoised"].shape == (2, 3, 2, 12, 10, 3)
        assert gallery["classes"].tolist() == NAMES
        noise = gallery["noisy"][2]  # at level 1, each pixel is black or white
        assert set(np.unique(noise)) == {0, 1} and (noise == noise[..., :1]).all()
    for name in ("gallery/gallery", "worst_digits/worst_digits", "decoder_walk/decoder_walk", "confusion/confusion"):
        assert (results / f"figures/{name}.png").stat().st_size > 5000


def test_nothing_is_run_again_where_nothing_changed_and_other_images_are_refused(shapes, run_in_forks):
    run = finish(run_in_forks(shapes, *OPTIONS, "shapes.yaml", "fewer.yaml", "-n"))
    assert "Nothing to be done" in run.stdout
    config = (shapes / "shapes.yaml").read_text()
    right = re.search("[0-9a-f]{64}", config)[0]
    (shapes / "other.yaml").write_text(config.replace(right, "5" * 63 + "a"))
    run = run_in_forks(shapes, *OPTIONS, "other.yaml", "fewer.yaml")
    assert run.returncode != 0
    assert f"dataset.sha256 is {'5' * 63}a, and theirs is {right}" in run.stdout


def test_one_set_of_grey_images_is_divided_three_times(small):
    results = small / "results/small"
    runs = read_table(results / "tables/classifiers/baseline/runs.csv")
    assert {(run["data"], run["total"]) for run in runs} == {("held-out", "200"), ("test", "300")}
    cnn = read_table(results / "tables/classifiers/cnn/runs.csv")
    assert all(float(run["accuracy"]) > 0.8 for run in cnn)
    with np.load(results / "dataset/small_digits.npz") as dataset:
        assert dataset["x"].shape == (1797, 8, 8, 1)
        assert dataset["x"].dtype == np.float32
    page = " ".join((results / "report.html").read_text(encoding="utf-8").split())
    assert "Of the 1,497 training images, 200 are held out" in page
    assert "on the 300 test images once" in page


def test_the_images_of_a_public_data_set_give_the_same_numbers_as_images_of_ones_own(clothes, run_in_forks):
    config = SMALL_STUDY.format(dataset=FASHION_MNIST).replace("name: mnist", "name: fashion_mnist")
    (clothes / "public.yaml").write_text(config.replace("results: results", "results: results/public"))
    (clothes / "config.yaml").rename(clothes / "own.yaml")
    (clothes / "public.yaml").rename(clothes / "config.yaml")
    finish(run_in_forks(clothes, *LOCALLY, *(f"results/public/tables/{table}" for table in TABLES)))
    for table in TABLES:
        own, public = (clothes / folder / "tables" / table for folder in ("results", "results/public"))
        assert own.read_bytes() == public.read_bytes(), table
    assert "ankle boot" in (clothes / "results/tables/confusion/confusion.csv").read_text()


def test_classes_without_names_have_numbers(small):
    confusion = read_table(small / "results/small/tables/confusion/confusion.csv")
    assert [row["predicted"] for row in confusion[:10]] == [str(label) for label in range(10)]


def test_another_seed_draws_other_test_images_from_the_same_file(small, run_in_forks):
    run = finish(run_in_forks(small, *OPTIONS, "small.yaml", "--config", "seed=8", "-n"))
    assert "train_classifier" in run.stdout
    assert "fetch_dataset" not in run.stdout
