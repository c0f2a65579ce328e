"""Reading JSON from strangers: what is ambiguous or too much is refused before anybody uses it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, BinaryIO, NoReturn

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from tickets.api.problems import BadRequest

MAX_BODY_BYTES = 1024 * 1024


class StrictJSONParser(BaseParser):
    """One JSON value in UTF-8 (RFC 8259) of at most 1 MiB, without what parsers disagree about.

    Refused: a key twice in one object; keys with characters that cannot be printed; NaN and
    infinities; integers of thousands of digits; nesting deeper than the interpreter's stack.
    """

    media_type = "application/json"

    def parse(
        self,
        stream: BinaryIO,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        body = stream.read(MAX_BODY_BYTES + 1)
        if len(body) > MAX_BODY_BYTES:
            raise BadRequest("content_too_large")
        try:
            return json.loads(
                body.decode(), object_pairs_hook=_object, parse_constant=_refuse_constant
            )
        except (ValueError, RecursionError) as error:
            raise ParseError from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key stands twice in one object")
    if not all(key.isprintable() for key in made):
        raise ValueError("a key cannot be printed")
    return made


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
