"""A believable week of an SMS gateway's support desk, to look at and to try things on."""

from __future__ import annotations

from datetime import datetime
from random import Random

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from tickets.models import Agent, Contact, Customer, InboundMail, Ticket, User
from tickets.services.demo import near, unwanted
from tickets.services.demo.cast import PASSWORD, assemble
from tickets.services.demo.telling import Week
from tickets.services.demo.topics import read_cast
from tickets.services.demo.writing import write_lives
from tickets.services.errors import Unable

#: Tickets made, those about to fall due included.
TICKETS = 400
COPIES = 10


class UnableToFillDesk(Unable):
    pass


def sign_ins() -> list[tuple[str, str, str]]:
    """Role, e-mail address and password of the people a newcomer may sign in as."""
    roles = dict(Agent.Role.choices)
    rows = sorted(read_cast()["agent"], key=lambda row: ROLES.index(row.get("role", "AGENT")))
    first_of_role = {row.get("role", "AGENT"): row for row in reversed(rows)}
    return [(str(roles[role]), first_of_role[role]["email"], PASSWORD) for role in ROLES]


ROLES = ("AGENT", "MANAGER", "ADMINISTRATOR")


@transaction.atomic
def fill_desk(*, now: datetime, seed: int = 2026) -> None:
    """Fill an empty trial desk with `TICKETS` tickets of the week before `now`.

    The same `seed` tells the same people and subjects; instants hang on `now`. From 30 seconds
    after it on, deadlines are warned of and missed.

    Raises:
        UnableToFillDesk: this is no trial desk, or there is something in it already.
    """
    _check_desk()
    rng = Random(seed)
    week = Week(cast=assemble(now=now), rng=rng, now=now)
    near_lives = near.tell_near(week)
    logged_late = near.tell_logged_late(week)
    apart = len(near_lives) + 1 + len(near.ARRIVALS) + COPIES
    spam = unwanted.count_spam()
    week.tell(TICKETS - apart - spam)
    unwanted.add_copies(week, COPIES)
    unwanted.add_spam(week)
    lives = [*week.lives, *near_lives, logged_late]
    week.keep_neighbours_apart(lives)
    write_lives(lives, cast=week.cast, rng=rng)
    near.open_arrivals(week)
    near.log_late_call(week, logged_late)


def _check_desk() -> None:
    if not settings.DESK_TRIAL:
        raise UnableToFillDesk(
            "not_a_trial_desk",
            _(
                "Demonstration data has known passwords and belongs on a trial desk only. "
                "Start one with: manage.py up --data DIR"
            ),
        )
    if any(model.objects.exists() for model in (User, Customer, Contact, Ticket, InboundMail)):
        raise UnableToFillDesk(
            "desk_not_empty",
            _("There is something in this desk already. Fill a new one: manage.py up --data DIR"),
        )
