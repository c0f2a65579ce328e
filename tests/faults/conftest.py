"""Faults are done to a desk of its own: engines that may be killed, real workers and beats."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from benchmarks import population
from benchmarks.desk import OwnDesk, own_desk
from tests.processes import Desk, Process, wait_until

#: Clocks that fall due in each test.
CLOCKS = 10_000


class Rig:
    """A desk with 10 000 tickets, and what the tests do to it and ask of it."""

    def __init__(self, engines: OwnDesk, database: psycopg.Connection[Any], folder: Path) -> None:
        self.engines = engines
        self._database = database
        self._folder = folder
        self.desk = Desk({**engines.environment, "PYTHONWARNINGS": "ignore"})

    def start_worker(self, **options: Any) -> Process:
        return self.desk.worker(**options)

    def start_ticking_worker(self) -> Process:
        """A timers' worker; returns once its ticker runs."""
        worker = self.start_worker()
        worker.wait_for_line("The ticker ")
        return worker

    def start_beat(self) -> Process:
        folder = self._folder / f"beat-{len(self.desk.processes)}"
        folder.mkdir()
        return self.desk.beat(folder)

    def plan(self, *, seconds: float, after: float = 1.5, count: int = CLOCKS) -> None:
        """Plans clocks that fall due one after the other over so many seconds."""
        population.add_clocks(
            self._database,
            due="now() + make_interval(secs => %s + n * %s)",
            bounds=[after, seconds / count],
            limit=count,
        )

    def ask(self, statement: str, *bounds: Any) -> Any:
        """The statement's only value; the connection is made anew after a restart."""
        try:
            row = self._database.execute(statement.encode(), bounds or None).fetchone()
        except psycopg.OperationalError:
            self.close()
            self._database = self.engines.connect()
            row = self._database.execute(statement.encode(), bounds or None).fetchone()
        return None if row is None else row[0]

    def wait_for(self, statement: str, wanted: float, *, seconds: float = 60) -> None:
        wait_until(lambda: self.ask(statement) >= wanted, seconds=seconds, what=statement)

    def wait_until_flagged(self, count: int = CLOCKS, *, seconds: float = 60) -> None:
        self.wait_for(FLAGGED, count, seconds=seconds)

    def close(self) -> None:
        self._database.close()

    @property
    def max_lag(self) -> float:
        """Seconds between the due instant and the flag, at worst."""
        return float(
            self.ask("SELECT max(extract(epoch FROM noticed_at - due_at)) FROM tickets_clock")
        )

    def check_everything_happened_once(self, count: int = CLOCKS) -> None:
        """Every clock flagged once, everybody told once, nothing early, nothing half done."""
        assert self.ask(FLAGGED) == count
        for what, statement in NEVER.items():
            assert self.ask(statement) == 0, what
        for process in self.desk.processes:
            assert "UniqueViolation" not in process.output
            assert "duplicate key" not in process.output


FLAGGED = "SELECT count(*) FROM tickets_event WHERE kind = 'CLOCK_BREACHED'"

#: Whom the population's flags concern: the assignee, else the team, and the lead.
_TOLD = """
    SELECT clock.id AS clock_id, agent.id AS recipient_id
    FROM tickets_clock AS clock
    JOIN tickets_ticket AS ticket ON ticket.id = clock.ticket_id
    JOIN tickets_team AS team ON team.id = ticket.team_id
    JOIN tickets_agent AS agent
        ON agent.id IN (ticket.assignee_id, team.lead_id)
        OR ticket.assignee_id IS NULL AND agent.team_id = team.id
    WHERE clock.breached_at IS NOT NULL
"""
NEVER = {
    "a clock is flagged twice": """
        SELECT count(*) - count(DISTINCT clock_id) FROM tickets_event
        WHERE kind = 'CLOCK_BREACHED'""",
    "a clock's row and its flag differ": """
        SELECT count(*) FROM tickets_clock AS clock FULL JOIN tickets_event AS event
            ON event.clock_id = clock.id AND event.kind = 'CLOCK_BREACHED'
        WHERE (clock.breached_at IS NULL) <> (event.id IS NULL) OR event.at <> clock.due_at""",
    "a clock is flagged at or before its due instant": """
        SELECT count(*) FROM tickets_clock WHERE noticed_at <= due_at OR breached_at <> due_at""",
    "a flagged clock is to wake up again": """
        SELECT count(*) FROM tickets_clock
        WHERE breached_at IS NOT NULL AND (next_wake_at IS NOT NULL OR position <> 1)""",
    "somebody is not alerted, or somebody else is": f"""
        SELECT count(*) FROM ({_TOLD}) AS told
        FULL JOIN tickets_alert AS alert USING (clock_id, recipient_id)
        WHERE told.clock_id IS NULL OR alert.id IS NULL""",
    "somebody is alerted twice": """
        SELECT count(*) - count(DISTINCT (clock_id, recipient_id)) FROM tickets_alert""",
    "an alert has not exactly one mail": """
        SELECT count(*) FROM (
            SELECT alert.id FROM tickets_alert AS alert
            LEFT JOIN tickets_delivery AS delivery ON delivery.alert_id = alert.id
            GROUP BY alert.id HAVING count(delivery.id) <> 1
        ) AS odd""",
}


@pytest.fixture(scope="session")
def engines_to_kill() -> Iterator[OwnDesk]:
    with own_desk() as engines:
        with engines.connect() as database:
            population.add_people(database)
            population.add_tickets(database, CLOCKS)
            database.execute("VACUUM ANALYZE")
        yield engines


@pytest.fixture
def rig(engines_to_kill: OwnDesk, tmp_path: Path) -> Iterator[Rig]:
    """The desk with its engines running, its broker empty and no clock planned."""
    engines_to_kill.revive()
    engines_to_kill.empty_broker()
    database = engines_to_kill.connect()
    population.forget(database)
    database.execute("DELETE FROM tickets_tickerstate")
    made = Rig(engines_to_kill, database, tmp_path)
    yield made
    made.desk.kill_all()
    made.close()
