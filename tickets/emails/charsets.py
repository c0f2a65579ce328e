"""Bytes of strangers into text that can be stored. Pure; runs in the parsing child."""

from __future__ import annotations

import codecs

#: Codecs of Python's own that look like charsets: programs in disguise, or slow on purpose.
_REFUSED = {"unicode_escape", "raw_unicode_escape", "idna", "punycode", "undefined", "mbcs", "oem"}

#: What senders write, and the wider charset they mean.
_MEANT = {
    "ascii": "utf-8",
    "iso8859-1": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
}

#: Everything below the space but tab and newline.
_CONTROLS = {code: "\ufffd" for code in [*range(32), 127] if code not in (9, 10, 13)}

#: Replaced in anything that is shown: they turn the reading direction of the text after them.
_BIDI_CONTROLS = dict.fromkeys(map(ord, "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"))


def decode(payload: bytes, charset: str | None) -> str:
    """`payload` as text: in the charset it names, else UTF-8, else Windows-1252; never fails."""
    named = _usable(charset)
    for candidate in (named, "utf-8"):
        if candidate is not None:
            try:
                return payload.decode(candidate)
            except (UnicodeError, ValueError):
                continue
    return payload.decode(named or "cp1252", errors="replace")


def storable(text: str) -> str:
    """`text` without what a database or a page cannot hold: NUL, controls, lone surrogates, CR."""
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_CONTROLS)


def one_line(text: str, limit: int) -> str:
    """`text` as one storable line of at most `limit` characters, without control characters."""
    text = storable(text[: 4 * limit]).translate(_BIDI_CONTROLS)
    visible = "".join(mark if mark.isprintable() else " " for mark in text)
    return " ".join(visible.split())[:limit].rstrip()


def _usable(charset: str | None) -> str | None:
    if not charset:
        return None
    try:
        codec = codecs.lookup(charset.strip().strip("'\""))
    except (LookupError, ValueError, UnicodeError):
        return None
    if not getattr(codec, "_is_text_encoding", True) or codec.name in _REFUSED:
        return None
    name: str = codec.name.replace("unicode-escape", "unicode_escape")
    return None if name in _REFUSED else _MEANT.get(name, name)
