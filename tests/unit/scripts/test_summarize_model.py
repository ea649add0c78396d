from workflow.scripts.summarize_model import tabulate_layers


def test_a_layer_is_a_row_with_a_readable_shape():
    table = tabulate_layers(
        [
            {"layer": "Input", "detail": "", "output_shape": [28, 28, 1], "parameters": 0},
            {"layer": "Dense", "detail": "ReLU", "output_shape": [64], "parameters": 50240},
        ]
    )
    assert list(table.columns) == ["layer", "detail", "output_shape", "parameters"]
    assert table.to_numpy().tolist() == [["Input", "", "28 × 28 × 1", 0], ["Dense", "ReLU", "64", 50240]]
