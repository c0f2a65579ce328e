"""`manage.py sla`: the machine door on standard input and output (DESIGN 4)."""

import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand

from tickets.domain.machine_door import LONGEST_LINE, VERBS, MachineDoor

READ_AT_MOST = 65_536


class Command(BaseCommand):
    help = (
        "Answers JSON Lines on standard input with one JSON object a line: when a target is due, "
        "how much open time elapsed, how a ticket's clocks stand. Needs no database and no broker."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("verb", choices=VERBS, help="what every line asks for")

    def handle(self, *args: Any, verb: str, **options: Any) -> None:
        try:
            answer_stream(MachineDoor(verb), sys.stdin.buffer, sys.stdout.buffer)
        except BrokenPipeError:
            # Nobody reads the answers any more. Python would fail again when it closes the stream.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(1)


def answer_stream(door: MachineDoor, source: BinaryIO, sink: BinaryIO) -> None:
    """Answer every line of `source` on `sink`, in order.

    What one read brings is answered and flushed before the next read waits, so a program that
    sends a line and waits gets its answer, and a pipe full of lines is written in blocks. No more
    than a block and one line is ever held; of a line too long to be answered, only its start.
    """
    for lines in blocks_of_lines(source):
        answers = [door.answer(line) for line in lines]
        sink.write("".join(answer + "\n" for answer in answers).encode())
        sink.flush()


def blocks_of_lines(source: BinaryIO) -> Iterator[list[bytes]]:
    """The lines each read completes, without their ends; what follows the last end is a line."""
    parts: list[bytes] = []
    length = 0
    while block := source.read1(READ_AT_MOST):  # type: ignore[attr-defined]
        head, *tail = block.split(b"\n")
        if length <= LONGEST_LINE:
            parts.append(head)
            length += len(head)
        if tail:
            yield [b"".join(parts), *tail[:-1]]
            parts, length = [tail[-1]], len(tail[-1])
    if length:
        yield [b"".join(parts)]
