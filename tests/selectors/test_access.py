from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser

from tests.factories import make_ticket, make_user
from tickets.models import Agent, Ticket, User
from tickets.selectors.access import agent_of, get_ticket_for, visible_tickets


class TestAgentOf:
    def test_finds_the_agent_with_one_query(self, alice: Agent, django_assert_num_queries) -> None:
        user = User.objects.get(pk=alice.user_id)

        with django_assert_num_queries(1):
            assert agent_of(user) == alice
            assert agent_of(user) == alice

    def test_finds_none_once(self, db: None, django_assert_num_queries) -> None:
        user = User.objects.get(pk=make_user().pk)

        with django_assert_num_queries(1):
            assert agent_of(user) is None
            assert agent_of(user) is None

    def test_is_none_for_a_visitor(self) -> None:
        assert agent_of(AnonymousUser()) is None

    def test_is_none_for_whoever_was_switched_off(self, alice: Agent) -> None:
        alice.user.is_active = False

        assert agent_of(alice.user) is None


class TestTickets:
    def test_are_all_visible_to_an_agent(self, alice: Agent) -> None:
        ticket = make_ticket()

        assert list(visible_tickets(user=alice.user)) == [ticket]
        assert get_ticket_for(user=alice.user, number=ticket.number) == ticket

    @pytest.mark.parametrize("make", [AnonymousUser, make_user])
    def test_do_not_exist_for_anybody_else(self, db: None, make) -> None:
        ticket, user = make_ticket(), make()

        assert not visible_tickets(user=user).exists()
        with pytest.raises(Ticket.DoesNotExist):
            get_ticket_for(user=user, number=ticket.number)
