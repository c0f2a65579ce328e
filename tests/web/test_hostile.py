"""Whatever a browser or a script sends to a page: an answer, never an error of ours."""

from __future__ import annotations

import re
from itertools import product

import pytest
from django.test import Client
from django.utils import timezone

from tests.factories import minutes

GARBAGE = {
    "empty": "",
    "NUL": "a\x00b",
    "surrogate": "\udcff",
    "long": "x" * 100_000,
    "huge": "9" * 5000,
    "negative": "-1",
    "float": "1e999",
    "header": "x\r\nBcc: eve@evil.example",
    "script": "<script>alert(1)</script>{{7*7}}",
}
NO_INSTANTS = {
    "arabic digits": "٢٠٢٦-٠١-٠١T٠٠:٠٠",
    "year 1": "0001-01-01T00:00:00",
    "year 9999": "9999-12-31T23:59:59",
    "before the calendar": "1582-10-10T10:00",
    "skipped hour": "2026-03-29T02:30:00",
    "repeated hour": "2025-10-26T02:30:00",
}
#: What is sent by form; each field in turn is replaced by garbage.
FORMS = {
    "new": {
        "channel": "PHONE",
        "received_at": "2026-11-02T09:00:00",
        "customer": "",
        "name": "Nora",
        "phone": "",
        "email": "",
        "level": "",
        "subject": "Down",
        "text": "Down.",
    },
    "replies": {"text": "Yes."},
    "notes": {"text": "Hm."},
    "calls": {"outcome": "REACHED", "at": "2026-11-02T09:00:00", "text": ""},
    "assignment": {"assignee": ""},
    "received-at": {"received_at": "2026-11-02T09:00:00"},
    "merge": {"into": "1"},
    "cancellation": {"reason": "SPAM"},
    "urgency/proposal": {"side": "PROVIDER", "level": "URGENT", "reason": ""},
}
PATHS = ["0", "9" * 19, "9" * 4000, "9" * 5000, "-1", "%00", "%D9%A1", "%ED%A0%80"]


@pytest.fixture
def browser(alice):
    client = Client(raise_request_exception=False)
    alice.user.timezone = "Europe/Paris"
    alice.user.save()
    client.force_login(alice.user)
    return client


@pytest.mark.parametrize(
    ("form", "field"), [(form, field) for form, fields in FORMS.items() for field in fields]
)
def test_any_field_of_any_form(browser, ticket, form, field):
    path = "/tickets/new/" if form == "new" else f"/tickets/{ticket.number}/{form}/"
    garbage = GARBAGE | (NO_INSTANTS if field in ("at", "received_at") else {})
    for name, value in garbage.items():
        try:
            answer = browser.post(path, {**FORMS[form], field: value})
        except UnicodeEncodeError:
            continue  # the client cannot send it; the raw bytes are sent below
        assert answer.status_code < 500, (name, answer.status_code)


def test_any_question_of_any_page(browser, ticket):
    pages = ["/", "/customers/", f"/tickets/{ticket.number}/", "/account/login/"]
    keys = ["customer", "view", "page", "composer", "next", "side", "level"]
    raw = ["%00", "a%00b", "%ED%A0%80", "%FF", "9" * 5000, "-1", "%0D%0AX:y"]
    for page, key, value in product(pages, keys, raw):
        assert browser.get(f"{page}?{key}={value}").status_code < 500, (page, key, value)


@pytest.mark.parametrize("verb", ["", "row/", "replies/", "merge/", "received-at/"])
def test_any_number(browser, db, verb):
    for number in PATHS:
        path = f"/tickets/{number}/{verb}"
        assert browser.get(path).status_code in (404, 405), path
        assert browser.post(path, {"text": "x", "into": "1"}).status_code in (404, 405), path


@pytest.mark.parametrize(
    "kind",
    [
        "application/json",
        "application/x-www-form-urlencoded; charset=utf-7",
        "application/x-www-form-urlencoded; charset=idna",
        "multipart/form-data",
        "multipart/form-data; boundary=x",
    ],
)
@pytest.mark.parametrize("body", [b"", b"--x\r\n\r\n", b"text=%ED%A0%80\xff\x00", b"a=1&" * 2000])
def test_any_body(alice, ticket, kind, body):
    strict = Client(raise_request_exception=False, enforce_csrf_checks=True)
    strict.force_login(alice.user)

    answer = strict.generic("POST", f"/tickets/{ticket.number}/notes/", body, kind)

    assert answer.status_code in (400, 403)


def test_a_correction_to_before_calendars_is_refused_in_words(browser, ticket):
    answer = browser.post(
        f"/tickets/{ticket.number}/received-at/", {"received_at": "0001-01-01T00:00:00"}
    )

    assert answer.status_code == 422
    assert "1970" in answer.content.decode()


def test_what_the_form_shows_is_no_correction(browser):
    """The field shows whole seconds; sending it back as it is changes nothing."""
    from tests.factories import make_ticket

    now = timezone.now()
    ticket = make_ticket(received_at=now.replace(microsecond=7) - minutes(10), now=now)
    page = browser.get(f"/tickets/{ticket.number}/").content.decode()
    shown = re.search(r'name="received_at"\s+value="([^"]+)"', page)

    browser.post(f"/tickets/{ticket.number}/received-at/", {"received_at": shown[1]})

    before = ticket.received_at
    ticket.refresh_from_db()
    assert ticket.received_at == before
