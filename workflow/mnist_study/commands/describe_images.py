"""Describe your own images by the lines that stand for them in a config: python workflow describe_images PATH"""

import argparse
from contextlib import suppress
from pathlib import Path

from mnist_study.data.own_images import describe_own_images, read_own_images
from mnist_study.run.jobs import run_script


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path, help="an npz file or a folder of IDX files")
    path = parser.parse_args().path
    with suppress(RuntimeError):  # ~NAME of an unknown user: then the path is reported as missing
        path = path.expanduser()
    print(describe_own_images(read_own_images(path)))


if __name__ == "__main__":
    run_script(main)
