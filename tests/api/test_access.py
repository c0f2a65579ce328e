"""Every route of the API stands in this table; a new one fails until somebody says who may."""

from __future__ import annotations

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from tests.api.asking import check_problem, make_token
from tests.factories import make_agent, make_user
from tickets.api.urls import urlpatterns
from tickets.models import ApiRequest, Event, Ticket

pytestmark = pytest.mark.django_db

#: For agents: what may be done there.
AGENTS = {"tickets": "GET POST", "ticket": "GET", "timeline": "GET"}
#: For everybody.
PUBLIC = {"problem", "unknown"}


@pytest.fixture
def address(ticket):
    def find(name: str) -> str:
        arguments = {} if name == "tickets" else {"number": ticket.number}
        return reverse(f"api:{name}", kwargs=arguments)

    return find


def test_every_route_is_in_the_matrix():
    assert {pattern.name for pattern in urlpatterns} == AGENTS.keys() | PUBLIC


@pytest.mark.parametrize("name", AGENTS)
class TestRoute:
    def test_refuses_a_visitor(self, name, address):
        for method in AGENTS[name].split():
            response = APIClient().generic(method, address(name))

            check_problem(response, 401, "not_authenticated")

    def test_refuses_somebody_who_is_no_agent(self, name, address):
        stranger = APIClient()
        stranger.force_login(make_user())

        for method in AGENTS[name].split():
            check_problem(stranger.generic(method, address(name)), 403, "permission_denied")

    def test_refuses_an_agent_who_was_switched_off(self, name, address):
        gone = make_agent()
        by_token = APIClient(headers={"Authorization": f"Bearer {make_token(gone)}"})
        by_session = APIClient()
        by_session.force_login(gone.user)
        gone.user.is_active = False
        gone.user.save(update_fields=["is_active"])

        for method in AGENTS[name].split():
            assert by_token.generic(method, address(name)).status_code == 401
            assert by_session.generic(method, address(name)).status_code == 401

    @pytest.mark.parametrize("role", ["AGENT", "MANAGER", "ADMINISTRATOR"])
    def test_lets_whoever_works_here_in(self, name, address, role):
        client = APIClient(headers={"Authorization": f"Bearer {make_token(make_agent(role=role))}"})

        for method in AGENTS[name].split():
            response = client.generic(method, address(name))

            # What is posted here lacks its key: looked at, and found wanting.
            assert response.status_code == (400 if method == "POST" else 200)

    def test_refuses_the_wrong_method(self, name, address, api):
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - set(AGENTS[name].split()):
            check_problem(api.generic(method, address(name)), 405, "method_not_allowed")

    def test_changes_nothing_by_get(self, name, address, api):
        before = Event.objects.count()

        api.get(address(name))

        assert Event.objects.count() == before
        assert Ticket.objects.count() == 1
        assert not ApiRequest.objects.exists()


class TestProblemType:
    def test_is_explained_to_everybody(self, client):
        told = client.get("/api/v1/nowhere/").json()

        explained = client.get(told["type"].removeprefix("http://127.0.0.1:8000"))

        assert explained.status_code == 200
        assert explained.json()["title"] == told["title"]
