"""Where the words of a search stand in a text, ready to be shown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.postgres.fields import ArrayField
from django.db.models import Func, QuerySet, TextField

from tickets.models import Ticket

#: Characters around which the database puts what it found; it takes them off the text first.
START, STOP = "\x02", "\x03"
_MARKS = re.compile(f"[{START}{STOP}]")
_RUNS = re.compile(rb"\x00+|\x01+")
#: Characters of the line, and how many stand before the first find.
LENGTH, BEFORE = 180, 50


@dataclass(frozen=True)
class Piece:
    text: str
    is_found: bool = False


def annotate_marks(tickets: QuerySet[Ticket], words: Func) -> QuerySet[Ticket]:
    """Adds `subject_marks`, and `excerpt_marks` of the earliest message that has a word."""
    return tickets.annotate(
        subject_marks=_Marks("subject", words),
        excerpt_marks=_Marks("pk", words, function="tickets_search_excerpt"),
    )


def pieces_of(marked: Sequence[str] | None) -> tuple[Piece, ...]:
    """The first text, cut where any of the others, alike but for their marks, found something."""
    if not marked:
        return ()
    plain, *others = marked
    found = bytearray(len(plain))
    for other in others:
        runs = _MARKS.split(other)
        if sum(map(len, runs)) == len(plain):
            _note(found, runs)
    return tuple(
        Piece(plain[run.start() : run.end()], run[0][0] == 1) for run in _RUNS.finditer(found)
    )


def excerpt_of(marked: Sequence[str] | None) -> tuple[Piece, ...]:
    """One line of it around the first find; nothing when there is none."""
    pieces = pieces_of(marked)
    if not any(piece.is_found for piece in pieces):
        return ()
    before = next(iter(pieces)).text if not pieces[0].is_found else ""
    skipped = _start_of_word(before, max(0, len(before) - BEFORE))
    line: list[Piece] = [Piece("…")] if skipped else []
    left = LENGTH
    for piece in _without_start(pieces, skipped):
        text = " ".join(f"x{piece.text}x".split())[1:-1]
        line.append(Piece(text[:left], piece.is_found))
        left -= len(text)
        if left <= 0:
            return (*line, Piece("…"))
    return tuple(line)


class _Marks(Func):
    function = "tickets_search_marks"
    output_field = ArrayField(TextField())


def _note(found: bytearray, runs: Sequence[str]) -> None:
    """Marks are never nested: every second run lies between two of them."""
    place = 0
    for turn, run in enumerate(runs):
        if turn % 2:
            found[place : place + len(run)] = b"\1" * len(run)
        place += len(run)


def _start_of_word(text: str, place: int) -> int:
    if place == 0:
        return 0
    space = text.find(" ", place)
    return place if space < 0 else space + 1


def _without_start(pieces: tuple[Piece, ...], skipped: int) -> tuple[Piece, ...]:
    first, *rest = pieces
    return (Piece(first.text[skipped:], first.is_found), *rest)
