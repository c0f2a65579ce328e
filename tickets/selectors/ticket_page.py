"""Everything the page of one ticket shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import AnonymousUser
from django.db.models import F

from tickets.domain.calendars import AlwaysOpen
from tickets.domain.clock_states import ClockState
from tickets.domain.terms import Metric
from tickets.models import Agent, Clock, Contact, Customer, Ticket, User
from tickets.selectors.access import get_ticket_for, visible_tickets
from tickets.selectors.clocks import ClockView, view_clock
from tickets.selectors.outlook import Outlook, look_at
from tickets.selectors.ticket_timeline import TimelineEntry, list_timeline, load_events
from tickets.selectors.urgency import UrgencyView, view_urgency
from tickets.selectors.why import Why, explain_clock, hours_label

#: Other open tickets shown beside one.
OTHERS_SHOWN = 5


@dataclass(frozen=True, kw_only=True)
class ClockCard(ClockView):
    """A clock with what only its calendar can tell."""

    #: "round the clock", or in which business hours.
    hours_label: str
    #: Share of the calendar time gone by, from the start or the change that last moved the
    #: deadline: 0 to 1, more when late.
    used_share: float
    #: Business time left until the due instant; None round the clock and when nothing is owed.
    remaining_business: timedelta | None
    #: How long before the due instant it was met; None unless met in time.
    spare: timedelta | None


@dataclass(frozen=True, kw_only=True)
class CustomerPanel:
    contact: Contact
    customer: Customer | None
    #: Open tickets of the same customer, or of the contact without one; next deadline first.
    others: tuple[Ticket, ...]
    has_more: bool


@dataclass(frozen=True, kw_only=True)
class TicketPage:
    ticket: Ticket
    now: datetime
    #: The newest cycle and whatever is still owed.
    current_clocks: tuple[ClockCard, ...]
    #: What was settled in earlier cycles.
    earlier_clocks: tuple[ClockCard, ...]
    #: For each of the current clocks, why it is due when it is.
    why: tuple[Why, ...]
    timeline: tuple[TimelineEntry, ...]
    urgency: UrgencyView
    customer: CustomerPanel

    @property
    def can_write(self) -> bool:
        return self.ticket.status != Ticket.Status.CLOSED

    @property
    def can_solve(self) -> bool:
        return self.ticket.is_active

    @property
    def can_wait(self) -> bool:
        return self.ticket.status in (Ticket.Status.NEW, Ticket.Status.OPEN)

    @property
    def can_reopen(self) -> bool:
        return self.ticket.status == Ticket.Status.SOLVED


def get_ticket_page(*, user: User | AnonymousUser, number: int, now: datetime) -> TicketPage:
    """The page of ticket `number` as `user` sees it at `now`.

    Raises:
        Ticket.DoesNotExist: there is none, or `user` may not know of it.
    """
    ticket = get_ticket_for(user=user, number=number)
    events = load_events(ticket)
    outlook = look_at(ticket, events=events, now=now)
    clocks = sorted(ticket.clocks.all(), key=_place)
    newest = max((clock.cycle for clock in clocks), default=0)
    current = [clock for clock in clocks if clock.cycle == newest or not clock.is_settled]
    earlier = [clock for clock in clocks if clock not in current]
    return TicketPage(
        ticket=ticket,
        now=now,
        current_clocks=tuple(_card(clock, outlook=outlook, now=now) for clock in current),
        earlier_clocks=tuple(_card(clock, outlook=outlook, now=now) for clock in earlier),
        why=tuple(filter(None, (explain_clock(clock, outlook=outlook) for clock in current))),
        timeline=list_timeline(ticket, events=events),
        urgency=view_urgency(outlook),
        customer=_customer_panel(ticket, user=user),
    )


def list_assignees() -> list[Agent]:
    """Who a ticket can be given to: agents who can sign in, by name."""
    agents = Agent.objects.filter(user__is_active=True).select_related("user", "team")
    return list(agents.order_by("user__name", "pk"))


def _place(clock: Clock) -> tuple[int, int, int]:
    return (clock.cycle, list(Metric).index(Metric(clock.metric)), clock.ordinal)


def _card(clock: Clock, *, outlook: Outlook, now: datetime) -> ClockCard:
    state = outlook.state_of(clock)
    is_in_time = clock.met_at is not None and clock.breached_at is None
    return ClockCard(
        **vars(view_clock(clock, terms_id=outlook.ticket.terms_id, now=now)),
        hours_label=hours_label(state, ticket=outlook.ticket) if state else "",
        used_share=_used_share(state, now=now) if state else 0.0,
        remaining_business=_remaining_business(state, now=now) if state else None,
        spare=clock.due_at - clock.met_at if clock.met_at and is_in_time else None,
    )


def _used_share(state: ClockState, *, now: datetime) -> float:
    stop = state.met_at or state.cancelled_at or state.paused_since or now
    whole = state.calendar.elapsed(state.moved_at, max(state.moved_at, state.due))
    used = state.calendar.elapsed(state.moved_at, max(state.moved_at, stop))
    return used / whole if whole else 1.0


def _remaining_business(state: ClockState, *, now: datetime) -> timedelta | None:
    if isinstance(state.calendar, AlwaysOpen) or not state.is_running or now >= state.due:
        return None
    return state.calendar.elapsed(now, state.due)


def _customer_panel(ticket: Ticket, *, user: User | AnonymousUser) -> CustomerPanel:
    theirs = {"customer": ticket.customer} if ticket.customer else {"requester": ticket.requester}
    others = (
        visible_tickets(user=user)
        .filter(status__in=Ticket.ACTIVE, **theirs)
        .exclude(pk=ticket.pk)
        .order_by(F("next_due_at").asc(nulls_last=True), "pk")[: OTHERS_SHOWN + 1]
    )
    found = list(others)
    return CustomerPanel(
        contact=ticket.requester,
        customer=ticket.customer,
        others=tuple(found[:OTHERS_SHOWN]),
        has_more=len(found) > OTHERS_SHOWN,
    )
