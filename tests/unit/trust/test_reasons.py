"""Test what is a reason to make a result again, on temporary projects and on the real one."""

import ast
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from mnist_study.errors import StudyError
from mnist_study.plan import study
from mnist_study.plan.config import check_config
from mnist_study.trust import reasons
from mnist_study.trust.reasons import (
    ROOT,
    digest_module,
    digest_script,
    explain_change,
    format_reasons,
    format_settings,
    list_imports,
    list_modules,
    list_packages,
    list_reasons,
)

SCRIPTS = sorted(path.stem for path in (ROOT / "workflow/mnist_study/scripts").glob("*.py"))
ASKS_MODELS = ("train_", "score_", "evaluate_", "denoise_gallery", "sample_decoder", "find_worst_digits")
SETTINGS = {"dataset": "mnist", "epochs": 40, "l2": 1e-6, "layers": [{"dense": 64}, {"dropout": 0.5}]}

MODULE = """
LIMIT = 3


def count(values):
    return sum(value > LIMIT for value in values)
"""


def test_the_data_of_a_users_own_images_are_known_by_their_digest():
    settings = {"dataset": "shapes", "images": {"sha256": "0123456789abcdef" * 4}}
    assert reasons.find_data(settings) == {"shapes": "01234567"}
    assert reasons.format_data(settings) == "data shapes: 01234567"


# All constructs whose syntax trees differ, or could differ, between versions of Python.
CONSTRUCTS = '''
from __future__ import annotations
import asyncio as loop, json
Pair: tuple[int, "str"] = 1, u"ä \\N{GREEK SMALL LETTER ALPHA} 中 \\U0001FAE8"
numbers = [0x10, 1_000, 1e-6, 2j, -0.0, 10**400, ..., None, True, b"\\xff", *[], {**{}, "a": 1}, {1, 2}, a[1:2, ::3]]


@cache
@decorate(1, *values, key=None, **more)
class Shape(Base, metaclass=Meta):
    """What it is."""

    side: float
    __slots__ = ()


def scale(value, /, by=(lambda x=1, *, y=None: x or y), *rest: int, only, other=None, **named) -> dict[str, int]:
    \'\'\'What it does.\'\'\'
    text = f"{value}" f"{value=} {value!r:>{by}} {{{value:{by}.{rest}f}}}" "and" f"{'a' if value else f'{by:}'}" ""
    global count
    if (n := len(text)) > 10 and not n < 20 <= 30 is not None:
        return [x async for x in rest if x if not x], {k: v for k, v in named}, (y for y in rest), f""
    for x, (y, *z) in rest:
        del z[0], x.y
        continue
    else:
        assert value, "none"
    while True:
        break
    try:
        raise ValueError from None
    except* (TypeError, ValueError) as error:
        x @= ~y
    finally:
        pass
    match value:
        case {"a": [1, *_, Shape(side=-1.5)], **rest} | None if x:
            pass
        case [str() as name, "b" | _]:
            pass


async def wait():
    """Wait."""
    async with open() as file, other:
        await file
    async for x in y:
        yield x
    nonlocal_ = (yield), lambda: (yield from z)
'''
PYTHONS = {
    version: next(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"), None) or shutil.which(f"python{version}")
    for version in ("3.11", "3.12", "3.13", "3.14")
}
DIGEST_ALL = """
import json, sys
from mnist_study.trust.reasons import ROOT, digest_module, list_modules
scripts = sorted(path.stem for path in (ROOT / "workflow/mnist_study/scripts").glob("*.py"))
modules = sorted({name for script in scripts for name in list_modules(f"mnist_study.scripts.{script}")})
print(json.dumps({name: digest_module(name) for name in modules}))
"""


def clear_caches():
    for function in vars(reasons).values():
        if hasattr(function, "cache_clear"):
            function.cache_clear()


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Replace the real project by a project of this test. Give a function that writes one of its modules."""
    monkeypatch.setattr(reasons, "SOURCES", tmp_path / "workflow")

    def write(name, source):
        path = tmp_path / "workflow/mnist_study" / f"{name.replace('.', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
        clear_caches()

    clear_caches()
    yield write
    clear_caches()


def digest(project, source):
    project("lib.counting", source)
    return digest_module("mnist_study.lib.counting")


@pytest.mark.parametrize(
    "same",
    [
        MODULE.replace("LIMIT = 3", "# Three is enough.\nLIMIT = 3  # three"),
        '"""Count."""\n' + MODULE,
        MODULE.replace("    return", '    """Count the values above the limit."""\n    return'),
        MODULE.replace(
            "sum(value > LIMIT for value in values)", "sum(\n        value>LIMIT\n        for value in values\n    )"
        ),
        "\n\n" + MODULE + "\n\n",
    ],
    ids=["comment", "module docstring", "docstring", "format", "empty lines"],
)
def test_a_change_that_changes_nothing_is_no_reason(project, same):
    assert digest(project, same) == digest(project, MODULE)


def test_the_docstring_of_an_async_function_or_a_class_is_no_reason(project):
    source = "async def wait():\n    await ready\n\n\nclass Shape:\n    side = 1\n"
    documented = source.replace("    await", '    """Wait."""\n    await').replace(
        "    side", '    """One."""\n    side'
    )
    assert digest(project, documented) == digest(project, source)


@pytest.mark.parametrize(
    "other",
    [
        MODULE.replace("3", "4"),
        MODULE.replace("3", "3.0"),
        MODULE.replace(">", ">="),
        MODULE.replace("sum", "max"),
        MODULE.replace("    return", '    print("counting")\n    return'),
        MODULE.replace("    return", "    return 0\n    return"),
    ],
    ids=["number", "type", "comparison", "function", "text", "line"],
)
def test_a_change_of_what_a_module_does_is_a_reason(project, other):
    assert digest(project, other) != digest(project, MODULE)


def test_every_construct_has_the_digest_that_other_versions_of_python_give_it(project):
    assert digest(project, CONSTRUCTS) == "189787c5"


@pytest.mark.parametrize("version", PYTHONS)
def test_the_code_has_the_same_digests_under_every_python(project, version, tmp_path):
    if not PYTHONS[version]:
        pytest.skip(f"Python {version} is not here")
    project("scripts.try_all", CONSTRUCTS)
    shutil.copytree(ROOT / "workflow", tmp_path / "workflow", dirs_exist_ok=True)
    digests = {}
    for python in (sys.executable, PYTHONS[version]):
        command = [python, "-c", DIGEST_ALL]
        environment = os.environ | {"PYTHONPATH": str(tmp_path / "workflow")}
        run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert run.returncode == 0, run.stderr
        digests[python] = json.loads(run.stdout)
    ours, theirs = digests.values()
    assert ours == theirs
    assert {"mnist_study", "mnist_study.scripts.try_all", "mnist_study.nets.training"} <= set(ours)


def test_the_code_of_a_package_above_a_module_is_a_reason(project):
    project("scripts.train", "from mnist_study.lib.loop import run")
    project("lib.loop", "")
    project("lib.__init__", "")
    before = list_reasons("train", {})
    project("lib.__init__", "import mnist_study.lib.seeding")
    project("lib.seeding", "SEED = 1")
    changes = explain_change(before, list_reasons("train", {}))
    assert [change.partition(":")[0] for change in changes] == ["code lib", "code lib.seeding"]


def test_imports_are_followed_however_they_are_written(project):
    project("scripts.train", "import json\nfrom mnist_study.lib import loop\nimport mnist_study.lib.files as files")
    project("lib.loop", "def run():\n    from mnist_study.lib.seeding import draw\n    return draw()")
    project("lib.seeding", "import numpy\nif numpy:\n    import mnist_study.lib.deep")
    project("lib.deep", "from mnist_study.lib.loop import run  # a circle")
    project("lib.files", "")
    project("lib.unused", "import mnist_study.lib.loop")
    assert list_modules("mnist_study.scripts.train") == [
        "mnist_study.lib.deep",
        "mnist_study.lib.files",
        "mnist_study.lib.loop",
        "mnist_study.lib.seeding",
        "mnist_study.scripts.train",
    ]


def test_a_change_of_an_imported_module_is_a_reason_and_of_another_is_none(project):
    project("scripts.train", "from mnist_study.lib.loop import run")
    project("lib.loop", "from mnist_study.lib.seeding import draw")
    project("lib.seeding", "SEED = 1")
    project("lib.unused", "SEED = 1")
    before = list_reasons("train", {})
    project("lib.unused", "SEED = 2")
    assert list_reasons("train", {}) == before
    project("lib.seeding", "SEED = 2")
    [change] = explain_change(before, list_reasons("train", {}))
    assert change.startswith("code lib.seeding: ")


def test_packages_are_those_that_the_modules_behind_a_script_import(project):
    project("scripts.train", "import json\nfrom mnist_study.lib.loop import run")
    project("lib.loop", "def run():\n    import yaml\n    from numpy.random import default_rng")
    packages = list_packages("train")
    assert set(packages) == {"numpy", "yaml"}
    assert packages["numpy"] == __import__("numpy").__version__


def test_each_module_and_package_is_a_parameter_that_names_itself():
    parameters = format_reasons("code", {"lib.training": "01234567"}) | format_reasons("packages", {"keras": "3.15.1"})
    assert parameters == {
        "code_lib_training": "code lib.training: 01234567",
        "packages_keras": "packages keras: 3.15.1",
    }


def test_settings_are_written_in_one_way_whatever_their_order():
    assert format_settings(SETTINGS) == format_settings(dict(reversed(SETTINGS.items())))


def test_values_that_trade_places_are_told_apart():
    assert format_settings({"epochs": 64, "batch_size": 10}) != format_settings({"epochs": 10, "batch_size": 64})


@pytest.mark.parametrize(
    "name, text", [("lib.loop", "STEPS = 2"), ("scripts.train", "from mnist_study.lib import loop, other")]
)
def test_a_script_is_another_when_a_module_behind_it_is(project, name, text):
    project("scripts.train", "from mnist_study.lib import loop")
    project("lib.loop", "STEPS = 1")
    project("lib.other", "")
    before = digest_script("train")
    project(name, text)
    assert digest_script("train") != before


def test_a_script_is_another_when_a_package_behind_it_is(project, monkeypatch):
    project("scripts.train", "import numpy")
    before = digest_script("train")
    clear_caches()
    monkeypatch.setattr(reasons, "version", lambda package: "99.0")
    assert digest_script("train") != before


def test_a_module_that_is_no_longer_imported_is_a_change():
    before, now = {"code": {"lib.gone": "01234567"}}, {"code": {}}
    assert explain_change(before, now) == ['code lib.gone: "01234567" -> null']


def test_a_setting_deep_inside_is_explained_by_its_own_name():
    before, now = ({"settings": {"run": {"epochs": epochs, "seed": 7}}} for epochs in (40, 41))
    assert explain_change(before, now) == ["settings run epochs: 40 -> 41"]


def test_a_changed_setting_is_explained_by_both_values():
    before, now = (list_reasons("train_classifier", SETTINGS | {"epochs": epochs}) for epochs in (40, 41))
    assert explain_change(before, now) == ["settings epochs: 40 -> 41"]


def find_modules(script):
    return {module.removeprefix("mnist_study.") for module in list_modules(f"mnist_study.scripts.{script}")}


def find_packages(script):
    modules = list_modules(f"mnist_study.scripts.{script}")
    return {name.split(".")[0] for module in modules for name in list_imports(module)}


def test_a_package_that_is_not_installed_is_named(project):
    project("scripts.tell", "import nowhere\n")
    with pytest.raises(StudyError, match="the package nowhere is not installed"):
        list_packages("tell")


def test_a_folder_of_texts_that_a_script_imports_counts_with_all_its_files(project, tmp_path):
    project("scripts.tell", "from mnist_study import texts\nfrom mnist_study.lib import count\n")
    project("lib.count", MODULE)
    text = tmp_path / "workflow/mnist_study/texts/captions/one.rst"
    text.parent.mkdir(parents=True)
    digests = []
    for words in ("One.", "One!"):
        text.write_text(words)
        text.with_name(".one.rst.swp").write_bytes(b"\xff")  # an editor's swap file
        clear_caches()
        digests.append(reasons.digest_code("tell"))
    assert digests[0].keys() == {"lib.count", "scripts.tell", "texts"}
    assert digests[0]["texts"] != digests[1]["texts"]
    assert digests[0]["lib.count"] == digests[1]["lib.count"]


def test_a_classifier_depends_on_its_training_and_on_no_figure_or_autoencoder():
    modules = find_modules("train_classifier")
    assert {"nets.training", "nets.classifiers", "seeding", "data.datasets", "scripts.train_classifier"} <= modules
    assert not {"show.figures", "nets.autoencoders", "show.recipes", "show.tables", "trust.metrics_reader"} & modules


def test_an_autoencoder_depends_on_no_classifier():
    modules = find_modules("train_autoencoder")
    assert {"nets.training", "nets.autoencoders", "data.noise"} <= modules
    assert "nets.classifiers" not in modules


@pytest.mark.parametrize("script", [script for script in SCRIPTS if not script.startswith("train_")])
def test_an_edit_of_the_training_reruns_trainings_alone(script):
    assert not {"nets.training", "nets.classifiers"} & find_modules(script)


@pytest.mark.parametrize("script", [script for script in SCRIPTS if script.startswith(("plot_", "summarize_"))])
def test_a_table_or_figure_computes_nothing_anew(script):
    assert not {"data.datasets", "data.noise", "nets.autoencoders", "nets.trained_models"} & find_modules(script)


@pytest.mark.parametrize("script", SCRIPTS)
def test_only_scripts_that_ask_models_wait_for_tensorflow(script):
    assert bool({"keras", "tensorflow"} & find_packages(script)) == script.startswith(ASKS_MODELS)


def test_no_module_imports_in_a_way_that_the_reasons_do_not_see():
    for path in sorted((ROOT / "workflow").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            assert not (isinstance(node, ast.ImportFrom) and node.level), f"{path.name} imports relatively"
            assert not (isinstance(node, ast.Name) and node.id in ("__import__", "importlib")), path.name


def time_reasons(config):
    """Measure the processor seconds of the Snakefile's work for all scripts and for each run of the sweep."""
    clear_caches()
    start = time.process_time()
    for script in SCRIPTS:
        digest_script(script)
    for setting in study.list_settings(config, "regularized"):
        for replicate in study.list_replicates(config, "regularized"):
            run = study.name_run("regularized", setting, replicate)
            format_settings(study.train_classifier(config, run))
    return time.process_time() - start


def time_settings(config):
    """Measure the processor seconds that the settings of 15,000 runs take as JSON alone."""
    settings = study.train_classifier(config, study.name_first_run(config, "regularized"))
    start = time.process_time()
    for _ in range(15_000):
        json.dumps(settings, sort_keys=True)
    return time.process_time() - start


def test_the_reasons_of_15000_jobs_take_less_than_20_times_what_their_settings_take_as_json():
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    config["classifiers"]["regularized"] |= {"sweep": {"l2": [1e-6 * n for n in range(1, 1501)]}, "replicates": 10}
    config = check_config(config)
    assert min(time_reasons(config) / time_settings(config) for _ in range(3)) < 20
