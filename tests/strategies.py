"""Hypothesis strategies for calendars and instants.

Days are drawn around clock changes of zones that change in every odd way: by half an hour, at
midnight, by a whole skipped day, in Ramadan, southward; leap days and year ends are in between.
"""

from datetime import UTC, date, datetime, timedelta

from hypothesis import reject
from hypothesis import strategies as st

from tickets.domain.calendars import ALWAYS, BusinessCalendar
from tickets.domain.errors import CalendarError

ODD_DAYS = (
    ("UTC", date(2024, 2, 29)),
    ("UTC", date(2026, 12, 31)),
    ("Europe/Paris", date(2026, 3, 29)),
    ("Europe/Paris", date(2026, 10, 25)),
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("America/Sao_Paulo", date(2018, 11, 4)),  # midnight does not exist
    ("America/Sao_Paulo", date(2018, 2, 17)),  # 23:00 to 24:00 happens twice
    ("America/Havana", date(2026, 11, 1)),  # 00:00 to 01:00 happens twice
    ("America/Santiago", date(2026, 4, 4)),
    ("Asia/Kathmandu", date(2026, 2, 28)),
    ("Asia/Tehran", date(2021, 9, 21)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),  # half an hour
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("Africa/Casablanca", date(2026, 2, 15)),  # Ramadan begins
    ("Africa/Casablanca", date(2026, 3, 22)),  # and ends
    ("Pacific/Apia", date(2011, 12, 30)),  # the day that was skipped
    ("Pacific/Kwajalein", date(1993, 8, 21)),  # another one
)
#: Minutes at which edges hurt: midnight, the hours that are skipped or repeated, 24:00.
EDGES = (0, 15, 30, 60, 90, 120, 135, 150, 165, 180, 210, 540, 720, 1020, 1380, 1410, 1425, 1440)


@st.composite
def openings(draw, *, most=3):
    """A day's openings in seconds; some touch, some days have none."""
    minute = st.sampled_from(EDGES) | st.integers(0, 1440)
    points = sorted(draw(st.sets(minute, max_size=2 * most)))
    step = draw(st.sampled_from([1, 2, 2]))
    pairs = zip(points[::step], points[1::step], strict=False)
    return tuple((opens * 60, closes * 60) for opens, closes in pairs)


def instants_near(day: date, *, days: int = 4, unit: timedelta = timedelta(microseconds=1)):
    middle = datetime(day.year, day.month, day.day, tzinfo=UTC)
    reach = timedelta(days=days) // unit
    near = st.integers(-reach, reach) | st.integers(-days * 96, days * 96).map(
        lambda quarter: quarter * timedelta(minutes=15) // unit
    )
    return near.map(lambda amount: middle + amount * unit)


@st.composite
def closures_near(draw, day: date):
    begin = draw(instants_near(day, unit=timedelta(minutes=1)))
    return begin, begin + timedelta(minutes=draw(st.integers(1, 2_000)))


@st.composite
def business_calendars(draw, zone: str, day: date):
    """A calendar whose exceptions lie around `day`."""
    patterns = draw(st.lists(openings(), min_size=1, max_size=3))
    week = tuple(draw(st.sampled_from(patterns)) for _ in range(7))
    nearby = [day + timedelta(days=each) for each in range(-3, 4)]
    closed = draw(st.frozensets(st.sampled_from(nearby), max_size=2))
    others = [each for each in nearby if each not in closed]
    special = draw(st.dictionaries(st.sampled_from(others), openings(), max_size=2))
    closures = tuple(draw(st.lists(closures_near(day), max_size=2)))
    try:
        return BusinessCalendar(zone, week, closed, special, closures)
    except CalendarError as error:
        if error.code != "never_open":
            raise
        return reject()


@st.composite
def calendars_with_instants(draw, *, instants: int = 1, with_always: bool = False):
    """A calendar and that many instants in order, all around a day that is odd in its zone."""
    zone, day = draw(st.sampled_from(ODD_DAYS))
    calendar = draw(business_calendars(zone, day))
    if with_always and draw(st.booleans()):
        calendar = ALWAYS
    return calendar, *sorted(draw(instants_near(day)) for _ in range(instants))


targets = st.timedeltas(timedelta(0), timedelta(hours=30)) | st.integers(0, 600).map(
    lambda minutes: timedelta(minutes=minutes)
)
