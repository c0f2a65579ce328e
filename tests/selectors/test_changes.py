"""Reading the timeline on while transactions commit out of order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import make_ticket
from tickets.models import Event, Ticket
from tickets.selectors import changes
from tickets.selectors.changes import (
    PATIENCE,
    EventTail,
    Gap,
    list_changed_after,
    list_changed_since,
)


@pytest.fixture
def ticket(db: None) -> Ticket:
    return make_ticket()


@pytest.fixture
def tail(ticket: Ticket) -> EventTail:
    """A tail that began long enough ago to have given up on what was missing then."""
    tail = EventTail()
    assert tail.read(at=-PATIENCE) == []
    assert tail.read(at=0) == []
    return tail


def note(ticket: Ticket, **fields: object) -> Event:
    return Event.objects.create(
        ticket=ticket, kind=Event.Kind.NOTED, at=ticket.received_at, **fields
    )


@contextmanager
def uncommitted(count: int = 1) -> Iterator[list[int]]:
    """Keys that a transaction took which has not committed yet."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval('tickets_event_id_seq') FROM generate_series(1, %s)", [count]
        )
        yield [key for (key,) in cursor.fetchall()]


class TestTail:
    def test_tells_each_change_once(self, tail: EventTail, ticket: Ticket) -> None:
        other = make_ticket()
        note(ticket)

        assert set(tail.read(at=1)) == {ticket.number, other.number}
        assert tail.read(at=2) == []
        assert tail.mark == Event.objects.latest("pk").pk

    def test_waits_for_a_lower_key_that_commits_later(
        self, tail: EventTail, ticket: Ticket
    ) -> None:
        late = make_ticket()
        tail.read(at=1)
        with uncommitted(3) as keys:
            note(ticket)
            assert tail.read(at=2) == [ticket.number]
            assert tail.mark == keys[0] - 1

            note(late, pk=keys[1])

        assert tail.read(at=30) == [late.number]
        assert tail.read(at=31) == []
        assert tail.mark == keys[0] - 1

    def test_gives_up_on_what_was_rolled_back(self, tail: EventTail, ticket: Ticket) -> None:
        with uncommitted():
            latest = note(ticket)
        tail.read(at=1)

        assert tail.read(at=1 + PATIENCE) == []

        assert tail.mark == latest.pk

    def test_knows_what_was_missing_when_it_began(self, ticket: Ticket) -> None:
        with uncommitted() as (key,):
            note(ticket)
            tail = EventTail()
            tail.read(at=0)

            note(ticket, pk=key)

        assert tail.read(at=1) == [ticket.number]

    def test_asks_for_many_gaps_as_one_and_still_tells_once(
        self, tail: EventTail, ticket: Ticket, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(changes, "STRETCHES", 2)
        for _ in range(4):
            with uncommitted() as keys:
                note(ticket)
        assert tail.read(at=1) == [ticket.number]

        assert tail.read(at=2) == []
        note(ticket, pk=keys[0])

        assert tail.read(at=3) == [ticket.number]

    def test_reads_more_than_one_batch(
        self, tail: EventTail, ticket: Ticket, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(changes, "BATCH", 2)
        others = [make_ticket() for _ in range(3)]

        assert set(tail.read(at=1)) == {other.number for other in others}

    @given(st.sets(st.integers(1, 12)), st.sets(st.integers(1, 12)))
    def test_keeps_exactly_the_keys_it_has_not_seen(self, first: set, second: set) -> None:
        tail = EventTail()
        tail._high = 0
        seen = sorted(first)
        tail._note(seen, 0)
        missing = set(range(1, max(first, default=0) + 1)) - first
        new = sorted(key for key in second if key in missing or key > max(first, default=0))

        tail._note(new, 1)

        left = {key for gap in tail._gaps for key in range(gap.first, gap.last + 1)}
        assert left == set(range(1, max([0, *seen, *new]) + 1)) - first - set(new)
        assert all(isinstance(gap, Gap) for gap in tail._gaps)


class TestReplay:
    def test_after_an_event_lists_the_tickets_changed_since(self, ticket: Ticket) -> None:
        mark = Event.objects.latest("pk").pk
        assert list_changed_after(event_id=mark) == []
        note(ticket)
        note(ticket)

        assert list_changed_after(event_id=mark) == [ticket.number]

    @pytest.mark.parametrize("event_id", [-changes.REPLAY - 1, 10**18])
    def test_after_an_event_nobody_knows_is_unknown(self, ticket: Ticket, event_id: int) -> None:
        assert list_changed_after(event_id=event_id) is None

    def test_since_an_instant_looks_a_little_further_back(self, ticket: Ticket) -> None:
        latest = Event.objects.latest("pk").recorded_at

        assert list_changed_since(since=latest + timedelta(seconds=1)) == [ticket.number]
        assert list_changed_since(since=latest + timedelta(seconds=3)) == []

    def test_since_an_instant_too_long_ago_is_unknown(
        self, ticket: Ticket, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(changes, "START", 2)
        for _ in range(3):
            note(ticket)

        assert list_changed_since(since=ticket.received_at - timedelta(hours=1)) is None
