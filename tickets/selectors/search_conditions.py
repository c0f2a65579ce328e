"""What the operators of a search mean for a ticket."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.search import SearchQueryField
from django.db.models import BooleanField, F, Func, Q, QuerySet, Value
from django.db.models.functions import Lower, Replace, Upper

from tickets.domain.search import ME, NONE, Bound, Filter, Query, Word
from tickets.models import Agent, Customer, Level, Team, Ticket
from tickets.selectors.queue_views import View, condition_of

#: Names that a part of a name may stand for; more are not looked at.
MOST_NAMES = 200

STATES = {
    "closed": Q(status=Ticket.Status.CLOSED),
    "new": Q(status=Ticket.Status.NEW),
    "open": Q(status__in=Ticket.ACTIVE),
}
STATUSES = {
    "any": Q(),
    "closed": Q(status=Ticket.Status.CLOSED),
    "new": Q(status=Ticket.Status.NEW),
    "open": Q(status=Ticket.Status.OPEN),
    "solved": Q(status=Ticket.Status.SOLVED),
    "waiting": Q(status=Ticket.Status.WAITING),
}
#: A text query as SQL, and what is bound in it.
Text = tuple[str, tuple[str, ...]]
_WORDS = "tickets_search_words(%s)"
_TAG = "quote_literal(tickets_search_tag(%s))::tsquery"
#: States of tickets that are not open.
ENDED = {"closed", "solved"}


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Who searches, and when: "me", "soon" and "yesterday" depend on it."""

    agent: Agent
    now: datetime

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.agent.user.timezone)


def condition_of_query(query: Query, *, reader: Reader) -> Q:
    """What the operators ask for, and the negated words; the other words are not in it."""
    condition = Q()
    for part in query.filters:
        asked = _CONDITIONS[part.operator](part, reader)
        condition &= ~asked if part.is_negated else asked
    for word in query.words:
        if word.is_negated:
            condition &= ~_has(words_of(word.text))
    return condition


def text_of_query(query: Query) -> Text | None:
    """All the words that must be there, for the index; None when the search names none.

    A tag is looked up as a word: the index knows tags.
    """
    words = [_WORDS for word in query.words if not word.is_negated]
    tags = [part for part in query.filters if part.operator == "tag" and not part.is_negated]
    if not words and not tags:
        return None
    bounds = [word.text for word in query.words if not word.is_negated]
    bounds += [str(part.value) for part in tags]
    return f"({' && '.join(words + [_TAG] * len(tags))})", tuple(bounds)


def marks_of_query(query: Query) -> Func | None:
    """Any of the words, for marking them where they are shown; None when there is none."""
    words = [words_of(word.text) for word in query.words if not word.is_negated]
    if not words:
        return None
    return Func(
        *words,
        template="(%(expressions)s)",
        arg_joiner=" || ",
        output_field=SearchQueryField(),
    )


def words_of(text: str) -> Func:
    return Func(Value(text), function="tickets_search_words", output_field=SearchQueryField())


def is_of_open_tickets(query: Query) -> bool:
    """Whether only open tickets are meant: words look everywhere, operators alone do not.

    Naming a state, a status or one ticket's number says it either way.
    """
    named = _named(query)
    if named:
        return not named & (ENDED | {"any"})
    wanted = [part for part in query.parts if not part.is_negated]
    return not any(isinstance(part, Word) or part.operator == "number" for part in wanted)


def may_be_open(query: Query) -> bool:
    return not _named(query) & ENDED


def _named(query: Query) -> set[str]:
    return {
        str(part.value)
        for part in query.filters
        if part.operator in ("is", "status") and not part.is_negated
    }


def _has(words: Func) -> Q:
    """For negating: a ticket that was not indexed yet has no words."""
    return Q(
        Func(
            F("search__document"),
            words,
            template="coalesce(%(expressions)s, false)",
            arg_joiner=" @@ ",
            output_field=BooleanField(),
        )
    )


def _one_of(field: str, names: QuerySet[Any]) -> Q:
    """Of the rows that match a name, found first: so the index over the field can be used."""
    found = Func(
        F(f"{field}_id"),
        ArraySubquery(names.order_by("pk").values("pk")[:MOST_NAMES]),
        template="%(expressions)s)",
        arg_joiner=" = ANY(",
        output_field=BooleanField(),
    )
    # Nobody is nobody of that name: said, or "not" would leave those out.
    return Q(found) & Q(**{f"{field}__isnull": False})


def _is(part: Filter, reader: Reader) -> Q:
    state = str(part.value)
    return STATES.get(state) or condition_of(View(state), agent=reader.agent, now=reader.now)


def _status(part: Filter, reader: Reader) -> Q:
    return STATUSES[str(part.value)]


def _channel(part: Filter, reader: Reader) -> Q:
    return Q(channel=str(part.value).upper())


def _number(part: Filter, reader: Reader) -> Q:
    return Q(number=part.value)


def _tag(part: Filter, reader: Reader) -> Q:
    # Wanted, it is among the words for the index.
    if not part.is_negated:
        return Q()
    tag = Func(
        Value(part.value),
        template=_TAG.replace("%s", "%(expressions)s"),
        output_field=SearchQueryField(),
    )
    return _has(tag)


def _customer(part: Filter, reader: Reader) -> Q:
    if part.value == NONE:
        return Q(customer=None)
    return _one_of("customer", Customer.objects.filter(name__icontains=str(part.value)))


def _team(part: Filter, reader: Reader) -> Q:
    if part.value == NONE:
        return Q(team=None)
    return _one_of("team", Team.objects.filter(name__icontains=str(part.value)))


def _assignee(part: Filter, reader: Reader) -> Q:
    if part.value == ME:
        return Q(assignee=reader.agent)
    if part.value == NONE:
        return Q(assignee=None)
    name = Q(user__name__icontains=part.value) | Q(user__email__istartswith=part.value)
    return _one_of("assignee", Agent.objects.filter(name))


def _urgency(part: Filter, reader: Reader) -> Q:
    """A level by its code or its name in either language, case and hyphens aside."""
    asked = str(part.value).replace("-", "_").replace(" ", "_")
    named = Level.objects.alias(
        plain=Replace(Replace(Lower("name"), Value("-"), Value("_")), Value(" "), Value("_")),
        plain_fr=Replace(Replace(Lower("name_fr"), Value("-"), Value("_")), Value(" "), Value("_")),
        upper_code=Upper("code"),
    ).filter(Q(upper_code=asked.upper()) | Q(plain=asked.lower()) | Q(plain_fr=asked.lower()))
    return Q(governing_level__in=named.values("code"))


def _due(part: Filter, reader: Reader) -> Q:
    """`<2h`: less than that is left, or nothing any more."""
    bound = part.value
    assert isinstance(bound, Bound)
    if isinstance(bound.at, timedelta):
        return _compared("next_due_at", bound.comparison, reader.now + bound.at)
    return _on_days("next_due_at", bound, reader)


def _received(part: Filter, reader: Reader) -> Q:
    """`<2h`: less than that ago, so received after that instant."""
    bound = part.value
    assert isinstance(bound, Bound)
    if isinstance(bound.at, timedelta):
        turned = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}[bound.comparison]
        return _compared("received_at", turned, reader.now - bound.at)
    return _on_days("received_at", bound, reader)


def _on_days(field: str, bound: Bound, reader: Reader) -> Q:
    """A day begins and ends at midnight where the reader is; after a day is after its end."""
    assert isinstance(bound.at, date)
    start = _midnight(bound.at, reader.zone)
    end = _midnight(bound.at + timedelta(days=1), reader.zone)
    return {
        "=": Q(**{f"{field}__gte": start, f"{field}__lt": end}),
        "<": Q(**{f"{field}__lt": start}),
        "<=": Q(**{f"{field}__lt": end}),
        ">": Q(**{f"{field}__gte": end}),
        ">=": Q(**{f"{field}__gte": start}),
    }[bound.comparison]


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)


def _compared(field: str, comparison: str, at: datetime) -> Q:
    lookup = {"<": "lt", "<=": "lte", ">": "gt", ">=": "gte"}[comparison]
    return Q(**{f"{field}__{lookup}": at})


_CONDITIONS: dict[str, Callable[[Filter, Reader], Q]] = {
    "assignee": _assignee,
    "channel": _channel,
    "customer": _customer,
    "due": _due,
    "is": _is,
    "number": _number,
    "received": _received,
    "status": _status,
    "tag": _tag,
    "team": _team,
    "urgency": _urgency,
}
