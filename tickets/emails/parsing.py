"""Reading a mail without trusting it: in a child process that can be killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import tickets
from tickets.emails.parsed_mail import ParsedMail, Sort, UnreadableMail

#: Wall time. The child's own limit of processor time usually comes first.
SECONDS = 20

_ROOT = Path(tickets.__file__).resolve().parent.parent


def read_mail(raw: bytes) -> ParsedMail:
    """What the desk understands of the raw RFC 5322 message, in bounded time and memory.

    Raises:
        UnreadableMail: the message exceeds a bound, or broke the parser.
    """
    try:
        child = subprocess.run(
            [sys.executable, "-m", "tickets.emails.parse_child"],
            input=raw,
            capture_output=True,
            timeout=SECONDS,
            cwd=_ROOT,
            env={"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(_ROOT)},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise UnreadableMail("took_too_long") from None
    return _answer(child)


def _answer(child: subprocess.CompletedProcess[bytes]) -> ParsedMail:
    if child.returncode < 0:  # killed by a limit
        raise UnreadableMail("took_too_long")
    try:
        answer = json.loads(child.stdout)
    except ValueError:
        raise UnreadableMail("parser_failed") from None
    if "error" in answer:
        raise UnreadableMail(answer["error"])
    mail = answer["mail"]
    return ParsedMail(**{**mail, "sort": Sort(mail["sort"])})
