"""Test that every text is read and written as UTF-8 in every locale."""

import ast

import pytest

from mnist_study.trust.reasons import ROOT

SOURCES = [path for folder in ("workflow", "benchmarks") for path in sorted((ROOT / folder).rglob("*.py"))]


def find_calls_without_encoding(tree: ast.Module) -> list[str]:
    """Find calls that would read or write text in the locale's encoding."""
    found = []
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        named = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        modes = [argument.value for argument in call.args if isinstance(argument, ast.Constant)]
        texts = name == "write_text" or (name == "read_text" and not call.args)  # a distribution's has a file's name
        opened = name == "open" and not any("b" in str(mode) for mode in [*modes, named.get("mode", "")])
        piped = named.get("text") == "True" or named.get("universal_newlines") == "True"
        if (texts or (opened and "tarfile" not in ast.unparse(call)) or piped) and "encoding" not in named:
            found.append(f"line {call.lineno}: {ast.unparse(call)}")
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_text_depends_on_the_locale(path):
    assert find_calls_without_encoding(ast.parse(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "call",
    [
        "p.read_text()",
        "p.write_text(t)",
        "p.open()",
        "p.open('a+')",
        "open(p)",
        "run(c, text=True)",
        "Popen(c, text=True)",
    ],
)
def test_a_call_without_encoding_is_found(call):
    assert find_calls_without_encoding(ast.parse(call))
