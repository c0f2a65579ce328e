"""Many people, the timers and the mail at the same tickets at once."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from random import Random
from threading import Barrier

import pytest
from django.db import connection

from tests.services.test_hammer import latest_instant, look_at_everything
from tickets.services.deliveries import send_due_deliveries
from tickets.services.timers import claim_due_clocks

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE = 4
STEPS = int(os.environ.get("HAMMER_STEPS", 25))
SEEDS = range(*map(int, os.environ.get("HAMMER_SEEDS", "0:2").split(":")))


@pytest.mark.parametrize("seed", SEEDS)
def test_rows_and_timeline_agree_afterwards(seed):
    # Models cannot be imported while the tests are being collected.
    from tests.services.hammer import Hammer, let_time_pass, minutes

    first = Hammer(Random(seed))
    for _ in range(3):
        first.do(first.open)
    let_time_pass(minutes(14))
    barrier = Barrier(PEOPLE + 2)

    def work(hammer: Hammer) -> Hammer:
        barrier.wait(10)
        try:
            for _ in range(STEPS):
                hammer.strike()
        finally:
            connection.close()
        return hammer

    def repeat(step) -> None:
        barrier.wait(10)
        try:
            for _ in range(STEPS):
                step()
        finally:
            connection.close()

    crowd = [first.companion(Random(seed * 1000 + n)) for n in range(PEOPLE)]
    with ThreadPoolExecutor(PEOPLE + 2) as pool:
        busy = [pool.submit(work, hammer) for hammer in crowd]
        busy += [
            pool.submit(repeat, lambda: claim_due_clocks(full=True)),
            pool.submit(repeat, send_due_deliveries),
        ]
    try:
        for each in busy:
            each.result()
        claim_due_clocks(full=True)
        look_at_everything(latest_instant())
    except BaseException as error:
        error.add_note("\n".join(sorted(step for hammer in crowd for step in hammer.steps)))
        raise
