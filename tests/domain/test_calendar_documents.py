"""What a calendar document may say, and the words with which the rest is refused."""

from datetime import date

import pytest

from tickets.domain.calendars import (
    ALWAYS,
    BusinessCalendar,
    CalendarError,
    calendar_from_document,
    to_document,
)

WEEK = {"mon": [["09:00", "17:00"]]}
WHOLE_TIME = ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]


def document(**changes):
    return {"timezone": "Europe/Paris", "week": WEEK, **changes}


class TestReading:
    def test_round_the_clock(self):
        assert calendar_from_document("always") is ALWAYS
        assert to_document(ALWAYS) == "always"

    def test_everything_a_document_can_say_is_written_again(self):
        full = document(
            week={"mon": [["00:00", "06:00"], ["22:00:30", "24:00"]], "tue": [["09:00", "12:00"]]},
            closed=["2026-12-25"],
            special={"2026-12-24": [["09:00", "12:00"]], "2026-12-26": []},
            closures=[["2026-05-04T10:00:00Z", "2026-05-04T11:30:00.250000Z"]],
            names={"2026-12-25": "Noël"},
        )

        assert to_document(calendar_from_document(full)) == full

    def test_a_missing_weekday_is_closed_and_special_dates_alone_are_a_calendar(self):
        calendar = calendar_from_document(
            document(week={}, special={"2026-12-24": [["09:00", "12:00"]]})
        )

        assert calendar.week == ((),) * 7
        assert to_document(calendar)["week"] == {}

    def test_names_are_for_display_only(self):
        named = calendar_from_document(document(names={"2026-12-25": "Noël"}))

        assert named == calendar_from_document(document())
        assert named.names == {date(2026, 12, 25): "Noël"}


class TestRefusals:
    @pytest.mark.parametrize(
        ("wrong", "code"),
        [
            ("business", "bad_calendar"),
            (None, "bad_calendar"),
            ([], "bad_calendar"),
            ({"week": WEEK}, "missing_key"),
            ({"timezone": "UTC"}, "missing_key"),
            (document(specials={}), "unknown_key"),
            (document(week={"monday": []}), "unknown_key"),
            (document(week=[]), "bad_calendar"),
            (document(week={"mon": "09:00-17:00"}), "bad_calendar"),
            (document(week={"mon": ["09:00", "17:00"]}), "bad_calendar"),
            (document(week={"mon": [["09:00", "12:00", "17:00"]]}), "bad_calendar"),
            (document(week={"mon": [["9:00", "17:00"]]}), "bad_time"),
            (document(week={"mon": [["09:00", "24:01"]]}), "bad_time"),
            (document(week={"mon": [["09:60", "17:00"]]}), "bad_time"),
            (document(week={"mon": [["09:00", "17:00:60"]]}), "bad_time"),
            (document(week={"mon": [[9, 17]]}), "bad_time"),
            (document(week={"mon": [["٠٩:٠٠", "17:00"]]}), "bad_time"),
            (document(week={"mon": [["17:00", "09:00"]]}), "end_not_after_start"),
            (document(week={"mon": [["09:00", "09:00"]]}), "end_not_after_start"),
            (document(week={"mon": [["24:00", "24:00"]]}), "end_not_after_start"),
            (document(week={"mon": [["12:00", "17:00"], ["09:00", "12:01"]]}), "overlapping"),
            (document(week={}), "never_open"),
            (document(week={}, special={"2026-05-04": []}), "never_open"),
            (document(closures=[WHOLE_TIME]), "never_open"),
            (
                document(week={}, special={"2026-03-29": [["02:30", "03:10"]]}),
                "never_open",  # the clock change leaves nothing of it
            ),
            (document(closed="2026-12-25"), "bad_calendar"),
            (document(closed=["25.12.2026"]), "bad_date"),
            (document(closed=["20261225"]), "bad_date"),
            (document(closed=["2026-02-30"]), "bad_date"),
            (document(closed=[None]), "bad_date"),
            (document(special={"2026-12-24": [["09:00"]]}), "bad_calendar"),
            (
                document(special={"2026-12-24": [["09:00", "12:00"], ["11:59", "13:00"]]}),
                "overlapping",
            ),
            (
                document(closed=["2026-12-24"], special={"2026-12-24": [["09:00", "12:00"]]}),
                "closed_and_special",
            ),
            (document(closures=[["2026-05-04T10:00:00", WHOLE_TIME[1]]]), "naive_instant"),
            (document(closures=[["2026-05-04", WHOLE_TIME[1]]]), "bad_instant"),
            (document(closures=[WHOLE_TIME[::-1]]), "end_not_after_start"),
            (document(closures=[[WHOLE_TIME[0]] * 2]), "end_not_after_start"),
            (document(names={"2026-12-25": 1}), "bad_calendar"),
            (document(names=[]), "bad_calendar"),
        ],
    )
    def test_says_what_is_wrong(self, wrong, code):
        with pytest.raises(CalendarError) as refusal:
            calendar_from_document(wrong)

        assert refusal.value.code.startswith(code)
        assert str(refusal.value).endswith(".")

    @pytest.mark.parametrize(
        "zone",
        [
            *("Mars/Olympus", "Europe", "right/Europe/Paris", "posix/Europe/Paris", "localtime"),
            *("", "../etc/passwd", "/etc/localtime", "\ud800", "a\0b", "x" * 5000),
            *(5, None, ["UTC"]),
        ],
    )
    def test_a_zone_that_nobody_knows(self, zone):
        with pytest.raises(CalendarError) as refusal:
            calendar_from_document(document(timezone=zone))

        assert refusal.value.code == "unknown_zone"
        assert len(str(refusal.value)) < 200

    def test_closures_that_leave_one_opening_are_good(self):
        to_2026 = ["0001-01-01T00:00:00Z", "2026-05-04T07:59:00Z"]
        from_then = ["2026-05-04T08:00:00Z", "9999-12-31T23:59:59Z"]

        calendar = calendar_from_document(document(closures=[from_then, to_2026]))

        assert isinstance(calendar, BusinessCalendar)
        with pytest.raises(CalendarError, match="never opens"):
            calendar_from_document(document(closures=[from_then, to_2026[:1] + from_then[:1]]))

    def test_closures_that_cut_the_first_day_of_all_opening_by_opening_are_good(self):
        day = "0001-01-01T"
        closures = [[f"{day}10:00:00Z", f"{day}11:00:00Z"], [f"{day}12:00:00Z", f"{day}13:00:00Z"]]
        hours = [["10:00", "11:00"], ["12:00", "13:00"]]

        utc = {"timezone": "UTC", "week": {"mon": hours, "tue": hours}, "closures": closures}
        assert isinstance(calendar_from_document(utc), BusinessCalendar)
