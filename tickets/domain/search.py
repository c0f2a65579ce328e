"""The language in which tickets are searched: words, "phrases" and operators, each may be negated.

    is:open -channel:api customer:"Fulton Freight" due:<2h "delivery report" gateway #1234

A text is either understood as a whole or refused with the place that was not. What an operator
means for a ticket is the selector's business; here its value is only read.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Literal

from tickets.domain.errors import DomainError

#: Longer texts are refused: a search is typed, not pasted.
MAX_LENGTH = 500
#: Words, phrases and operators of one search.
MAX_PARTS = 30
#: Digits of a ticket number; more would not fit the column.
MAX_DIGITS = 18
LONGEST = timedelta(days=3660)


class SearchError(DomainError):
    """A search that cannot be understood: `part` is the piece, `known` what would be taken."""

    def __init__(
        self, code: str, message: str, *, part: str = "", known: tuple[str, ...] = ()
    ) -> None:
        super().__init__(code, message)
        self.part = part
        self.known = known

    def __reduce__(self) -> tuple[type[SearchError], tuple[str, str], dict[str, object]]:  # type: ignore[override]
        return type(self), (self.code, self.message), {"part": self.part, "known": self.known}


class State(StrEnum):
    """What `is:` asks for."""

    BREACHED = "breached"
    CLOSED = "closed"
    MINE = "mine"
    NEW = "new"
    OPEN = "open"
    SOLVED = "solved"
    SOON = "soon"
    UNASSIGNED = "unassigned"
    VOICEMAIL = "voicemail"
    WAITING = "waiting"


STATUSES = ("any", "closed", "new", "open", "solved", "waiting")
CHANNELS = ("api", "email", "form", "phone", "portal", "voicemail")
#: Values of `assignee:` and `team:` that are nobody's name.
ME, NONE = "me", "none"

Comparison = Literal["<", "<=", ">", ">=", "="]


@dataclass(frozen=True)
class Bound:
    """One side of a time: a distance from now, or a day in the reader's zone."""

    comparison: Comparison
    #: From now on for a deadline, back from now for a past instant.
    at: timedelta | date

    def __str__(self) -> str:
        sign = "" if self.comparison == "=" else self.comparison
        if isinstance(self.at, timedelta):
            return f"{sign}{_span_text(self.at)}"
        return f"{sign}{self.at.isoformat()}"


@dataclass(frozen=True)
class Word:
    """A word or, quoted, several in this order; always with a letter or a digit in it."""

    text: str
    is_negated: bool = False
    is_quoted: bool = False

    def __str__(self) -> str:
        text = f'"{self.text}"' if self.is_quoted else self.text
        return f"-{text}" if self.is_negated else text


@dataclass(frozen=True)
class Filter:
    operator: str
    value: str | int | Bound
    is_negated: bool = False

    def __str__(self) -> str:
        sign = "-" if self.is_negated else ""
        if self.operator == "number":
            return f"{sign}#{self.value}"
        value = str(self.value)
        quote = '"' if re.search(r"\s", value) else ""
        return f"{sign}{self.operator}:{quote}{value}{quote}"


@dataclass(frozen=True)
class Query:
    """Everything a ticket must be to be found. Its text is what was understood, spaces tidied."""

    parts: tuple[Word | Filter, ...] = ()

    def __str__(self) -> str:
        return " ".join(map(str, self.parts))

    def __bool__(self) -> bool:
        return bool(self.parts)

    @property
    def words(self) -> tuple[Word, ...]:
        return tuple(part for part in self.parts if isinstance(part, Word))

    @property
    def filters(self) -> tuple[Filter, ...]:
        return tuple(part for part in self.parts if isinstance(part, Filter))

    def value_of(self, operator: str) -> str:
        """The value that `operator` asks for, once and not negated; else the empty text."""
        values = [part.value for part in self.filters if part.operator == operator]
        plain = [p for p in self.filters if p.operator == operator and not p.is_negated]
        return str(values[0]) if len(values) == len(plain) == 1 else ""

    def replacing(self, choices: dict[str, str]) -> str:
        """The text of this search with these operators asked for as given, and in no other way.

        An empty value leaves the operator out. The values are not looked at: parse the text.
        """
        kept = [
            str(p) for p in self.parts if not isinstance(p, Filter) or p.operator not in choices
        ]
        chosen = [_operator_text(name, value) for name, value in choices.items() if value]
        return " ".join([*chosen, *kept])


def parse(text: str) -> Query:
    """What `text` asks for; an empty query for a text without anything in it.

    Raises:
        SearchError: too long, an unknown operator, or a value that the operator does not take.
    """
    if len(text) > MAX_LENGTH:
        raise SearchError("too_long", f"A search has at most {MAX_LENGTH} characters.")
    tokens = _TOKEN.findall(_CONTROLS.sub(" ", text))
    parts = [part for token in tokens if (part := _part(*token)) is not None]
    if len(parts) > MAX_PARTS:
        raise SearchError("too_many", f"A search has at most {MAX_PARTS} words and operators.")
    if tokens and not parts:
        raise SearchError("nothing", "There is no letter and no digit to look for.")
    return Query(tuple(dict.fromkeys(parts)))


#: Sign; name of an operator; value quoted or bare. A quote that is not closed reaches to the end.
_TOKEN = re.compile(r"""(-?)(?:([^\W\d_]+):(?=\S))?(?:"([^"]*)(?:"|\Z)|([^\s"]+))""")
#: Control characters and lone surrogates: nothing that could be typed or stored.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_SPAN = re.compile(r"(\d{1,6})(m|h|d|w)", re.ASCII)
_BOUND = re.compile(r"(<=|>=|<|>|=|)(.*)", re.DOTALL)
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def _part(sign: str, name: str, quoted: str, bare: str) -> Word | Filter | None:
    is_negated = sign == "-"
    if name and not _looks_like_address(bare):
        value = _reader_of(name)(name.lower(), (quoted or bare).strip())
        return Filter(name.lower(), value, is_negated)
    if bare.removesuffix(":").lower() in _READERS and bare.endswith(":"):
        raise _bad_value(bare.removesuffix(":"), "", "a value right after the colon")
    if bare.startswith("#") and bare[1:].isascii() and bare[1:].isdigit():
        return Filter("number", _number(bare), is_negated)
    text = (f"{name}:{bare}" if name else quoted or bare).strip()
    if not any(character.isalnum() for character in text):
        return None
    return Word(" ".join(text.split()), is_negated, is_quoted=bool(quoted))


def _looks_like_address(value: str) -> bool:
    """https://… and the like are words, not operators."""
    return value.startswith("//")


def _number(text: str) -> int:
    if len(text) > MAX_DIGITS + 1:
        raise _bad_value("#", text, "a ticket number")
    return int(text[1:])


def _reader_of(name: str) -> Callable[[str, str], str | int | Bound]:
    try:
        return _READERS[name.lower()]
    except KeyError:
        known = tuple(sorted(_READERS))
        raise SearchError(
            "unknown_operator",
            f"There is no operator {name}:. Known are {', '.join(known)}.",
            part=name,
            known=known,
        ) from None


def _one_of(*known: str) -> Callable[[str, str], str]:
    def read(name: str, value: str) -> str:
        if value.lower() not in known:
            raise SearchError(
                "unknown_value",
                f"{name}: takes one of {', '.join(known)}.",
                part=f"{name}:{value}",
                known=known,
            )
        return value.lower()

    return read


def _name(name: str, value: str) -> str:
    if not any(character.isalnum() for character in value):
        raise _bad_value(name, value, "a name")
    return " ".join(value.split())


def _bound(name: str, value: str) -> Bound:
    """`<2h`, `>=2026-11-01`, `2026-11-01` (that day); a span without a sign is "at most"."""
    match = _BOUND.fullmatch(value)
    assert match is not None
    sign, rest = match[1], match[2].strip()
    span = _SPAN.fullmatch(rest)
    if span is not None:
        length = timedelta(**{_UNITS[span[2]]: int(span[1])})
        if length > LONGEST or sign == "=":
            raise _bad_value(name, value, "<2h, >1d or 2026-11-01")
        return Bound(sign or "<=", length)  # type: ignore[arg-type]
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", rest, re.ASCII):
        raise _bad_value(name, value, "<2h, >1d or 2026-11-01")
    try:
        day = date.fromisoformat(rest)
    except ValueError:
        raise _bad_value(name, value, "a date such as 2026-11-01") from None
    if not 1970 <= day.year < 9000:
        raise _bad_value(name, value, "a date such as 2026-11-01")
    return Bound(sign or "=", day)  # type: ignore[arg-type]


def _bad_value(name: str, value: str, wanted: str) -> SearchError:
    part = f"{name}:{value}" if name != "#" else value
    return SearchError("bad_value", f"“{part}” is not understood: write {wanted}.", part=part)


def _span_text(span: timedelta) -> str:
    minutes = span // timedelta(minutes=1)
    for letter, size in (("w", 10080), ("d", 1440), ("h", 60)):
        if minutes and minutes % size == 0:
            return f"{minutes // size}{letter}"
    return f"{minutes}m"


def _operator_text(name: str, value: str) -> str:
    value = value.replace('"', " ").strip()
    return str(Filter(name, value))


_READERS: dict[str, Callable[[str, str], str | int | Bound]] = {
    "assignee": _name,
    "channel": _one_of(*CHANNELS),
    "customer": _name,
    "due": _bound,
    "is": _one_of(*State),
    "received": _bound,
    "status": _one_of(*STATUSES),
    "tag": _name,
    "team": _name,
    "urgency": _name,
}
OPERATORS = tuple(_READERS)
