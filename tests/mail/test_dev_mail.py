"""The mail of a trial desk, dropped into a folder and shown."""

from email import message_from_bytes

import pytest
from django.core.mail import EmailMultiAlternatives
from django.urls import reverse

from tests.mail.scene import make_urgent_ticket
from tickets.emails.drop import drop_folder
from tickets.services.deliveries import send_due_deliveries

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def trial_mail(settings, tmp_path):
    settings.DESK_TRIAL = True
    settings.DESK_DATA = tmp_path
    settings.EMAIL_BACKEND = "tickets.emails.drop.MailDropBackend"


@pytest.fixture
def signed_in(client, alice):
    client.force_login(alice.user)
    return client


def drop(subject="Hello", html="<html><head></head><body><p>Hi</p></body></html>"):
    mail = EmailMultiAlternatives(subject, "Hi in text", to=["carl@acme.example"])
    mail.attach_alternative(html, "text/html")
    mail.send()
    return max(drop_folder().glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)


class TestTheFolder:
    def test_holds_whole_messages_only(self):
        path = drop()

        assert message_from_bytes(path.read_bytes())["Subject"] == "Hello"
        assert [entry.suffix for entry in drop_folder().iterdir()] == [".eml"]

    def test_takes_no_mail_to_nobody(self):
        assert EmailMultiAlternatives("s", "t", to=[]).send() == 0

    def test_that_cannot_be_written_keeps_the_mail_in_the_outbox(self, alice, settings, tmp_path):
        (tmp_path / "file").touch()
        settings.DESK_DATA = tmp_path / "file"
        make_urgent_ticket(minutes_ago=25)

        send_due_deliveries()

        assert alice.alerts.get().state == "QUEUED"


class TestTheList:
    def test_says_what_will_arrive_while_it_is_empty(self, signed_in):
        page = signed_in.get(reverse("tickets:dev_mail"))

        assert "No mail yet" in page.content.decode()

    def test_shows_an_alert_as_it_would_arrive(self, signed_in, alice):
        ticket = make_urgent_ticket(minutes_ago=25)
        send_due_deliveries()

        page = signed_in.get(reverse("tickets:dev_mail")).content.decode()

        assert f"Act #{ticket.number}" in page
        assert alice.user.email in page

    def test_stands_newest_first(self, signed_in):
        drop("First")
        drop("Second")

        page = signed_in.get(reverse("tickets:dev_mail")).content.decode()

        assert page.index("Second") < page.index("First")

    def test_answers_htmx_with_the_list_alone(self, signed_in):
        page = signed_in.get(reverse("tickets:dev_mail"), headers={"HX-Request": "true"})

        assert page.content.decode().strip().startswith("<section")


class TestAMessage:
    def test_shows_text_headers_and_a_frame(self, signed_in):
        name = drop().stem

        page = signed_in.get(reverse("tickets:dev_mail_message", args=[name])).content.decode()

        assert "Hi in text" in page
        assert "carl@acme.example" in page
        assert f'src="/dev/mail/{name}/html/"' in page
        assert "allow-scripts" not in page

    def test_frame_can_neither_run_nor_load_anything(self, signed_in):
        name = drop(html="<html><head></head><body><script>alert(1)</script></body></html>").stem

        page = signed_in.get(reverse("tickets:dev_mail_html", args=[name]))

        policy = page["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "sandbox" in policy
        assert "allow-scripts" not in policy
        assert page["X-Frame-Options"] == "SAMEORIGIN"

    @pytest.mark.parametrize("name", ["0123abcd", "..", "a-b", "%2e%2e", "9" * 4000])
    def test_that_is_not_there_is_not_found(self, signed_in, name):
        assert signed_in.get(f"/dev/mail/{name}/").status_code == 404


class TestOutsideTheTrial:
    def test_there_is_no_such_page(self, signed_in, settings):
        name = drop().stem
        settings.DESK_TRIAL = False

        for url in ("/dev/mail/", f"/dev/mail/{name}/", f"/dev/mail/{name}/html/"):
            assert signed_in.get(url).status_code == 404

    def test_visitors_are_sent_to_sign_in(self, client):
        assert client.get("/dev/mail/").status_code == 302
