"""Claiming the clocks whose next mark has gone by: the heart of the desk.

One statement does everything for a batch, so that nothing is ever half done: it advances the
clocks, dates and notices breaches, writes the timeline, and queues the alerts and their mails.
The database's clock decides; no instant comes from a host.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import django.db
import psycopg
from django.db import connection, transaction

from tickets.services import bell

logger = logging.getLogger(__name__)

#: Whoever plans a wake-up nearer than the ticker's longest sleep notifies this channel.
CHANNEL = "clock_planned"

#: Runs one statement as a transaction of its own (or a savepoint) and returns its only row.
Runner = Callable[[str, Mapping[str, Any]], Sequence[Any]]

#: What a single row with impossible data raises; anything else is not the row's fault.
_BAD_ROW = (
    django.db.IntegrityError,
    django.db.DataError,
    psycopg.IntegrityError,
    psycopg.DataError,
)

#: How far back a look goes. Entries of rows long advanced stay at the front of the index until
#: vacuum may remove them (never while an old snapshot is open), and reading past 100 000 of them
#: takes 30 ms. Nearly every wake-up is younger than this; a full look finds the rest.
_LOOK_BACK = "10 seconds"
_LOOK_BACK_FULL = "1000 years"

_NOW = "statement_timestamp()"

#: Meeting a clock at its due instant is in time, hence "<". Reads the index clock_wake.
_DUE_BY_TIME = """
    clock.next_wake_at < statement_timestamp()
    AND clock.next_wake_at >= statement_timestamp() - %(look_back)s::interval
"""

#: A planning service judges at its own instant when the host's clock is ahead of the database's:
#: what it is about to call late must be flagged first.
_NOW_OF_PLAN = "GREATEST(statement_timestamp(), %(as_of)s::timestamptz)"

_DUE_BY_ID = f"""
    clock.next_wake_at < {_NOW_OF_PLAN}
    AND clock.id = ANY(%(clock_ids)s::bigint[])
"""

#: A row that somebody holds is theirs to finish; the next look takes it if they did not. The ticket
#: is locked as the foreign key of its timeline would lock it: waiting for one ticket in the middle
#: of a batch would hold up all the others.
_DUE = """
    SELECT clock
    FROM tickets_clock AS clock
    JOIN tickets_ticket AS ticket ON ticket.id = clock.ticket_id
    WHERE {which}
    ORDER BY clock.next_wake_at
    LIMIT %(limit)s
    FOR NO KEY UPDATE OF clock SKIP LOCKED
    FOR KEY SHARE OF ticket SKIP LOCKED
"""

_CLAIM = """
-- Through an array the planner expects ten clocks, which makes it join what follows by hashing.
-- By the statistics it expects one, as hardly ever is anything due, and would compare a burst's
-- batch with itself row by row: a million comparisons.
WITH due AS MATERIALIZED (
    SELECT found.* FROM unnest(ARRAY({due})) AS found
),
-- Where each clock stands now. The due instant counts, whatever the marks say, so that a row with
-- odd marks still keeps its promise and can never be found due again and again.
reckoned AS (
    SELECT
        due.id,
        due.position,
        due.due_at < {now} AS is_breached,
        passed.position AS new_position,
        CASE WHEN due.due_at >= {now}
             THEN LEAST(passed.next_mark, due.due_at) END AS new_wake_at
    FROM due
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE mark < {now}) AS position,
               min(mark) FILTER (WHERE mark >= {now}) AS next_mark
        FROM unnest(due.marks) AS mark
    ) AS passed
),
advanced AS (
    UPDATE tickets_clock AS clock
    SET position = reckoned.new_position,
        next_wake_at = reckoned.new_wake_at,
        breached_at = CASE WHEN reckoned.is_breached THEN clock.due_at END,
        -- The wall clock may be set back while the statement runs; a breach is never noticed
        -- before the statement that found it began.
        noticed_at = CASE WHEN reckoned.is_breached
                          THEN GREATEST(clock_timestamp(), {now}) END
    FROM reckoned
    WHERE clock.id = reckoned.id
    RETURNING
        clock.id, clock.ticket_id, clock.revision, clock.metric, clock.cycle, clock.level,
        reckoned.is_breached,
        -- Only the highest mark gone by is flagged (TERMS 2.11): a breach, else a warning.
        CASE WHEN reckoned.is_breached THEN 100
             WHEN reckoned.new_position > reckoned.position
             THEN clock.thresholds[reckoned.new_position] END AS threshold,
        CASE WHEN reckoned.is_breached THEN clock.due_at
             ELSE clock.marks[reckoned.new_position] END AS at
),
-- Whoever writes the flag tells people of it; a flag that is there already tells nobody again.
flag AS (
    INSERT INTO tickets_event
        (ticket_id, kind, at, recorded_at, clock_id, clock_revision, threshold, data)
    SELECT
        ticket_id,
        CASE WHEN is_breached THEN 'CLOCK_BREACHED' ELSE 'CLOCK_WARNED' END,
        at, clock_timestamp(), id, revision, threshold,
        jsonb_build_object('metric', metric, 'cycle', cycle, 'level', level)
    FROM advanced
    WHERE is_breached OR threshold BETWEEN 1 AND 99
    ON CONFLICT (clock_id, clock_revision, threshold)
        WHERE kind IN ('CLOCK_WARNED', 'CLOCK_BREACHED') DO NOTHING
    RETURNING ticket_id, clock_id, clock_revision, threshold
),
-- Everybody who can be told anything.
person AS MATERIALIZED (
    SELECT agent.id, agent.team_id, agent.role, account.email
    FROM tickets_agent AS agent
    JOIN tickets_user AS account ON account.id = agent.user_id
    WHERE account.is_active
),
addressed AS (
    SELECT flag.clock_id, flag.threshold, assignee.id AS assignee_id,
           COALESCE(ticket.team_id, assignee.team_id) AS team_id
    FROM flag
    JOIN tickets_ticket AS ticket ON ticket.id = flag.ticket_id
    LEFT JOIN person AS assignee ON assignee.id = ticket.assignee_id
),
told AS (
    SELECT clock_id, assignee_id AS recipient_id FROM addressed WHERE assignee_id IS NOT NULL
    UNION
    SELECT addressed.clock_id, person.id
    FROM addressed
    JOIN person ON person.team_id = addressed.team_id
    WHERE addressed.assignee_id IS NULL
    UNION
    SELECT addressed.clock_id, person.id
    FROM addressed
    JOIN tickets_team AS team ON team.id = addressed.team_id
    JOIN person ON person.id = team.lead_id
    WHERE addressed.threshold = 100
),
-- No flag goes nowhere: what is nobody's is the managers'.
recipient AS (
    SELECT clock_id, recipient_id FROM told
    UNION ALL
    SELECT addressed.clock_id, person.id
    FROM addressed
    JOIN person ON person.role IN ('MANAGER', 'ADMINISTRATOR')
    WHERE NOT EXISTS (SELECT FROM told WHERE told.clock_id = addressed.clock_id)
),
-- A lower warning still in the outbox would only say less. What somebody is just sending is left
-- to them, so that a slow mail server never holds up a flag.
superseded AS (
    UPDATE tickets_alert AS alert
    SET state = 'DROPPED', drop_reason = 'SUPERSEDED', settled_at = clock_timestamp()
    FROM (
        SELECT lower.id
        FROM flag
        JOIN tickets_alert AS lower
            ON lower.clock_id = flag.clock_id AND lower.threshold < flag.threshold
        WHERE lower.state = 'QUEUED'
        FOR NO KEY UPDATE OF lower SKIP LOCKED
    ) AS outdone
    WHERE alert.id = outdone.id
),
alert AS (
    INSERT INTO tickets_alert (clock_id, ticket_id, recipient_id, threshold, clock_revision)
    SELECT flag.clock_id, flag.ticket_id, recipient.recipient_id, flag.threshold,
           flag.clock_revision
    FROM flag
    JOIN recipient ON recipient.clock_id = flag.clock_id
    ON CONFLICT (clock_id, threshold, recipient_id)
        WHERE state IN ('QUEUED', 'SENT') DO NOTHING
    RETURNING id, recipient_id
),
delivery AS (
    INSERT INTO tickets_delivery (kind, alert_id, address)
    SELECT 'ALERT', alert.id, person.email
    FROM alert
    JOIN person ON person.id = alert.recipient_id
)
SELECT count(*),
       count(*) FILTER (WHERE is_breached),
       COALESCE(array_agg(DISTINCT ticket_id), '{{}}')
FROM advanced
"""

_LIST = "SELECT array_agg(found.id) FROM unnest(ARRAY({due})) AS found"

_CLAIM_BY_TIME = _CLAIM.format(due=_DUE.format(which=_DUE_BY_TIME), now=_NOW)
_LIST_BY_TIME = _LIST.format(due=_DUE.format(which=_DUE_BY_TIME))
_CLAIM_BY_ID = _CLAIM.format(due=_DUE.format(which=_DUE_BY_ID), now=_NOW_OF_PLAN)
_LIST_BY_ID = _LIST.format(due=_DUE.format(which=_DUE_BY_ID))

_PUT_OFF = """
UPDATE tickets_clock
SET next_wake_at = statement_timestamp() + interval '1 minute'
WHERE id = %(clock_id)s AND next_wake_at < statement_timestamp()
RETURNING id
"""

#: The margin is wider than the ticker's longest sleep, for the time until the commit.
_ANNOUNCE_WAKE_UP = """
SELECT pg_notify(%(channel)s, extract(epoch FROM %(wake_at)s::timestamptz)::text)
WHERE %(wake_at)s::timestamptz < clock_timestamp() + interval '1 second'
"""

_EARLIEST = """
SELECT extract(epoch FROM (
    SELECT next_wake_at
    FROM tickets_clock
    WHERE next_wake_at >= statement_timestamp() - %(look_back)s::interval
    ORDER BY next_wake_at
    LIMIT 1
) - clock_timestamp())::float8
"""

_RECORD_TICKER = """
INSERT INTO tickets_tickerstate (name, started_at, last_claim_at)
VALUES (%(name)s, clock_timestamp(), clock_timestamp())
ON CONFLICT (name) DO UPDATE SET last_claim_at = EXCLUDED.last_claim_at
RETURNING name
"""

_FORGET_TICKERS = """
WITH gone AS (
    DELETE FROM tickets_tickerstate
    WHERE last_claim_at < clock_timestamp() - interval '1 day'
    RETURNING name
)
SELECT count(*) FROM gone
"""


@dataclass(frozen=True)
class Claim:
    """What one batch did."""

    #: Clocks advanced, whether or not that flagged anything. Fewer than asked for: none are left.
    count: int = 0
    breached: int = 0
    #: Their tickets, each once.
    ticket_ids: tuple[int, ...] = ()

    def __add__(self, other: Claim) -> Claim:
        return Claim(
            self.count + other.count,
            self.breached + other.breached,
            tuple({*self.ticket_ids, *other.ticket_ids}),
        )


def claim_due_clocks(
    *,
    limit: int = 1000,
    full: bool = False,
    clock_ids: Iterable[int] | None = None,
    as_of: datetime | None = None,
) -> Claim:
    """Advances up to `limit` clocks past every mark gone by, oldest first, and flags them.

    Runs in the caller's transaction, or in one of its own. Rings the bells after commit. Looks 10 s
    back; with `full` as far back as there is anything, with `clock_ids` at these clocks only, and
    then at the instant `as_of` when that is later than the database's clock.
    Harmless when repeated and when several run at once: a clock that another claim or a service
    holds is left to it.
    """
    claim = claim_with(_run, limit=limit, full=full, clock_ids=clock_ids, as_of=as_of)
    if claim.count:
        bell.announce_after_commit()
        bell.ring_deliveries_after_commit()
    return claim


def claim_with(
    run: Runner,
    *,
    limit: int = 1000,
    full: bool = False,
    clock_ids: Iterable[int] | None = None,
    as_of: datetime | None = None,
) -> Claim:
    """`claim_due_clocks` on a connection of the caller's; ringing the bells is the caller's too."""
    if clock_ids is None:
        claim, listing = _CLAIM_BY_TIME, _LIST_BY_TIME
        look_back = _LOOK_BACK_FULL if full else _LOOK_BACK
        bounds: dict[str, Any] = {"limit": limit, "look_back": look_back}
    else:
        claim, listing = _CLAIM_BY_ID, _LIST_BY_ID
        bounds = {"limit": limit, "clock_ids": list(clock_ids), "as_of": as_of}
    try:
        return _claimed(run(claim, bounds))
    except _BAD_ROW:
        logger.exception("A batch of due clocks cannot be claimed as a whole: one by one instead.")
    (ids,) = run(listing, bounds)
    return sum((_claim_one(run, clock_id, as_of) for clock_id in ids or ()), Claim())


def announce_wake_up(wake_at: datetime | None) -> None:
    """Wakes the tickers at commit if this wake-up, just planned, may be due before they look."""
    if wake_at is not None:
        with connection.cursor() as cursor:
            cursor.execute(_ANNOUNCE_WAKE_UP, {"channel": CHANNEL, "wake_at": wake_at})


def seconds_to_earliest_wake_up(run: Runner, *, full: bool = False) -> float | None:
    """Seconds until the earliest wake-up of any clock; negative when it is overdue, None: none.

    Overdue by more than 10 s is seen with `full` only.
    """
    (seconds,) = run(_EARLIEST, {"look_back": _LOOK_BACK_FULL if full else _LOOK_BACK})
    return None if seconds is None else float(seconds)


def record_ticker(run: Runner, *, name: str) -> None:
    """Notes that the ticker called `name` has looked for due clocks just now."""
    run(_RECORD_TICKER, {"name": name})


def forget_old_tickers(run: Runner) -> None:
    """Removes the rows of tickers that have given no sign of life for a day."""
    run(_FORGET_TICKERS, {})


def _claim_one(run: Runner, clock_id: int, as_of: datetime | None) -> Claim:
    try:
        return _claimed(run(_CLAIM_BY_ID, {"limit": 1, "clock_ids": [clock_id], "as_of": as_of}))
    except _BAD_ROW:
        # Put off, so that it does not spoil every batch from now on; tried and told again.
        logger.exception("Clock %s cannot be flagged. Tried again in a minute.", clock_id)
        run(_PUT_OFF, {"clock_id": clock_id})
        return Claim()


def _claimed(row: Sequence[Any]) -> Claim:
    count, breached, ticket_ids = row
    return Claim(count, breached, tuple(ticket_ids))


def _run(statement: str, bounds: Mapping[str, Any]) -> Sequence[Any]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, bounds)
        row: Sequence[Any] = cursor.fetchone()
    return row
