import hashlib
import io
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone
from rest_framework.test import APIClient

from tests.api.asking import TICKETS, check_problem, make_token, post_ticket
from tests.factories import make_agent, make_user
from tickets.models import ApiToken, Ticket

pytestmark = pytest.mark.django_db


def ask(authorization: str) -> object:
    return APIClient(headers={"Authorization": authorization}).get(TICKETS)


class TestToken:
    def test_is_kept_as_its_hash_alone(self, alice, token):
        kept = ApiToken.objects.get()

        assert token.startswith("desk_")
        assert len(token) == len("desk_") + 43  # 256 bits
        assert bytes(kept.digest) == hashlib.sha256(token.encode()).digest()
        assert token not in "".join(str(value) for value in vars(kept).values())

    def test_lets_its_agent_in(self, token):
        assert ask(f"Bearer {token}").status_code == 200
        assert ask(f"bearer  {token}").status_code == 200

    @pytest.mark.parametrize(
        "authorization",
        ["", "Bearer", "Bearer ", "Bearer desk_", "Basic YTpi", "desk_x", "Bearer \xff\xfe", "B é"],
    )
    def test_of_another_shape_is_refused(self, token, authorization):
        response = ask(authorization)

        is_bearer = authorization.startswith("Bearer")
        check_problem(response, 401, "authentication_failed" if is_bearer else "not_authenticated")
        assert response.headers["WWW-Authenticate"] == 'Bearer realm="api"'

    def test_is_refused_when_a_character_is_wrong(self, token):
        assert ask(f"Bearer {token[:-1]}{'A' if token[-1] != 'A' else 'B'}").status_code == 401

    def test_is_refused_from_its_expiry_on(self, alice):
        now = timezone.now()
        gone = make_token(alice, life=timedelta(days=1), now=now - timedelta(days=1))
        alive = make_token(alice, life=timedelta(days=1, minutes=1), now=now - timedelta(days=1))

        assert ask(f"Bearer {gone}").status_code == 401
        assert ask(f"Bearer {alive}").status_code == 200

    def test_is_refused_once_its_user_is_switched_off(self, alice, token):
        alice.user.is_active = False
        alice.user.save(update_fields=["is_active"])

        assert ask(f"Bearer {token}").status_code == 401

    def test_goes_with_its_agent(self, alice, token):
        alice.delete()

        assert ask(f"Bearer {token}").status_code == 401

    def test_notes_its_use_to_the_minute(self, token):
        before = timezone.now()
        ask(f"Bearer {token}")
        noted = ApiToken.objects.get().last_used_at

        ask(f"Bearer {token}")

        assert noted >= before
        assert ApiToken.objects.get().last_used_at == noted
        ApiToken.objects.update(last_used_at=noted - timedelta(minutes=2))
        ask(f"Bearer {token}")
        assert ApiToken.objects.get().last_used_at >= noted

    def test_does_not_let_its_bearer_into_the_pages(self, token):
        client = APIClient(headers={"Authorization": f"Bearer {token}"})

        assert client.get("/").status_code == 302


class TestSession:
    def test_of_an_agent_may_read(self, alice):
        client = APIClient()
        client.force_login(alice.user)

        assert client.get(TICKETS).status_code == 200

    def test_needs_its_csrf_token_to_write(self, alice):
        client = APIClient(enforce_csrf_checks=True)
        client.force_login(alice.user)
        check_problem(post_ticket(client, key="1"), 403, "permission_denied")
        assert not Ticket.objects.exists()

        csrf = "c" * 32
        client.cookies[settings.CSRF_COOKIE_NAME] = csrf
        client.credentials(HTTP_X_CSRFTOKEN=csrf)

        assert post_ticket(client, key="1").status_code == 201

    def test_of_somebody_who_is_no_agent_is_refused(self, db):
        client = APIClient()
        client.force_login(make_user())

        check_problem(client.get(TICKETS), 403, "permission_denied")


class TestCommands:
    def test_add_token_prints_one_that_works(self, alice):
        output, remarks = io.StringIO(), io.StringIO()

        call_command(
            "add_token", "ALICE@desk.example", "billing", days=2, stdout=output, stderr=remarks
        )

        token = output.getvalue().strip()
        made = ApiToken.objects.get()
        assert ask(f"Bearer {token}").status_code == 200
        assert made.expires_at - made.created_at == timedelta(days=2)
        assert token not in remarks.getvalue()

    @pytest.mark.parametrize(
        ("email", "name", "days"),
        [
            ("nobody@desk.example", "billing", 1),
            ("alice@desk.example", " ", 1),
            ("alice@desk.example", "x" * 101, 1),
            ("alice@desk.example", "billing", 0),
            ("alice@desk.example", "billing", -1),
            ("alice@desk.example", "billing", 3651),
            ("alice@desk.example", "billing", 10**12),
        ],
    )
    def test_add_token_refuses(self, alice, email, name, days):
        with pytest.raises(CommandError):
            call_command("add_token", email, name, days=days)

        assert not ApiToken.objects.exists()

    def test_add_token_refuses_whoever_was_switched_off(self):
        gone = make_agent(email="gone@desk.example")
        gone.user.is_active = False
        gone.user.save(update_fields=["is_active"])

        with pytest.raises(CommandError):
            call_command("add_token", "gone@desk.example", "billing")

    def test_a_name_is_given_once(self, alice):
        make_token(alice, name="billing")

        with pytest.raises(CommandError, match="Remove it first"):
            call_command("add_token", alice.user.email, "billing", stdout=io.StringIO())

        make_token(make_agent(), name="billing")

    def test_remove_token_ends_it_at_once(self, alice):
        token = make_token(alice, name="billing")
        kept = make_token(alice, name="other")

        call_command("remove_token", alice.user.email, "billing", stdout=io.StringIO())

        assert ask(f"Bearer {token}").status_code == 401
        assert ask(f"Bearer {kept}").status_code == 200
        with pytest.raises(CommandError):
            call_command("remove_token", alice.user.email, "billing")
