"""Test that the files that pin packages agree with each other and with pyproject.toml."""

import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT, DEVELOPMENT = PYPROJECT["project"], PYPROJECT["dependency-groups"]["dev"]
EXTRAS = PROJECT["optional-dependencies"]
X86 = {"sys_platform": "linux", "platform_machine": "x86_64"}
PLATFORMS = [X86, X86 | {"platform_machine": "aarch64"}, {"sys_platform": "darwin", "platform_machine": "arm64"}]
PLATFORM_NAMES = ["linux-x86-64", "linux-arm64", "macos-arm64"]


def read_lock(name: str) -> list[Requirement]:
    """Read the packages that a lock file pins."""
    return parse(re.findall(r"^[^\s#].*?(?= \\$)", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE))


def read_conda() -> list[Requirement]:
    """Read the packages that pip installs into the conda environment."""
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    return parse(environment["dependencies"][-1]["pip"])


def parse(lines: list[str]) -> list[Requirement]:
    requirements = [Requirement(line) for line in lines]
    assert requirements
    return requirements


def find_versions(requirements: list[Requirement], platform: dict[str, str] | None = None) -> dict[str, str]:
    """Find the only version of each package, on one platform or on all."""
    chosen = [each for each in requirements if not platform or not each.marker or each.marker.evaluate(platform)]
    assert all(re.fullmatch(r"==[^*]+", str(each.specifier)) for each in chosen)
    assert [name for name, count in Counter(each.name for each in chosen).items() if count > 1] == []
    return {canonicalize_name(each.name): str(each.specifier).removeprefix("==") for each in chosen}


def list_wanted(platform: dict[str, str], *lists: list[str]) -> list[Requirement]:
    """List the packages that pyproject.toml requires on a platform."""
    wanted = [Requirement(line) for lines in lists for line in lines]
    return [each for each in wanted if not each.marker or each.marker.evaluate(platform)]


def find_unmet(wanted: list[Requirement], versions: dict[str, str]) -> list[str]:
    names = {each: canonicalize_name(each.name) for each in wanted}
    return [str(each) for each, name in names.items() if not each.specifier.contains(versions.get(name, "0"))]


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-gpu.lock"])
def test_a_lock_has_one_version_of_each_package_and_a_hash(name):
    assert len(find_versions(read_lock(name))) == len(read_lock(name))
    entries = re.split(r"\n(?=[^\s#])", (ROOT / name).read_text(encoding="utf-8"))
    assert [entry for entry in entries[1:] if "--hash=sha256:" not in entry] == []


def test_versions_do_not_depend_on_python():
    """Results record versions. If another Python had other versions, all results would be made again."""
    markers = [str(each.marker) for each in [*read_lock("requirements.lock"), *read_conda()] if each.marker]
    assert [marker for marker in markers if re.search(r"python_(full_)?version", marker)] == []


@pytest.mark.parametrize("platform", PLATFORMS, ids=PLATFORM_NAMES)
def test_the_lock_has_all_that_the_project_asks_for(platform):
    wanted = list_wanted(platform, PROJECT["dependencies"], EXTRAS["cpu"], DEVELOPMENT)
    assert find_unmet(wanted, find_versions(read_lock("requirements.lock"), platform)) == []


@pytest.mark.parametrize("platform", PLATFORMS, ids=PLATFORM_NAMES)
def test_conda_gets_the_versions_of_the_lock(platform):
    conda = find_versions(read_conda(), platform)
    lock = find_versions(read_lock("requirements.lock"), platform)
    assert {name: version for name, version in conda.items() if lock.get(name) != version} == {}
    wanted = list_wanted(platform, PROJECT["dependencies"], EXTRAS["cpu"])
    assert find_unmet(wanted, conda) == []


@pytest.mark.parametrize("platform", PLATFORMS, ids=PLATFORM_NAMES)
def test_there_is_one_build_of_tensorflow(platform):
    builds = [name for name in find_versions(read_lock("requirements.lock"), platform) if name.startswith("tensorflow")]
    assert builds == (["tensorflow-cpu"] if platform == X86 else ["tensorflow"])


def test_the_lock_for_gpus_has_the_same_tensorflow_and_nothing_that_is_in_the_other():
    gpu = find_versions(read_lock("requirements-gpu.lock"), X86)
    lock = find_versions(read_lock("requirements.lock"), X86)
    assert gpu["tensorflow"] == lock["tensorflow-cpu"]
    assert gpu.keys() & lock.keys() == set()
    assert find_unmet(list_wanted(X86, EXTRAS["gpu"]), gpu) == []


def test_conda_takes_a_python_that_the_project_allows():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    python = Requirement(environment["dependencies"][0].replace("=", "==") + ".*")
    allowed = Requirement(f"python{PROJECT['requires-python']}").specifier
    version = str(python.specifier).removeprefix("==").removesuffix(".*")
    assert allowed.contains(f"{version}.0")
