"""Templates keep to the strict policy: nothing inline that the browser would refuse."""

import re

import pytest

from tests.architecture.tree import files, name

#: A mail's own markup needs styles in place; no browser applies the desk's policy to it.
_OUTSIDE_THE_POLICY = "templates/emails/"

INLINE = {
    "a handler attribute": r"<[^>]+\son[a-z]+\s*=",
    "a style attribute": r"<[^>]+\sstyle\s*=",
    "a style element": r"<style[\s>]",
    "a script without a source": r"<script(?![^>]*\bsrc=)(?![^>]*application/(?:ld\+)?json)[^>]*>",
    "a javascript address": r"(?:href|action|src)\s*=\s*[\"']?javascript:",
    "something from elsewhere": r"<(?:script|link|img)[^>]+(?:src|href)\s*=\s*[\"']?(?:https?:)?//",
}


@pytest.mark.parametrize("what", INLINE)
def test_no_template_has(what):
    found = [
        f"{name(path)}: {match[0][:80]}"
        for path in files(".html", below="templates")
        if not name(path).startswith(_OUTSIDE_THE_POLICY)
        for match in re.finditer(INLINE[what], path.read_text(), re.IGNORECASE)
    ]
    assert not found, "\n".join(found)
