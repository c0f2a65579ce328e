"""What goes wrong on our side is said in the same shape, and gives nothing away."""

import pytest
from django.db import OperationalError, connection

from tests.api.asking import check_problem, post_ticket
from tickets.models import ApiRequest, Ticket

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (OperationalError("secret of the database"), 503, "unavailable"),
        (RuntimeError("secret of the program"), 500, "error"),
    ],
)
def test_a_failure_in_the_middle_leaves_nothing_and_the_retry_works(api, error, status, code):
    def fail(execute, sql, params, many, context):
        if sql.startswith('INSERT INTO "tickets_clock"'):
            raise error
        return execute(sql, params, many, context)

    with connection.execute_wrapper(fail):
        response = post_ticket(api, key="same")

    check_problem(response, status, code)
    assert b"secret" not in response.content
    assert not Ticket.objects.exists()
    assert not ApiRequest.objects.exists()
    assert post_ticket(api, key="same").status_code == 201
