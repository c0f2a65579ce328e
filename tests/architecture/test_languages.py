"""French is complete, correctly made, and what was compiled is what was written.

After changing words: `python manage.py makemessages -l fr --no-location -i .venv -i var -i tests`,
translate, `python manage.py compilemessages -l fr` (both need Debian's gettext), commit both files.
"""

from __future__ import annotations

import re

import polib
import pytest

from tests.architecture.messages import asked_for, in_python, in_template
from tests.architecture.tree import ROOT

FRENCH = ROOT / "locale" / "fr" / "LC_MESSAGES"

#: What is filled in later, and tags: the translation has the same, however ordered.
PLACEHOLDER = re.compile(r"%\(\w+\)\.?\d*[sdf]|%[sdf]|%%|\{\w*\}|</?\w+>")
#: French sets a narrow space that does not break before these marks and inside its quotes.
MISSET = re.compile(r"[^\s\u202f:;?!][;?!»](?!\w)|[ \u00a0][:;?!»]|«[^\u202f]|'|“|”|\w:(?=\s|$)")


@pytest.fixture(scope="module")
def entries() -> list[polib.POEntry]:
    return list(polib.pofile(str(FRENCH / "django.po")))


def translations(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def key(entry: polib.POEntry) -> tuple[str | None, str, str]:
    return (entry.msgctxt, entry.msgid, entry.msgid_plural)


def test_what_was_compiled_is_what_was_written(entries):
    compiled = polib.mofile(str(FRENCH / "django.mo"))

    assert {key(each): translations(each) for each in compiled} == {
        key(each): translations(each) for each in entries
    }
    assert compiled.metadata["Plural-Forms"] == "nplurals=2; plural=(n > 1);"
    assert "UTF-8" in compiled.metadata["Content-Type"]


def test_nothing_is_left_in_english(entries):
    known = {key(entry) for entry in entries}
    forgotten = [
        f"{asked.where}: {asked.message}"
        for asked in asked_for()
        if (asked.context, asked.message, asked.plural) not in known
    ]
    assert not forgotten, "\n".join(forgotten)


def test_every_entry_is_finished(entries):
    unfinished = [
        entry.msgid
        for entry in entries
        if entry.fuzzy or not all(text.strip() for text in translations(entry))
    ]
    assert not unfinished
    assert all(len(translations(entry)) == 2 for entry in entries if entry.msgid_plural)


def test_what_is_filled_in_is_the_same(entries):
    def filled_in(text: str) -> list[str]:
        return sorted(PLACEHOLDER.findall(text))

    wrong = [
        f"{entry.msgid} -> {text}"
        for entry in entries
        for text in translations(entry)
        if filled_in(text) != filled_in(entry.msgid_plural or entry.msgid)
    ]
    assert not wrong, "\n".join(wrong)


def test_it_is_set_as_french_is(entries):
    wrong = [
        text
        for entry in entries
        if not (entry.msgctxt or "").startswith("date format")
        for text in translations(entry)
        # Words of a protocol and of a command line stay as they are.
        if MISSET.search(re.sub(r"Authorization: Bearer|Content-Type: |manage\.py up", "", text))
    ]
    assert not wrong, "\n".join(wrong)


def test_the_reader_sees_every_way_of_asking():
    python = """
from django.utils.translation import gettext as _, ngettext, pgettext_lazy
_("one" " two")
f"{pgettext_lazy('where', 'three')}"
ngettext("%d ticket", "%d tickets", n) % n
_other("four")
"""
    template = """{% load i18n %}{# Open #}
{% translate "it’s (here)" %} {% translate "Reply" context "noun" as reply %}
{% blocktranslate trimmed with a=b|c %}
  To {{ a }}: 5 %
{% endblocktranslate %}
{% blocktranslate count n=n %}{{ n }} day{% plural %}{{ n }} days{% endblocktranslate %}
"""
    assert {asked[:3] for asked in in_python(python, "x.py")} == {
        (None, "one two", ""),
        (None, "%d ticket", "%d tickets"),
        ("where", "three", ""),
    }
    assert [asked[:3] for asked in in_template(template, "x.html")] == [
        (None, "it’s (here)", ""),
        ("noun", "Reply", ""),
        (None, "To %(a)s: 5 %%", ""),
        (None, "%(n)s day", "%(n)s days"),
    ]
