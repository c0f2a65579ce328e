"""Where the words of a search stand in a text, ready to be shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from django.contrib.postgres.fields import ArrayField
from django.db.models import BooleanField, Func, OuterRef, QuerySet, Subquery, TextField
from django.db.models.functions import Left

from tickets.models import Message, Ticket

#: Characters around which the database puts what it found; it takes them off the text first.
START, STOP = "\x02", "\x03"
#: How much of a message is looked at for one line, and of how many messages.
LOOKED_AT = 3_000
MESSAGES = 5
#: Characters of the line, and how many stand before the first find.
LENGTH, BEFORE = 180, 50


@dataclass(frozen=True)
class Piece:
    text: str
    is_found: bool = False


def annotate_marks(tickets: QuerySet[Ticket], words: Func) -> QuerySet[Ticket]:
    """Adds `subject_marks`, and `excerpt_marks` of the earliest message that has the words."""
    # Cut off before they are looked at: a ticket may have a thousand messages.
    earliest = Message.objects.filter(ticket=OuterRef(OuterRef("pk"))).order_by("at", "pk")
    said = (
        Message.objects.filter(pk__in=earliest.values("pk")[:MESSAGES])
        .annotate(start=Left("text", LOOKED_AT))
        .alias(is_found=_IsFound("start", words))
        .filter(is_found=True)
        .order_by("at", "pk")
    )
    return tickets.annotate(
        subject_marks=_Marks("subject", words),
        excerpt_marks=Subquery(said.annotate(marks=_Marks("start", words)).values("marks")[:1]),
    )


def pieces_of(marked: Sequence[str] | None) -> tuple[Piece, ...]:
    """The first text, cut where any of the others, alike but for their marks, found something."""
    if not marked:
        return ()
    plain, *others = marked
    found = [False] * len(plain)
    for other in others:
        spots = _spots(other)
        if len(spots) == len(plain):
            found = [a or b for a, b in zip(found, spots, strict=True)]
    return tuple(
        Piece("".join(letter for letter, _ in run), is_found)
        for is_found, run in groupby(zip(plain, found, strict=True), key=lambda pair: pair[1])
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


class _IsFound(Func):
    template = "(tickets_search_lexemes(%(expressions)s))"
    arg_joiner = ") @@ ("
    output_field = BooleanField()


def _spots(marked: str) -> list[bool]:
    spots: list[bool] = []
    is_found = False
    for letter in marked:
        if letter in (START, STOP):
            is_found = letter == START
        else:
            spots.append(is_found)
    return spots


def _start_of_word(text: str, place: int) -> int:
    if place == 0:
        return 0
    space = text.find(" ", place)
    return place if space < 0 else space + 1


def _without_start(pieces: tuple[Piece, ...], skipped: int) -> tuple[Piece, ...]:
    first, *rest = pieces
    return (Piece(first.text[skipped:], first.is_found), *rest)
