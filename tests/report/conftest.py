"""Shared by tests of the report's page: a browser, and the pages of a finished, an unfinished and a large study."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml
from playwright.sync_api import Page, expect

from mnist_study.plan.config import check_config
from mnist_study.plan.contents import list_contents
from mnist_study.plan.study import make_report
from mnist_study.scripts.make_report import make_page
from mnist_study.trust.reasons import ROOT
from tests.made_studies import write_tables
from tests.report.browser import BrowserError, find_chromium, start_browser

PHONE, DESK = 375, 1440
# A finished report in the width of a phone and of a desktop screen, and each other kind in one of them.
VIEWS = [
    pytest.param((kind, width), id=f"{kind}-{width}", marks=[] if kind == "finished" else pytest.mark.thorough)
    for kind, width in [("finished", PHONE), ("finished", DESK), ("unfinished", PHONE), ("large", DESK)]
]


@pytest.fixture(scope="module")
def browser():
    """A headless Chromium that all tests use."""
    try:
        find_chromium()
    except BrowserError as error:
        pytest.skip(f"tests of the report in a browser are left out: {error}")
    with start_browser() as browser:
        yield browser


@pytest.fixture(scope="session")
def finished_report(demo) -> Path:
    """The report of the demo."""
    return demo[0] / "report.html"


@pytest.fixture(scope="session")
def unfinished_report(finished_study, run_python, tmp_path_factory) -> Path:
    """The report of a study with one missing run and one damaged figure."""
    study = shutil.copytree(finished_study, tmp_path_factory.mktemp("unfinished") / "study")
    (study / "results/classifiers/regularized/l2~0.01/replicate~2.json").unlink()
    (study / "results/figures/gallery/gallery.svg").write_text("<svg")
    run = run_python(study, "report_study")
    assert run.returncode == 0, run.stdout
    return study / "results/report_unfinished.html"


@pytest.fixture(scope="session")
def large_report(tmp_path_factory) -> Path:
    """The report of a study whose sweep has 1,500 runs, with validation images held out. It has tables alone."""
    folder = tmp_path_factory.mktemp("large")
    config = yaml.safe_load((ROOT / "config.yaml").read_text()) | {"validation": 10_000}
    factors = [float(f"{factor:.2g}") for factor in np.geomspace(1e-6, 1e-2, 30)]
    config["classifiers"]["regularized"] |= {"sweep": {"l2": factors}, "replicates": 50}
    config = check_config(config)
    write_tables(config, folder)
    contents = list_contents(config, config["dataset"]["name"])
    gaps = {path: "it is not there" for path in contents if not (folder / path).exists()}
    report = folder / "report.html"
    report.write_text(make_page(make_report(config, None), folder, gaps, progress=None))
    return report


@pytest.fixture(scope="module", params=VIEWS)
def view(request, browser) -> tuple[Page, list[str]]:
    """A report in the browser with all its parts loaded, and its errors and requests. There should be none of these."""
    kind, width = request.param
    path = request.getfixturevalue(f"{kind}_report")
    context = browser.new_context(viewport={"width": width, "height": 900}, offline=True)
    page = context.new_page()
    misdeeds = []
    page.on("console", lambda message: misdeeds.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: misdeeds.append(f"error: {error}"))
    page.on(
        "request",
        lambda request: (
            request.url.startswith(("data:", "blob:"))
            or request.url == path.as_uri()
            or misdeeds.append(f"request: {request.url}")
        ),
    )
    page.goto(path.as_uri())
    expect(page.locator("main table[id$='-table']:not(.dataTable)")).to_have_count(0, timeout=60_000)
    expect(page.locator(".interactive .plotly-graph-div:not(:has(.main-svg))")).to_have_count(0, timeout=60_000)
    yield page, misdeeds
    context.close()
    assert misdeeds == []
