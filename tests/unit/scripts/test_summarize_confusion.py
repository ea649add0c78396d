import numpy as np

from mnist_study.scripts.summarize_confusion import tabulate_confusion


def test_every_pair_of_classes_is_a_row():
    confusion = np.diag(np.arange(10))
    confusion[4, 9] = 3
    table = tabulate_confusion(confusion, [f"class {label}" for label in range(10)])
    assert list(table.columns) == ["true", "predicted", "count"]
    assert len(table) == 100
    assert table[table["count"] == 3].to_numpy().tolist() == [
        ["class 3", "class 3", 3],
        ["class 4", "class 9", 3],
    ]
