"""The search as it stands in the URL: read, refused in words, put together by a form."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tickets.domain.search import CHANNELS, ME, NONE, Query, SearchError, parse
from tickets.models import Ticket
from tickets.selectors.levels import LevelView
from tickets.templatetags.views import VIEWS
from tickets.web.forms import DeskForm


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What somebody searched for, as they typed it."""

    text: str = ""
    query: Query = field(default_factory=Query)
    #: Why it was not understood; then the query is empty.
    refusal: str = ""

    @property
    def is_search(self) -> bool:
        return bool(self.query) or bool(self.refusal)


def read_search(text: str) -> Asked:
    try:
        return Asked(text=text.strip(), query=parse(text))
    except SearchError as error:
        return Asked(text=text[:1000], refusal=in_words(error))


def in_words(error: SearchError) -> str:
    """The refusal as a person reads it: what is wrong, and what would be right."""
    words = {
        "too_long": _("A search has at most 500 characters."),
        "too_many": _("A search has at most 30 words and operators."),
        "nothing": _("There is no letter and no digit to look for."),
        "unknown_operator": _(
            "There is no operator “%(part)s”. These are known: %(known)s. "
            "To look for the word itself, put it in quotes."
        ),
        "unknown_value": _("“%(part)s” is not understood. This operator takes: %(known)s."),
        "bad_value": _(
            "“%(part)s” is not understood. Times are written <2h, >1d or 2026-11-01, names in "
            "quotes where they have a space, numbers #1234."
        ),
    }
    part, known = error.part, error.known
    if error.code == "unknown_operator":
        part, known = f"{part}:", tuple(f"{name}:" for name in known)
    return words[error.code] % {"part": part, "known": ", ".join(known)}


class FilterForm(DeskForm):
    """Operators to choose from; what is chosen becomes part of the search's text."""

    state = forms.ChoiceField(label=gettext_lazy("State"), required=False)
    urgency = forms.ChoiceField(label=gettext_lazy("Urgency"), required=False)
    channel = forms.ChoiceField(label=gettext_lazy("Channel"), required=False)
    assignee = forms.CharField(label=gettext_lazy("Assignee"), required=False, max_length=100)
    customer = forms.CharField(label=gettext_lazy("Customer"), required=False, max_length=100)

    #: Control and operator.
    OPERATORS = {
        "state": "is",
        "urgency": "urgency",
        "channel": "channel",
        "assignee": "assignee",
        "customer": "customer",
    }

    def __init__(self, query: Query, *, levels: Iterable[LevelView]) -> None:
        chosen = {name: query.value_of(operator) for name, operator in self.OPERATORS.items()}
        super().__init__(initial=chosen)
        anyone = [("", _("Any"))]
        names = {level.code.lower().replace("_", "-"): level.name for level in levels}
        if chosen["urgency"]:
            names.setdefault(chosen["urgency"], chosen["urgency"])
        self.fields["state"].choices = anyone + _states()  # type: ignore[attr-defined]
        self.fields["urgency"].choices = anyone + list(names.items())  # type: ignore[attr-defined]
        self.fields["channel"].choices = anyone + [  # type: ignore[attr-defined]
            (code, str(Ticket.Channel(code.upper()).label)) for code in CHANNELS
        ]
        self.fields["assignee"].widget.attrs["placeholder"] = _("%(me)s, %(none)s or a name") % {
            "me": ME,
            "none": NONE,
        }


class SaveViewForm(DeskForm):
    q = forms.CharField(widget=forms.HiddenInput, required=False, strip=False)
    name = forms.CharField(label=gettext_lazy("Name"), max_length=60)
    is_shared = forms.BooleanField(label=gettext_lazy("Share with everybody"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["is_shared"].widget.attrs["class"] = ""


def text_of_choices(given: QueryDict) -> str:
    """The search that the controls ask for, the rest of its text kept.

    Raises:
        SearchError: the rest cannot be understood.
    """
    choices = {
        operator: " ".join(given.get(name, "").split())[:100]
        for name, operator in FilterForm.OPERATORS.items()
        if name in given
    }
    return parse(given.get("q", "")).replacing(choices)


def _states() -> list[tuple[str, str]]:
    views = [(code, str(name)) for code, name, _icon in VIEWS if code != "all"]
    return [("open", _("Open")), ("new", _("New")), *views, ("closed", _("Closed"))]
