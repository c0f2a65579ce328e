"""How urgent both sides say a ticket is, who must act, and what each step would do (TERMS §2.7)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from tickets.domain import timeline as domain
from tickets.domain.calendars import CalendarError
from tickets.domain.clock_states import ClockState, Outcome
from tickets.domain.urgency import UrgencyTable
from tickets.models import Ticket, UrgencyProposal
from tickets.selectors.clocks import metric_label
from tickets.selectors.levels import LevelView, list_levels, name_level
from tickets.selectors.outlook import Outlook, look_at

Side = UrgencyProposal.Side


class Step(TextChoices):
    PROPOSE = "PROPOSE", _("Propose")
    COUNTER = "COUNTER", _("Counter-propose")
    AGREE = "AGREE", _("Agree")
    WITHDRAW = "WITHDRAW", _("Withdraw")


class AgreementState(TextChoices):
    NONE = "none", _("default level, nothing proposed")
    PROPOSED_BY_CUSTOMER = "proposed_by_customer", _("proposed by customer")
    PROPOSED_BY_PROVIDER = "proposed_by_provider", _("proposed by provider")
    COUNTERED_BY_CUSTOMER = "counter_proposed_by_customer", _("counter-proposed by customer")
    COUNTERED_BY_PROVIDER = "counter_proposed_by_provider", _("counter-proposed by provider")
    AGREED = "agreed", _("agreed")
    DISPUTED = "disputed", _("disputed")


@dataclass(frozen=True, kw_only=True)
class ClockMove:
    """What a step would do to one clock that is not decided yet."""

    metric: str
    label: str
    cycle: int
    #: The due instant now, and after the step.
    before: datetime
    after: datetime

    @property
    def is_moved(self) -> bool:
        return self.before != self.after


@dataclass(frozen=True, kw_only=True)
class StepView:
    """A step that may be taken now, and what it would do if taken at this instant."""

    step: Step
    #: Who would take it. The customer's steps are typed in by an agent on the phone.
    side: Side
    level: str
    level_name: str
    #: The level that would govern afterwards.
    governing_name: str
    moves: tuple[ClockMove, ...]


@dataclass(frozen=True, kw_only=True)
class ProposalView:
    level: str
    level_name: str
    side: Side
    #: Who made it: the agent, or the customer's contact.
    by: str
    #: Who typed it in for the customer; empty when they did it themselves.
    typed_by: str
    door_label: str
    reason: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class UrgencyView:
    #: The level that counts now, and whether it does because both sides agreed.
    governing: str
    governing_name: str
    is_most_urgent: bool
    is_agreed: bool
    #: The name of the level agreed last; empty when nothing was agreed.
    agreed_name: str
    #: Each side's proposal on the table.
    customer: ProposalView | None
    provider: ProposalView | None
    state: AgreementState
    state_label: str
    #: Whose turn it is to agree or counter; None with nothing on the table.
    turn: Side | None
    turn_label: str
    #: After this instant a change can no longer move the next deadline; None: nothing undecided.
    turn_by: datetime | None
    levels: tuple[LevelView, ...]
    #: What the provider may do now, in the order of `Step`, then of the levels.
    steps: tuple[StepView, ...]
    #: What the customer may say on the phone now.
    customer_steps: tuple[StepView, ...]


def view_urgency(outlook: Outlook) -> UrgencyView:
    """The agreement on the ticket of `outlook`, at its instant."""
    ticket, outcome = outlook.ticket, outlook.outcome
    proposals = _open_proposals(ticket)
    turn = outcome.urgency.turn()
    side = None if turn is None else Side(turn.value.upper())
    state = AgreementState(outcome.urgency.state())
    undecided = [clock.due for clock in outcome.clocks if not clock.is_decided]
    levels = list_levels(terms_id=ticket.terms_id)
    return UrgencyView(
        governing=outcome.governing,
        governing_name=name_level(terms_id=ticket.terms_id, code=outcome.governing),
        is_most_urgent=outcome.governing == levels[0].code,
        is_agreed=outcome.agreed is not None,
        agreed_name=name_level(terms_id=ticket.terms_id, code=outcome.agreed or ""),
        customer=proposals.get(Side.CUSTOMER),
        provider=proposals.get(Side.PROVIDER),
        state=state,
        state_label=str(state.label),
        turn=side,
        turn_label=str(side.label) if side else "",
        turn_by=min(undecided, default=None),
        levels=levels,
        steps=_steps(outlook, side=Side.PROVIDER),
        customer_steps=_steps(outlook, side=Side.CUSTOMER),
    )


def preview_urgency(
    *, ticket: Ticket, step: Step, side: Side, level: str, now: datetime
) -> tuple[ClockMove, ...]:
    """What `step` would do to the undecided clocks if taken at `now`. Changes nothing.

    `level` counts for proposing and countering only.

    Raises:
        UrgencyError: the step cannot be taken: nothing to counter, agree to or withdraw.
        TermsError: the terms have no such level.
    """
    outlook = look_at(ticket, events=list(ticket.events.order_by("pk")), now=now)
    return _compare(outlook.outcome, outlook.after(_event(step, side, level, outlook.at)))


def _open_proposals(ticket: Ticket) -> dict[str, ProposalView]:
    rows = ticket.urgency_proposals.filter(state=UrgencyProposal.State.OPEN)
    return {row.side: _view(row, ticket) for row in rows.select_related("agent__user", "contact")}


def _view(proposal: UrgencyProposal, ticket: Ticket) -> ProposalView:
    is_typed_in = proposal.side == Side.CUSTOMER and proposal.agent is not None
    return ProposalView(
        level=proposal.level,
        level_name=name_level(terms_id=ticket.terms_id, code=proposal.level),
        side=Side(proposal.side),
        by=str(proposal.contact or (ticket.requester if is_typed_in else proposal.agent)),
        typed_by=str(proposal.agent) if is_typed_in else "",
        door_label=str(proposal.get_door_display()),
        reason=proposal.reason,
        at=proposal.at,
    )


def _steps(outlook: Outlook, *, side: Side) -> tuple[StepView, ...]:
    ticket, levels = outlook.ticket, [level.code for level in outlook.terms.levels]
    if ticket.status == Ticket.Status.CLOSED:
        return ()
    views = []
    for step, level in _allowed(outlook.outcome.urgency, side, levels):
        # A level that would never fall due in a calendar that has run out is not offered.
        with suppress(CalendarError):
            views.append(_view_step(outlook, step=step, side=side, level=level))
    return tuple(views)


def _view_step(outlook: Outlook, *, step: Step, side: Side, level: str) -> StepView:
    terms_id = outlook.ticket.terms_id
    after = outlook.after(_event(step, side, level, outlook.at))
    return StepView(
        step=step,
        side=side,
        level=level,
        level_name=name_level(terms_id=terms_id, code=level),
        governing_name=name_level(terms_id=terms_id, code=after.governing),
        moves=_compare(outlook.outcome, after),
    )


def _allowed(table: UrgencyTable, side: Side, levels: list[str]) -> Iterator[tuple[Step, str]]:
    """The steps `side` can take, each with its level; saying the same again is none."""
    own = table.proposal_of(_domain_side(side))
    theirs = table.proposal_of(_domain_side(side).other)
    if theirs is not None:
        yield Step.AGREE, theirs
    put = Step.PROPOSE if theirs is None else Step.COUNTER
    settled = {own, theirs} if own or theirs else {table.agreed}
    yield from ((put, level) for level in levels if level not in settled)
    if own is not None:
        yield Step.WITHDRAW, own


def _event(step: Step, side: Side, level: str, at: datetime) -> domain.TimelineEvent:
    by = _domain_side(side)
    if step == Step.AGREE:
        return domain.UrgencyAgreed(at=at, by=by)
    if step == Step.WITHDRAW:
        return domain.UrgencyWithdrawn(at=at, by=by)
    return domain.UrgencyProposed(at=at, by=by, level=level, countered=step == Step.COUNTER)


def _domain_side(side: Side) -> domain.Side:
    return domain.Side(side.value.lower())


def _compare(before: Outcome, after: Outcome) -> tuple[ClockMove, ...]:
    later = {_key(clock): clock for clock in after.clocks}
    return tuple(
        ClockMove(
            metric=clock.metric.value,
            label=metric_label(clock.metric.value),
            cycle=clock.cycle,
            before=clock.due,
            after=later[_key(clock)].due,
        )
        for clock in before.clocks
        if not clock.is_decided
    )


def _key(clock: ClockState) -> tuple[str, int, int]:
    return (clock.metric.value, clock.cycle, clock.ordinal)
