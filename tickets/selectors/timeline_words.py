"""What a line of the timeline says, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from tickets.models import Event, Message, Ticket, UrgencyProposal
from tickets.selectors.clocks import metric_label
from tickets.selectors.levels import name_level

Kind = Event.Kind


def say(event: Event, *, ticket: Ticket) -> str:
    """One sentence for `event`. Its agent and contact should be loaded."""
    return SENTENCES[event.kind](event, ticket)


def actor_of(event: Event) -> str:
    """Who did it; empty for the desk itself."""
    return str(event.agent or event.contact or "")


def _choice(choices: Any, code: str) -> str:
    """The label of a stored choice; the code itself when nobody knows it any more."""
    return str(dict(choices.choices).get(code, code))


def _received(event: Event, ticket: Ticket) -> str:
    channel = _choice(Ticket.Channel, event.data.get("channel", ticket.channel))
    if event.agent is None:
        return _("%(requester)s reported it (%(channel)s)") % {
            "requester": ticket.requester,
            "channel": channel,
        }
    return _("%(requester)s reported it (%(channel)s); %(agent)s typed it in") % {
        "requester": ticket.requester,
        "channel": channel,
        "agent": event.agent,
    }


def _customer_wrote(event: Event, ticket: Ticket) -> str:
    if event.data.get("automatic"):
        return _("An automatic reply came from %(who)s") % {"who": actor_of(event)}
    return _("%(who)s wrote") % {"who": actor_of(event)}


def _assigned(event: Event, ticket: Ticket) -> str:
    words = {"who": actor_of(event), "name": event.data.get("name", "")}
    if not words["name"]:
        return _("%(who)s gave it back to the team") % words
    if event.agent is None:
        return _("Assigned to %(name)s automatically") % words
    if event.data.get("to") == event.agent_id:
        return _("%(who)s took it on") % words
    return _("%(who)s assigned it to %(name)s") % words


def _called(event: Event, ticket: Ticket) -> str:
    outcome = _choice(Message.CallOutcome, event.data.get("outcome", ""))
    return _("%(who)s called: %(outcome)s") % {"who": actor_of(event), "outcome": outcome.lower()}


def _status_changed(event: Event, ticket: Ticket) -> str:
    if event.agent is None:
        return _("Open again: a message that had not been read yet is older than the last step")
    status = _choice(Ticket.Status, event.data.get("to", ""))
    return _("%(who)s set the status to “%(status)s”") % {"who": actor_of(event), "status": status}


def _cancelled(event: Event, ticket: Ticket) -> str:
    if event.data.get("into"):
        return _("%(who)s merged it into #%(number)s; its open promises end here") % {
            "who": actor_of(event),
            "number": event.data["into"],
        }
    reason = _choice(Ticket.CancelReason, event.data.get("reason", ""))
    return _("%(who)s closed it (%(reason)s); its open promises end here") % {
        "who": actor_of(event),
        "reason": reason.lower(),
    }


def _urgency(sentence: Callable[[dict[str, str]], str]) -> Callable[[Event, Ticket], str]:
    def say_it(event: Event, ticket: Ticket) -> str:
        level = name_level(terms_id=ticket.terms_id, code=event.data.get("level", ""))
        text = sentence({"who": actor_of(event), "level": level})
        door = _choice(UrgencyProposal.Door, event.data.get("door", ""))
        return f"{text} ({door})" if door else text

    return say_it


def _planned(event: Event, ticket: Ticket) -> str:
    clocks = event.data.get("clocks", ())
    if any(clock["before"]["due_at"] != clock["after"]["due_at"] for clock in clocks):
        return _("Deadlines moved")
    return _("What had been recorded of the promises was corrected")


def _warned(event: Event, ticket: Ticket) -> str:
    return _("%(metric)s: %(share)s %% of the time has gone by") % {
        "metric": metric_label(event.data.get("metric", "")),
        "share": event.threshold,
    }


def _breached(event: Event, ticket: Ticket) -> str:
    return _("%(metric)s: deadline missed") % {
        "metric": metric_label(event.data.get("metric", "")),
    }


def _withdrawn(event: Event, ticket: Ticket) -> str:
    return _("%(metric)s: there was no breach after all. %(who)s recorded later: %(fact)s") % {
        "metric": metric_label(event.data.get("metric", "")),
        "who": event.data.get("fact_recorded_by") or _("The desk"),
        "fact": _choice(Kind, event.data.get("fact", "")).lower(),
    }


SENTENCES: dict[str, Callable[[Event, Ticket], str]] = {
    Kind.RECEIVED: _received,
    Kind.RECEIVED_CORRECTED: lambda event, ticket: (
        _("%(who)s corrected when it was received") % {"who": actor_of(event)}
    ),
    Kind.CUSTOMER_WROTE: _customer_wrote,
    Kind.ACKNOWLEDGED: lambda event, ticket: _("The customer was told that it arrived"),
    Kind.ASSIGNED: _assigned,
    Kind.NOTED: lambda event, ticket: _("%(who)s wrote a note") % {"who": actor_of(event)},
    Kind.REPLIED: lambda event, ticket: _("%(who)s replied") % {"who": actor_of(event)},
    Kind.REPLY_BOUNCED: lambda event, ticket: _(
        "The reply came back undelivered: it does not count as a response"
    ),
    Kind.CALL_LOGGED: _called,
    Kind.STATUS_CHANGED: _status_changed,
    Kind.SOLVED: lambda event, ticket: _("%(who)s solved it") % {"who": actor_of(event)},
    Kind.REOPENED: lambda event, ticket: _("%(who)s reopened it") % {"who": actor_of(event)},
    Kind.CANCELLED: _cancelled,
    Kind.TICKET_MERGED_IN: lambda event, ticket: (
        _("%(who)s merged #%(number)s into it: %(subject)s")
        % {"who": actor_of(event), **event.data}
    ),
    Kind.URGENCY_PROPOSED: _urgency(lambda words: _("%(who)s proposed “%(level)s”") % words),
    Kind.URGENCY_COUNTERED: _urgency(
        lambda words: _("%(who)s proposed “%(level)s” instead") % words
    ),
    Kind.URGENCY_AGREED: _urgency(lambda words: _("%(who)s agreed to “%(level)s”") % words),
    Kind.URGENCY_WITHDRAWN: _urgency(
        lambda words: _("%(who)s withdrew the proposal “%(level)s”") % words
    ),
    Kind.CLOCKS_PLANNED: _planned,
    Kind.CLOCK_WARNED: _warned,
    Kind.CLOCK_BREACHED: _breached,
    Kind.BREACH_WITHDRAWN: _withdrawn,
}
