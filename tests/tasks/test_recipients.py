from typing import Any

import pytest

from tests.factories import make_agent, make_team
from tests.tasks.clocks import TARGET, make_clock, make_unclocked_ticket, seconds
from tickets.models import Agent, Alert, Delivery, Ticket
from tickets.services.timers import claim_due_clocks

pytestmark = pytest.mark.django_db


def told_of(*, is_breach: bool, **ticket_fields: Any) -> set[Agent]:
    """Who is alerted of a clock of a ticket with these fields."""
    ticket = make_unclocked_ticket()
    Ticket.objects.filter(pk=ticket.pk).update(**{"team": None, **ticket_fields})
    due_in = seconds(-1) if is_breach else TARGET * 0.4
    clock = make_clock(due_in=due_in, ticket=ticket, warnings=(50,))
    claim_due_clocks(full=True)
    alerts = Alert.objects.filter(clock=clock).select_related("recipient__user")
    assert Delivery.objects.filter(alert__in=alerts).count() == len(alerts)
    return {alert.recipient for alert in alerts}


def leave(agent: Agent) -> None:
    agent.user.is_active = False
    agent.user.save(update_fields=["is_active"])


class TestRecipientsOfAWarning:
    def test_are_the_assignee_alone(self) -> None:
        team = make_team()
        ann, _colleague = make_agent(team=team), make_agent(team=team)

        assert told_of(is_breach=False, team=team, assignee=ann) == {ann}

    def test_are_the_team_when_nobody_has_the_ticket(self) -> None:
        team = make_team()
        ann, bob, _stranger = make_agent(team=team), make_agent(team=team), make_agent()

        assert told_of(is_breach=False, team=team) == {ann, bob}

    def test_are_the_team_when_the_assignee_has_left(self) -> None:
        team = make_team()
        ann, bob = make_agent(team=team), make_agent(team=team)
        leave(ann)

        assert told_of(is_breach=False, team=team, assignee=ann) == {bob}

    def test_are_the_managers_when_there_is_nobody_else(self) -> None:
        manager, administrator = make_agent(role="MANAGER"), make_agent(role="ADMINISTRATOR")
        make_agent()

        assert told_of(is_breach=False) == {manager, administrator}

    def test_are_the_managers_when_everybody_in_the_team_has_left(self) -> None:
        team = make_team()
        leave(make_agent(team=team))
        manager = make_agent(role="MANAGER")

        assert told_of(is_breach=False, team=team) == {manager}


class TestRecipientsOfABreach:
    def test_are_the_assignee_and_the_lead(self) -> None:
        team = make_team()
        ann, lead, _colleague = (make_agent(team=team) for _ in range(3))
        team.lead = lead
        team.save(update_fields=["lead"])

        assert told_of(is_breach=True, team=team, assignee=ann) == {ann, lead}

    def test_are_told_once_when_the_lead_is_the_assignee(self) -> None:
        team = make_team()
        lead = make_agent(team=team)
        team.lead = lead
        team.save(update_fields=["lead"])

        assert told_of(is_breach=True, team=team, assignee=lead) == {lead}

    def test_include_the_lead_of_the_assignees_team_when_the_ticket_has_none(self) -> None:
        team = make_team()
        ann, lead = make_agent(team=team), make_agent(team=team)
        team.lead = lead
        team.save(update_fields=["lead"])

        assert told_of(is_breach=True, assignee=ann) == {ann, lead}

    def test_leave_out_a_lead_who_has_left(self) -> None:
        team = make_team()
        ann, lead = make_agent(team=team), make_agent(team=team)
        team.lead = lead
        team.save(update_fields=["lead"])
        leave(lead)

        assert told_of(is_breach=True, team=team, assignee=ann) == {ann}
