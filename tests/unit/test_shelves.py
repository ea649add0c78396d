"""Test what each shelf of the package may import: dependencies have one direction, and an edit reruns little."""

import pytest

from mnist_study.trust.reasons import SOURCES, list_imports

PACKAGE = SOURCES / "mnist_study"
# The shelves that the modules of a shelf may import, in addition to their own shelf and to modules on no shelf.
BELOW = {
    "plan": set(),
    "data": set(),
    "nets": {"data"},
    "trust": {"data"},
    "run": {"trust"},
    "show": {"plan"},
    "status": {"plan", "trust", "run"},
    "scripts": {"plan", "data", "nets", "trust", "run", "show"},
    "commands": {"plan", "data", "trust", "run", "show", "status", "scripts"},
}
# Modules on no shelf import none, except the modules that only the Snakefile imports.
LOOSE = {"rules": {"plan", "trust"}}


def list_shelves(module):
    """List the shelves that a module of the package imports."""
    parts = [name.split(".") for name in list_imports(module) if name.startswith("mnist_study.")]
    return {part[1] for part in parts} & BELOW.keys()


def test_every_module_lies_on_a_known_shelf():
    assert {path.parent.name for path in PACKAGE.glob("*/*.py")} == BELOW.keys()


@pytest.mark.parametrize("shelf", BELOW)
def test_a_shelf_imports_only_what_is_below_it(shelf):
    for path in sorted((PACKAGE / shelf).glob("*.py")):
        assert list_shelves(f"mnist_study.{shelf}.{path.stem}") <= BELOW[shelf] | {shelf}, path.name


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("*.py")), ids=lambda path: path.stem)
def test_a_module_on_no_shelf_imports_none(path):
    assert list_shelves(f"mnist_study.{path.stem}") <= LOOSE.get(path.stem, set())


def test_scripts_do_not_import_one_another():
    for path in sorted((PACKAGE / "scripts").glob("*.py")):
        assert "scripts" not in list_shelves(f"mnist_study.scripts.{path.stem}"), path.name


def test_dependencies_run_one_way():
    def climb(shelf, above):
        assert shelf not in above, f"{' -> '.join(above)} -> {shelf}"
        for below in BELOW[shelf]:
            climb(below, [*above, shelf])

    for shelf in BELOW:
        climb(shelf, [])
