"""Terms: what they may say, and the words with which the rest is refused."""

import copy
import pickle
from datetime import timedelta

import pytest

from tickets.domain.calendars import ALWAYS, MON_TO_FRI, BusinessCalendar
from tickets.domain.errors import CalendarError, TermsError
from tickets.domain.terms import (
    DEFAULT_DOCUMENT,
    Level,
    Metric,
    Target,
    Terms,
    terms_from_document,
)

BUSINESS = BusinessCalendar("Europe/Paris", MON_TO_FRI)
LEVEL = {"level": "A", "action_minutes": 1, "response_minutes": 2, "calendar": "always"}


def document(**changes):
    return {"levels": [LEVEL], "default_level": "A", **changes}


class TestReading:
    def test_without_a_document_the_published_agreement_counts(self):
        terms = terms_from_document(None, BUSINESS)

        said = [
            (level.code, level.rank, target.metric, target.duration, target.calendar)
            for level in terms.levels
            for target in level.targets.values()
        ]
        eight_hours = timedelta(hours=8)
        assert said == [
            ("URGENT", 0, Metric.ACTION, timedelta(minutes=30), ALWAYS),
            ("URGENT", 0, Metric.RESPONSE, timedelta(hours=2), ALWAYS),
            ("NON_URGENT", 1, Metric.ACTION, eight_hours, BUSINESS),
            ("NON_URGENT", 1, Metric.RESPONSE, eight_hours, BUSINESS),
        ]
        assert (terms.default_level, terms.thresholds) == ("NON_URGENT", (50, 75, 90))
        assert terms == terms_from_document(DEFAULT_DOCUMENT, BUSINESS)

    def test_a_level_may_bring_its_own_calendar(self):
        own = {"timezone": "Asia/Tokyo", "week": {"mon": [["09:00", "17:00"]]}}
        terms = terms_from_document(document(levels=[{**LEVEL, "calendar": own}]), BUSINESS)

        calendar = terms.level("A").targets[Metric.ACTION].calendar
        assert calendar.timezone == "Asia/Tokyo"

    def test_terms_survive_copying(self):
        terms = terms_from_document(None, BUSINESS)

        assert copy.deepcopy(terms) == terms
        assert pickle.loads(pickle.dumps(terms)) == terms

    def test_so_do_refusals(self):
        with pytest.raises(TermsError) as refusal:
            terms_from_document([], BUSINESS)

        again = pickle.loads(pickle.dumps(refusal.value))
        assert (again.code, str(again)) == (refusal.value.code, str(refusal.value))


class TestRefusals:
    @pytest.mark.parametrize(
        ("wrong", "code"),
        [
            ([], "bad_terms"),
            ({"default_level": "A"}, "missing_key"),
            ({"levels": [LEVEL]}, "missing_key"),
            (document(levels={}), "bad_terms"),
            (document(levels=[]), "no_levels"),
            (document(levels=["A"]), "bad_terms"),
            (document(levels=[LEVEL, LEVEL]), "level_twice"),
            (document(level="A"), "unknown_key"),
            (document(default_level="B"), "unknown_level"),
            (document(default_level=1), "bad_terms"),
            (document(levels=[{**LEVEL, "action_seconds": 5}]), "unknown_key"),
            (document(levels=[{**LEVEL, "level": 1}]), "bad_terms"),
            (document(levels=[{**LEVEL, "action_minutes": 1.0}]), "not_an_integer"),
            (document(levels=[{**LEVEL, "action_minutes": True}]), "not_an_integer"),
            (document(levels=[{**LEVEL, "resolution_minutes": "1"}]), "not_an_integer"),
            (document(levels=[{**LEVEL, "response_minutes": -1}]), "negative_target"),
            (document(levels=[{**LEVEL, "response_minutes": 10**20}]), "due_too_far"),
            (document(thresholds=50), "bad_thresholds"),
            (document(thresholds=[True]), "bad_thresholds"),
            (document(thresholds=[50.0]), "bad_thresholds"),
            (document(thresholds=[75, 50]), "bad_thresholds"),
            (document(thresholds=[0]), "bad_thresholds"),
            (document(thresholds=[100]), "bad_thresholds"),
        ]
        + [
            (document(levels=[{k: v for k, v in LEVEL.items() if k != key}]), "missing_key")
            for key in LEVEL
        ],
    )
    def test_says_what_is_wrong(self, wrong, code):
        with pytest.raises(TermsError) as refusal:
            terms_from_document(wrong, BUSINESS)

        assert refusal.value.code == code
        assert str(refusal.value).endswith(".")

    def test_a_level_with_a_calendar_that_is_none(self):
        with pytest.raises(CalendarError):
            terms_from_document(document(levels=[{**LEVEL, "calendar": "office"}]), BUSINESS)

    def test_ranks_that_do_not_count_up(self):
        level = Level("A", 1, {Metric.ACTION: Target(Metric.ACTION, timedelta(1), ALWAYS)})

        with pytest.raises(TermsError) as refusal:
            Terms((level,), "A")
        assert refusal.value.code == "bad_rank"
