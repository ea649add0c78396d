"""The reasons for which a result is made again: its settings, its code, its packages, its data.

Each is a readable parameter of its job, which Snakemake records, compares and prints. The Snakefile imports this
module in every job, so it stands on the standard library alone.
"""

import ast
import json
import sys
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, distributions, version
from pathlib import Path

from mnist_study.data.dataset_digests import IDX_DIGESTS
from mnist_study.errors import StudyError

SOURCES = Path(__file__).parents[2]
ROOT = SOURCES.parent
PROJECT = "mnist_study"
SHOWN = 8
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)

Reasons = dict[str, dict]


def list_reasons(script: str, settings: dict) -> Reasons:
    """List the reasons of a job that runs `script` with `settings`, by kind and name.

    "settings": as given. "code": a digest for each module of this project that the script imports, however
    indirectly. "packages": the installed version of each package that those import. "data": a digest of the data set
    that settings["dataset"] names, if any.
    """
    return {
        "settings": settings,
        "code": digest_code(script),
        "packages": list_packages(script),
        "data": find_data(settings),
    }


def find_data(settings: dict) -> dict[str, str]:
    """Find the digest of the data set that settings name, if any, by its name."""
    return {settings["dataset"]: digest_dataset(settings["dataset"])} if "dataset" in settings else {}


def format_settings(settings: dict) -> str:
    """Format settings as canonical JSON."""
    return json.dumps(settings, sort_keys=True)


def format_data(settings: dict) -> str:
    """Format the digest of the data set that settings name: "data mnist: 1a2b3c4d", nothing where there is none."""
    return "".join(format_reasons("data", find_data(settings)).values())


def format_reasons(kind: str, named: dict[str, str]) -> dict[str, str]:
    """Format the reasons of another kind as parameters of a rule: {"packages_keras": "packages keras: 3.15.1"}."""
    return {f"{kind}_{name}".replace(".", "_"): f"{kind} {name}: {value}" for name, value in named.items()}


@cache
def digest_script(script: str) -> str:
    """Digest a script's code and packages: what a job must find as it was when it was submitted."""
    return shorten(json.dumps([digest_code(script), list_packages(script)]))


def explain_change(before: Reasons, now: Reasons) -> list[str]:
    """Explain what differs, a line for each reason: "settings epochs: 40 -> 41"."""
    if json.dumps(before, sort_keys=True) == json.dumps(now, sort_keys=True):
        return []  # at once: this is asked about each of thousands of files
    old, new = flatten(before), flatten(now)
    return [
        f"{name}: {old.get(name, 'null')} -> {new.get(name, 'null')}"
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    ]


def flatten(reasons: Reasons) -> dict[str, str]:
    """Flatten reasons to the JSON of each value: {"settings run epochs": "40"}."""
    flat = {}
    for name, value in reasons.items():
        if isinstance(value, dict):
            flat |= {f"{name} {inner}": text for inner, text in flatten(value).items()}
        else:
            flat[name] = json.dumps(value, sort_keys=True)
    return flat


@cache
def digest_code(script: str) -> dict[str, str]:
    """Digest each module and each folder of texts that a script imports, by its name below the project."""
    modules = list_modules(f"{PROJECT}.scripts.{script}")
    texts = {name for module in modules for name in list_imports(module) if is_texts(name)}
    digests = {module: digest_module(module) for module in modules} | {name: digest_texts(name) for name in texts}
    return {name.removeprefix(f"{PROJECT}."): digests[name] for name in sorted(digests)}


@cache
def list_packages(script: str) -> dict[str, str]:
    """List the installed version of each package that a script and the modules of this project behind it import."""
    modules = list_modules(f"{PROJECT}.scripts.{script}")
    imported = {name.split(".")[0] for module in modules for name in list_imports(module)}
    packages = sorted(imported - set(sys.stdlib_module_names) - {PROJECT})
    return {package: find_version(package) for package in packages}


@cache
def find_version(package: str) -> str:
    """Find the installed version of an imported package; tensorflow, for one, comes in several distributions.

    Raises StudyError if it is not installed.
    """
    try:
        return version(package)
    except PackageNotFoundError:
        # Not packages_distributions, which reads the list of all installed files: 0.2 s in each job.
        for found in distributions():
            if package in (found.read_text("top_level.txt") or "").split():
                return found.version
        raise StudyError(f"the package {package} is not installed: install requirements.lock") from None


@cache
def digest_dataset(dataset: str) -> str:
    """Digest the digests of a data set's files."""
    return shorten(json.dumps(IDX_DIGESTS[dataset]))


def shorten(text: str) -> str:
    """Digest a text to what a person can compare."""
    return sha256(text.encode()).hexdigest()[:SHOWN]


@cache
def list_modules(module: str) -> list[str]:
    """List `module` and all modules of this project that it imports, however indirectly, by name.

    With a module, Python imports the `__init__.py` of each package above it.
    """
    found = {module}
    waiting = [module]
    while waiting:
        imports = list_imports(waiting.pop())
        packages = {
            name.rsplit(".", depth)[0] for name in {module, *imports} for depth in range(1, name.count(".") + 1)
        }
        for name in imports | packages:
            if name not in found and find_source(name).is_file():
                found.add(name)
                waiting.append(name)
    return sorted(found)


@cache
def list_imports(module: str) -> set[str]:
    """List the names that a module imports, anywhere in it; `from a import b` counts as both a and a.b."""
    names = set()
    for node in ast.walk(parse_module(module)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


@cache
def digest_module(module: str) -> str:
    """Digest what a module does: its syntax tree, in which comments and formatting do not show, less docstrings."""
    return shorten(describe_syntax(parse_module(module)))


def describe_syntax(part: object) -> str:
    """Describe a part of a syntax tree in the same words under every version of Python, as ast.dump does not.

    Left out are the fields that one version fills in and another does not have, and the prefix u of a text.
    """
    if isinstance(part, list):
        return f"[{', '.join([describe_syntax(item) for item in part])}]"
    if not isinstance(part, ast.AST):
        return ascii(part)  # which characters repr escapes depends on the version
    fields = [(name, getattr(part, name, None)) for name in part._fields if name != "kind"]
    if isinstance(part, ast.JoinedStr):  # Python 3.12 has empty texts among the values
        fields = [("values", [value for value in part.values if getattr(value, "value", None) != ""])]
    told = [f"{name}={describe_syntax(value)}" for name, value in fields if value is not None and value != []]
    return f"{type(part).__name__}({', '.join(told)})"


@cache
def is_texts(name: str) -> bool:
    """Tell whether a name is that of a folder of this project which holds no code: templates, captions."""
    if not name.startswith(f"{PROJECT}."):
        return False
    folder = find_source(name).with_suffix("")
    return folder.is_dir() and not any(folder.glob("*.py"))


@cache
def digest_texts(name: str) -> str:
    """Digest all files of a folder of texts, with their names, but for the hidden ones that editors leave there."""
    folder = find_source(name).with_suffix("")
    files = {
        str(path.relative_to(folder)): path.read_text(encoding="utf-8")
        for path in folder.rglob("[!.]*")
        if path.is_file()
    }
    return shorten(json.dumps(files, sort_keys=True))


@cache
def parse_module(module: str) -> ast.Module:
    """Parse the source of a module of this project, less its docstrings."""
    tree = ast.parse(find_source(module).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:]
    return tree


def find_source(module: str) -> Path:
    """Find where the source of a module or package of this project lies; for another, a path that does not exist."""
    path = SOURCES / Path(*module.split("."))
    package = path / "__init__.py"
    return package if package.is_file() else path.with_suffix(".py")
