"""A headless Chromium for the tests of the report's page; Debian's, installed where it is not and can be."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

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
