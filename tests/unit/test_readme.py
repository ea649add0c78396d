"""Test the pages of the documentation: the targets of their links, their commands and their files must exist."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

from mnist_study.trust.reasons import ROOT

PAGES = sorted(page for folder in (".", "config", "docs", "results") for page in (ROOT / folder).glob("*.md"))
LINK = re.compile(r"\]\(([^)\s]+)\)")
# Paths between backticks, relative to the repository's root. Words in capitals are placeholders.
FOLDERS = ("benchmarks", "docs", "profiles", "studies", "tests", "workflow")
PATH = re.compile(rf"`((?:{'|'.join(FOLDERS)})/[\w./-]*\w)`")
LENGTH = 120

pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def list_anchors(page: Path) -> set[str]:
    """List the anchors that GitHub gives to a page's headings."""
    headings = re.findall(r"^#+ (.*)$", read(page), re.MULTILINE)
    shown = [re.sub(r"\[(.*?)\]\(.*?\)", r"\1", heading).lower() for heading in headings]
    return {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in shown}


def list_code(page: Path) -> str:
    """List the lines of a page's indented blocks, and its text between backticks."""
    text = read(page)
    return "\n".join([*re.findall(r"^ {4,}(.*)$", text, re.MULTILINE), *re.findall(r"`([^`]+)`", text)])


def test_every_page_is_linked_from_the_readme():
    targets = {target.partition("#")[0] for target in LINK.findall(read(ROOT / "README.md"))}
    assert {str(page.relative_to(ROOT)) for page in PAGES} - {"README.md", "config/README.md"} <= targets


def test_the_readme_is_short_and_shows_the_two_commands():
    text = read(ROOT / "README.md")
    assert len(text.splitlines()) <= 110
    assert re.findall(r"^    make (\w+)", text, re.MULTILINE) == ["run", "test"]


@pages
def test_links_lead_to_files_and_headings_that_exist(page):
    for target in LINK.findall(read(page)):
        if target.startswith("https://"):
            continue
        name, _, anchor = target.partition("#")
        file = page.parent / name if name else page
        assert file.exists(), target
        assert not anchor or anchor in list_anchors(file), target


@pages
def test_files_that_are_named_exist(page):
    if page == ROOT / "CHANGELOG.md":
        return  # it names files of earlier versions
    for name in PATH.findall(read(page)):
        assert re.search("NAME|SHELF|SCRIPT", name) or (ROOT / name).exists(), name


def test_the_version_is_the_same_wherever_it_stands():
    version = tomllib.loads(read(ROOT / "pyproject.toml"))["project"]["version"]
    citation = yaml.safe_load(read(ROOT / "CITATION.cff"))
    assert citation["version"] == version
    assert f"\n## {version} ({citation['date-released']})\n" in read(ROOT / "CHANGELOG.md")


@pages
def test_make_targets_that_are_named_exist(page):
    targets = set(re.findall(r"^([\w./-]+):", read(ROOT / "Makefile"), re.MULTILINE))
    named = set(re.findall(r"^make (?:[A-Z]+=\S+ )*([a-z.][\w./-]*)", list_code(page), re.MULTILINE))
    assert named - targets == set()


@pages
def test_commands_that_are_named_exist(page):
    code = list_code(page)
    for name in re.findall(r"python workflow (\w+)", code):
        assert list((ROOT / "workflow/mnist_study").glob(f"*/{name}.py")), name
    for name in re.findall(r"python -m benchmarks\.(\w+)", code):
        assert (ROOT / f"benchmarks/{name}.py").exists(), name


@pages
def test_every_dry_run_names_the_profile_by_which_the_run_would_decide(page):
    commands = [command for command in re.findall(r"^snakemake .*", list_code(page), re.MULTILINE) if " -n" in command]
    assert all("--profile profiles/" in command for command in commands)
    assert commands or page != ROOT / "README.md"


@pages
def test_lines_are_not_too_long(page):
    free = ("|", "#", "    ")  # tables, headings, code
    lines = [line for line in read(page).splitlines() if len(line) > LENGTH and not line.startswith(free)]
    assert lines == []
