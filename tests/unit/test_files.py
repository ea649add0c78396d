import contextlib
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mnist_study.files import read_json, write_atomically
from mnist_study.trust.reasons import SOURCES


@pytest.mark.parametrize(
    "content",
    [b"", b'{"key": ', b"garbage", b"[]", b"null", b"3", b'"text"', b"\xff", pytest.param(b"[" * 100_000, id="deep")],
)
def test_what_is_no_json_object_is_an_error_of_the_value(content, tmp_path):
    path = tmp_path / "metrics.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"."):
        read_json(path)


def test_a_file_appears_complete_under_its_name(tmp_path):
    path = tmp_path / "table.csv"
    with write_atomically(path) as temporary:
        temporary.write_text("half")
        assert not path.exists()
        temporary.write_text("whole")
    assert path.read_text() == "whole"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), write_atomically(path) as temporary:
        temporary.write_text("half")
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_block_that_wrote_nothing_leaves_the_old_file(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("old")
    with pytest.raises(FileNotFoundError), write_atomically(path):
        pass
    assert path.read_text() == "old"


def test_a_full_disk_names_the_file_and_leaves_the_old_one_and_nothing_else(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("old")
    with pytest.raises(OSError, match=r"No space left on device: '.*/table\.csv'"), write_atomically(path) as temporary:
        temporary.write_text("half")
        Path("/dev/full").write_text("the other half")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


DIE_HALF_WAY = """
import os, signal, sys
from pathlib import Path
from mnist_study.files import write_atomically

with write_atomically(Path(sys.argv[1])) as temporary:
    temporary.write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def die_half_way(path):
    """Write half of a file in a process that is killed on the way."""
    ended = subprocess.run([sys.executable, "-c", DIE_HALF_WAY, path], cwd=SOURCES)
    assert ended.returncode == -signal.SIGKILL


def test_what_a_killed_write_leaves_is_gone_after_the_next(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("old")
    die_half_way(path)
    assert path.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 2
    with write_atomically(path) as temporary:
        temporary.write_text("whole")
    assert path.read_text() == "whole"
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_write_leaves_is_never_taken_for_a_result(tmp_path):
    path = tmp_path / "table.csv"
    die_half_way(path)
    with pytest.raises(FileNotFoundError), write_atomically(path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_write_that_cannot_end_leaves_nothing(tmp_path):
    path = tmp_path / "table.csv"
    path.mkdir()
    with pytest.raises(OSError), write_atomically(path) as temporary:
        temporary.write_text("whole")
    assert list(tmp_path.iterdir()) == [path]


def test_files_that_differ_in_their_suffix_are_written_side_by_side(tmp_path):
    names = ["1.json", "1.keras", "1.checkpoint.npz", "1.provenance.json"]
    with contextlib.ExitStack() as stack:
        for name in names:
            stack.enter_context(write_atomically(tmp_path / name)).write_text(name)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {name: name for name in names}


@pytest.mark.parametrize("name", ["images.npz", "autoencoder.keras", "1.checkpoint.npz"])
def test_the_temporary_name_keeps_the_suffix_and_the_folder(tmp_path, name):
    with write_atomically(tmp_path / name) as temporary:
        assert temporary.suffix == (tmp_path / name).suffix
        assert temporary.parent == tmp_path
        temporary.touch()
