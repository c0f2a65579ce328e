"""Every route of the desk stands in this table; a new one fails until somebody says who may."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tickets.domain.search import parse
from tickets.models import Event
from tickets.services.saved_views import save_view


@dataclass(frozen=True)
class Route:
    """How a route of the workspace is asked for: agents only, other methods refused."""

    methods: str
    #: Its arguments; `number` is filled in with a ticket's.
    arguments: dict[str, Any] = field(default_factory=dict)
    query: str = ""
    #: How an agent is answered.
    answers: tuple[int, ...] = (200, 302, 422)


ON_TICKET = {"number": None}
STEP = {"number": None, "noun": "proposal"}
SAVED = {"pk": None}
#: None was dropped in a test that sent none.
MAIL = {"name": "none-of-these"}

WORKSPACE = {
    "tickets:queue": Route("GET"),
    "tickets:saved_views": Route("GET POST"),
    "tickets:saved_view": Route("GET POST", SAVED),
    "tickets:saved_view_position": Route("POST", SAVED),
    "tickets:saved_view_removal": Route("POST", SAVED),
    "tickets:customers": Route("GET"),
    "tickets:language": Route("POST"),
    "tickets:new": Route("GET POST"),
    "tickets:ticket": Route("GET", ON_TICKET),
    "tickets:row": Route("GET", ON_TICKET),
    "tickets:preview": Route("GET", ON_TICKET),
    "tickets:replies": Route("POST", ON_TICKET),
    "tickets:notes": Route("POST", ON_TICKET),
    "tickets:calls": Route("POST", ON_TICKET),
    "tickets:assignment": Route("POST", ON_TICKET),
    "tickets:own_assignment": Route("POST", ON_TICKET),
    "tickets:wait": Route("POST", ON_TICKET),
    "tickets:resolution": Route("POST", ON_TICKET),
    "tickets:resolution_removal": Route("POST", ON_TICKET),
    "tickets:merge": Route("POST", ON_TICKET),
    "tickets:cancellation": Route("POST", ON_TICKET),
    "tickets:received_at": Route("POST", ON_TICKET),
    "tickets:urgency_step": Route("GET POST", STEP, "?side=PROVIDER&level=URGENT"),
    "tickets:keyboard": Route("GET POST"),
    "tickets:dev_mail": Route("GET"),
    "tickets:dev_mail_message": Route("GET", MAIL, answers=(404,)),
    "tickets:dev_mail_html": Route("GET", MAIL, answers=(404,)),
}
#: Open to everybody, by their nature.
PUBLIC = {"account_login", "account_logout"}

#: Asks for a token instead of a session: tests/api says who may do what there.
API = {"api:tickets", "api:ticket", "api:timeline", "api:problem", "api:unknown"}

EVERY_METHOD = ("GET", "POST", "PUT", "PATCH", "DELETE")


def names(resolver: URLResolver, namespace: str = "") -> Iterator[str]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from names(pattern, inner)
        elif isinstance(pattern, URLPattern):
            yield f"{namespace}{pattern.name}"


@pytest.fixture
def address(ticket, alice):
    saved = save_view(owner=alice, name="Open", query=parse("is:open"), is_shared=False)

    def find(name: str) -> str:
        route = WORKSPACE[name]
        own = {"number": ticket.number, "pk": saved.pk}
        arguments = {
            key: own[key] if value is None else value for key, value in route.arguments.items()
        }
        return reverse(name, kwargs=arguments) + route.query

    return find


def test_every_route_is_in_the_matrix():
    routes = set(names(get_resolver()))

    assert routes - WORKSPACE.keys() - PUBLIC - API == set()
    assert WORKSPACE.keys() - routes == set()


@pytest.mark.parametrize("name", WORKSPACE)
class TestWorkspaceRoute:
    def test_sends_a_visitor_to_the_sign_in_page(self, name, address, client):
        for method in WORKSPACE[name].methods.split():
            response = client.generic(method, address(name))

            assert response.status_code == 302
            assert response.url.startswith("/account/login/")

    def test_refuses_somebody_who_is_no_agent(self, name, address, as_stranger):
        for method in WORKSPACE[name].methods.split():
            response = as_stranger.generic(method, address(name))

            assert response.status_code == 403

    def test_refuses_an_agent_who_was_switched_off(self, name, address, alice, as_alice):
        alice.user.is_active = False
        alice.user.save(update_fields=["is_active"])

        for method in WORKSPACE[name].methods.split():
            assert as_alice.generic(method, address(name)).status_code in (302, 403)

    def test_lets_an_agent_in(self, name, address, as_alice):
        for method in WORKSPACE[name].methods.split():
            response = as_alice.generic(method, address(name))

            assert response.status_code in WORKSPACE[name].answers
            assert "/account/login/" not in getattr(response, "url", "")

    def test_refuses_the_wrong_method(self, name, address, as_alice):
        for method in set(EVERY_METHOD) - set(WORKSPACE[name].methods.split()):
            assert as_alice.generic(method, address(name)).status_code == 405

    def test_changes_nothing_by_get(self, name, address, as_alice):
        before = Event.objects.count()

        as_alice.get(address(name))

        assert Event.objects.count() == before


@pytest.mark.parametrize("name", ["tickets:ticket", "tickets:row", "tickets:urgency_step"])
def test_an_unknown_ticket_is_not_found(name, as_alice):
    arguments = {**WORKSPACE[name].arguments, "number": 10**18}

    assert as_alice.get(reverse(name, kwargs=arguments)).status_code == 404


def test_a_form_without_its_token_is_refused(alice, ticket):
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice.user)

    response = client.post(reverse("tickets:notes", args=[ticket.number]), {"text": "x"})

    assert response.status_code == 403
    assert "This form was open too long" in response.content.decode()
