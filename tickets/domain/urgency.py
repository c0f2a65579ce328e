"""Urgency by agreement: who proposed what, what was agreed, what governs (TERMS 2.7)."""

from dataclasses import dataclass, replace
from typing import Literal

from tickets.domain.errors import UrgencyError
from tickets.domain.terms import Terms
from tickets.domain.timeline import Side

__all__ = ["AgreementState", "Side", "UrgencyError", "UrgencyTable"]

AgreementState = Literal[
    "none",
    "proposed_by_customer",
    "proposed_by_provider",
    "counter_proposed_by_customer",
    "counter_proposed_by_provider",
    "agreed",
    "disputed",
]


@dataclass(frozen=True, slots=True)
class UrgencyTable:
    """The proposals on the table and the level agreed last. Each step gives a new table.

    `latest` is the side that put the newest proposal, `answers` how many times in a row a proposal
    answered a standing one of the other side.
    """

    customer: str | None = None
    provider: str | None = None
    agreed: str | None = None
    latest: Side | None = None
    answers: int = 0

    def proposal_of(self, side: Side) -> str | None:
        return self.customer if side is Side.CUSTOMER else self.provider

    @property
    def proposals(self) -> dict[Side, str]:
        """What is on the table, by side."""
        levels = {side: self.proposal_of(side) for side in Side}
        return {side: level for side, level in levels.items() if level is not None}

    def propose(self, by: Side, level: str) -> "UrgencyTable":
        """Put a proposal or replace one's own; it does not take the other side's away."""
        answers = self.answers
        if self.proposal_of(by.other) is not None and self.latest is by.other:
            answers += 1
        if by is Side.CUSTOMER:
            return UrgencyTable(level, self.provider, self.agreed, by, answers)
        return UrgencyTable(self.customer, level, self.agreed, by, answers)

    def counter(self, by: Side, level: str) -> "UrgencyTable":
        """Answer the other side's proposal with another level.

        Raises: UrgencyError when the other side has nothing on the table.
        """
        if self.proposal_of(by.other) is None:
            raise UrgencyError(
                "nothing_to_counter",
                f"The {by.other} has no proposal on the table: propose a level instead.",
            )
        return self.propose(by, level)

    def agree(self, by: Side) -> "UrgencyTable":
        """Agree to the other side's proposal; nobody agrees with themselves.

        Raises: UrgencyError when the other side has nothing on the table.
        """
        level = self.proposal_of(by.other)
        if level is None:
            raise UrgencyError(
                "nothing_to_agree",
                f"The {by.other} has no proposal on the table to agree to: wait for one, "
                "or propose a level.",
            )
        return UrgencyTable(agreed=level)

    def withdraw(self, by: Side) -> "UrgencyTable":
        """Take one's own proposal back. Raises: UrgencyError when there is none."""
        if self.proposal_of(by) is None:
            raise UrgencyError(
                "nothing_to_withdraw", f"The {by} has no proposal on the table to withdraw."
            )
        latest = by.other if self.proposal_of(by.other) is not None else None
        if by is Side.CUSTOMER:
            return replace(self, customer=None, latest=latest, answers=0)
        return replace(self, provider=None, latest=latest, answers=0)

    def governing(self, terms: Terms) -> str:
        """The level that counts now: the agreed one, else the most urgent proposal, else the
        terms' default. Raises: TermsError for a level that the terms do not have."""
        if self.agreed is not None:
            return self.agreed
        if self.latest is None:
            return terms.default_level
        return min(
            (terms.level(code) for code in (self.customer, self.provider) if code is not None),
            key=lambda level: level.rank,
        ).code

    def state(self) -> AgreementState:
        """The state as the pages name it; a dispute is a counter-proposal that was countered."""
        if self.latest is None:
            return "agreed" if self.agreed is not None else "none"
        is_customer = self.latest is Side.CUSTOMER
        if self.customer is None or self.provider is None:
            return "proposed_by_customer" if is_customer else "proposed_by_provider"
        if self.answers > 1:
            return "disputed"
        return "counter_proposed_by_customer" if is_customer else "counter_proposed_by_provider"

    def turn(self) -> Side | None:
        """Whose turn it is to agree or counter; None with nothing on the table."""
        return self.latest.other if self.latest is not None else None
