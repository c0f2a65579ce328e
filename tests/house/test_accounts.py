"""People sign in with their e-mail address; nobody signs up."""

import pytest
from django.urls import NoReverseMatch, reverse

from tickets.models import User

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery staple"


@pytest.fixture
def nora() -> User:
    return User.objects.create_user(email="nora@desk.example", name="Nora", password=PASSWORD)


def sign_in(client, password: str):
    return client.post(
        reverse("account_login"), {"login": "Nora@desk.example", "password": password}
    )


def test_signing_in_and_out(client, nora):
    answer = sign_in(client, PASSWORD)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.session["_auth_user_id"] == str(nora.pk)
    assert client.get(reverse("account_logout")).status_code in {200, 302}
    client.post(reverse("account_logout"))
    assert "_auth_user_id" not in client.session


def test_a_wrong_password_says_so_and_lets_nobody_in(client, nora):
    answer = sign_in(client, "wrong")
    assert answer.status_code == 200
    assert answer.context["form"].errors
    assert "_auth_user_id" not in client.session


class TestGuessing:
    def test_ends_soon_even_where_the_broker_is_flushed(self, client, broker, nora):
        for _ in range(5):
            sign_in(client, "wrong")
        broker.flushall()

        sign_in(client, PASSWORD)

        assert "_auth_user_id" not in client.session

    def test_of_one_person_does_not_lock_out_all_behind_the_proxy(self, client, settings, nora):
        settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
        for n in range(12):
            client.post(
                reverse("account_login"),
                {"login": f"nobody{n}@desk.example", "password": "wrong"},
                headers={"X-Forwarded-For": "6.6.6.6, 203.0.113.66"},
            )

        client.post(
            reverse("account_login"),
            {"login": "nora@desk.example", "password": PASSWORD},
            headers={"X-Forwarded-For": "6.6.6.6, 203.0.113.7"},
        )

        assert client.session["_auth_user_id"] == str(nora.pk)


@pytest.mark.parametrize("name", ["account_signup", "account_email", "account_reset_password"])
def test_only_signing_in_and_out_have_addresses(client, name):
    with pytest.raises(NoReverseMatch):
        reverse(name)
    assert client.get("/account/signup/").status_code == 404


def test_every_page_carries_the_strict_policy(client):
    answer = client.get(reverse("account_login"))
    policy = dict(
        part.strip().split(" ", 1) for part in answer["Content-Security-Policy"].split(";")
    )
    assert policy == {
        "default-src": "'self'",
        "object-src": "'none'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "img-src": "'self' data:",
        "form-action": "'self'",
    }
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"
