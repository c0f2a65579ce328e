"""docs/api.md speaks of what there is."""

import json
import re
from pathlib import Path

import pytest

from tests.api.asking import check_problem
from tests.factories import make_customer
from tickets.api.problems import TYPES
from tickets.api.serializers import ClockOutput, NewTicketInput
from tickets.selectors.queue_views import View

TEXT = (Path(__file__).parents[2] / "docs" / "api.md").read_text()


def test_every_type_of_problem_stands_with_its_status():
    for kind, known in TYPES.items():
        row = next(line for line in TEXT.splitlines() if re.match(rf"\|.*`{kind}`.*\| \d", line))

        assert f"| {known.status.value} |" in row


def test_every_view_and_field_is_named():
    for word in [*View.values, *NewTicketInput().fields]:
        assert f"`{word}`" in TEXT or f'"{word}"' in TEXT


def test_the_clock_shown_has_the_fields_of_a_clock():
    block = next(part for part in TEXT.split("```") if '"metric"' in part)

    assert set(json.loads(block.removeprefix("json"))) == set(ClockOutput().fields)


@pytest.mark.django_db
def test_the_request_shown_is_understood(api):
    make_customer(name="Customer Ltd")
    request = next(part for part in TEXT.split("```") if part.startswith("\nPOST"))
    head, body = request.strip().split("\n\n", 1)
    headers = dict(line.split(": ", 1) for line in head.splitlines()[1:])
    key = {"Idempotency-Key": headers["Idempotency-Key"]}

    first = api.post("/api/v1/tickets/", json.loads(body), format="json", headers=key)
    other = api.post(
        "/api/v1/tickets/", {**json.loads(body), "text": "x"}, format="json", headers=key
    )

    assert first.status_code == 201
    check_problem(other, 422, "idempotency_key_reused")
