"""Calendars against the minute oracle, and the edges of TERMS 2.5 by name."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.domain.oracle import MinuteOracle
from tests.strategies import calendars_with_instants, targets
from tickets.domain.calendars import (
    ALWAYS,
    MON_TO_FRI,
    BusinessCalendar,
    calendar_from_document,
    to_document,
)
from tickets.domain.errors import CalendarError

HOUR = timedelta(hours=1)
PARIS = BusinessCalendar("Europe/Paris", MON_TO_FRI)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def daily(zone: str, *hours: tuple[float, float], **exceptions) -> BusinessCalendar:
    day = tuple((int(opens * 3600), int(closes * 3600)) for opens, closes in hours)
    return BusinessCalendar(zone, (day,) * 7, **exceptions)


class TestAgainstTheMinuteOracle:
    @settings(max_examples=150)
    @given(calendars_with_instants(instants=2))
    def test_elapsed_is_the_open_minutes_counted(self, case):
        calendar, start, end = case

        assert calendar.elapsed(start, end) == MinuteOracle(calendar).elapsed(start, end)

    @settings(max_examples=150)
    @given(calendars_with_instants(), targets.filter(bool))
    def test_due_is_where_walking_the_minutes_arrives(self, case, target):
        calendar, start = case
        walked = MinuteOracle(calendar).due(start, target, days=12)

        assume(walked is not None)
        assert calendar.due(start, target) == walked

    @given(calendars_with_instants(instants=2))
    def test_explanation_marks_as_open_exactly_what_counts(self, case):
        calendar, start, end = case
        segments = calendar.explain(start, end)
        oracle = MinuteOracle(calendar)

        counted = sum((s.end - s.start for s in segments if s.counted), timedelta(0))
        assert counted == calendar.elapsed(start, end)
        for segment in segments:
            open_time = oracle.elapsed(segment.start, segment.end)
            assert open_time == (segment.end - segment.start if segment.counted else timedelta(0))
            assert segment.counted == (segment.reason == "open")

    @pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/Paris"])
    def test_openings_over_the_seam_of_two_tables_count_whole(self, zone):
        calendar = daily(zone, (0, 12), (13, 24))
        oracle = MinuteOracle(calendar)
        seam = datetime(1970, 1, 1, tzinfo=UTC) + 57 * timedelta(weeks=52)

        for hours in range(-30, 30, 7):
            start = seam + hours * HOUR
            assert calendar.elapsed(start, start + 36 * HOUR) == oracle.elapsed(
                start, start + 36 * HOUR
            )
            assert calendar.due(start, 20 * HOUR) == oracle.due(start, 20 * HOUR)


class TestLawsOfTime:
    @given(calendars_with_instants(with_always=True), targets.filter(bool))
    def test_measuring_up_to_the_due_instant_gives_the_target_back(self, case, target):
        calendar, start = case
        try:
            due = calendar.due(start, target)
        except CalendarError:  # too far, which TestFiveYears is about
            return
        assert calendar.elapsed(start, due) == target
        moment = timedelta(microseconds=1)
        assert calendar.elapsed(start, due - moment) == target - moment

    @given(calendars_with_instants(instants=3, with_always=True))
    def test_elapsed_adds_up(self, case):
        calendar, start, middle, end = case

        whole = calendar.elapsed(start, middle) + calendar.elapsed(middle, end)
        assert calendar.elapsed(start, end) == whole
        assert timedelta(0) <= whole <= end - start

    @given(calendars_with_instants(instants=2, with_always=True), targets, targets)
    def test_later_starts_and_longer_targets_are_never_due_earlier(self, case, one, other):
        calendar, early, late = case
        less, more = sorted((one, other))
        try:
            latest = calendar.due(late, more)
        except CalendarError:
            return
        assert calendar.due(early, less) <= calendar.due(early, more) <= latest
        assert calendar.due(early, less) <= calendar.due(late, less) <= latest

    @given(calendars_with_instants(), targets)
    def test_nothing_depends_on_the_zone_an_instant_is_written_in(self, case, target):
        calendar, start = case
        elsewhere = start.astimezone(ZoneInfo("Asia/Kathmandu"))
        try:
            due = calendar.due(start, target)
        except CalendarError:
            return
        assert calendar.due(elsewhere, target) == due
        assert due.tzinfo is UTC

    @given(calendars_with_instants(with_always=True))
    def test_next_opening_is_the_first_open_instant(self, case):
        calendar, start = case
        opening = calendar.next_opening(start)

        if opening is not None:
            assert opening >= start
            assert calendar.elapsed(start, opening) == timedelta(0)
            assert calendar.elapsed(opening, opening + timedelta(microseconds=1))

    @settings(suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
    @given(calendars_with_instants())
    def test_a_document_gives_the_same_calendar_back(self, case):
        calendar, _ = case
        again = calendar_from_document(to_document(calendar))

        assert again == calendar
        assert hash(again) == hash(calendar)

    @given(st.integers(-40, 40), st.integers(0, 40), targets.filter(bool))
    def test_far_spans_go_through_any_number_of_tables(self, years, more, target):
        start = datetime(2026 + years, 5, 4, tzinfo=UTC)
        end = datetime(2026 + years + more, 5, 4, tzinfo=UTC)
        mondays_only = BusinessCalendar("UTC", (((0, 86_400),),) + ((),) * 6)

        days = range(start.toordinal(), end.toordinal())
        mondays = sum(date.fromordinal(day).weekday() == 0 for day in days)
        assert mondays_only.elapsed(start, end) == mondays * timedelta(days=1)
        assert mondays_only.elapsed(start, mondays_only.due(start, target)) == target


class TestEdgesOfAnOpening:
    def test_exactly_closing_time_is_closing_time_not_the_next_opening(self):
        assert PARIS.due(at("2026-05-04T09:00+02:00"), 8 * HOUR) == at("2026-05-04T17:00+02:00")

    def test_closing_time_itself_is_no_longer_open(self):
        assert PARIS.due(at("2026-05-04T17:00+02:00"), HOUR) == at("2026-05-05T10:00+02:00")

    def test_zero_is_due_at_once_when_open_and_at_the_next_opening_when_not(self):
        zero = timedelta(0)
        assert PARIS.due(at("2026-05-04T09:00+02:00"), zero) == at("2026-05-04T09:00+02:00")
        assert PARIS.due(at("2026-05-04T17:00+02:00"), zero) == at("2026-05-05T09:00+02:00")
        assert PARIS.due(at("2026-12-31T20:00+01:00"), zero) == at("2027-01-01T09:00+01:00")

    def test_the_last_holiday_of_a_list_is_not_the_end_of_time(self):
        calendar = BusinessCalendar("UTC", MON_TO_FRI, closed=frozenset({date(2026, 12, 25)}))

        assert calendar.due(at("2026-12-24T16:00Z"), 2 * HOUR) == at("2026-12-28T10:00Z")
        assert calendar.due(at("2027-12-24T16:00Z"), 2 * HOUR) == at("2027-12-27T10:00Z")

    def test_a_special_day_without_openings_is_closed(self):
        calendar = daily("UTC", (9, 17), special={date(2026, 5, 5): ()})

        assert calendar.next_opening(at("2026-05-05T00:00Z")) == at("2026-05-06T09:00Z")

    def test_openings_need_no_order_and_may_touch(self):
        shuffled = daily("UTC", (12, 16), (8, 12))

        assert shuffled == daily("UTC", (8, 12), (12, 16))
        assert len(shuffled.explain(at("2026-05-05T08:00Z"), at("2026-05-05T16:00Z"))) == 1

    def test_closures_may_overlap_and_keep_their_microseconds(self):
        calendar = daily(
            "UTC",
            (9, 17),
            closures=(
                (at("2026-05-05T10:00:00.000001+00:00"), at("2026-05-05T11:00Z")),
                (at("2026-05-05T10:30Z"), at("2026-05-05T12:00Z")),
            ),
        )

        elapsed = calendar.elapsed(at("2026-05-05T09:00Z"), at("2026-05-05T17:00Z"))
        assert elapsed == 6 * HOUR + timedelta(microseconds=1)


class TestClockChanges:
    def test_an_opening_over_a_clock_change_is_an_hour_shorter_or_longer(self):
        night = daily("Europe/Paris", (0, 8))

        spring, autumn = date(2026, 3, 29), date(2026, 10, 25)
        for day, hours in ((spring, 7), (autumn, 9)):
            start = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo("Europe/Paris"))
            assert night.elapsed(start, start + timedelta(hours=12)) == hours * HOUR

    def test_an_opening_that_ends_before_it_starts_after_the_change_is_empty(self):
        calendar = daily("Europe/Paris", (2.5, 3.25))

        start, end = at("2026-03-29T00:00Z"), at("2026-03-29T06:00Z")
        assert calendar.elapsed(start, end) == timedelta(0)

    def test_what_two_openings_share_after_the_change_counts_once(self):
        calendar = daily("Europe/Paris", (2, 2.75), (3, 4))

        start, end = at("2026-03-29T00:00Z"), at("2026-03-29T06:00Z")
        assert calendar.elapsed(start, end) == HOUR

    def test_a_skipped_day_moves_its_openings_on_to_the_day_after(self):
        friday_only = BusinessCalendar("Pacific/Apia", ((),) * 4 + (((32_400, 61_200),), (), ()))

        start = at("2011-12-29T12:00-10:00")
        assert friday_only.next_opening(start) == at("2011-12-31T09:00+14:00")

    def test_two_datetimes_in_a_repeated_hour_are_two_instants(self):
        first = datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Paris"))
        night = daily("Europe/Paris", (0, 8))

        assert night.elapsed(first, first.replace(fold=1)) == HOUR


class TestExplain:
    def test_names_what_is_open_and_why_the_rest_is_not(self):
        calendar = BusinessCalendar(
            "UTC",
            MON_TO_FRI,
            closed=frozenset({date(2026, 12, 25)}),
            special={date(2026, 12, 24): ((32_400, 43_200),)},
            closures=((at("2026-12-23T10:00Z"), at("2026-12-23T11:00Z")),),
            names={date(2026, 12, 25): "Christmas Day", date(2026, 12, 24): "Christmas Eve"},
        )

        told = [
            (s.start.strftime("%d %H"), s.reason, s.name)
            for s in calendar.explain(at("2026-12-23T09:00Z"), at("2026-12-28T10:00Z"))
        ]

        assert told == [
            ("23 09", "open", ""),
            ("23 10", "closure", ""),
            ("23 11", "open", ""),
            ("23 17", "closed_hours", ""),
            ("24 09", "open", "Christmas Eve"),
            ("24 12", "closed_hours", ""),
            ("25 00", "closed_day", "Christmas Day"),
            ("26 00", "closed_hours", ""),
            ("28 09", "open", ""),
        ]

    def test_nothing_is_explained_by_nothing(self):
        start = at("2026-12-23T09:00Z")

        assert PARIS.explain(start, start) == []
        assert ALWAYS.explain(start, start) == []
        assert [s.reason for s in ALWAYS.explain(start, start + HOUR)] == ["open"]


class TestFiveYears:
    def test_the_same_date_and_time_is_still_good_and_a_moment_later_is_refused(self):
        start, limit = at("2026-05-04T10:00Z"), at("2031-05-04T10:00Z")

        assert ALWAYS.due(start, limit - start) == limit
        with pytest.raises(CalendarError) as refusal:
            ALWAYS.due(start, limit - start + timedelta(microseconds=1))
        assert refusal.value.code == "due_too_far"

    def test_a_leap_day_ends_on_28_february(self):
        start, limit = at("2024-02-29T10:00Z"), at("2029-02-28T10:00Z")

        assert ALWAYS.due(start, limit - start) == limit
        with pytest.raises(CalendarError):
            ALWAYS.due(start, limit - start + timedelta(microseconds=1))

    def test_a_minute_a_week_never_adds_up_to_a_day(self):
        calendar = BusinessCalendar("UTC", (((0, 60),),) + ((),) * 6)

        assert calendar.due(at("2026-05-04T10:00Z"), 4 * HOUR)
        with pytest.raises(CalendarError, match="five years"):
            calendar.due(at("2026-05-04T10:00Z"), 8 * HOUR)

    def test_after_the_last_special_opening_nothing_is_due(self):
        calendar = BusinessCalendar("UTC", ((),) * 7, special={date(2026, 5, 4): ((0, 3600),)})

        assert calendar.due(at("2026-05-01T00:00Z"), HOUR) == at("2026-05-04T01:00Z")
        assert calendar.next_opening(at("2026-05-05T00:00Z")) is None
        assert calendar.elapsed(at("1950-01-01T00:00Z"), at("2090-01-01T00:00Z")) == HOUR
        with pytest.raises(CalendarError, match="five years"):
            calendar.due(at("2026-05-05T00:00Z"), timedelta(0))

    @pytest.mark.parametrize("calendar", [ALWAYS, PARIS])
    def test_the_end_of_time_is_an_answer_or_a_refusal(self, calendar):
        with pytest.raises(CalendarError):
            calendar.due(at("9999-12-31T20:00Z"), 100 * HOUR)
        assert calendar.elapsed(at("9999-12-30T00:00Z"), at("9999-12-31T23:00Z"))
        assert calendar.elapsed(at("0001-01-01T00:00Z"), at("0001-01-03T00:00Z"))


class TestRefusals:
    def test_a_negative_target(self):
        for calendar in (ALWAYS, PARIS):
            with pytest.raises(CalendarError) as refusal:
                calendar.due(at("2026-05-04T10:00Z"), -HOUR)
            assert refusal.value.code == "negative_target"

    def test_an_end_before_the_start(self):
        for calendar in (ALWAYS, PARIS):
            with pytest.raises(CalendarError) as refusal:
                calendar.elapsed(at("2026-05-04T10:00Z"), at("2026-05-04T09:00Z"))
            assert refusal.value.code == "end_before_start"

    def test_naive_datetimes(self):
        naive = datetime(2026, 5, 4, 10)  # noqa: DTZ001 (what is to be refused)
        for call in (PARIS.next_opening, ALWAYS.next_opening):
            with pytest.raises(CalendarError) as refusal:
                call(naive)
            assert refusal.value.code == "naive_instant"

    def test_a_week_of_six_days(self):
        with pytest.raises(CalendarError, match="seven days"):
            BusinessCalendar("UTC", (((0, 60),),) * 6)

    def test_openings_outside_the_day(self):
        for hours in ((-1, 5), (20, 25)):
            with pytest.raises(CalendarError, match="between 00:00 and 24:00"):
                daily("UTC", hours)
