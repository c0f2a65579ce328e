"""Many tickets with clocks, made by the database itself, for tests and benchmarks of the timers.

Everything takes a cursor or a connection with `execute(statement, bounds)`, on a migrated database.
"""

from collections.abc import Sequence
from typing import Any, Protocol


class Executes(Protocol):
    def execute(self, statement: Any, bounds: Any = None, /) -> Any: ...


def add_people(database: Executes, *, agents: int = 20, teams: int = 4) -> None:
    """Teams with their leads, agents, one customer's contact, and the default terms if missing."""
    database.execute(
        "INSERT INTO tickets_team (name) SELECT 'Team ' || n FROM generate_series(1, %s) AS n",
        [teams],
    )
    database.execute(
        """
        INSERT INTO tickets_user
            (password, is_superuser, email, name, language, timezone, is_active, is_staff)
        SELECT '', false, 'agent' || n || '@desk.example', 'Agent ' || n, 'en', 'UTC', true, false
        FROM generate_series(1, %s) AS n
        """,
        [agents],
    )
    database.execute(
        """
        INSERT INTO tickets_agent (user_id, team_id, role)
        SELECT account.id, team.id, 'AGENT'
        FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM tickets_user) AS account
        JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS n FROM tickets_team) AS team
            ON team.n = account.n %% %s
        """,
        [teams],
    )
    database.execute(
        "UPDATE tickets_team SET lead_id ="
        " (SELECT min(agent.id) FROM tickets_agent AS agent WHERE agent.team_id = tickets_team.id)"
    )
    database.execute(
        "INSERT INTO tickets_contact (name, email, phone, language)"
        " VALUES ('Contact', 'contact@customer.example', '', '')"
    )
    _add_agreement(database)


def add_tickets(database: Executes, count: int) -> None:
    """Open tickets, each with a team, and all but every tenth with an assignee.

    They are not found by words: what is measured here does not search.
    """
    database.execute("ALTER TABLE tickets_ticket DISABLE TRIGGER ticket_search_made")
    database.execute(
        """
        INSERT INTO tickets_ticket
            (subject, channel, status, requester_id, assignee_id, team_id, tags, received_at,
             recorded_at, terms_id, calendar_id, calendar_zone, governing_level, governing_rank,
             cancel_reason)
        SELECT 'Messages are not delivered', 'EMAIL', 'OPEN', contact.id,
               CASE WHEN serial.n %% 10 > 0 THEN agent.id END, agent.team_id, '{}', now(), now(),
               terms.id, calendar.id, 'UTC', terms.default_level, 0, ''
        FROM generate_series(1, %s) AS serial (n)
        JOIN (SELECT id, team_id, row_number() OVER (ORDER BY id) - 1 AS n,
                     count(*) OVER () AS agents FROM tickets_agent) AS agent
            ON agent.n = serial.n %% agent.agents
        CROSS JOIN (SELECT max(id) AS id FROM tickets_contact) AS contact
        CROSS JOIN (SELECT id, default_level FROM tickets_terms WHERE is_default) AS terms
        CROSS JOIN (SELECT id FROM tickets_calendar WHERE is_default) AS calendar
        """,
        [count],
    )
    database.execute("ALTER TABLE tickets_ticket ENABLE TRIGGER ticket_search_made")


def add_clocks(
    database: Executes,
    *,
    due: str,
    bounds: Sequence[Any] = (),
    cycle: int = 1,
    warnings: Sequence[int] = (),
    target: int = 1800,
    limit: int | None = None,
) -> None:
    """A clock for each ticket (the `limit` oldest), due at the SQL expression `due`.

    `due` may use `n`, the number of the ticket from 0 on, and %s for `bounds`. Marks are the
    `warnings`, in per cent of the `target` seconds before the due instant, and the due instant.
    """
    shares = [*warnings, 100]
    database.execute(
        f"""
        INSERT INTO tickets_clock
            (ticket_id, cycle, metric, ordinal, level, target_seconds, started_at, due_at, moved_at,
             cancel_reason, marks, thresholds, position, next_wake_at, revision)
        SELECT id, %s, 'ACTION', 1, level, target, due - length, due, due - length,
               '', marks, shares, 0, marks[1], 1
        FROM (
            SELECT *, ARRAY(
                SELECT due - length + length * share / 100.0
                FROM unnest(shares) WITH ORDINALITY AS mark (share, place) ORDER BY place
            ) AS marks
            FROM (
                SELECT id, governing_level AS level, {due} AS due, %s::int AS target,
                       make_interval(secs => %s) AS length, %s::smallint[] AS shares
                FROM (
                    SELECT id, governing_level, row_number() OVER (ORDER BY id) - 1 AS n
                    FROM tickets_ticket ORDER BY id LIMIT %s
                ) AS ticket
            ) AS timed
        ) AS planned
        """,
        [cycle, *bounds, target, target, shares, limit],
    )


def forget(database: Executes) -> None:
    """Removes the clocks and all that came of them; people and tickets stay."""
    database.execute(
        "TRUNCATE tickets_clock, tickets_event, tickets_alert, tickets_delivery RESTART IDENTITY"
    )


def _add_agreement(database: Executes) -> None:
    database.execute(
        """
        INSERT INTO tickets_calendar
            (name, version, timezone, is_in_customer_zone, hours, holiday_names, is_default)
        SELECT 'Business hours', 1, 'UTC', false, '{"week": {"mon": [["09:00", "17:00"]]}}', '{}',
               true
        WHERE NOT EXISTS (SELECT FROM tickets_calendar WHERE is_default)
        """
    )
    database.execute(
        """
        INSERT INTO tickets_terms (name, version, default_level, thresholds, is_default)
        SELECT 'Standard terms', 1, 'NON_URGENT', '{50,75,90}', true
        WHERE NOT EXISTS (SELECT FROM tickets_terms WHERE is_default)
        """
    )
