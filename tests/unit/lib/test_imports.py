"""Imports of large libraries without what they can do without."""

import gc
import subprocess
import sys

import pytest

from workflow.lib.imports import spare_imports

SPARED = {
    "workflow.lib.networks": {"matplotlib", "pandas"},
    "workflow.lib.figures": {"scipy.cluster", "scipy.stats"},
}


def list_imported(module):
    """List all modules that are there in a new Python once `module` is imported."""
    code = f"import sys, {module}; print(*sys.modules)"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


@pytest.mark.parametrize("module", SPARED)
def test_what_no_job_needs_is_not_imported(module):
    assert module in list_imported(module)
    assert not SPARED[module] & list_imported(module)


def test_what_is_spared_can_be_imported_later(monkeypatch):
    monkeypatch.delitem(sys.modules, "this", raising=False)
    with spare_imports("this"), pytest.raises(ImportError):
        import this
    import this

    assert this.s


def test_what_is_imported_already_stays():
    with spare_imports("pytest"):
        import pytest as again
    assert again is pytest
    assert sys.modules["pytest"] is pytest


def test_garbage_is_collected_again_afterwards():
    with pytest.raises(ImportError), spare_imports():
        assert not gc.isenabled()
        raise ImportError
    assert gc.isenabled()
