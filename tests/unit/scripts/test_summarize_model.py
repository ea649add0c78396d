import pytest

from mnist_study.scripts.summarize_model import tabulate_layers

RUN = {"seed": 7, "dataset": "mnist", "validation": "test", "replicate": 1, "epochs": 2}
CLASSIFIER = RUN | {"classifier": "cnn", "swept": []}
AUTOENCODER = RUN | {"autoencoder": "deep"}


def test_a_layer_is_a_row_with_a_readable_shape():
    table = tabulate_layers(
        [
            {"layer": "Input", "detail": "", "output_shape": [28, 28, 1], "parameters": 0},
            {"layer": "Dense", "detail": "ReLU", "output_shape": [64], "parameters": 50240},
        ]
    )
    assert list(table.columns) == ["layer", "detail", "output_shape", "parameters"]
    assert table.to_numpy().tolist() == [["Input", "", "28 × 28 × 1", 0], ["Dense", "ReLU", "64", 50240]]


@pytest.mark.parametrize(("script", "run"), [("train_classifier", CLASSIFIER), ("train_autoencoder", AUTOENCODER)])
def test_a_classifier_and_an_autoencoder_are_tabulated_from_their_metrics(
    script, run, tmp_path, run_script, write_training
):
    accuracy = {"accuracy": 0.9} if script == "train_classifier" else {}
    metrics = write_training(tmp_path / "metrics.json", script, run, loss=0.5, **accuracy)
    table = tmp_path / "model.csv"
    ended = run_script("summarize_model", {"script": script, "run": run}, {"metrics": metrics}, {"layers": table})
    assert (ended.returncode, ended.stderr) == (0, "")
    assert table.read_text() == "layer,detail,output_shape,parameters\nInput,,28 × 28 × 1,0\n"


def test_metrics_of_a_model_of_other_layers_are_refused(tmp_path, run_script, write_training):
    metrics = write_training(tmp_path / "metrics.json", "train_classifier", CLASSIFIER, loss=0.5, accuracy=0.9)
    settings = {"script": "train_classifier", "run": CLASSIFIER | {"layers": []}}
    ended = run_script("summarize_model", settings, {"metrics": metrics}, {"layers": tmp_path / "model.csv"})
    assert ended.returncode == 1
    assert ended.stderr == (
        f"error: {metrics} was made for other reasons (settings layers: null -> []): "
        f"type: rm '{metrics}', and run Snakemake again\n"
    )
    assert not (tmp_path / "model.csv").exists()
