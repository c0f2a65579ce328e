"""What comes in and what goes out, field by field."""

from __future__ import annotations

from django.urls import reverse
from rest_framework import serializers

from tickets.api.fields import (
    AddressField,
    InstantField,
    SecondsField,
    StrictSerializer,
    TextField,
)
from tickets.models import Ticket
from tickets.selectors.queue import QueueRow
from tickets.selectors.ticket_record import TicketRecord

MAX_TEXT = 100_000

# --- In --------------------------------------------------------------------------------------


class RequesterInput(StrictSerializer):
    email = AddressField(max_length=254, default="", allow_blank=True)
    name = TextField(max_length=200, default="", allow_blank=True)
    phone = TextField(max_length=40, default="", allow_blank=True)


class NewTicketInput(StrictSerializer):
    subject = TextField(max_length=250)
    text = TextField(max_length=MAX_TEXT, trim_whitespace=False)
    requester = RequesterInput()
    customer = TextField(max_length=200, default="", allow_blank=True)
    urgency = TextField(max_length=32, default=None, allow_null=True)


# --- Out -------------------------------------------------------------------------------------


class ContactOutput(serializers.Serializer):
    name = serializers.CharField()
    email = serializers.CharField()
    phone = serializers.CharField()


class ClockOutput(serializers.Serializer):
    metric = serializers.CharField()
    cycle = serializers.IntegerField()
    state = serializers.CharField()
    target_seconds = SecondsField(source="target")
    started_at = InstantField()
    due_at = InstantField()
    met_at = InstantField()
    breached_at = InstantField()
    noticed_at = InstantField()
    cancelled_at = InstantField()
    overshoot_seconds = SecondsField(source="overshoot")
    detection_lag_seconds = SecondsField(source="lag")


class UrgencyOutput(serializers.Serializer):
    level = serializers.CharField(source="ticket.governing_level")
    name = serializers.CharField(source="level_name")
    is_agreed = serializers.BooleanField()


class UrgencyDetail(UrgencyOutput):
    customer_proposal = serializers.CharField()
    provider_proposal = serializers.CharField()


class TicketOutput(serializers.Serializer):
    """A ticket in a list."""

    number = serializers.IntegerField(source="ticket.number")
    url = serializers.SerializerMethodField()
    subject = serializers.CharField(source="ticket.subject")
    channel = serializers.CharField(source="ticket.channel")
    status = serializers.CharField(source="ticket.status")
    requester = ContactOutput(source="ticket.requester")
    customer = serializers.CharField(source="ticket.customer.name", default=None)
    assignee = serializers.SerializerMethodField()
    received_at = InstantField(source="ticket.received_at")
    unreturned_since = InstantField(source="ticket.unreturned_since")
    next_due_at = InstantField(source="ticket.next_due_at")
    urgency = UrgencyOutput(source="*")
    clocks = ClockOutput(many=True)

    def get_url(self, row: QueueRow | TicketRecord) -> str:
        return ticket_path(row.ticket)

    def get_assignee(self, row: QueueRow | TicketRecord) -> dict[str, str] | None:
        agent = row.ticket.assignee
        return None if agent is None else {"name": agent.user.name, "email": agent.user.email}


class TicketDetail(TicketOutput):
    """A ticket by itself."""

    team = serializers.CharField(source="ticket.team.name", default=None)
    tags = serializers.ListField(source="ticket.tags")
    recorded_at = InstantField(source="ticket.recorded_at")
    solved_at = InstantField(source="ticket.solved_at")
    cancel_reason = serializers.SerializerMethodField()
    merged_into = serializers.IntegerField(source="ticket.merged_into.number", default=None)
    urgency = UrgencyDetail(source="*")

    def get_cancel_reason(self, record: TicketRecord) -> str | None:
        return record.ticket.cancel_reason or None


class ToldOutput(serializers.Serializer):
    name = serializers.CharField()
    state = serializers.CharField()


class ChangeOutput(serializers.Serializer):
    label = serializers.CharField()
    before = InstantField()
    after = InstantField()


class MessageOutput(serializers.Serializer):
    #: PUBLIC, NOTE (never for customers' eyes) or CALL.
    kind = serializers.CharField()
    author = serializers.SerializerMethodField()
    text = serializers.CharField()
    call_outcome = serializers.SerializerMethodField()
    is_automatic = serializers.BooleanField()
    bounced_at = InstantField()

    def get_author(self, message: object) -> str:
        return str(message.agent or message.contact)  # type: ignore[attr-defined]

    def get_call_outcome(self, message: object) -> str | None:
        return message.call_outcome or None  # type: ignore[attr-defined]


class TimelineEntryOutput(serializers.Serializer):
    id = serializers.IntegerField(source="pk")
    kind = serializers.CharField()
    at = InstantField()
    recorded_at = InstantField()
    actor = serializers.SerializerMethodField()
    text = serializers.CharField()
    reason = serializers.CharField()
    message = MessageOutput()
    changes = ChangeOutput(many=True)
    told = ToldOutput(many=True)
    detection_lag_seconds = SecondsField(source="lag")

    def get_actor(self, entry: object) -> str | None:
        return entry.actor or None  # type: ignore[attr-defined]


def ticket_path(ticket: Ticket) -> str:
    return reverse("api:ticket", kwargs={"number": ticket.number})
