"""The reasons to make a result again: its settings, its code, its packages, its data.

Each reason is a readable parameter of its job, which Snakemake records, compares and prints. The Snakefile imports this
module in every job, so it imports the standard library only.
"""

import ast
import json
import sys
from collections.abc import Iterator
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
# The fields of syntax that hold statements.
BODIES = ("body", "orelse", "finalbody", "handlers", "cases")
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)

Reasons = dict[str, dict]


def list_reasons(script: str, settings: dict) -> Reasons:
    """List the reasons of a job that runs `script` with `settings`, by kind and name.

    "settings": as given. "code": a digest for each module of this project that the script imports, directly or
    indirectly. "packages": the installed version of each package that these modules import. "data": a digest of the
    data set that settings["dataset"] names, if any.
    """
    return {
        "settings": settings,
        "code": digest_code(script),
        "packages": list_packages(script),
        "data": find_data(settings),
    }


def find_data(settings: dict) -> dict[str, str]:
    """Find the digest of the data set that settings name, by the name of the data set; empty without one."""
    if "dataset" not in settings:
        return {}
    name = settings["dataset"]
    return {name: settings["images"]["sha256"][:SHOWN] if "images" in settings else digest_dataset(name)}


def format_settings(settings: dict) -> str:
    """Format settings as canonical JSON."""
    return json.dumps(settings, sort_keys=True)


def format_data(settings: dict) -> str:
    """Format the digest of the data set that settings name: "data mnist: 1a2b3c4d"; empty without one."""
    return "".join(format_reasons("data", find_data(settings)).values())


def format_reasons(kind: str, named: dict[str, str]) -> dict[str, str]:
    """Format the reasons of another kind as parameters of a rule: {"packages_keras": "packages keras: 3.15.1"}."""
    return {f"{kind}_{name}".replace(".", "_"): f"{kind} {name}: {value}" for name, value in named.items()}


@cache
def digest_script(script: str) -> str:
    """Digest a script's code and packages. A job refuses to run if they differ from those that were submitted."""
    return shorten(json.dumps([digest_code(script), list_packages(script)]))


def explain_change(before: Reasons, now: Reasons) -> list[str]:
    """Explain the differences, one line for each reason: "settings epochs: 40 -> 41"."""
    if json.dumps(before, sort_keys=True) == json.dumps(now, sort_keys=True):
        return []  # fast: this function is called for each of thousands of files
    old, new = flatten(before), flatten(now)
    return [
        f"{name}: {old.get(name, 'null')} -> {new.get(name, 'null')}"
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    ]


def flatten(reasons: Reasons) -> dict[str, str]:
    """Flatten reasons to the JSON of each value: {"settings run epochs": "40"}."""
    flat: dict[str, str] = {}
    for name, value in reasons.items():
        if isinstance(value, dict):
            flat |= {f"{name} {inner}": text for inner, text in flatten(value).items()}
        else:
            flat[name] = json.dumps(value, sort_keys=True)
    return flat


@cache
def digest_code(script: str) -> dict[str, str]:
    """Digest each module and each folder of texts that a script imports, by its name below the package."""
    modules = list_modules(f"{PROJECT}.scripts.{script}")
    texts = {name for module in modules for name in list_imports(module) if is_texts(name)}
    digests = {module: digest_module(module) for module in modules} | {name: digest_texts(name) for name in texts}
    return {name.removeprefix(f"{PROJECT}."): digests[name] for name in sorted(digests)}


@cache
def list_packages(script: str) -> dict[str, str]:
    """List the installed version of each package that a script, or a module of this project behind it, imports."""
    modules = list_modules(f"{PROJECT}.scripts.{script}")
    imported = {name.split(".")[0] for module in modules for name in list_imports(module)}
    packages = sorted(imported - set(sys.stdlib_module_names) - {PROJECT})
    return {package: find_version(package) for package in packages}


@cache
def find_version(package: str) -> str:
    """Find the installed version of an imported package. Some packages, such as tensorflow, have several distributions.

    Raises StudyError if it is not installed.
    """
    try:
        return version(package)
    except PackageNotFoundError:
        # packages_distributions would read the lists of all installed files, which takes 0.2 s in each job.
        for found in distributions():
            if package in (found.read_text("top_level.txt") or "").split():
                return found.version
        raise StudyError(f"the package {package} is not installed: install requirements.lock") from None


@cache
def digest_dataset(dataset: str) -> str:
    """Digest the digests of a data set's files."""
    return shorten(json.dumps(IDX_DIGESTS[dataset]))


def shorten(text: str) -> str:
    """Digest a text, in so few characters that a person can compare them."""
    return sha256(text.encode()).hexdigest()[:SHOWN]


@cache
def list_modules(module: str) -> list[str]:
    """List the names of `module` and of all modules of this project that it imports, directly or indirectly."""
    found = {module}
    waiting = [module]
    while waiting:
        new = list_own_imports(waiting.pop()) - found
        found |= new
        waiting += new
    return sorted(found)


@cache
def list_own_imports(module: str) -> set[str]:
    """List the modules of this project that a module imports itself.

    With a module, Python also imports the `__init__.py` of each package above it.
    """
    imports = {name for name in list_imports(module) if is_own(name)}
    packages = {name.rsplit(".", depth)[0] for name in {module, *imports} for depth in range(1, name.count(".") + 1)}
    return {name for name in imports | packages if find_source(name).is_file()}


@cache
def list_imports(module: str) -> set[str]:
    """List the names that a module imports, at any place in it; `from a import b` counts as both a and a.b."""
    names: set[str] = set()
    for node in walk_statements(parse_module(module)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def walk_statements(tree: ast.Module) -> Iterator[ast.AST]:
    """Walk through a module and all of its statements, without their expressions, in which there are no statements."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        for field in BODIES:
            waiting += getattr(node, field, ())


def is_own(name: str) -> bool:
    """Tell whether a name is one of this project."""
    return name == PROJECT or name.startswith(f"{PROJECT}.")


@cache
def digest_module(module: str) -> str:
    """Digest the syntax tree of a module without docstrings. It contains no comments and no formatting."""
    return shorten(describe_syntax(parse_module(module)))


def describe_syntax(part: object) -> str:
    """Describe a part of a syntax tree in the same words under every version of Python; ast.dump does not.

    It leaves out fields that only some versions have, and the prefix u of a text.
    """
    if isinstance(part, list):
        return f"[{', '.join([describe_syntax(item) for item in part])}]"
    if not isinstance(part, ast.AST):
        return ascii(part)  # the characters that repr escapes depend on the version
    fields = [(name, getattr(part, name, None)) for name in part._fields if name != "kind"]
    if isinstance(part, ast.JoinedStr):  # Python 3.12 has empty texts among the values
        fields = [("values", [value for value in part.values if getattr(value, "value", None) != ""])]
    told = [f"{name}={describe_syntax(value)}" for name, value in fields if value is not None and value != []]
    return f"{type(part).__name__}({', '.join(told)})"


@cache
def is_texts(name: str) -> bool:
    """Tell whether a name is that of a folder of this project without code, such as templates and captions."""
    if not name.startswith(f"{PROJECT}."):
        return False
    folder = find_source(name).with_suffix("")
    return folder.is_dir() and not any(folder.glob("*.py"))


@cache
def digest_texts(name: str) -> str:
    """Digest all files of a folder of texts, with their names, except hidden ones, which editors write."""
    folder = find_source(name).with_suffix("")
    files = {
        str(path.relative_to(folder)): path.read_text(encoding="utf-8")
        for path in folder.rglob("[!.]*")
        if path.is_file()
    }
    return shorten(json.dumps(files, sort_keys=True))


@cache
def parse_module(module: str) -> ast.Module:
    """Parse the source of a module of this project, without its docstrings."""
    tree = ast.parse(find_source(module).read_text(encoding="utf-8"))
    for node in walk_statements(tree):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:]
    return tree


def find_source(module: str) -> Path:
    """Find the source of a module or package of this project; for other modules, a path that does not exist."""
    path = SOURCES / Path(*module.split("."))
    package = path / "__init__.py"
    return package if package.is_file() else path.with_suffix(".py")
