"""BUDGETS row 1: due and elapsed against three libraries, and against the minute oracle."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from statistics import median
from time import perf_counter

from benchmarks.peers import Bizcal, BusinessTimedelta, Contender, Ours, Timegrid
from benchmarks.report import Report
from tests.domain.oracle import UTC_ORIGIN, MinuteOracle
from tests.strategies import EDGES, ODD_DAYS
from tickets.domain.calendars import BusinessCalendar

PEERS = {"timegrid": 3.0, "django-bizcal": 5.0, "businesstimedelta": 150.0}
# How many calls a round makes: about as much time for each contender.
CALLS = {"ours": 2_000, "timegrid": 1_000, "django-bizcal": 40, "businesstimedelta": 2}
ROUNDS = 9
CASES = 100_000
DAY, YEAR = timedelta(days=1), timedelta(days=365)
CELLS = ("due 1 day", "due 1 year", "elapsed 1 day", "elapsed 1 year")


@dataclass(frozen=True)
class Question:
    """A start in working hours; the due instant of `target` lies where `end` does."""

    start: datetime
    end: datetime
    target: timedelta


def run(scale: float) -> Report:
    contenders: list[Contender] = [Ours(), Timegrid(), Bizcal(), BusinessTimedelta()]
    cases = max(int(CASES * scale), 100)
    report = Report(
        name="calendar",
        scale=scale,
        setting="Monday to Friday with a lunch break, 15 holidays, Europe/Paris, aware instants "
        f"in UTC; microseconds a call, median of {ROUNDS} interleaved rounds; "
        f"{cases} cases of each verb against the minute oracle",
        columns=("library", *CELLS, "due: ours x", "elapsed: ours x"),
    )
    report.note_versions(PEERS)
    times = measure(contenders, scale)
    ours = times["ours"]
    for name, cells in times.items():
        due = (cells[0] + cells[1]) / (ours[0] + ours[1])
        elapsed = (cells[2] + cells[3]) / (ours[2] + ours[3])
        report.rows.append((name, *cells, due, elapsed))
        if name in PEERS:
            report.judge(f"{name}_due_x", due, "at least", PEERS[name])
            report.judge(f"{name}_elapsed_x", elapsed, "at least", PEERS[name])
    report.judge("due_year_to_day", ours[1] / ours[0], "at most", 1.3)
    report.judge("elapsed_year_to_day", ours[3] / ours[2], "at most", 1.3)
    report.judge("oracle_disagreements", count_disagreements(cases), "at most", 0)
    report.figures |= {cell.replace(" ", "_") + "_us": ours[i] for i, cell in enumerate(CELLS)}
    return report


def measure(contenders: Sequence[Contender], scale: float) -> dict[str, list[float]]:
    """Microseconds a call for each contender and cell; all take turns in every round."""
    days, years = questions(DAY), questions(YEAR)
    samples: dict[str, list[list[float]]] = {each.name: [[] for _ in CELLS] for each in contenders}
    for _ in range(ROUNDS):
        for contender in contenders:
            calls = max(int(CALLS[contender.name] * min(scale, 1)), 1)
            for cell, (asked, ask) in enumerate(
                (asked, ask) for ask in (ask_due, ask_elapsed) for asked in (days, years)
            ):
                taken = ask(contender, asked, calls)
                samples[contender.name][cell].append(taken / calls * 1e6)
    return {name: [median(cell) for cell in cells] for name, cells in samples.items()}


def questions(span: timedelta) -> list[Question]:
    """64 starts spread over half a year, each once answered by ours."""
    random, calendar = Random(1), Ours()
    found = []
    for _ in range(64):
        day = datetime(2026, 1, 5, 8, tzinfo=UTC) + timedelta(days=random.randrange(180))
        start = calendar.due(day + timedelta(minutes=random.randrange(540)), timedelta(minutes=1))
        target = max(calendar.elapsed(start, start + span), timedelta(hours=7))
        found.append(Question(start, start + span, target))
    return found


def ask_due(contender: Contender, asked: Sequence[Question], calls: int) -> float:
    due: Callable[[datetime, timedelta], datetime] = contender.due
    work = [(each.start, each.target) for each in (asked * (calls // len(asked) + 1))[:calls]]
    begin = perf_counter()
    for start, target in work:
        due(start, target)
    return perf_counter() - begin


def ask_elapsed(contender: Contender, asked: Sequence[Question], calls: int) -> float:
    elapsed: Callable[[datetime, datetime], timedelta] = contender.elapsed
    work = [(each.start, each.end) for each in (asked * (calls // len(asked) + 1))[:calls]]
    begin = perf_counter()
    for start, end in work:
        elapsed(start, end)
    return perf_counter() - begin


def count_disagreements(cases: int) -> int:
    """How often ours and the oracle differ around the oddest days of twelve zones."""
    random = Random(2)
    calendars = [
        (MinuteOracle(random_calendar(random, zone, day)), day)
        for zone, day in ODD_DAYS
        for _ in range(3)
    ]
    wrong = 0
    for number in range(cases):
        oracle, day = calendars[number % len(calendars)]
        wrong += disagrees(random, oracle, minutes_since_1970(day))
    return wrong


def disagrees(random: Random, oracle: MinuteOracle, middle: int) -> bool:
    start = middle + random.randrange(-10 * 1440, 10 * 1440)
    end = start + random.randrange(1, 10 * 1440)
    target = random.randrange(1, 2_000)
    span = oracle.calendar.elapsed(at_minute(start), at_minute(end))
    due = oracle.calendar.due(at_minute(start), timedelta(minutes=target))
    counted = timedelta(minutes=oracle.count(start, end))
    return span != counted or due != at_minute(oracle.place(start, target))


def random_calendar(random: Random, zone: str, day: date) -> BusinessCalendar:
    """Open every day, with edges where clocks change, and every kind of exception near `day`."""
    near = [day + timedelta(days=each) for each in range(-6, 7)]
    closed, special = random.sample(near, 2)
    begin = at_minute(minutes_since_1970(day) + random.randrange(-3_000, 3_000))
    return BusinessCalendar(
        zone,
        tuple(random_openings(random) for _ in range(7)),
        frozenset({closed}),
        {special: random_openings(random)},
        ((begin, begin + timedelta(minutes=random.randrange(1, 3_000))),),
    )


def random_openings(random: Random) -> tuple[tuple[int, int], ...]:
    points = sorted(random.sample(EDGES, random.choice((2, 4, 6))))
    return tuple((a * 60, b * 60) for a, b in zip(points[::2], points[1::2], strict=True))


def minutes_since_1970(day: date) -> int:
    return (day - UTC_ORIGIN.date()).days * 1440


def at_minute(minute: int) -> datetime:
    return UTC_ORIGIN + timedelta(minutes=minute)
