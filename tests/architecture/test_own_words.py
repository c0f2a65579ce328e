"""The project speaks of itself alone: no machine's paths, no leftovers, no foreign words."""

import re

import pytest

from tests.architecture.tree import ROOT, files, name

TEXT = {".py", ".md", ".html", ".txt", ".css", ".js", ".toml", ".sh", ".cfg", ".yml", ".po", ""}

#: Written in pieces, so that this file does not name what it looks for.
FORBIDDEN = {
    "a path of one machine": r"/(?:wo" r"rk|ro" r"ot|ho" r"me)/\w",
    "an unfinished place": r"\b(?:TO" r"DO|FIX" r"ME|X" r"XX)\b",
    "something for later": r"\bfor n" r"ow\b",
    "a project's paper": r"\b(?:BUD" r"GETS|DESI" r"GN|STY" r"LE|FAU" r"LTS)(?:\.md)? ?§",
    "a merge conflict": r"^(?:<{7}|>{7}) ",
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_nobody_says(what):
    pattern = re.compile(FORBIDDEN[what], re.MULTILINE)
    said = [
        f"{name(path)}:{text[: found.start()].count(chr(10)) + 1}: {found[0]}"
        for path in files()
        if path.suffix in TEXT
        for text in [path.read_text(errors="replace")]
        for found in pattern.finditer(text)
    ]
    assert not said, "\n".join(said)


def test_python_of_the_desk_is_imported_by_its_full_name():
    """Each folder with Python below the two packages is a package: nothing is found by luck."""
    bare = {
        name(path.parent)
        for package in ("sla_support", "tickets", "tests")
        for path in files(".py", below=package)
        if not (path.parent / "__init__.py").exists()
    }
    assert not bare


def test_each_dependency_has_its_reason_beside_it():
    for requirements in ("requirements.txt", "requirements-dev.txt"):
        for line in (ROOT / requirements).read_text().splitlines():
            if "==" in line and requirements == "requirements.txt":
                assert re.search(r"==\S+\s+# \w", line), f"{requirements}: {line}"
            elif line and not line.startswith(("#", "-r")):
                assert "==" in line, f"{requirements}: {line} is not pinned"
