import logging
from datetime import timedelta

import pytest
import redis
from django.core import mail
from django.db import connection

from benchmarks import population
from sla_support.celery import app
from tests.factories import make_agent, make_ticket
from tests.tasks.clocks import database_now, make_clock, seconds
from tickets import tasks
from tickets.models import Clock, Delivery, Event

pytestmark = pytest.mark.django_db(transaction=True)


class TestSweepClocks:
    def test_claims_until_nothing_is_left(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tasks, "BATCH", 20)
        with connection.cursor() as cursor:
            population.add_people(cursor)
            population.add_tickets(cursor, 50)
            population.add_clocks(cursor, due="now() - interval '1 hour'")

        tasks.sweep_clocks()

        assert Clock.objects.filter(breached_at__isnull=False).count() == 50

    def test_changes_nothing_when_it_comes_too_early_or_again(self) -> None:
        due, later = make_clock(due_in=seconds(-1)), make_clock(due_in=timedelta(hours=1))

        for _ in range(6):
            tasks.sweep_clocks()

        flags = Event.objects.filter(kind=Event.Kind.CLOCK_BREACHED)
        assert [flag.clock_id for flag in flags] == [due.pk]
        later.refresh_from_db()
        assert later.revision == 1
        assert later.position == 0

    def test_takes_whatever_else_its_message_carries(self) -> None:
        tasks.sweep_clocks(told_by="a newer version")


class TestSendDeliveries:
    def test_sends_what_a_breach_left_in_the_outbox(self) -> None:
        make_agent(role="MANAGER", email="mona@desk.example")
        make_clock(due_in=seconds(-1))
        tasks.sweep_clocks()

        tasks.send_deliveries()

        assert [message.to for message in mail.outbox] == [["mona@desk.example"]]
        assert Delivery.objects.get().state == Delivery.State.SENT

    def test_rings_for_the_rest(self, monkeypatch: pytest.MonkeyPatch, broker: redis.Redis) -> None:
        monkeypatch.setattr(tasks, "MAILS", 1)
        for _ in range(2):
            make_agent(role="MANAGER")
        make_clock(due_in=seconds(-1))
        tasks.sweep_clocks()
        broker.delete("mail_out")

        tasks.send_deliveries()

        assert len(mail.outbox) == 1
        assert broker.llen("mail_out") == 1


class TestRecomputeClocks:
    def test_names_a_planted_drift_and_nothing_else(self, caplog: pytest.LogCaptureFixture) -> None:
        now = database_now()
        for minutes_ago in (5, 25, 40):
            received_at = now - timedelta(minutes=minutes_ago)
            make_ticket(level="URGENT", received_at=received_at, now=now)
        odd = make_ticket(level="URGENT", received_at=now, now=now)
        clock = odd.clocks.get(metric="RESPONSE")
        planted = clock.due_at + seconds(60)
        Clock.objects.filter(pk=clock.pk).update(due_at=planted)

        with caplog.at_level(logging.INFO, logger="tickets.tasks"):
            tasks.recompute_clocks()

        *errors, summary = [record for record in caplog.records if record.name == "tickets.tasks"]
        assert len(errors) == 1
        assert str(odd.number) in errors[0].getMessage()
        assert "due_at" in errors[0].getMessage()
        assert summary.getMessage() == "Clocks recomputed: 1 differ."
        clock.refresh_from_db()
        assert clock.due_at == planted  # reported, not repaired


class TestRouting:
    @pytest.mark.parametrize(
        ("task", "queue"),
        [
            (tasks.sweep_clocks, "timers"),
            (tasks.send_deliveries, "mail_out"),
            (tasks.sweep_deliveries, "mail_out"),
            (tasks.recompute_clocks, "bulk"),
        ],
    )
    def test_sends_each_task_to_its_queue(self, task: object, queue: str) -> None:
        routed = app.amqp.router.route({}, task.name)  # type: ignore[attr-defined]

        assert routed["queue"].name == queue
        assert task.name in app.tasks  # type: ignore[attr-defined]

    def test_does_not_acknowledge_a_sweep_late(self) -> None:
        assert app.tasks["tickets.tasks.sweep_clocks"].acks_late is False
        assert app.tasks["tickets.tasks.send_deliveries"].acks_late is True
