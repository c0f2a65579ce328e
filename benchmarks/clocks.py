"""BUDGETS row 2: timelines a second on one core, and a million lines in constant memory."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from statistics import median
from threading import Thread
from time import perf_counter
from typing import IO, Any

from benchmarks.report import Report
from tickets.domain.calendars import calendar_from_document
from tickets.domain.clocks import compute_clocks
from tickets.domain.terms import terms_from_document
from tickets.domain.timeline_documents import events_from_document

ROOT = Path(__file__).resolve().parent.parent
LINES = 1_000_000
TIMELINES = 2_000
ROUNDS = 7
CALENDARS = 50
RECEIVED = datetime(2026, 3, 2, tzinfo=UTC)
# Types and minutes since the receipt; who and what is filled in below.
STEPS: tuple[tuple[int, dict[str, Any]], ...] = (
    (0, {"type": "received", "channel": "email"}),
    (1, {"type": "auto_reply_sent"}),
    (20, {"type": "urgency_proposed", "by": "customer", "level": "URGENT"}),
    (45, {"type": "agent_acted"}),
    (60, {"type": "urgency_countered", "by": "provider", "level": "NON_URGENT"}),
    (90, {"type": "urgency_agreed", "by": "customer"}),
    (400, {"type": "agent_replied", "message": "m1"}),
    (600, {"type": "solved"}),
)


def run(scale: float) -> Report:
    lines = max(int(LINES * scale), 2_000)
    report = Report(
        name="clocks",
        scale=scale,
        setting=f"8 events a timeline; {TIMELINES} timelines a round, median of {ROUNDS} rounds; "
        f"{lines} lines with {CALENDARS} calendars through `manage.py sla clocks`",
        columns=("what", "a second", "peak memory MB"),
    )
    report.note_versions([])
    rate = timelines_per_second(scale)
    stream = stream_lines(lines)
    report.rows.append(("compute_clocks", rate, ""))
    report.rows.append((f"sla clocks, first {lines // 10} lines", "", stream.early_peak_mb))
    report.rows.append((f"sla clocks, {lines} lines", stream.rate, stream.peak_mb))
    report.judge("timelines_per_s", rate, "at least", 10_000)
    report.judge("lines_lost", lines - stream.answered, "at most", 0)
    report.judge("peak_growth_mb", stream.peak_mb - stream.early_peak_mb, "at most", 2)
    report.figures |= {"lines_per_s": stream.rate, "peak_mb": stream.peak_mb}
    return report


def requests(count: int) -> Iterator[dict[str, Any]]:
    """Lives of eight events that begin anywhere in a year, under one of the calendars."""
    random = Random(3)
    calendars = [calendar_document(number) for number in range(CALENDARS)]
    for number in range(count):
        received = RECEIVED + timedelta(minutes=random.randrange(525_600))
        pace = random.choice((1, 2, 5))
        events = [
            {**keys, "at": written(received + timedelta(minutes=minutes * pace))}
            for minutes, keys in STEPS
        ]
        now = written(received + timedelta(days=7))
        yield {
            "id": number,
            "calendar": calendars[number % CALENDARS],
            "events": events,
            "now": now,
        }


def calendar_document(number: int) -> dict[str, Any]:
    hours = [["09:00", "12:00"], ["13:00", f"17:{number:02}"]]
    week = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), hours)
    return {"timezone": "Europe/Paris", "week": week, "closed": ["2026-12-25", "2027-01-01"]}


def written(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def timelines_per_second(scale: float) -> float:
    """Events read and terms set up beforehand: the pure function alone, on one core."""
    terms = terms_from_document(None, calendar_from_document(calendar_document(0)))
    lives = []
    for request in requests(max(int(TIMELINES * min(scale, 1)), 200)):
        now = datetime.fromisoformat(request["now"])
        lives.append((events_from_document(request["events"], now=now), now))
    rates = []
    for _ in range(ROUNDS):
        begin = perf_counter()
        for events, now in lives:
            compute_clocks(events, terms=terms, now=now)
        rates.append(len(lives) / (perf_counter() - begin))
    return median(rates)


@dataclass
class Stream:
    answered: int
    rate: float
    early_peak_mb: float
    peak_mb: float


def stream_lines(lines: int) -> Stream:
    """Feed the command from a thread, count its answers, and look at its peak memory twice:
    when a tenth is answered and when all is, before it may end."""
    command = [sys.executable, "manage.py", "sla", "clocks"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        Thread(target=feed, args=(running.stdin, lines), daemon=True).start()
        answered, early, begin = 0, 0.0, perf_counter()
        for read in range(1, lines + 1):
            answered += b'"clocks"' in running.stdout.readline()
            if read == lines // 10:
                early = peak_mb(running.pid)
        rate = answered / (perf_counter() - begin)
        peak = peak_mb(running.pid)
        running.stdin.close()
    return Stream(answered, rate, early, peak)


def feed(sink: IO[bytes], lines: int) -> None:
    for request in requests(lines):
        sink.write(json.dumps(request).encode() + b"\n")
    sink.flush()


def peak_mb(process: int) -> float:
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("the system does not tell peak memory")
