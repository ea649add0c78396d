"""Test the report's page in a real browser, on a phone and on a desktop: of finished, unfinished and large studies."""

import io
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Locator, Page, expect

FOCUSABLE = "a[href], button, input, select, summary, [tabindex='0']"
SMALLEST = 13  # pixels


def open_all(page: Page) -> None:
    """Open all folded parts, also those that close each other."""
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.removeAttribute('name'); d.open = true })")


def count_colors(locator: Locator) -> int:
    image = Image.open(io.BytesIO(locator.screenshot()))
    return len(image.getcolors(maxcolors=image.width * image.height))


def read_column(table: Locator, column: int) -> list[str]:
    return [cell.inner_text() for cell in table.locator(f"tbody tr td:nth-child({column})").all()]


def test_no_error_and_no_request(view):
    page, misdeeds = view
    page.mouse.wheel(0, 20_000)
    page.wait_for_timeout(200)
    assert misdeeds == []


def test_every_section_opens_from_the_navigation(view):
    page, _ = view
    links = page.locator("nav a").all()
    assert len(links) >= 6
    for link in links:
        link.click()
        section = page.locator(link.get_attribute("href"))
        assert section.get_by_role("heading").first.is_visible()
        assert section.bounding_box()["y"] < 200


def test_every_model_opens_and_closes_the_others(view):
    page, _ = view
    models = page.locator("details.model")
    assert models.count() >= 3
    for model in models.all():
        if model.get_attribute("open") is None:
            model.locator("> summary").click()
        assert model.locator("math").is_visible()
        assert page.locator("details.model[open]").count() == 1


def test_every_picture_is_visible_and_not_empty_and_has_a_text(view):
    page, _ = view
    open_all(page)
    pictures = page.locator("img").all()
    assert pictures or page.locator(".gap").count()
    for picture in pictures:
        assert len(picture.get_attribute("alt")) > 10
        assert picture.is_visible()
        assert picture.evaluate("image => image.complete && image.naturalWidth > 100")
        assert count_colors(picture) > 2, picture.get_attribute("alt")


def test_every_interactive_figure_shows_curves(view):
    page, _ = view
    for figure in page.locator(".interactive").all():
        assert figure.locator(".trace").count() > 0
        assert count_colors(figure) > 2


def test_pointing_at_a_curve_shows_its_value(view):
    page, _ = view
    for figure in page.locator(".interactive").all():
        figure.evaluate("figure => figure.scrollIntoView({block: 'center'})")
        curve = figure.locator(".scatterlayer .trace").locator("path.point, path.js-line").first
        x, y = curve.evaluate(
            """path => {
                const start = path.getPointAtLength(0).matrixTransform(path.getScreenCTM());
                return [start.x, start.y]
            }"""
        )
        page.mouse.move(x + 1, y)
        page.mouse.move(x, y)
        label = figure.locator(".hoverlayer .hovertext").first
        label.wait_for(timeout=5000)
        assert re.search(r"\d\.\d{4}$", label.text_content())


def test_a_click_in_the_legend_switches_curves_off(view):
    page, _ = view
    figure = page.locator(".interactive").first
    figure.scroll_into_view_if_needed()
    before = figure.locator(".scatterlayer .trace").count()
    figure.locator(".legendtoggle").first.click()
    page.wait_for_timeout(600)  # Plotly waits for a possible double click
    hidden = figure.locator(".scatterlayer .trace").count()
    figure.locator(".legendtoggle").first.click()
    page.wait_for_timeout(600)
    assert hidden < before == figure.locator(".scatterlayer .trace").count()


def test_every_table_sorts(view):
    page, _ = view
    open_all(page)
    tables = page.locator("table.dataTable").all()
    assert tables
    for table in tables:
        header = table.locator("thead th").last
        for order in ("ascending", "descending"):
            header.click()
            expect(header).to_have_attribute("aria-sort", order)
        cells = [cell for cell in read_column(table, table.locator("thead th").count()) if cell]
        try:
            numbers = [float(cell.replace(",", "")) for cell in cells]
        except ValueError:
            continue
        assert numbers == sorted(numbers, reverse=True)


def test_every_table_filters(view):
    page, _ = view
    open_all(page)
    containers = page.locator(".dt-container").all()
    assert containers
    for container in containers:
        search = container.get_by_label("Search")
        search.fill("no such text")
        assert container.locator("tbody td.dt-empty").count() == 1
        search.fill("")
        assert container.locator("tbody td.dt-empty").count() == 0


def test_nothing_is_wider_than_the_screen_and_no_text_is_tiny(view):
    page, _ = view
    open_all(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    sizes = page.evaluate(
        """[...document.querySelectorAll('p, li, td, th, dt, dd, summary, figcaption, nav a, label')]
        .map(e => [parseFloat(getComputedStyle(e).fontSize), e.textContent.trim().slice(0, 40)])"""
    )
    assert [text for size, text in sizes if size < SMALLEST] == []


def test_everything_can_be_reached_by_keyboard(view):
    page, _ = view
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    expected = page.evaluate(
        f"""[...document.querySelectorAll("{FOCUSABLE}")]
        .filter(e => e.checkVisibility() && !e.disabled && e.tabIndex >= 0)
        .map((e, number) => (e.dataset.number = number))"""
    )
    reached = set()
    for _ in range(len(expected) + 5):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.dataset.number"))
    assert {str(number) for number in expected} - reached == set()


def test_axe_finds_no_serious_violation(view):
    page, _ = view
    open_all(page)
    violations = Axe().run(page).response["violations"]
    serious = [
        (each["id"], each["nodes"][0]["html"]) for each in violations if each["impact"] in ("serious", "critical")
    ]
    assert serious == []


@pytest.mark.thorough
@pytest.mark.parametrize("view", [("unfinished", 1440)], indirect=True, ids=["unfinished"])
def test_an_unfinished_study_says_what_is_missing(view):
    page, _ = view
    box = page.locator("#missing")
    assert "train_classifier (1): regularized l2~0.01 2: missing" in box.inner_text()
    assert "gallery.svg was changed after it was written" in box.inner_text()
    assert page.locator("#figures-gallery-gallery img").count() == 0
    assert "was changed after it was written" in page.locator("#figures-gallery-gallery .gap").inner_text()
    assert "Not known yet, as tables/classifiers/regularized/statistics.csv" in page.locator(".findings").inner_text()


@pytest.mark.thorough
@pytest.mark.parametrize("view", [("large", 1440)], indirect=True, ids=["large"])
def test_a_large_study_shows_every_run_in_its_table_and_a_sample_in_its_curves(view):
    page, _ = view
    # On the held-out images, and on the test images.
    assert "of 3,000 entries" in page.locator("#tables-classifiers-regularized-runs").inner_text()
    assert "60 of the 1,500 runs" in page.locator("#figures-classifiers-regularized-learning_curves").inner_text()


@pytest.mark.parametrize("view", [("finished", 1440)], indirect=True, ids=["finished"])
def test_print_shows_the_static_figures_and_no_controls(view):
    page, _ = view
    page.emulate_media(media="print")
    assert page.locator(".interactive:visible").count() == 0
    assert page.locator("nav:visible, .dt-search:visible").count() == 0
    assert page.locator("details.static img").first.is_visible()
    page.emulate_media(media="screen")
