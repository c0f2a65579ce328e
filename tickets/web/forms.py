"""What people type in, checked for kindness; the services and the database decide."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tickets.models import Agent, Customer, Message, Ticket, UrgencyProposal
from tickets.selectors.levels import LevelView
from tickets.selectors.new_ticket import find_customer


class DeskForm(forms.Form):
    """Every control gets its class here, so that templates only place fields."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # A page holds several forms: their ids must not meet.
        kwargs.setdefault("auto_id", f"{type(self).__name__.removesuffix('Form').lower()}_%s")
        kwargs.setdefault("use_required_attribute", True)
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if not isinstance(field.widget, forms.RadioSelect):
                field.widget.attrs.setdefault("class", "control")
            if isinstance(field.widget, forms.TextInput | forms.Textarea):
                field.widget.attrs.setdefault("dir", "auto")
            field.error_messages |= _what_to_do(field)

    def add_error(self, field: str | None, error: Any) -> None:
        super().add_error(field, error)
        # The page comes back with the first mistake in view and under the cursor.
        seen = [name for name, field in self.fields.items() if not field.widget.is_hidden]
        first = next((name for name in seen if name in self.errors), seen[0])
        for name in seen:
            self.fields[name].widget.attrs["autofocus"] = name == first


def _what_to_do(field: forms.Field) -> dict[str, Any]:
    """What a field says instead of what is wrong with it."""
    if isinstance(field, LocalInstantField):
        return dict.fromkeys(("required", "invalid"), _("Enter a date and a time."))
    if isinstance(field, forms.IntegerField):
        number = _("Enter the number of a ticket, such as 1234.")
        return dict.fromkeys(("required", "invalid", "min_value"), number)
    if isinstance(field, forms.EmailField):
        return {"invalid": _("Enter the whole address, such as name@example.com.")}
    if isinstance(field, forms.ChoiceField):
        return dict.fromkeys(("required", "invalid_choice"), _("Choose one of these."))
    return {"required": _("Fill this in: it is empty.")}


class LocalInstantField(forms.DateTimeField):
    """An instant in the reader's zone, to the second."""

    widget = forms.DateTimeInput(
        attrs={"type": "datetime-local", "step": "1"}, format="%Y-%m-%dT%H:%M:%S"
    )

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, datetime) and timezone.is_aware(value):
            return timezone.localtime(value).replace(tzinfo=None, microsecond=0)
        return super().prepare_value(value)


def _words(label: Any, *, rows: int = 4, required: bool = True, **kwargs: Any) -> forms.CharField:
    return forms.CharField(
        label=label, widget=forms.Textarea(attrs={"rows": rows}), required=required, **kwargs
    )


class ReplyForm(DeskForm):
    text = _words(_("Reply to the customer"))


class NoteForm(DeskForm):
    text = _words(_("Internal note"))


class CallForm(DeskForm):
    outcome = forms.ChoiceField(
        label=_("The customer was"), choices=Message.CallOutcome, widget=forms.RadioSelect
    )
    at = LocalInstantField(label=_("Called at"))
    text = _words(_("What was said"), rows=3, required=False)


class AssignmentForm(DeskForm):
    assignee = forms.ChoiceField(label=_("Assign to"), required=False)

    def __init__(self, *args: Any, agents: Iterable[Agent], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._agents = {str(agent.pk): agent for agent in agents}
        choices = [(pk, str(agent)) for pk, agent in self._agents.items()]
        self.fields["assignee"].choices = [("", _("Nobody")), *choices]  # type: ignore[attr-defined]

    @property
    def chosen(self) -> Agent | None:
        return self._agents.get(self.cleaned_data["assignee"])


class ReceivedAtForm(DeskForm):
    received_at = LocalInstantField(
        label=_("Received at"), help_text=_("Both clocks start here. The old time stays on record.")
    )


class MergeForm(DeskForm):
    into = forms.IntegerField(
        label=_("Merge into ticket number"), min_value=1, help_text=_("Open promises end here.")
    )


class CancellationForm(DeskForm):
    reason = forms.ChoiceField(
        label=_("Close as"),
        choices=[
            (reason.value, reason.label)
            for reason in (Ticket.CancelReason.SPAM, Ticket.CancelReason.DUPLICATE)
        ],
    )


class UrgencyStepForm(DeskForm):
    """One step of settling the urgency, as it was looked at: who speaks, which level, why."""

    side = forms.ChoiceField(choices=UrgencyProposal.Side, widget=forms.HiddenInput)
    level = forms.CharField(max_length=32, widget=forms.HiddenInput)
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=500,
        help_text=_("Stays on the timeline beside the step."),
    )


class NewTicketForm(DeskForm):
    """A ticket for somebody who called, left a voicemail or reached us some other way."""

    CHANNELS = (
        Ticket.Channel.PHONE,
        Ticket.Channel.VOICEMAIL,
        Ticket.Channel.EMAIL,
        Ticket.Channel.FORM,
    )

    channel = forms.ChoiceField(
        label=_("How it reached us"),
        choices=[(channel.value, channel.label) for channel in CHANNELS],
        widget=forms.RadioSelect,
        initial=Ticket.Channel.PHONE,
    )
    received_at = LocalInstantField(
        label=_("Received at"),
        help_text=_("When the call came in or the message was left. Both clocks start here."),
    )
    customer = forms.CharField(
        label=_("Customer"),
        max_length=200,
        required=False,
        help_text=_("Leave empty when you cannot tell yet."),
    )
    name = forms.CharField(label=_("Caller’s name"), max_length=200, required=False)
    phone = forms.CharField(
        label=_("Telephone"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
    )
    email = forms.EmailField(label=_("E-mail address"), required=False)
    level = forms.ChoiceField(
        label=_("Urgency as the customer sees it"),
        required=False,
        widget=forms.RadioSelect,
        help_text=_("Put on the table as the customer’s proposal, in force from the start."),
    )
    subject = forms.CharField(label=_("What it is about"), max_length=250)
    text = _words(_("What the customer said"), rows=6)

    def __init__(
        self, *args: Any, levels: Sequence[LevelView], now: datetime, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._now = now
        known = [(level.code, level.name) for level in levels]
        self.fields["level"].choices = [  # type: ignore[attr-defined]
            *known,
            ("", pgettext_lazy("urgency", "Did not say")),
        ]
        # The list follows what is typed, so it stays short however many customers there are.
        self.fields["customer"].widget.attrs |= {
            "list": "customers",
            "autocomplete": "off",
            "hx-get": reverse_lazy("tickets:customers"),
            "hx-trigger": "input changed delay:150ms",
            "hx-target": "#customers",
        }

    def clean_received_at(self) -> datetime:
        received_at: datetime = self.cleaned_data["received_at"]
        if received_at > self._now:
            raise forms.ValidationError(
                _("This lies in the future. Enter when the message reached us: now or earlier.")
            )
        return received_at

    def clean_customer(self) -> Customer | None:
        name = self.cleaned_data["customer"].strip()
        if not name:
            return None
        customer = find_customer(name)
        if customer is None:
            raise forms.ValidationError(
                _("No customer has this name. Choose one of the list, or leave it empty.")
            )
        return customer

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        reachable = ("name", "phone", "email")
        if not any(cleaned.get(name) or name in self.errors for name in reachable):
            self.add_error("name", _("Give a name, a telephone number or an e-mail address."))
        return cleaned
