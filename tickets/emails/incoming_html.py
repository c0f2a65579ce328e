"""A stranger's HTML made harmless, or made text. Runs in the parsing child, on bounded input."""

from __future__ import annotations

import html as markup
import re

import html2text
import nh3

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_ANY_TAG = re.compile(r"<[^<>]*>")
_MARKDOWN_ESCAPE = re.compile(r"\\([-.+#*_!()\[\]])")


def _names(text: str) -> set[str]:
    return set(text.split())


#: Elements that hold nothing, or that the next one closes: left open, they do not nest.
_NOT_NESTING = _names(
    "area base br col embed hr img input link meta source track wbr"
    " p li dt dd option tr td th thead tbody tfoot"
)
_ALLOWED_TAGS = _names(
    "a b blockquote br code dd del div dl dt em h1 h2 h3 h4 h5 h6 hr i ins li ol p pre s span"
    " strong sub sup table tbody td tfoot th thead tr u ul"
)
_ALLOWED_ATTRIBUTES = {
    "a": {"href", "title"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}
_DROPPED_WHOLE = _names(
    "script style title template noscript svg math iframe object textarea select"
)


def depth_of(html: str) -> int:
    """How deep elements nest, were each end tag to close one. Linear.

    The sanitiser is quadratic in it and cannot be interrupted.
    """
    deepest = depth = 0
    for closing, name in _TAG.findall(html):
        if name.lower() not in _NOT_NESTING:
            depth += -1 if closing else 1
            deepest = max(deepest, depth)
    return deepest


def harmless(html: str) -> str:
    """`html` without anything that runs, loads or restyles: no scripts, images, styles, forms."""
    return nh3.clean(
        html,
        tags=_ALLOWED_TAGS,
        attributes=_ALLOWED_ATTRIBUTES,
        clean_content_tags=_DROPPED_WHOLE,
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener noreferrer nofollow",
    ).strip()


def as_text(html: str) -> str:
    """What sanitised `html` says, as text with its paragraphs, lists and links.

    The converter is quadratic in comments that never end; the sanitiser has none left.
    """
    reader = html2text.HTML2Text(bodywidth=0)
    reader.ignore_images = True
    reader.ignore_emphasis = True
    reader.unicode_snob = True
    reader.ignore_tables = True
    try:
        text = reader.handle(html)
    except (AssertionError, ValueError, IndexError, RecursionError):
        return bare_text(html)
    lines = "\n".join(line.rstrip() for line in text.split("\n"))
    return _MARKDOWN_ESCAPE.sub(r"\1", lines).strip()


def bare_text(html: str) -> str:
    """`html` with its tags cut out, whatever they meant. Linear."""
    lines = (" ".join(line.split()) for line in _ANY_TAG.sub(" ", html).split("\n"))
    return markup.unescape("\n".join(filter(None, lines)))
