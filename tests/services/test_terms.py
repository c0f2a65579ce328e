"""Publishing terms."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.factories import make_contact, make_customer, make_ticket, standard_terms
from tests.services.reading import clock
from tickets.models import Terms
from tickets.services.calendars import publish_calendar
from tickets.services.terms import LevelDraft, TargetDraft, UnableToPublishTerms, publish_terms

pytestmark = pytest.mark.django_db


def level(code: str = "HIGH", rank: int = 0, **targets: TargetDraft) -> LevelDraft:
    both = {"ACTION": TargetDraft(15, "ALWAYS"), "RESPONSE": TargetDraft(60)}
    return LevelDraft(code=code, rank=rank, name=code.title(), targets={**both, **targets})


def publish(now: datetime, **overrides: Any) -> Terms:
    fields: dict[str, Any] = {"name": "Gold", "levels": [level()], "default_level": "HIGH"}
    return publish_terms(**{**fields, **overrides}, now=now)


class TestPublishTerms:
    def test_times_the_tickets_of_their_customers(self, now: datetime) -> None:
        customer = make_customer(terms=publish(now))

        ticket = make_ticket(now=now, requester=make_contact(customer=customer))

        assert clock(ticket, "ACTION").due_at == now + timedelta(minutes=15)

    def test_moves_customers_on_to_the_next_version(self, now: datetime) -> None:
        customer = make_customer(terms=publish(now))

        second = publish(now, levels=[level(), level("LOW", 1)], default_level="LOW")

        customer.refresh_from_db()
        assert (customer.terms, second.version) == (second, 2)
        assert standard_terms() != second

    def test_can_become_the_default(self, now: datetime) -> None:
        assert publish(now, make_default=True) == standard_terms()

    @pytest.mark.parametrize(
        ("changed", "code"),
        [
            ({"name": ""}, "name_missing"),
            ({"levels": []}, "no_levels"),
            ({"levels": [level(rank=1)]}, "bad_rank"),
            ({"levels": [level(), level(rank=1)]}, "level_twice"),
            ({"default_level": "LOW"}, "unknown_level"),
            ({"levels": [level(PATIENCE=TargetDraft(5))]}, "unknown_metric"),
            ({"levels": [level(ACTION=TargetDraft(-1))]}, "negative_target"),
            ({"levels": [level(ACTION=TargetDraft(5, "NIGHTS"))]}, "unknown_hours"),
            ({"levels": [LevelDraft(code="HIGH", rank=0, name="High")]}, "target_missing"),
            ({"thresholds": [50, 50]}, "bad_thresholds"),
            ({"thresholds": [90, 50]}, "bad_thresholds"),
            ({"thresholds": [0, 50]}, "bad_thresholds"),
            ({"thresholds": [50, 100]}, "bad_thresholds"),
            ({"thresholds": [50.5]}, "bad_thresholds"),
            # Five years of Mondays to Fridays are some 620 000 minutes.
            ({"levels": [level(RESPONSE=TargetDraft(700_000))]}, "due_too_far"),
        ],
    )
    def test_refuses_promises_nobody_could_keep(
        self, now: datetime, changed: dict[str, Any], code: str
    ) -> None:
        count = Terms.objects.count()

        with pytest.raises(UnableToPublishTerms) as refusal:
            publish(now, **changed)

        assert refusal.value.code == code
        assert str(refusal.value).strip()
        assert Terms.objects.count() == count

    def test_tries_targets_against_the_calendar_given(self, now: datetime) -> None:
        rare = publish_calendar(
            name="Tuesdays",
            timezone="Asia/Singapore",
            hours={"week": {"tue": [["09:00", "10:00"]]}},
            now=now,
        )

        with pytest.raises(UnableToPublishTerms, match="five years"):
            publish(now, levels=[level(RESPONSE=TargetDraft(60 * 270))], calendar=rare)
