import io

import pytest
from django.core.management import CommandError, call_command

from tickets.models import Agent, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def type_password(monkeypatch):
    return lambda text: monkeypatch.setattr("sys.stdin", io.StringIO(text + "\n"))


class TestAddAgent:
    def test_the_first_person_of_an_empty_desk_can_sign_in(self, client, type_password):
        type_password("correct horse battery")

        call_command("add_agent", "ada@desk.example", "Ada", role="administrator")

        assert Agent.objects.get().role == Agent.Role.ADMINISTRATOR
        assert client.login(email="ada@desk.example", password="correct horse battery")

    @pytest.mark.parametrize(
        ("email", "name", "password"),
        [
            ("not an address", "Ada", "correct horse battery"),
            ("ada@desk.example", " ", "correct horse battery"),
            ("ada@desk.example", "Ada", "12345"),
        ],
    )
    def test_unusable_input_is_refused_and_leaves_nothing(
        self, type_password, email, name, password
    ):
        type_password(password)

        with pytest.raises(CommandError):
            call_command("add_agent", email, name)

        assert not User.objects.exists()

    def test_an_address_is_given_once_whatever_its_case(self, type_password):
        type_password("correct horse battery")
        call_command("add_agent", "ada@desk.example", "Ada")
        type_password("correct horse battery")

        with pytest.raises(CommandError, match="already"):
            call_command("add_agent", "ADA@desk.example", "Ada")
