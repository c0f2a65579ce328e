"""The demonstration desk shows everything, and holds together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.shipping import ship_what_is_missing
from tickets.domain.clocks import compute_clocks
from tickets.models import (
    Agent,
    Alert,
    Calendar,
    Clock,
    Customer,
    Delivery,
    Event,
    Message,
    Team,
    Ticket,
    UrgencyProposal,
    User,
)
from tickets.models.timeline import domain_events
from tickets.services.demo import TICKETS, fill_desk, sign_ins
from tickets.services.drift import find_drift

pytestmark = pytest.mark.django_db

State = Clock.State


@pytest.fixture(scope="module")
def started(django_db_setup: None, django_db_blocker: Any) -> Iterator[datetime]:
    """A desk filled once for all tests of this module, and the instant it was filled at."""
    with django_db_blocker.unblock(), transaction.atomic():
        ship_what_is_missing()
        now = timezone.now()
        fill_desk(now=now)
        connection.check_constraints()
        yield now
        transaction.set_rollback(True)


@pytest.fixture
def due_soon(started: datetime) -> list[Clock]:
    """What has still to be met, by its due instant."""
    clocks = Clock.objects.filter(met_at=None, cancelled_at=None, breached_at=None)
    return list(clocks.filter(paused_at=None).order_by("due_at"))


class TestPeople:
    def test_are_thirty_customers_in_six_zones_and_more(self, started: datetime) -> None:
        zones = set(Customer.objects.values_list("timezone", flat=True))

        assert Customer.objects.count() == 30
        assert {
            "Europe/Paris",
            "Europe/London",
            "America/New_York",
            "America/Los_Angeles",
            "Australia/Perth",
            "Asia/Singapore",
        } <= zones
        assert all(customer.contacts.exists() for customer in Customer.objects.all())

    def test_work_in_teams_with_leads_on_shifts(self, started: datetime) -> None:
        roles = Counter(Agent.objects.values_list("role", flat=True))

        assert roles == {"AGENT": 9, "MANAGER": 1, "ADMINISTRATOR": 1}
        assert Team.objects.count() == 3
        assert not Team.objects.filter(lead=None).exists()
        assert not Agent.objects.filter(role="AGENT", shift_calendar=None).exists()

    def test_keep_public_holidays_that_have_names(self, started: datetime) -> None:
        calendars = Calendar.objects.filter(pk__in=Customer.objects.values("calendar"))

        assert calendars.count() >= 8
        for calendar in calendars:
            assert set(calendar.holiday_names) >= {f"{started.year}-12-25"}

    def test_have_a_day_of_their_own_in_the_week_told(self, started: datetime) -> None:
        calendar = Calendar.objects.filter(name="Harbour Trust Bank hours").latest("version")

        named = [d for d, words in calendar.holiday_names.items() if words == "Data centre move"]

        assert 0 <= (started.date() - datetime.fromisoformat(named[0]).date()).days <= 5


class TestTickets:
    def test_are_as_many_as_promised(self, started: datetime) -> None:
        assert Ticket.objects.count() == TICKETS == 400
        week = Ticket.objects.filter(received_at__gte=started - timedelta(days=13))
        assert week.count() == TICKETS

    def test_come_by_every_channel_in_two_languages(self, started: datetime) -> None:
        channels = Counter(Ticket.objects.values_list("channel", flat=True))
        languages = Counter(Ticket.objects.values_list("customer__language", flat=True))

        assert set(channels) == set(Ticket.Channel.values)
        assert min(channels.values()) >= 10
        assert min(languages["en"], languages["fr"]) >= 60

    def test_show_every_status_and_every_way_to_end(self, started: datetime) -> None:
        statuses = Counter(Ticket.objects.values_list("status", flat=True))
        reasons = set(Ticket.objects.values_list("cancel_reason", flat=True))

        assert set(statuses) == set(Ticket.Status.values)
        assert reasons == {"", *Ticket.CancelReason.values}
        for ticket in Ticket.objects.exclude(merged_into=None):
            assert ticket.merged_into is not None
            cancelled = ticket.events.get(kind=Event.Kind.CANCELLED)
            assert cancelled.data["into"] == ticket.merged_into.number

    def test_are_numbered_as_they_came_and_neighbours_differ(self, started: datetime) -> None:
        tickets = list(Ticket.objects.order_by("number"))
        bulk = tickets[:-8]

        assert [t.recorded_at for t in bulk] == sorted(t.recorded_at for t in bulk)
        assert all(a.subject != b.subject for a, b in pairwise(tickets))
        texts = Message.objects.filter(kind="PUBLIC", agent=None, is_automatic=False)
        counts = Counter(texts.values_list("text", flat=True))
        assert counts.most_common(1)[0][1] < 15  # short thanks at most

    def test_leave_no_word_unfilled(self, started: datetime) -> None:
        texts = [*Message.objects.values_list("text", flat=True)]
        texts += Ticket.objects.values_list("subject", flat=True)

        assert [t for t in texts if "{" in t.replace("{#var#}", "")] == []

    def test_hold_calls_notes_bounces_and_automatic_answers(self, started: datetime) -> None:
        outcomes = set(Message.objects.values_list("call_outcome", flat=True))

        assert set(Message.CallOutcome.values) < outcomes
        assert Message.objects.filter(kind="NOTE").count() > 50
        assert Message.objects.filter(bounced_at__isnull=False).exists()
        assert Message.objects.filter(is_automatic=True).exists()
        assert Ticket.objects.filter(unreturned_since__isnull=False, status="NEW").exists()

    def test_settle_their_urgency_in_every_way(self, started: datetime) -> None:
        found = set(UrgencyProposal.objects.values_list("side", "state"))

        customer, provider = UrgencyProposal.Side
        assert {(customer, state) for state in UrgencyProposal.State} <= found
        assert {(provider, "OPEN"), (provider, "AGREED")} <= found
        ours = Ticket.objects.filter(assignee__user__email="alice@desk.example")
        assert ours.filter(urgency_proposals__state="OPEN", status="OPEN").exists()


class TestHistory:
    def test_has_every_state_of_a_clock(self, started: datetime) -> None:
        states = Counter(clock.state_at(timezone.now()) for clock in Clock.objects.all())

        assert set(states) == set(State)
        assert states[State.MET] > 300
        assert min(states[State.MET_LATE], states[State.BREACHED], states[State.CANCELLED]) > 2

    def test_has_second_cycles(self, started: datetime) -> None:
        assert Clock.objects.filter(cycle=2, met_at__isnull=False).exists()

    def test_is_what_the_pure_function_says(self, started: datetime) -> None:
        now = started + timedelta(seconds=5)

        assert find_drift(now=now) == []
        for ticket in Ticket.objects.prefetch_related("events", "clocks"):
            outcome = compute_clocks(
                domain_events(ticket, ticket.events.all()), terms=ticket.promised_terms(), now=now
            )
            stored = {(c.cycle, c.metric): (c.due_at, c.met_at) for c in ticket.clocks.all()}
            told = {(s.cycle, s.metric.value): (s.due, s.met_at) for s in outcome.clocks}
            assert stored == told
            assert ticket.governing_level == outcome.governing

    def test_flags_every_mark_that_went_by_once_and_in_time(self, started: datetime) -> None:
        breached = Clock.objects.exclude(breached_at=None)
        lags = [clock.detection_lag for clock in breached]
        flagged = Event.objects.filter(kind="CLOCK_BREACHED").values_list("clock_id", flat=True)

        assert lags
        assert all(lag is not None and lag < timedelta(seconds=1) for lag in lags)
        assert {clock.pk for clock in breached} <= set(flagged)

    def test_told_people_of_every_flag(self, started: datetime) -> None:
        flags = Event.objects.filter(kind__in=["CLOCK_WARNED", "CLOCK_BREACHED"])
        alerts = Alert.objects.all()

        told = set(alerts.values_list("clock_id", "clock_revision", "threshold"))
        assert set(flags.values_list("clock_id", "clock_revision", "threshold")) == told
        assert not alerts.filter(deliveries=None).exists()
        unsent = Delivery.objects.exclude(state="SENT")
        assert 1 <= unsent.count() <= 40  # of the tickets that have just been opened

    def test_lies_in_the_past_and_was_recorded_after_it_happened(self, started: datetime) -> None:
        later = timezone.now()
        for event in Event.objects.all():
            assert event.at <= later
            assert event.recorded_at >= event.at

    def test_shows_a_breach_that_was_none(self, started: datetime) -> None:
        ticket = Ticket.objects.get(events__kind=Event.Kind.BREACH_WITHDRAWN)

        assert ticket.clocks.get(metric="ACTION").breached_at is None
        assert Delivery.objects.filter(kind=Delivery.Kind.BREACH_WITHDRAWN).exists()


class TestNextMinutes:
    def test_begin_quietly(self, started: datetime) -> None:
        quiet = started + timedelta(seconds=20)
        assert not Clock.objects.filter(next_wake_at__lt=quiet).exists()

    def test_warn_within_forty_seconds(self, started: datetime) -> None:
        wake_at = Clock.objects.filter(next_wake_at__gt=started).earliest("next_wake_at")

        assert wake_at.next_wake_at is not None
        assert wake_at.next_wake_at - started <= timedelta(seconds=40)

    def test_breach_three_times_within_two_minutes(
        self, started: datetime, due_soon: list[Clock]
    ) -> None:
        seconds = [(clock.due_at - started).total_seconds() for clock in due_soon[:6]]

        assert any(60 <= second <= 90 for second in seconds)
        assert seconds[2] <= 120

    def test_go_on_for_half_an_hour(self, started: datetime, due_soon: list[Clock]) -> None:
        half_an_hour = started + timedelta(minutes=30)
        coming = [clock for clock in due_soon if clock.due_at < half_an_hour]

        assert 9 <= len(coming) <= 60

    def test_concern_alice(self, started: datetime, due_soon: list[Clock]) -> None:
        in_two_minutes = started + timedelta(minutes=2)
        coming = [clock.ticket.assignee for clock in due_soon if clock.due_at < in_two_minutes]

        emails = [assignee.user.email for assignee in coming if assignee]
        assert emails.count("alice@desk.example") >= 3


class TestPages:
    def test_show_tickets_of_every_kind(self, started: datetime, client: Client) -> None:
        client.force_login(User.objects.get(email="alice@desk.example"))
        numbers = list(Ticket.objects.order_by("number").values_list("number", flat=True))

        for number in [*numbers[:-10:12], *numbers[-10:]]:
            page = client.get(reverse("tickets:ticket", args=[number]))
            assert page.status_code == 200, number

    def test_show_the_queue(self, started: datetime, client: Client) -> None:
        client.force_login(User.objects.get(email="mona@desk.example"))

        assert client.get(reverse("tickets:queue")).status_code == 200


class TestSignIns:
    def test_open_the_desk_to_one_of_each_role(self, started: datetime) -> None:
        assert [email for _, email, _ in sign_ins()] == [
            "alice@desk.example",
            "mona@desk.example",
            "adam@desk.example",
        ]
        for _, email, password in sign_ins():
            assert authenticate(username=email, password=password) is not None
