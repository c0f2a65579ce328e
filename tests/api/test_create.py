from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from tests.api.asking import NEW, TICKETS, check_problem, make_token, post_ticket
from tests.factories import make_agent, make_contact, make_customer
from tickets.models import ApiRequest, Contact, Event, Ticket, UrgencyProposal

pytestmark = pytest.mark.django_db


class TestOpeningATicket:
    def test_makes_one_that_was_received_now(self, open_ticket, alice):
        before = timezone.now()

        response = open_ticket()

        ticket = Ticket.objects.get()
        assert response.status_code == 201
        assert response.headers["Location"] == f"{TICKETS}{ticket.number}/"
        assert ticket.channel == Ticket.Channel.API
        assert before <= ticket.received_at == ticket.recorded_at <= timezone.now()
        assert ticket.recorded_by == alice
        assert ticket.requester.email == "dev@customer.example"
        assert ticket.messages.get().text == NEW["text"]
        assert ticket.events.filter(kind=Event.Kind.RECEIVED, agent=alice).count() == 1

    def test_answers_what_its_address_answers(self, open_ticket, api):
        response = open_ticket(urgency="URGENT")

        assert response.json() == api.get(response.headers["Location"]).json()

    def test_promises_what_an_urgent_ticket_is_promised(self, open_ticket):
        ticket = open_ticket(urgency="URGENT").json()

        received_at = datetime.fromisoformat(ticket["received_at"])
        due = {clock["metric"]: clock["due_at"] for clock in ticket["clocks"]}
        assert datetime.fromisoformat(due["ACTION"]) == received_at + timedelta(minutes=30)
        assert datetime.fromisoformat(due["RESPONSE"]) == received_at + timedelta(hours=2)
        assert ticket["urgency"]["level"] == "URGENT"
        assert ticket["urgency"]["customer_proposal"] == "URGENT"
        assert not ticket["urgency"]["is_agreed"]
        assert UrgencyProposal.objects.get().door == UrgencyProposal.Door.API

    def test_finds_the_requester_and_the_named_customer(self, open_ticket):
        customer = make_customer(name="Ångström SMS")
        contact = make_contact(customer=customer, email="known@customer.example")

        ticket = open_ticket(
            requester={"email": "KNOWN@customer.example"}, customer="ångström sms"
        ).json()

        assert ticket["customer"] == "Ångström SMS"
        assert Ticket.objects.get().requester == contact

    def test_keeps_the_text_as_it_was_sent(self, open_ticket):
        text = "  indented\n\ttraceback 🧨\r\n"

        open_ticket(text=text)

        assert Ticket.objects.get().messages.get().text == text


class TestRefusal:
    @pytest.mark.parametrize(
        ("changes", "pointer", "code"),
        [
            ({"subject": ""}, "/subject", "blank"),
            ({"subject": "x" * 251}, "/subject", "max_length"),
            ({"subject": 7}, "/subject", "invalid"),
            ({"subject": ["x"]}, "/subject", "invalid"),
            ({"subject": None}, "/subject", "null"),
            ({"text": True}, "/text", "invalid"),
            ({"text": "x" * 100_001}, "/text", "max_length"),
            ({"requester": {"email": "nobody"}}, "/requester/email", "invalid"),
            ({"requester": {"email": 1}}, "/requester/email", "invalid"),
            ({"requester": []}, "/requester", "invalid"),
            ({"requester": {"is/staff~": True}}, "/requester/is~1staff~0", "unknown_field"),
            ({"customer": "Nobody Ltd"}, "/customer", "unknown_customer"),
        ],
    )
    def test_names_the_fault(self, open_ticket, changes, pointer, code):
        problem = check_problem(open_ticket(**changes), 400, "invalid")

        assert [(error["pointer"], error["code"]) for error in problem["errors"]] == [
            (pointer, code)
        ]
        assert not Ticket.objects.exists()
        assert not ApiRequest.objects.exists()

    def test_names_what_is_missing(self, api):
        response = api.post(TICKETS, {}, format="json", headers={"Idempotency-Key": "1"})

        problem = check_problem(response, 400, "invalid")
        assert {error["pointer"] for error in problem["errors"]} == {
            *("/subject", "/text", "/requester"),
        }

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"urgency": "APOCALYPTIC"}, "level_unknown"),
            ({"requester": {}}, "contact_unnamed"),
        ],
    )
    def test_of_the_desk_keeps_its_code_and_leaves_nothing(self, open_ticket, changes, code):
        check_problem(open_ticket(**changes), 422, code)

        assert not Ticket.objects.exists()
        assert not Contact.objects.exists()
        assert not ApiRequest.objects.exists()

    def test_leaves_the_key_free_for_a_better_try(self, open_ticket):
        open_ticket(key="same", urgency="APOCALYPTIC")

        assert open_ticket(key="same").status_code == 201

    def test_of_an_address_of_another_customer(self, open_ticket):
        make_contact(email="dev@customer.example")
        other = make_customer()

        check_problem(open_ticket(customer=other.name), 422, "contact_of_another_customer")

    @pytest.mark.parametrize(
        "field",
        sorted(
            {field.name for model in (Ticket, Contact, Event) for field in model._meta.get_fields()}
            - {"subject", "customer", "requester"}
        ),
    )
    def test_of_every_field_that_is_not_for_the_asker_to_set(self, open_ticket, field):
        problem = check_problem(open_ticket(**{field: 1}), 400, "invalid")

        assert problem["errors"][0]["pointer"] == f"/{field}"
        assert problem["errors"][0]["code"] == "unknown_field"


class TestIdempotencyKey:
    def test_is_required(self, open_ticket):
        check_problem(open_ticket(key=None), 400, "idempotency_key_missing")

    @pytest.mark.parametrize("key", ["a b", "é", "x" * 256, "\t"])
    def test_is_visible_ascii(self, open_ticket, key):
        assert open_ticket(key=key).status_code == 400

    def test_makes_the_second_try_say_the_same(self, open_ticket):
        first = open_ticket(key="same")
        Ticket.objects.update(subject="changed meanwhile")

        second = open_ticket(key="same")

        assert (second.status_code, second.content) == (201, first.content)
        assert second.headers["Location"] == first.headers["Location"]
        assert Ticket.objects.count() == 1

    def test_does_not_depend_on_the_order_of_members(self, api, open_ticket):
        first = open_ticket(key="same")

        turned = dict(reversed(NEW.items()))
        second = api.post(TICKETS, turned, format="json", headers={"Idempotency-Key": "same"})

        assert second.content == first.content

    def test_stands_for_one_content_only(self, open_ticket):
        open_ticket(key="same")

        check_problem(open_ticket(key="same", subject="other"), 422, "idempotency_key_reused")

    def test_is_each_agents_own(self, open_ticket):
        other = APIClient(headers={"Authorization": f"Bearer {make_token(make_agent())}"})

        assert open_ticket(key="same").content != post_ticket(other, key="same").content
        assert Ticket.objects.count() == 2

    def test_is_kept_for_a_day(self, open_ticket):
        open_ticket(key="same")
        day = timedelta(hours=24)
        ApiRequest.objects.update(answered_at=timezone.now() - day + timedelta(minutes=1))
        assert open_ticket(key="same").status_code == 201
        assert Ticket.objects.count() == 1

        ApiRequest.objects.update(answered_at=timezone.now() - day)

        assert open_ticket(key="same", subject="other").status_code == 201
        assert Ticket.objects.count() == 2
        assert ApiRequest.objects.count() == 1


class TestCost:
    @pytest.mark.parametrize("urgency", [None, "URGENT"])
    def test_of_a_ticket_of_somebody_known(self, open_ticket, urgency):
        open_ticket(key="warm", urgency="URGENT")

        with CaptureQueriesContext(connection) as captured:
            open_ticket(key="measured", urgency=urgency)

        # Opening itself; the API adds who asks, whether it was asked before, the clocks of the
        # answer, and the answer to be kept.
        assert len(statements(captured)) <= OPENING[urgency] + 4


#: Statements of `services.intake` for somebody known.
OPENING = {None: 10, "URGENT": 12}


def statements(captured: CaptureQueriesContext) -> list[str]:
    """Without the savepoints that nested services set."""
    queries = [query["sql"].strip() for query in captured.captured_queries]
    return [sql for sql in queries if "SAVEPOINT" not in sql.split('"')[0]]
