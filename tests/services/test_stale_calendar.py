"""A calendar that was good when it was published, and whose dated openings have run out since."""

from __future__ import annotations

import pytest

from tests.factories import make_contact, make_customer, make_ticket
from tickets.models import Calendar, Ticket
from tickets.selectors.outlook import look_at
from tickets.selectors.urgency import Step, view_urgency
from tickets.services.errors import Unable

pytestmark = pytest.mark.django_db


@pytest.fixture
def requester(db):
    calendar = Calendar.objects.create(
        name="Fair",
        timezone="Europe/Paris",
        hours={"week": {}, "special": {"2020-01-02": [["09:00", "17:00"]]}},
    )
    return make_contact(customer=make_customer(calendar=calendar))


def test_a_promise_that_never_falls_due_is_refused_in_words(now, requester):
    with pytest.raises(Unable) as refusal:
        make_ticket(requester=requester, now=now)

    assert refusal.value.code == "due_too_far"
    assert "calendar" in str(refusal.value)
    assert not Ticket.objects.exists()


def test_a_step_to_such_a_level_is_not_offered(now, requester):
    ticket = make_ticket(requester=requester, level="URGENT", now=now)

    urgency = view_urgency(look_at(ticket, events=list(ticket.events.all()), now=now))

    assert Step.AGREE in {view.step for view in urgency.steps}
    # Withdrawn, the default level would govern.
    assert Step.WITHDRAW not in {view.step for view in urgency.customer_steps}
