"""Test the warning of results that were made on different devices."""

import time

import pytest

from mnist_study.trust import device_counts
from mnist_study.trust.device_counts import count_devices, warn_of_mixed_devices
from mnist_study.trust.provenance import locate_provenance, write_provenance
from mnist_study.trust.reasons import list_reasons

REASONS = list_reasons("summarize_model", {"epochs": 2})
DEVICE = {"processor": "Processor 9000", "vectors": "AVX2", "gpus": [], "threads": 1}


def write_devices(folder, devices):
    """Write the metrics and provenance of one run for each device. Return the metrics."""
    paths = [folder / f"replicate~{number}.json" for number in range(len(devices))]
    for path, device in zip(paths, devices, strict=True):
        path.write_text("{}")
        write_provenance([path], {}, REASONS, device, time.time())
    return paths


def test_results_of_different_devices_are_warned_of(tmp_path, capsys):
    other = DEVICE | {"gpus": ["GPU 3000", "GPU 4000"]}
    warn_of_mixed_devices(write_devices(tmp_path, [DEVICE, other, DEVICE]))
    assert capsys.readouterr().out == (
        "warning: made on different devices, and the same numbers are promised on one kind of device only: "
        "2 on Processor 9000, AVX2, no GPU, 1 thread; 1 on Processor 9000, AVX2, GPU 3000 and GPU 4000, 1 thread\n"
    )


@pytest.mark.parametrize("other", [{"threads": 2}, {"vectors": "AVX-512"}, {"vectors": "AVX2, ONEDNN_MAX_CPU_ISA=AVX"}])
def test_other_threads_or_vectors_are_another_device(tmp_path, capsys, other):
    warn_of_mixed_devices(write_devices(tmp_path, [DEVICE, DEVICE | other]))
    assert capsys.readouterr().out.startswith("warning: ")


def test_results_of_one_device_are_not_warned_of(tmp_path, capsys):
    warn_of_mixed_devices(write_devices(tmp_path, [DEVICE, DEVICE]))
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "damage", [None, "", '{"outputs": ', "garbage", "{}", "[]", "null", "3", '{"device": {"threads": 1}}']
)
def test_lost_or_damaged_provenance_does_not_stop_a_summary(tmp_path, capsys, damage):
    paths = write_devices(tmp_path, [DEVICE, DEVICE, DEVICE | {"gpus": ["GPU 3000"]}])
    locate_provenance(paths[0]).unlink()
    if damage is not None:
        locate_provenance(paths[0]).write_text(damage)
    warn_of_mixed_devices(paths[:2])
    assert capsys.readouterr().out == ""
    warn_of_mixed_devices(paths)
    assert capsys.readouterr().out.startswith("warning: made on different devices")


@pytest.mark.parametrize("device", [{}, {"threads": 1}, DEVICE | {"gpus": None}, DEVICE | {"gpus": [None]}])
def test_a_device_that_is_not_described_in_full_is_not_counted(tmp_path, device):
    assert count_devices(write_devices(tmp_path, [DEVICE, device])).total() == 1


def test_an_error_of_the_description_is_not_taken_for_a_damaged_provenance(tmp_path, monkeypatch):
    def fail(device):
        raise TypeError("planted")

    monkeypatch.setattr(device_counts, "describe_device", fail)
    with pytest.raises(TypeError, match="planted"):
        count_devices(write_devices(tmp_path, [DEVICE]))
