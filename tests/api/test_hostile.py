"""Whatever is sent, the answer is a problem document and nothing is written."""

import json

import pytest

from tests.api.asking import NEW, TICKETS, check_problem
from tests.factories import make_agent, make_ticket
from tickets.models import ApiRequest, Ticket

pytestmark = pytest.mark.django_db

DEEP = 100_000
UNREADABLE = {
    "nothing": b"",
    "half": b'{"subject": ',
    "not JSON": b"subject=x",
    "not UTF-8": b'{"subject": "\xff\xfe"}',
    "UTF-16": json.dumps(NEW).encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf" + json.dumps(NEW).encode(),
    "two values": b"{} {}",
    "deep arrays": b"[" * DEEP + b"]" * DEEP,
    "deep objects": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "a deep text": b'{"text":' + b"[" * DEEP + b"]" * DEEP + b"}",
    "a huge integer": b'{"subject": ' + b"9" * 5000 + b"}",
    "not a number": b'{"subject": NaN}',
    "infinity": b'{"subject": -Infinity}',
    "a key twice": b'{"subject": "a", "subject": "b"}',
    "an inner key twice": b'{"requester": {"email": "a@b.example", "email": "c@d.example"}}',
    "a NUL in a key": b'{"a\\u0000": 1}',
    "half a surrogate pair in a key": b'{"\\ud800": 1}',
}
INVALID = {
    "an array": b"[]",
    "a text": b'"x"',
    "null": b"null",
    "a number": b"1e999",
    "fields by the thousand": json.dumps({str(n): n for n in range(5000)}).encode(),
    "a field of no end": json.dumps({"x" * 500_000: 1}).encode(),
    "nested below the limit": b'{"subject": ' + b"[" * 300 + b"]" * 300 + b"}",
}
WORDS = {
    "a NUL": "a\0b",
    "half a surrogate pair": "a\ud800b",
}
FIELDS = ["subject", "text", "customer", "urgency", "email", "name", "phone"]


@pytest.fixture
def send(api):
    def send(body: bytes, content_type: str = "application/json", **headers: str):
        headers = {"Idempotency-Key": "1", **headers}
        return api.generic("POST", TICKETS, body, content_type, headers=headers)

    yield send
    assert not Ticket.objects.exists()
    assert not ApiRequest.objects.exists()


class TestBody:
    @pytest.mark.parametrize("what", set(UNREADABLE) - {"nothing"})
    def test_that_is_not_readable(self, send, what):
        check_problem(send(UNREADABLE[what]), 400, "parse_error")

    @pytest.mark.parametrize("what", INVALID)
    def test_that_is_something_else(self, send, what):
        response = send(INVALID[what])

        problem = check_problem(response, 400, "invalid")
        assert 0 < len(problem["errors"]) <= 20
        assert len(response.content) < 20_000

    def test_that_is_empty(self, send):
        check_problem(send(b""), 400, "invalid")

    @pytest.mark.parametrize("field", FIELDS)
    @pytest.mark.parametrize("what", WORDS)
    def test_with_words_that_no_database_keeps(self, send, field, what):
        asked = {**NEW, "requester": dict(NEW["requester"])}
        (asked["requester"] if field in NEW["requester"] else asked)[field] = WORDS[what]

        check_problem(send(json.dumps(asked).encode()), 400, "invalid")

    def test_that_is_too_large(self, send):
        body = json.dumps({**NEW, "text": "x" * (1024 * 1024)}).encode()

        check_problem(send(body), 413, "content_too_large")

    def test_of_ten_megabytes_is_not_read_to_its_end(self, send):
        check_problem(send(b"[" * 10_000_000), 413, "content_too_large")

    @pytest.mark.parametrize(
        "content_type",
        ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "text/json", ""],
    )
    def test_of_another_type(self, send, content_type):
        check_problem(send(json.dumps(NEW).encode(), content_type), 415, "unsupported_media_type")

    def test_in_another_charset_is_read_as_utf_8_all_the_same(self, send):
        body = '{"subject": "é"}'.encode("latin-1")

        check_problem(send(body, "application/json; charset=latin-1"), 400, "parse_error")


class TestAddress:
    @pytest.mark.parametrize(
        "address",
        [
            f"{TICKETS}0/",
            f"{TICKETS}{10**18}/",
            f"{TICKETS}{10**30}/",
            f"{TICKETS}{'9' * 5000}/",
            f"{TICKETS}-1/",
            f"{TICKETS}1%00/",
            f"{TICKETS}{10**18}/timeline/",
            "/api/v1/tickets",
            "/api/v1/",
            "/api/v1/%ff%fe/",
            "/api/v1/problems/unheard-of/",
        ],
    )
    def test_that_leads_nowhere(self, api, address):
        check_problem(api.get(address), 404, "not_found")

    @pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
    def test_asked_by_another_method(self, api, method):
        response = api.generic(method, TICKETS)

        check_problem(response, 405, "method_not_allowed")
        assert response.headers["Allow"] == "GET, HEAD, POST"

    def test_asked_for_something_else_than_json(self, api):
        check_problem(api.get(TICKETS, headers={"Accept": "text/html"}), 406, "not_acceptable")

    def test_by_head_has_no_body(self, api):
        ticket = make_ticket()

        response = api.head(f"{TICKETS}{ticket.number}/")

        assert response.status_code == 200
        assert response.headers["ETag"]


class TestAnswers:
    def test_of_errors_are_kept_by_nobody(self, api):
        assert api.get("/api/v1/nowhere/").headers["Cache-Control"] == "no-store"

    def test_do_not_leak_into_each_other(self, token, client):
        make_ticket(subject="secret")
        other = make_agent()
        client.force_login(other.user)
        seen = client.get(TICKETS)
        client.logout()

        refused = client.get(TICKETS, headers={"If-None-Match": seen.headers["ETag"]})

        check_problem(refused, 401, "not_authenticated")
        assert b"secret" not in refused.content
