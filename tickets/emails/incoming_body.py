"""The body of an incoming mail: its text, its HTML made harmless, the names of its files.

Runs in the parsing child, under limits of time and memory.
"""

from __future__ import annotations

import html as markup
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message

from tickets.emails.charsets import decode, one_line, storable
from tickets.emails.incoming_headers import readable
from tickets.emails.incoming_html import as_text, bare_text, depth_of, harmless
from tickets.emails.parsed_mail import (
    ATTACHMENTS,
    DEPTH,
    HTML_BYTES,
    HTML_DEPTH,
    PARTS,
    TEXT_CHARACTERS,
    UnreadableMail,
)

_META_CHARSET = re.compile(rb"charset\s*=\s*[\"']?([a-zA-Z0-9_.:-]{2,40})", re.IGNORECASE)


@dataclass
class Body:
    texts: list[str] = field(default_factory=list)
    htmls: list[str] = field(default_factory=list)
    has_html: bool = False
    attachments: list[str] = field(default_factory=list)
    #: Text of mails that came along as files: read when nothing else was said.
    forwarded: list[str] = field(default_factory=list)

    def add(self, other: Body) -> None:
        self.texts += other.texts
        self.htmls += other.htmls
        self.has_html = self.has_html or other.has_html
        self.attachments += other.attachments
        self.forwarded += other.forwarded

    @property
    def text(self) -> str:
        return "\n\n".join(filter(None, (text.strip() for text in self.texts)))

    @property
    def html(self) -> str:
        return "\n".join(filter(None, self.htmls)) if self.has_html else ""


def body_of(message: Message) -> Body:
    """Raises UnreadableMail: more parts, or parts within parts, than `parsed_mail` allows."""
    if sum(1 for _ in zip(_bounded_walk(message), range(PARTS + 1), strict=False)) > PARTS:
        raise UnreadableMail("too_many_parts")
    body = _read(message)
    body.attachments = body.attachments[:ATTACHMENTS]
    if not body.text:
        body.texts, body.htmls = body.forwarded, []
    return body


def _bounded_walk(message: Message, depth: int = 0) -> Iterator[Message]:
    if depth > DEPTH:
        raise UnreadableMail("too_deep")
    yield message
    for part in _children(message):
        yield from _bounded_walk(part, depth + 1)


def _read(part: Message) -> Body:
    kind = part.get_content_type()
    if kind == "multipart/alternative" and part.is_multipart():
        return _best_of([_read(child) for child in _children(part)])
    if part.get_content_maintype() == "multipart" and part.is_multipart():
        body = Body()
        for child in _children(part):
            body.add(_read(child))
        return body
    if part.get_content_disposition() == "attachment" or kind not in ("text/plain", "text/html"):
        if part.get_content_maintype() == "multipart":  # no boundary: all of it is one text
            return _text_body(part)
        return _file(part, kind)
    return _html_body(part) if kind == "text/html" else _text_body(part)


def _file(part: Message, kind: str) -> Body:
    forwarded: list[str] = []
    if kind == "message/rfc822":
        forwarded = [text for inner in _children(part) if (text := _read(inner).text)]
    return Body(attachments=[_file_name(part)], forwarded=forwarded)


def _best_of(bodies: list[Body]) -> Body:
    """Of alternatives: the first real text, the last HTML, the files of all (RFC 2046 §5.1.4)."""
    plain = next((b for b in bodies if b.text and not b.has_html), None)
    rich = next((b for b in reversed(bodies) if b.html), None)
    other = next((b for b in reversed(bodies) if b.text), Body())
    return Body(
        texts=(plain or rich or other).texts,
        htmls=(rich or other).htmls,
        has_html=rich is not None,
        attachments=[name for body in bodies for name in body.attachments],
        forwarded=[text for body in bodies for text in body.forwarded],
    )


def _children(part: Message) -> list[Message]:
    payload = part.get_payload() if part.is_multipart() else []
    return [child for child in payload if isinstance(child, Message)]


def _payload(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _charset(part: Message) -> str | None:
    try:
        charset = part.get_param("charset")
    except (ValueError, UnicodeError):
        return None
    return charset[2] if isinstance(charset, tuple) else charset


def _text_body(part: Message) -> Body:
    text = decode(_payload(part)[: 4 * TEXT_CHARACTERS], _charset(part))
    if _is_flowed(part):
        text = _unflow(text)
    paragraphs = markup.escape(text).replace("\r\n", "\n").strip().replace("\n", "<br>\n")
    return Body(texts=[text], htmls=[f"<p>{paragraphs}</p>" if paragraphs else ""])


def _is_flowed(part: Message) -> bool:
    try:
        return str(part.get_param("format", "")).lower() == "flowed"
    except (ValueError, UnicodeError):
        return False


def _unflow(text: str) -> str:
    """Paragraphs of format=flowed text on one line each (RFC 3676); quotes stay as they are."""
    lines: list[str] = []
    is_open = False
    for line in text.replace("\r\n", "\n").split("\n"):
        is_plain = not line.startswith(">")
        line = line.removeprefix(" ")
        if is_open and is_plain and line != "-- ":
            lines[-1] += line
        else:
            lines.append(line)
        is_open = is_plain and line.endswith(" ") and line != "-- "
    return "\n".join(lines)


def _html_body(part: Message) -> Body:
    payload = _payload(part)
    sniffed = _META_CHARSET.search(payload[:2048])
    charset = _charset(part) or (sniffed and sniffed.group(1).decode("ascii")) or None
    html = storable(decode(payload[: HTML_BYTES + 1], charset))
    if len(payload) > HTML_BYTES or depth_of(html) > HTML_DEPTH:
        return Body(texts=[bare_text(html)], htmls=[""])
    clean = harmless(html)
    return Body(texts=[as_text(clean)], htmls=[clean], has_html=True)


def _file_name(part: Message) -> str:
    try:
        name = part.get_filename() or ""
    except (ValueError, UnicodeError, LookupError, IndexError):
        name = ""
    kind = one_line(part.get_content_type(), 100)
    if not name and kind == "message/rfc822":
        name = (
            " ".join(str(inner.get("Subject") or "message") for inner in _children(part)) + ".eml"
        )
    name = decode(name[:1000].encode("utf-8", "surrogateescape"), None)
    return readable(name, 150).replace("\\", "/").rpartition("/")[2] or kind
