"""Asks a starting desk whether it is ready, and tells the operator once."""

import json
import time
from collections.abc import Callable
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, build_opener

#: After this long a desk that is not ready says what it still lacks.
_SECONDS_OF_PATIENCE = 20.0
_SECONDS_BETWEEN_PROBES = 0.25


class ReadinessWatch:
    def __init__(self, address: str) -> None:
        self._probe = f"{address}/readyz"
        self._began_at = time.monotonic()
        self._next_probe_at = self._began_at
        self._said_what_lacks = False
        self._is_ready = False
        self._open = build_opener(ProxyHandler({})).open  # the desk is here, behind no proxy

    def look(self, say: Callable[[str], None], address: str, sign_ins: str) -> None:
        if self._is_ready or time.monotonic() < self._next_probe_at:
            return
        lacks = self._what_lacks()
        self._next_probe_at = time.monotonic() + _SECONDS_BETWEEN_PROBES
        waited = time.monotonic() - self._began_at
        if not lacks:
            self._is_ready = True
            say(f"ready after {waited:.1f} s: {address}/")
            say(f"{sign_ins.rstrip()}\nCtrl-C ends it.".strip())
        elif waited > _SECONDS_OF_PATIENCE and not self._said_what_lacks:
            self._said_what_lacks = True
            say(f"not ready yet: {lacks}; see {self._probe}")

    def _what_lacks(self) -> str:
        """Empty when the desk is ready."""
        try:
            with self._open(self._probe, timeout=2):
                return ""
        except HTTPError as refusal:
            with refusal:
                try:
                    return ", ".join(json.load(refusal)["failed"])
                except (ValueError, KeyError):
                    return f"the pages answer {refusal.code}"
        except (URLError, OSError):
            return "the pages do not answer"
