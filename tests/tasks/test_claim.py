import logging
from datetime import timedelta

import pytest
from django.db import connection, transaction

from tests.factories import make_agent, make_ticket
from tests.tasks.clocks import (
    TARGET,
    database_now,
    make_clock,
    make_unclocked_ticket,
    seconds,
)
from tickets.models import Alert, Clock, Delivery, Event
from tickets.services.lifecycle import cancel, merge
from tickets.services.timers import claim_due_clocks
from tickets.services.urgency import Voice, agree, counter

pytestmark = pytest.mark.django_db

FLAGS = [Event.Kind.CLOCK_WARNED, Event.Kind.CLOCK_BREACHED]


def flags_of(clock: Clock) -> list[tuple[str, int | None]]:
    return list(
        Event.objects.filter(clock=clock, kind__in=FLAGS)
        .order_by("pk")
        .values_list("kind", "threshold")
    )


class TestBreach:
    def test_is_none_at_the_due_instant_itself(self) -> None:
        clock = make_clock(due_in=timedelta(hours=1))

        at_due = claim_due_clocks(clock_ids=[clock.pk], as_of=clock.due_at)
        just_after = claim_due_clocks(
            clock_ids=[clock.pk], as_of=clock.due_at + timedelta(microseconds=1)
        )

        assert (at_due.count, at_due.breached) == (0, 0)
        assert (just_after.count, just_after.breached) == (1, 1)

    def test_is_dated_by_the_due_instant_and_noticed_by_the_databases_clock(self) -> None:
        clock = make_clock(due_in=seconds(-2))
        before = database_now()

        claim = claim_due_clocks()

        clock.refresh_from_db()
        assert claim.count == claim.breached == 1
        assert claim.ticket_ids == (clock.ticket_id,)
        assert clock.breached_at == clock.due_at
        assert before < clock.noticed_at < database_now()
        assert clock.detection_lag > seconds(2)
        assert (clock.position, clock.next_wake_at) == (1, None)

    def test_is_written_with_its_line_its_alert_and_its_mail(self) -> None:
        agent = make_agent(email="ann@desk.example")
        clock = make_clock(due_in=seconds(-1), ticket=make_unclocked_ticket(agent=agent))
        clock.ticket.assignee = agent
        clock.ticket.save(update_fields=["assignee"])

        claim_due_clocks()

        event = Event.objects.get(clock=clock, kind__in=FLAGS)
        assert (event.kind, event.at, event.clock_revision) == ("CLOCK_BREACHED", clock.due_at, 1)
        assert event.data == {"metric": "ACTION", "cycle": 1, "level": "URGENT"}
        assert event.recorded_at > event.at
        alert = Alert.objects.get(clock=clock)
        assert (alert.recipient, alert.threshold, alert.state) == (agent, 100, "QUEUED")
        delivery = Delivery.objects.get(alert=alert)
        assert (delivery.kind, delivery.address) == ("ALERT", "ann@desk.example")

    def test_is_found_ten_seconds_back_or_by_a_full_look(self) -> None:
        clock = make_clock(due_in=seconds(-11))

        assert claim_due_clocks().count == 0
        assert claim_due_clocks(full=True).count == 1
        assert flags_of(clock) == [("CLOCK_BREACHED", 100)]

    def test_is_flagged_oldest_first(self) -> None:
        clocks = [make_clock(due_in=seconds(-age)) for age in (1, 3, 2)]

        claim_due_clocks(limit=2)

        late = {clock.pk for clock in clocks if clock.due_at != max(c.due_at for c in clocks)}
        assert set(
            Clock.objects.filter(breached_at__isnull=False).values_list("pk", flat=True)
        ) == (late)

    def test_is_flagged_once_however_often_one_looks(self) -> None:
        clock = make_clock(due_in=seconds(-1), warnings=(50, 75, 90))

        counts = [claim_due_clocks(full=True).count for _ in range(3)]

        assert counts == [1, 0, 0]
        assert flags_of(clock) == [("CLOCK_BREACHED", 100)]

    def test_of_a_rewound_row_tells_nobody_twice(self) -> None:
        make_agent(role="MANAGER")
        clock = make_clock(due_in=seconds(-1))
        claim_due_clocks()
        Alert.objects.update(state="DROPPED", drop_reason="MET")
        Clock.objects.filter(pk=clock.pk).update(
            position=0, next_wake_at=clock.due_at, breached_at=None, noticed_at=None
        )

        claim = claim_due_clocks()

        assert claim.breached == 1
        assert flags_of(clock) == [("CLOCK_BREACHED", 100)]
        assert Alert.objects.filter(clock=clock).count() == 1


class TestWarnings:
    def test_only_the_highest_gone_by_is_flagged(self) -> None:
        make_agent(role="MANAGER")
        clock = make_clock(due_in=TARGET * 0.2, warnings=(50, 75, 90))

        claim = claim_due_clocks(full=True)

        clock.refresh_from_db()
        assert (claim.count, claim.breached) == (1, 0)
        assert flags_of(clock) == [("CLOCK_WARNED", 75)]
        assert list(Alert.objects.values_list("threshold", flat=True)) == [75]
        assert (clock.position, clock.next_wake_at) == (2, clock.marks[2])
        assert clock.breached_at is clock.noticed_at is None
        assert Event.objects.get(clock=clock).at == clock.marks[1]

    def test_come_one_after_the_other(self) -> None:
        clock = make_clock(due_in=timedelta(hours=1), warnings=(50, 75, 90))

        for mark in clock.marks:
            claim_due_clocks(clock_ids=[clock.pk], as_of=mark + timedelta(microseconds=1))

        shares = [threshold for _, threshold in flags_of(clock)]
        assert shares == [50, 75, 90, 100]

    def test_still_in_the_outbox_give_way_to_a_higher_one(self) -> None:
        make_agent(role="MANAGER")
        clock = make_clock(due_in=timedelta(hours=1), warnings=(50, 75))
        claim_due_clocks(clock_ids=[clock.pk], as_of=clock.marks[0] + seconds(1))

        claim_due_clocks(clock_ids=[clock.pk], as_of=clock.marks[1] + seconds(1))

        alerts = Alert.objects.order_by("threshold").values_list(
            "threshold", "state", "drop_reason"
        )
        assert list(alerts) == [(50, "DROPPED", "SUPERSEDED"), (75, "QUEUED", "")]

    def test_that_were_sent_stay_sent(self) -> None:
        make_agent(role="MANAGER")
        clock = make_clock(due_in=timedelta(hours=1), warnings=(50,))
        claim_due_clocks(clock_ids=[clock.pk], as_of=clock.marks[0] + seconds(1))
        Alert.objects.update(state="SENT")

        claim_due_clocks(clock_ids=[clock.pk], as_of=clock.due_at + seconds(1))

        assert set(Alert.objects.values_list("threshold", "state")) == {
            (50, "SENT"),
            (100, "QUEUED"),
        }


class TestPlansThatChanged:
    def test_a_moved_deadline_is_flagged_where_it_is_now(self) -> None:
        now = database_now()
        manager = make_agent(role="MANAGER")
        ticket = make_ticket(level="URGENT", received_at=now - timedelta(minutes=29), now=now)
        urgent_due_at = ticket.clocks.get(metric="ACTION").due_at
        provider = Voice(side="PROVIDER", door="WORKSPACE", agent=manager)
        customer = Voice(side="CUSTOMER", door="PORTAL", contact=ticket.requester)
        counter(ticket=ticket, level="NON_URGENT", voice=provider, now=now)
        agree(ticket=ticket, voice=customer, now=now)

        clock = ticket.clocks.get(metric="ACTION")
        claim_due_clocks(clock_ids=[clock.pk], as_of=urgent_due_at + seconds(1))

        clock.refresh_from_db()
        assert clock.due_at > urgent_due_at
        assert clock.breached_at is None
        assert ("CLOCK_BREACHED", 100) not in flags_of(clock)

    def test_a_cancelled_tickets_clocks_are_never_flagged(self) -> None:
        now = database_now()
        ticket = make_ticket(level="URGENT", received_at=now, now=now)
        cancel(ticket=ticket, reason="SPAM", agent=make_agent(role="MANAGER"), now=now)

        ids = list(ticket.clocks.values_list("pk", flat=True))
        claim = claim_due_clocks(clock_ids=ids, as_of=now + timedelta(days=9))

        assert len(ids) == 2
        assert claim.count == 0

    def test_a_merged_tickets_clocks_are_never_flagged(self) -> None:
        now = database_now()
        ticket = make_ticket(level="URGENT", received_at=now, now=now)
        into = make_ticket(requester=ticket.requester, now=now)
        merge(ticket=ticket, into=into, agent=make_agent(role="MANAGER"), now=now)

        ids = list(ticket.clocks.values_list("pk", flat=True))
        claim = claim_due_clocks(clock_ids=ids, as_of=now + timedelta(days=9))

        assert len(ids) == 2
        assert claim.count == 0

    def test_a_claim_in_a_planners_transaction_is_undone_with_it(self) -> None:
        clock = make_clock(due_in=seconds(-1))

        with transaction.atomic():
            claim_due_clocks(clock_ids=[clock.pk])
            transaction.set_rollback(True)

        clock.refresh_from_db()
        assert clock.breached_at is None
        assert flags_of(clock) == []


class TestOddRows:
    @pytest.mark.parametrize(
        "plan",
        [
            {"marks": [], "thresholds": []},
            {"marks": [None], "thresholds": [100]},
            {"thresholds": [0]},
            {"thresholds": [None]},
        ],
    )
    def test_are_flagged_by_their_due_instant(self, plan: dict[str, list[int]]) -> None:
        due_at = database_now() - seconds(1)
        clock = make_clock(due_in=seconds(-1), due_at=due_at, **{"next_wake_at": due_at, **plan})

        claim_due_clocks()

        clock.refresh_from_db()
        assert clock.breached_at == clock.due_at
        assert flags_of(clock) == [("CLOCK_BREACHED", 100)]

    def test_with_marks_after_their_due_instant_wait_for_it(self) -> None:
        now = database_now()
        clock = make_clock(
            due_in=timedelta(hours=1), marks=[now + timedelta(hours=2)], next_wake_at=now
        )

        claim_due_clocks(full=True)

        clock.refresh_from_db()
        assert clock.next_wake_at == clock.due_at
        assert flags_of(clock) == []

    def test_that_cannot_be_flagged_do_not_stop_the_others(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        bad, *good = [make_clock(due_in=seconds(-age)) for age in (3, 2, 1)]
        refuse_flags_of(bad)

        with caplog.at_level(logging.ERROR):
            claim = claim_due_clocks()

        bad.refresh_from_db()
        assert claim.count == 2
        assert all(flags_of(clock) == [("CLOCK_BREACHED", 100)] for clock in good)
        assert flags_of(bad) == []
        assert bad.next_wake_at > database_now() + seconds(50)
        assert f"Clock {bad.pk} cannot be flagged" in caplog.text


def refuse_flags_of(clock: Clock) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            "ALTER TABLE tickets_event ADD CONSTRAINT no_flag"
            f" CHECK (clock_id IS DISTINCT FROM {clock.pk}) NOT VALID"
        )
