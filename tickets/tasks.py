"""Celery's door. A task is a bell: what there is to do stands in the database."""

import logging
from typing import Any

from celery import shared_task
from django.utils import timezone

from tickets.services import deliveries, drift, timers

logger = logging.getLogger(__name__)

BATCH = 1000


@shared_task
def sweep_clocks(**kwargs: Any) -> None:
    """Claims all that is due: the safety net below the tickers, and their help in a burst."""
    while timers.claim_due_clocks(limit=BATCH, full=True).count == BATCH:
        pass


@shared_task
def send_deliveries(**kwargs: Any) -> None:
    """Sends what is due to be sent."""
    deliveries.send_due_deliveries()


@shared_task
def sweep_deliveries(**kwargs: Any) -> None:
    """The same on a schedule, for what was not rung for or is to be tried again."""
    deliveries.send_due_deliveries()


@shared_task
def recompute_clocks(**kwargs: Any) -> None:
    """Compares every stored clock with the pure function, and says which differ: none should."""
    drifts = drift.find_drift(now=timezone.now())
    for difference in drifts:
        logger.error("A stored clock differs from its timeline: %s", difference)
    logger.info("Clocks recomputed: %s differ.", len(drifts))
