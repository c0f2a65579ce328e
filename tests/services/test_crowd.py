"""Many people, the timers and the mail at the same tickets at once."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from random import Random
from threading import Barrier
from typing import Any

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
    crowd = [first.companion(Random(seed * 1000 + n)) for n in range(PEOPLE)]
    timers = [lambda: claim_due_clocks(full=True), send_due_deliveries]
    try:
        do_at_once([*(hammer.strike for hammer in crowd), *timers])
        claim_due_clocks(full=True)
        look_at_everything(latest_instant())
    except BaseException as error:
        error.add_note("\n".join(sorted(step for hammer in crowd for step in hammer.steps)))
        raise


def do_at_once(doings: list[Callable[[], Any]]) -> None:
    """Each over and over on a connection of its own, all let go together."""
    barrier = Barrier(len(doings))

    def repeat(do: Callable[[], Any]) -> None:
        barrier.wait(10)
        try:
            for _ in range(STEPS):
                do()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(doings)) as pool:
        list(pool.map(repeat, doings))
