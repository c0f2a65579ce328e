from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.template import Context
from django.utils import timezone

from tickets.templatetags.clocks import clock_text, hours, shown_clock, used_track
from tickets.templatetags.instants import countdown, instant, lag, span, span_text
from tickets.templatetags.people import initials

NOW = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


class TestSpanText:
    @pytest.mark.parametrize(
        ("length", "text"),
        [
            (0, "0 s"),
            (0.2, "1 s"),
            (59, "59 s"),
            (-59.9, "59 s"),
            (60, "1 m 00 s"),
            (599, "9 m 59 s"),
            (600, "10 m"),
            (3599.5, "1 h 00 m"),
            (-3600, "1 h 00 m"),
            (6720, "1 h 52 m"),
            (86400, "1 d 0 h"),
            (190_000, "2 d 4 h"),
        ],
    )
    def test_has_two_units_and_reads_zero_only_at_the_instant(self, length, text):
        assert span_text(seconds(length)) == text

    def test_shows_seconds_below_an_hour_where_asked(self):
        assert span_text(seconds(1512), seconds_below=seconds(3600)) == "25 m 12 s"

    def test_of_a_fixed_length_has_no_empty_minutes(self):
        assert span(seconds(8 * 3600)) == "8 h"
        assert span(None) == ""


class TestHours:
    @pytest.mark.parametrize(
        ("length", "text"),
        [(300, "5 m 00 s"), (28_800, "8 h"), (144_000, "40 h"), (145_980, "40 h 33 m"), (None, "")],
    )
    def test_have_no_days_that_could_be_taken_for_working_days(self, length, text):
        assert hours(None if length is None else seconds(length)) == text


class TestLag:
    @pytest.mark.parametrize(
        ("length", "text"),
        [(0.0031, "3 ms"), (-0.5, "0 ms"), (1.25, "1.2 s"), (240, "4 m 00 s"), (None, "")],
    )
    def test_is_in_milliseconds_below_a_second(self, length, text):
        assert lag(None if length is None else seconds(length)) == text


class TestInstant:
    @pytest.mark.parametrize(
        ("at", "text"),
        [
            (NOW, ">15:00<"),
            (NOW + timedelta(days=1), ">Sat 15:00<"),
            (NOW + timedelta(days=4), ">24 Nov 15:00<"),
            (NOW - timedelta(days=3), ">Tue 15:00<"),
            (NOW - timedelta(days=7), ">13 Nov 15:00<"),
            (NOW - timedelta(days=400), ">16 Oct 2025 16:00<"),
        ],
    )
    def test_is_as_short_as_its_distance_allows(self, at, text):
        with timezone.override("Europe/Paris"):
            assert text in instant(Context({"now": NOW}), at)

    def test_names_the_zone_where_asked_and_always_in_full(self):
        with timezone.override("Europe/Paris"):
            html = instant(Context({"now": NOW}), NOW, "zoned")

        assert ">15:00 CET<" in html
        assert 'title="Friday 20 November 2026, 15:00:00 CET"' in html

    def test_of_nothing_is_empty(self):
        assert instant(Context({"now": NOW}), None) == ""


class TestClockText:
    def test_ticks_while_the_clock_is_open(self):
        clock = SimpleNamespace(metric="RESPONSE", state="SOON", due_at=NOW + seconds(6720))

        html = clock_text(Context({"now": NOW}), clock)

        assert html.startswith("Respond in <time")
        assert 'data-due="2026-11-20T15:52:00+00:00"' in html
        assert ">1 h 52 m<" in html

    def test_says_how_late_it_was_met(self):
        clock = SimpleNamespace(
            metric="ACTION", state="MET_LATE", due_at=NOW, met_at=NOW + seconds(720)
        )

        assert clock_text(Context({"now": NOW}), clock) == "Act: met 12 m late"

    @pytest.mark.parametrize(
        ("state", "text"),
        [("MET", "Act: met"), ("PAUSED", "Act: paused"), ("CANCELLED", "Act: cancelled")],
    )
    def test_is_a_word_once_settled(self, state, text):
        clock = SimpleNamespace(metric="ACTION", state=state, due_at=NOW, met_at=NOW)

        assert clock_text(Context({"now": NOW}), clock) == text


class TestShownClock:
    MET, LATE, OWED = (SimpleNamespace(state=state) for state in ("MET", "MET_LATE", "BREACHED"))

    @pytest.mark.parametrize(
        ("clocks", "owed", "shown"),
        [
            ((OWED, MET), OWED, OWED),
            ((LATE, MET), None, LATE),
            ((MET, MET), None, MET),
            ((), None, None),
        ],
    )
    def test_is_what_matters_most(self, clocks, owed, shown):
        assert shown_clock(SimpleNamespace(clocks=clocks, next_clock=owed)) is shown


class TestUsedTrack:
    @pytest.mark.parametrize(("share", "width"), [(0.5, "50.0"), (3, "100.0"), (-1, "0.0")])
    def test_never_leaves_its_frame(self, share, width):
        assert f'width="{width}"' in used_track(share)


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Alice Martin", "AM"), ("alice", "A"), ("A. de la Cruz", "AC"), ("", "?"), ("+33 1", "1")],
)
def test_initials(name, letters):
    assert initials(name) == letters


def test_a_countdown_is_escaped():
    html = countdown(Context({"now": NOW}), NOW)

    assert html.count("<time") == 1
