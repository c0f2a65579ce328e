"""Mail of the trial desk: a folder instead of a mail server."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.mail import EmailMessage as OutgoingMail
from django.core.mail.backends.base import BaseEmailBackend


def drop_folder() -> Path:
    return Path(settings.DESK_DATA) / "mail"


class MailDropBackend(BaseEmailBackend):
    """Writes each message as one .eml file, whole or not at all."""

    def send_messages(self, email_messages: Sequence[OutgoingMail]) -> int:
        return sum(self._drop(mail) for mail in email_messages)

    def _drop(self, mail: OutgoingMail) -> int:
        if not mail.recipients():
            return 0
        try:
            _write(mail.message().as_bytes(linesep="\r\n"))
        except OSError:
            if not self.fail_silently:
                raise
            return 0
        return 1


def _write(raw: bytes) -> None:
    folder = drop_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=folder, prefix=".", delete=False) as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
    Path(file.name).rename(folder / f"{uuid4().hex}.eml")


class DroppedMail:
    """One message of the folder."""

    def __init__(self, path: Path) -> None:
        self.name = path.stem
        self.dropped_at = datetime.fromtimestamp(path.stat().st_mtime).astimezone()
        self._message: EmailMessage[Any, Any] = message_from_bytes(
            path.read_bytes(), policy=policy.default
        )

    @property
    def subject(self) -> str:
        return str(self._message["Subject"] or "")

    @property
    def recipient(self) -> str:
        return str(self._message["To"] or "")

    @property
    def headers(self) -> list[tuple[str, str]]:
        return [(name, str(value)) for name, value in self._message.items()]

    @property
    def text(self) -> str:
        return self._part("plain")

    @property
    def html(self) -> str:
        return self._part("html")

    def _part(self, kind: str) -> str:
        part = self._message.get_body(preferencelist=(kind,))
        return "" if part is None else str(part.get_content())


def list_dropped(*, limit: int = 200) -> list[DroppedMail]:
    """The messages of the drop folder, newest first, at most `limit`."""
    files = _by_age(drop_folder())
    return [DroppedMail(path) for path in files[:limit]]


def get_dropped(name: str) -> DroppedMail:
    """One message by its name. Raises: FileNotFoundError when there is none of that name."""
    if not name.isalnum() or len(name) > 200:
        raise FileNotFoundError(name)
    return DroppedMail(drop_folder() / f"{name}.eml")


def _by_age(folder: Path) -> list[Path]:
    entries = []
    for path in folder.glob("*.eml"):
        try:
            entries.append((path.stat().st_mtime_ns, path.name, path))
        except FileNotFoundError:  # cleared away meanwhile
            continue
    return [path for _age, _name, path in sorted(entries, reverse=True)]
