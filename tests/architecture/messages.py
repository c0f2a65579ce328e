"""What the code and the templates ask to be translated, read without the gettext programs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from django.utils.translation.template import templatize

from tests.architecture.tree import files, name

PACKAGES = ("sla_support", "tickets", "availability")

#: Function -> which of its arguments are the context, the message and its plural.
CONTEXT, MESSAGE, PLURAL = "context", "message", "plural"
ARGUMENTS: dict[str, tuple[str, ...]] = {
    "gettext": (MESSAGE,),
    "gettext_lazy": (MESSAGE,),
    "gettext_noop": (MESSAGE,),
    "pgettext": (CONTEXT, MESSAGE),
    "pgettext_lazy": (CONTEXT, MESSAGE),
    "ngettext": (MESSAGE, PLURAL),
    "ngettext_lazy": (MESSAGE, PLURAL),
    "npgettext": (CONTEXT, MESSAGE, PLURAL),
    "npgettext_lazy": (CONTEXT, MESSAGE, PLURAL),
}
IN_TEMPLATES = re.compile(r"\b(?:_|n?p?gettext)\(")


class Asked(NamedTuple):
    context: str | None
    message: str
    plural: str
    where: str


def asked_for() -> Iterator[Asked]:
    """Every message that a page, a mail or a refusal may ask for."""
    for package in PACKAGES:
        for path in files(".py", below=package):
            yield from in_python(path.read_text(), name(path))
    for suffix in (".html", ".txt"):
        for path in files(suffix, below="templates"):
            yield from in_template(path.read_text(), name(path))


def in_python(source: str, where: str) -> Iterator[Asked]:
    tree = ast.parse(source)
    names = {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            bound = names.get(called.id, "") if isinstance(called, ast.Name) else ""
            function = called.attr if isinstance(called, ast.Attribute) else bound
            if function in ARGUMENTS:
                yield _asked(node, function, where)


def in_template(source: str, where: str) -> Iterator[Asked]:
    """Django turns a template into calls with everything else blotted out."""
    code = templatize(source)
    for found in IN_TEMPLATES.finditer(code):
        call = _call_at(code, found.start())
        function = found[0][:-1]
        yield _asked(call, "gettext" if function == "_" else function, where)


def _call_at(code: str, start: int) -> ast.Call:
    """The call that begins there: up to the first bracket that closes it."""
    for end in re.finditer(r"\)", code[start:]):
        try:
            expression = ast.parse(code[start : start + end.end()], mode="eval").body
        except SyntaxError:
            continue
        assert isinstance(expression, ast.Call)
        return expression
    raise AssertionError(f"no call at {code[start : start + 80]!r}")


def _asked(call: ast.Call, function: str, where: str) -> Asked:
    place = f"{where}:{call.lineno}"
    told: dict[str, str | None] = {CONTEXT: None, MESSAGE: "", PLURAL: ""}
    for role, argument in zip(ARGUMENTS[function], call.args, strict=False):
        text = argument.value if isinstance(argument, ast.Constant) else None
        assert isinstance(text, str), f"{place}: only a literal can be translated"
        told[role] = text
    return Asked(told[CONTEXT], told[MESSAGE] or "", told[PLURAL] or "", place)
