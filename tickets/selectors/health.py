"""How the timers themselves are doing: their own lag is a product figure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db import connection

#: Figures are of the latest flags only, so that reading them costs the same on every desk.
FLAGS_READ = 1_000
WINDOW = timedelta(hours=24)
#: Red when a ticker's last claim, or a clock overdue and not claimed, is older than this.
ALARMING = timedelta(seconds=2)


@dataclass(frozen=True, kw_only=True)
class Lag:
    """How long after its mark a flag was recorded: of the latest 1 000 flags within 24 hours."""

    count: int
    #: None when there was no flag.
    p50: timedelta | None
    p99: timedelta | None
    max: timedelta | None


@dataclass(frozen=True, kw_only=True)
class TimerHealth:
    breaches: Lag
    warnings: Lag
    #: Since the newest claim of any ticker; None when none ever claimed.
    claim_age: timedelta | None
    #: Clocks whose mark went by without being claimed, and how late the oldest of them is.
    unclaimed: int
    unclaimed_for: timedelta | None

    @property
    def is_alarming(self) -> bool:
        ages = (self.claim_age, self.unclaimed_for or timedelta(0))
        return any(age is None or age > ALARMING for age in ages)


def get_timer_health() -> TimerHealth:
    """Lag of the flags, age of the newest claim, what is overdue: one query, by its clock."""
    with connection.cursor() as cursor:
        cursor.execute(SQL, {"limit": FLAGS_READ, "window": WINDOW})  # type: ignore[dict-item]  # psycopg takes it
        row = cursor.fetchone()
    assert row is not None
    return TimerHealth(
        breaches=Lag(count=row[0], p50=row[1], p99=row[2], max=row[3]),
        warnings=Lag(count=row[4], p50=row[5], p99=row[6], max=row[7]),
        claim_age=row[8],
        unclaimed=row[9],
        unclaimed_for=row[10],
    )


# A mark that already lay in the past when the desk learned of it says nothing about the timers: a
# ticket typed in later, a corrected received-at, a reply that came back.
_LAGS = """
    SELECT count(*) AS n,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY lag) AS p50,
        percentile_cont(0.99) WITHIN GROUP (ORDER BY lag) AS p99,
        max(lag) AS worst
    FROM (
        SELECT id, ticket_id, at, recorded_at - at AS lag
        FROM tickets_event
        WHERE kind = '{kind}' AND kind IN ('CLOCK_WARNED', 'CLOCK_BREACHED')
            AND recorded_at > statement_timestamp() - %(window)s
            -- What was there before any ticker ran (an import, a demo) is not the tickers' doing.
            AND recorded_at > COALESCE(
                (SELECT min(started_at) FROM tickets_tickerstate), '-infinity'
            )
        ORDER BY id DESC
        LIMIT %(limit)s
    ) AS flag
    WHERE NOT EXISTS (
        SELECT FROM tickets_event AS fact
        WHERE fact.ticket_id = flag.ticket_id AND fact.id < flag.id
            AND fact.recorded_at > flag.at
            AND (fact.at <= flag.at OR fact.kind IN ('RECEIVED_CORRECTED', 'REPLY_BOUNCED'))
            AND fact.kind NOT IN ('CLOCK_WARNED', 'CLOCK_BREACHED')
    )
"""
SQL = f"""
WITH breaches AS ({_LAGS.format(kind="CLOCK_BREACHED")}),
    warnings AS ({_LAGS.format(kind="CLOCK_WARNED")}),
    overdue AS (
        SELECT count(*) AS n, statement_timestamp() - min(next_wake_at) AS age
        FROM tickets_clock
        WHERE next_wake_at < statement_timestamp()
    )
SELECT breaches.n, breaches.p50, breaches.p99, breaches.worst,
    warnings.n, warnings.p50, warnings.p99, warnings.worst,
    (SELECT clock_timestamp() - max(last_claim_at) FROM tickets_tickerstate),
    overdue.n, overdue.age
FROM breaches, warnings, overdue
"""
