"""How late flags were: until noticed, and until everything about them was committed."""

from dataclasses import dataclass
from typing import Any

import psycopg


@dataclass(frozen=True)
class Lags:
    """Milliseconds after the due instant."""

    count: int
    noticed: tuple[float, float, float]  # p50, p99, max
    committed: tuple[float, float, float]
    early: int
    twice: int
    #: Clocks without their line, or with an alert that has no mail.
    torn: int


def lags(database: psycopg.Connection[Any], cycle: int) -> Lags:
    """Of the flagged clocks of one cycle, whose commits are dated (OwnDesk.date_commits)."""
    row = database.execute(
        """
        SELECT count(*),
               percentile_cont(ARRAY[0.5, 0.99, 1]) WITHIN GROUP (ORDER BY noticed),
               percentile_cont(ARRAY[0.5, 0.99, 1]) WITHIN GROUP (ORDER BY committed),
               count(*) FILTER (WHERE noticed <= 0)
        FROM (
            SELECT extract(epoch FROM noticed_at - due_at) * 1000 AS noticed,
                   extract(epoch FROM pg_xact_commit_timestamp(xmin) - due_at) * 1000 AS committed
            FROM tickets_clock WHERE cycle = %s AND noticed_at IS NOT NULL
        ) AS lag
        """,
        [cycle],
    ).fetchone()
    assert row is not None
    count, noticed, committed, early = row
    return Lags(
        count, tuple(noticed), tuple(committed), early, _twice(database), _torn(database, cycle)
    )


def _twice(database: psycopg.Connection[Any]) -> int:
    return _number(
        database,
        "SELECT count(*) - count(DISTINCT (clock_id, clock_revision, threshold))"
        " FROM tickets_event WHERE clock_id IS NOT NULL",
    ) + _number(
        database,
        "SELECT count(*) - count(DISTINCT (clock_id, threshold, recipient_id)) FROM tickets_alert",
    )


def _torn(database: psycopg.Connection[Any], cycle: int) -> int:
    return _number(
        database,
        f"""
        SELECT count(*) FROM tickets_clock AS clock
        LEFT JOIN tickets_event AS event ON event.clock_id = clock.id AND event.threshold = 100
            AND event.clock_revision = clock.revision AND event.kind = 'CLOCK_BREACHED'
        WHERE clock.cycle = {cycle} AND clock.noticed_at IS NOT NULL AND event.id IS NULL
        """,
    ) + _number(
        database,
        "SELECT count(*) FROM tickets_alert AS alert LEFT JOIN tickets_delivery AS delivery"
        " ON delivery.alert_id = alert.id WHERE delivery.id IS NULL",
    )


def _number(database: psycopg.Connection[Any], statement: str) -> int:
    row = database.execute(statement.encode()).fetchone()
    assert row is not None
    return int(row[0])
