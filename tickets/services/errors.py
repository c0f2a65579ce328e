from __future__ import annotations

from typing import Any


class Unable(Exception):
    """A use case refuses; nothing was written.

    `code` is for machines and stays the same in every language; `message` is translated and says
    what to do instead. Every use case raises a subclass of its own.
    """

    def __init__(self, code: str, message: Any) -> None:
        super().__init__(code)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return str(self.message)
