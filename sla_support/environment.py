"""Typed readers of the environment. A bad value stops the start and says what to write instead."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.core.exceptions import ImproperlyConfigured
from environ import FileAwareEnv

#: NAME_FILE names a file that holds the value of NAME, as secret stores hand them over.
env = FileAwareEnv()


def read(name: str, cast: Callable[[str], Any], expected: str, **default: Any) -> Any:
    """The value of `name` through `cast`, or `default` when it is unset or empty.

    Raises:
        ImproperlyConfigured: the value is missing and has no default, or `cast` refuses it.
    """
    text = env.str(name, default="")
    if text == "":
        if "default" in default:
            return default["default"]
        raise ImproperlyConfigured(f"{name} is not set. Set it to {expected}.")
    try:
        return cast(text)
    except (ValueError, KeyError, OSError, ImproperlyConfigured) as error:
        # What may hold a password is not repeated: this ends up in logs.
        is_secret = name == "SECRET_KEY" or (name.endswith("_URL") and "@" in text)
        given = name if is_secret else f"{name}={text!r}"
        raise ImproperlyConfigured(f"{given} does not do. Give {expected}.") from error


def boolean(text: str) -> bool:
    words = {"1": True, "true": True, "yes": True, "on": True}
    words |= {"0": False, "false": False, "no": False, "off": False}
    return words[text.strip().lower()]


def positive(text: str) -> int:
    number = int(text)
    if number <= 0:
        raise ValueError(text)
    return number


def secret(text: str) -> str:
    if len(text) < 50 or len(set(text)) < 5:  # as Django's own check for production has it
        raise ValueError("too short or too even")
    return text


def zone(text: str) -> str:
    ZoneInfo(text)
    return text


def public_address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query:
        raise ValueError(text)
    return text.rstrip("/")


def mail_address(text: str) -> str:
    local, _, domain = text.rpartition("@")
    if not local or not domain or any(mark.isspace() for mark in text):
        raise ValueError(text)
    return text


def words(text: str) -> list[str]:
    return [word for word in text.replace(",", " ").split() if word]


def redis_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme == "unix" and parts.path:
        return text
    if parts.scheme not in {"redis", "rediss"} or not parts.hostname:
        raise ValueError(text)
    _ = parts.port  # ValueError when it is no number
    return text


def database_url(text: str) -> dict[str, Any]:
    """Django's database dictionary for a postgres:// address."""
    if urlsplit(text).scheme not in {"postgres", "postgresql"}:
        raise ValueError(text)
    parsed = dict(env.db_url_config(text))
    if not parsed.get("NAME"):
        raise ValueError(text)
    return parsed


def mail_url(text: str) -> dict[str, Any]:
    parsed = dict(env.email_url_config(text))
    if not parsed.get("EMAIL_BACKEND"):
        raise ValueError(text)
    return parsed


def celery_broker(url: str) -> str:
    """The same Redis as Celery's transport spells it: unix sockets have a scheme of their own."""
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return url
    number = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair).get("db")
    return f"redis+socket://{parts.path}?virtual_host={number or '0'}"


def kept_secret(path: Path) -> str:
    """The secret of a trial desk: made once, kept beside its data, readable by its owner only.

    Where the folder cannot be written (a read-only checkout answering `sla`) it lasts one process.
    """
    made = secrets.token_urlsafe(64)
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        pass
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile("w", dir=path.parent, prefix=".secret-") as file:  # mode 0600
            file.write(made + "\n")
            file.flush()
            os.link(file.name, path)  # all or nothing, and the first process wins
    except FileExistsError:
        return path.read_text().strip()
    except OSError:
        return made
    return made
