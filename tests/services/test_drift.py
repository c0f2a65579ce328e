import pytest
from django.db import connection

from tests.factories import make_ticket, minutes
from tickets.services.conversation import reply
from tickets.services.drift import find_drift
from tickets.services.lifecycle import solve

pytestmark = pytest.mark.django_db


@pytest.fixture
def history(now, alice):
    answered = make_ticket(level="URGENT", received_at=now - minutes(9), now=now)
    reply(ticket=answered, agent=alice, text="On it.", now=now)
    unanswered = make_ticket(level="URGENT", received_at=now - minutes(130), now=now)
    solve(ticket=unanswered, agent=alice, now=now)
    return answered, unanswered


class TestFindDrift:
    def test_finds_nothing_where_the_rows_follow_the_timeline(self, history, now):
        assert find_drift(now=now + minutes(1)) == []

    def test_names_the_figure_that_differs(self, history, now):
        answered, _ = history
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE tickets_clock SET met_at = met_at + interval '1 s'"
                " WHERE ticket_id = %s AND metric = 'RESPONSE'",
                [answered.pk],
            )

        (drift,) = find_drift(now=now + minutes(1))

        assert (drift.number, drift.metric, drift.field) == (answered.number, "RESPONSE", "met_at")
        assert drift.computed == now

    def test_names_a_clock_that_nobody_will_wake(self, history, now):
        waiting = make_ticket(level="URGENT", now=now)
        waiting.clocks.filter(metric="RESPONSE").update(next_wake_at=None)

        (drift,) = find_drift(now=now + minutes(1))

        assert (drift.number, drift.field, drift.computed) == (waiting.number, "is_armed", True)

    def test_names_a_clock_that_is_missing(self, history, now):
        answered, _ = history
        answered.clocks.filter(metric="RESPONSE").delete()

        assert [drift.field for drift in find_drift(now=now + minutes(1))] == ["row"]
