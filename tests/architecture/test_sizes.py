"""Nothing grows past the size at which it is to be split. Measured, not argued about."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.tree import files, name

FUNCTION_LINES = 50
TEST_FUNCTION_LINES = 40
PARAMETERS = 6

FILE_LINES = {".py": 400, ".html": 150, ".txt": 150, ".css": 300, ".js": 200}

type_of_function = ast.FunctionDef | ast.AsyncFunctionDef


def python_files() -> Iterator[Path]:
    return (path for path in files(".py") if "migrations" not in path.parts)


def functions() -> Iterator[tuple[Path, type_of_function]]:
    for path in python_files():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, type_of_function):
                yield path, node


def lines(node: type_of_function) -> int:
    """From `def` to the last line; decorators, such as a table of test cases, do not count."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


def is_test(path: Path) -> bool:
    return name(path).startswith("tests/")


def test_functions_are_short():
    too_long = [
        f"{name(path)}:{node.lineno} {node.name}: {lines(node)} lines"
        for path, node in functions()
        if lines(node) > (TEST_FUNCTION_LINES if is_test(path) else FUNCTION_LINES)
    ]
    assert not too_long, "\n".join(too_long)


def test_functions_take_few_positional_parameters():
    """Keyword-only arguments name themselves at the call: a use case takes what it needs."""
    too_many = [
        f"{name(path)}:{node.lineno} {node.name}: {count} parameters"
        for path, node in functions()
        if (count := len(node.args.posonlyargs) + len(node.args.args)) > PARAMETERS
    ]
    assert not too_many, "\n".join(too_many)


@pytest.mark.parametrize("suffix", FILE_LINES)
def test_files_are_short(suffix):
    below = "templates" if suffix == ".txt" else "."
    looked_at = python_files() if suffix == ".py" else files(suffix, below=below)
    too_long = [
        f"{name(path)}: {count} lines"
        for path in looked_at
        if (count := len(path.read_text().splitlines())) > FILE_LINES[suffix]
    ]
    assert not too_long, "\n".join(too_long)


def test_the_measure_sees_the_project():
    assert len(list(functions())) > 300
    assert any(lines(node) > 20 for _, node in functions())
