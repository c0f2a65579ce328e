"""TERMS §2.12 against an order built the slow way, one ticket after the other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tickets.selectors.queue_order import Unreturned, key_of, keys_of_unreturned

START = datetime(2026, 5, 6, tzinfo=UTC)
instants = st.integers(0, 12).map(lambda n: START + timedelta(minutes=n))

#: Level, deadline, and when the unreturned message was left (None: there is none).
tickets = st.lists(
    st.tuples(st.integers(0, 2), st.none() | instants, st.none() | instants), max_size=14
)


@given(tickets)
def test_agrees_with_inserting_one_by_one(drawn: list[tuple]) -> None:
    rows = [(pk, *row) for pk, row in enumerate(drawn, start=1)]

    others = [row for row in rows if row[3] is None]
    firsts = {}
    for pk, rank, due, _since in sorted(others, key=by_deadline):
        firsts.setdefault(rank, (due, pk))
    keys = keys_of_unreturned(
        [
            Unreturned(pk=pk, rank=rank, since=since, due_at=due)
            for pk, rank, due, since in rows
            if since is not None
        ],
        firsts=firsts,
    )
    keys += [(key_of((due, pk)), pk) for pk, _rank, due, _since in others]

    assert [pk for _key, pk in sorted(keys)] == [row[0] for row in naive(rows)]


@given(tickets)
def test_an_unreturned_message_stands_above_all_others_of_its_level(drawn: list[tuple]) -> None:
    order = naive([(pk, *row) for pk, row in enumerate(drawn, start=1)])

    for rank in range(3):
        level = [row for row in order if row[1] == rank]
        waiting = [row for row in level if row[3] is not None]
        assert level[: len(waiting)] == sorted(waiting, key=lambda row: (row[3], row[0]))


def by_deadline(row: tuple) -> tuple:
    pk, _rank, due, _since = row
    return (due is None, due or START, pk)


def naive(rows: list[tuple]) -> list[tuple]:
    """Deadline order; then each level's messages, newest first, are moved up to where they belong.

    That is before the first other ticket of their level, before whatever is due later than they
    are, and before the newer messages of their level.
    """
    order = sorted((row for row in rows if row[3] is None), key=by_deadline)
    for rank in {row[1] for row in rows}:
        waiting = [row for row in rows if row[1] == rank and row[3] is not None]
        for row in sorted(waiting, key=lambda row: (row[3], row[0]), reverse=True):
            own = sum(1 for other in order if place(other, order) < by_deadline(row))
            peers = [at for at, other in enumerate(order) if other[1] == rank]
            order.insert(min([own, *peers]), row)
    return order


def place(row: tuple, order: list[tuple]) -> tuple:
    """The deadline that a ticket of the list stands for: its own or the earliest after it."""
    position = order.index(row)
    return min(by_deadline(other) for other in order[position:])
