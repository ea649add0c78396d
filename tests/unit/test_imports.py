"""Test imports of large libraries without the modules that they don't need."""

import gc
import subprocess
import sys

import pytest

from mnist_study.imports import spare_imports
from mnist_study.trust.reasons import SOURCES


def test_the_jobs_of_networks_import_no_library_that_they_do_not_need():
    scripts = [path.stem for path in (SOURCES / "mnist_study/scripts").glob("*.py") if ".nets." in path.read_text()]
    assert {"train_classifier", "train_autoencoder", "evaluate_noise_level"} <= set(scripts)
    code = f"import sys; from mnist_study.scripts import {', '.join(scripts)}; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], cwd=SOURCES, capture_output=True, text=True, check=True)
    imported = run.stdout.split()
    assert {"keras", "tensorflow"} <= set(imported)
    assert not {"matplotlib", "pandas", "scipy", "sklearn"} & set(imported)


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
