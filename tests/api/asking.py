"""How tests ask the API."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

from django.utils import timezone
from rest_framework.test import APIClient

from tickets.models import Agent
from tickets.services.api_tokens import add_token

TICKETS = "/api/v1/tickets/"
NEW = {
    "subject": "Messages to +33 are not delivered",
    "text": "Since 09:12 UTC each of them stays “queued”.",
    "requester": {"email": "dev@customer.example", "name": "Dev", "phone": "+33 1 23 45 67 89"},
}
_serial = itertools.count(1)


def make_token(agent: Agent, **overrides: Any) -> str:
    fields = {"name": f"token {next(_serial)}", "life": timedelta(days=1), "now": timezone.now()}
    return add_token(email=agent.user.email, **{**fields, **overrides})[1]


def post_ticket(client: APIClient, *, key: str | None, **changes: Any) -> Any:
    headers = {} if key is None else {"Idempotency-Key": key}
    return client.post(TICKETS, {**NEW, **changes}, format="json", headers=headers)


def check_problem(response: Any, status: int, code: str) -> dict[str, Any]:
    """It is a problem document as docs/api.md says, and nothing else."""
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert set(problem) == {"type", "title", "status", "detail", "code", "errors"}
    assert problem["status"] == status
    assert problem["code"] == code
    assert problem["title"]
    assert problem["detail"]
    assert "/api/v1/problems/" in problem["type"]
    return problem
