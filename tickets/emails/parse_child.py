"""The child process that reads one hostile mail: raw bytes in, JSON out, killed when it exceeds.

Run as `python -m tickets.emails.parse_child`; `tickets.emails.parsing` starts it. It imports
neither Django nor settings, so it is up in some fifty milliseconds. Whatever the mail does to it,
the process that takes in the mail goes on.
"""

from __future__ import annotations

import json
import re
import resource
import sys
from dataclasses import asdict
from email import message_from_bytes

from tickets.emails.charsets import storable
from tickets.emails.incoming_body import body_of
from tickets.emails.incoming_headers import (
    header,
    mail_id_of,
    readable,
    references_of,
    sender_of,
    sort_of,
)
from tickets.emails.parsed_mail import (
    HEADER_BYTES,
    PARTS,
    TEXT_CHARACTERS,
    ParsedMail,
    UnreadableMail,
)

CPU_SECONDS = 8
MEMORY_BYTES = 512 * 1024 * 1024

_BLANK_LINE = re.compile(rb"\r?\n\r?\n|\r\r")


def main() -> None:
    _limit()
    raw = sys.stdin.buffer.read()
    answer: dict[str, object]
    try:
        answer = {"mail": asdict(parse(raw))}
    except UnreadableMail as error:
        answer = {"error": error.code}
    except MemoryError:
        answer = {"error": "took_too_much"}
    except RecursionError:
        answer = {"error": "too_deep"}
    sys.stdout.write(json.dumps(answer))


def parse(raw: bytes) -> ParsedMail:
    """What the desk understands of `raw`.

    Raises:
        UnreadableMail: beyond the bounds that `parsed_mail` names.
    """
    _check_size(raw)
    # The lenient policy on purpose: the default one interprets each header while parsing, which
    # recurses on nested comments and takes minutes over a hundred thousand parameters.
    message = message_from_bytes(raw)
    body = body_of(message)
    address, name = sender_of(message)
    text = storable(body.text)
    return ParsedMail(
        sort=sort_of(message, address),
        address=address,
        name=name,
        subject=readable(header(message, "Subject"), 250),
        mail_id=mail_id_of(message),
        references=references_of(message),
        text=text[:TEXT_CHARACTERS],
        html=body.html,
        is_text_cut=len(text) > TEXT_CHARACTERS,
        attachments=body.attachments,
    )


def _check_size(raw: bytes) -> None:
    end = _BLANK_LINE.search(raw, 0, HEADER_BYTES + 4)
    if end is None and len(raw) > HEADER_BYTES:
        raise UnreadableMail("header_too_large")
    # Lines that could start a part: two dashes and no space. Counted before parsing, since the
    # parser itself is slow on very many parts; prose and signatures do not come near.
    boundaries = set(re.findall(rb"boundary\s{0,20}=\s{0,20}\"?([^\";\r\n]{1,100})", raw, re.I))
    if len(boundaries) > PARTS:
        raise UnreadableMail("too_many_parts")
    starts = re.findall(rb"^--([^\r\n]{1,100})", raw, re.M)
    if sum(start.rstrip() in boundaries for start in starts) > PARTS:
        raise UnreadableMail("too_many_parts")


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


if __name__ == "__main__":
    main()
