"""A headless Chromium for the tests of the report's page.

python -m tests.report.browser REPORT PICTURE takes a picture of a report's first screen.
"""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright


class BrowserError(Exception):
    """An error that tells the user why there is no browser."""


def find_chromium() -> str:
    """Find Chromium's program. Raises BrowserError if there is none."""
    program = shutil.which("chromium")
    if not program:
        raise BrowserError("there is no Chromium; as root on Debian, make packages installs it")
    return program


@contextmanager
def start_browser() -> Iterator[Browser]:
    """Start a headless Chromium."""
    # Chromium's sandbox does not work for root and in most containers. It is not needed, as we made the page ourselves.
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        yield browser
        browser.close()


def take_picture(report: Path, picture: Path) -> None:
    """Take a picture of a report's first screen, with the width of a page of text."""
    with start_browser() as browser:
        page = browser.new_page(viewport={"width": 1040, "height": 900})
        page.goto(report.resolve().as_uri())
        page.screenshot(path=picture)


if __name__ == "__main__":
    take_picture(*map(Path, sys.argv[1:]))
