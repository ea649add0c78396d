"""A headless Chromium for the tests of the report's page; Debian's, installed where it is not and can be.

python -m tests.report.browser REPORT PICTURE takes a picture of a report's first screen.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

INSTALL = ["apt-get", "install", "-y", "--no-install-recommends", "chromium"]


class BrowserError(Exception):
    """Why there is no browser, in words for the user."""


def find_chromium() -> str:
    """Find Chromium's program; as root on Debian, install it first where it is not. Raises BrowserError."""
    if not shutil.which("chromium") and os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"Installing {INSTALL[-1]}")
        subprocess.run(["apt-get", "update"], check=False, capture_output=True)
        subprocess.run(["env", "DEBIAN_FRONTEND=noninteractive", *INSTALL], check=False, capture_output=True)
    program = shutil.which("chromium")
    if not program:
        raise BrowserError(f"There is no Chromium: {' '.join(INSTALL)}")
    return program


@contextmanager
def start_browser() -> Iterator[Browser]:
    """Start a headless Chromium."""
    # Chromium's sandbox can't be had as root, nor in most containers; the page is our own.
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        yield browser
        browser.close()


def take_picture(report: Path, picture: Path) -> None:
    """Take a picture of a report's first screen, as wide as a page of text is read."""
    with start_browser() as browser:
        page = browser.new_page(viewport={"width": 1040, "height": 900})
        page.goto(report.resolve().as_uri())
        page.screenshot(path=picture)


if __name__ == "__main__":
    take_picture(*map(Path, sys.argv[1:]))
