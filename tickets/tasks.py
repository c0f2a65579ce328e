"""Celery's door. A task is a bell: what there is to do stands in the database."""

import logging
from typing import Any

from celery import shared_task
from django.utils import timezone

from tickets.services import (
    api_requests,
    bell,
    deliveries,
    drift,
    mail_intake,
    search_index,
    timers,
)

logger = logging.getLogger(__name__)

BATCH = 1000
MAILS = 50
INDEXED = 500


@shared_task
def sweep_clocks(**kwargs: Any) -> None:
    """Claims all that is due: the safety net below the tickers, and their help in a burst."""
    while timers.claim_due_clocks(limit=BATCH, full=True).count == BATCH:
        pass


@shared_task
def send_deliveries(**kwargs: Any) -> None:
    """Sends some of what is due to be sent, and rings for the rest: others get their turn."""
    if deliveries.send_due_deliveries(limit=MAILS) == MAILS:
        bell.ring_deliveries_now()


@shared_task
def sweep_deliveries(**kwargs: Any) -> None:
    """The same on a schedule, for what was not rung for or is to be tried again."""
    send_deliveries()


@shared_task
def receive_stored_mail(**kwargs: Any) -> None:
    """Takes in mail that was stored, but whose process died before it was understood."""
    mail_intake.take_in_stored_mail(now=timezone.now())


@shared_task
def recompute_clocks(**kwargs: Any) -> None:
    """Compares every stored clock with the pure function, and says which differ: none should."""
    drifts = drift.find_drift(now=timezone.now())
    for difference in drifts:
        logger.error("A stored clock differs from its timeline: %s", difference)
    logger.info("Clocks recomputed: %s differ.", len(drifts))


@shared_task
def forget_answers(**kwargs: Any) -> None:
    """Deletes what the API was asked and answered more than a day ago."""
    api_requests.forget_answers(now=timezone.now())


@shared_task
def index_tickets(**kwargs: Any) -> None:
    """Brings the search up to date with new names and with tickets older than the search."""
    for _ in range(100):  # some seconds; the next run goes on
        if search_index.index_tickets(limit=INDEXED) < INDEXED:
            return
