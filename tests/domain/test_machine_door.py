"""The machine door: the shared cases, and what it says to lines that cannot be answered."""

import json
import os
import subprocess
import sys
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.cases import COPY, ROOT, case_file, cases_of, instants_read, verb_of
from tests.strategies import calendars_with_instants
from tickets.domain.calendars import to_document
from tickets.domain.machine_door import CALENDARS_KEPT, LONGEST_LINE, VERBS, MachineDoor

CASES = cases_of("business.jsonl") + cases_of("clocks.jsonl")
DOORS = {verb: MachineDoor(verb) for verb in VERBS}
NINE_TO_FIVE = {"timezone": "Europe/Paris", "week": {"mon": [["09:00", "17:00"]]}}
DUE = {"id": 7, "calendar": NINE_TO_FIVE, "start": "2026-05-04T10:00:00+02:00", "minutes": 60}
CLOCKS = {
    "id": "c",
    "calendar": NINE_TO_FIVE,
    "events": [{"type": "received", "at": "2026-05-04T10:00:00+02:00", "channel": "email"}],
    "now": "2026-05-04T12:00:00+02:00",
}


def ask(verb: str, request) -> dict:
    line = request if isinstance(request, bytes) else json.dumps(request).encode()
    return json.loads(DOORS[verb].answer(line))


def refusal(verb: str, request) -> str:
    answer = ask(verb, request)
    assert answer.keys() == {"id", "error"}
    assert answer["error"]["message"].endswith(".")
    return answer["error"]["code"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_shared_case(case):
    answer = ask(verb_of(case), {"id": case["id"], **case["request"]})

    if "error" in case["expect"]:
        assert answer["error"]["code"]
    else:
        expected = {"id": case["id"], **instants_read(case["expect"])}
        assert instants_read(answer) == expected


def test_our_copy_of_the_cases_is_the_shared_one():
    for name in ("business.jsonl", "clocks.jsonl", "credit.jsonl"):
        assert (COPY / name).read_bytes() == case_file(name).read_bytes()


class TestAnswers:
    def test_the_id_comes_back_whatever_it_is_and_stays_away_when_not_given(self):
        for name in (7, "x", None, True, 1.5, [1, {"a": None}], {"k": "\ud800"}, 10**30):
            assert ask("due", {**DUE, "id": name})["id"] == name
        nameless = {key: value for key, value in DUE.items() if key != "id"}
        assert ask("due", nameless) == {"due": "2026-05-04T09:00:00Z"}

    def test_fractions_of_a_second_show_only_where_they_are_not_zero(self):
        half = ask("due", {**DUE, "start": "2026-05-04T10:00:00.500000000+02:00"})
        assert half["due"] == "2026-05-04T09:00:00.500000Z"
        span = {"calendar": "always", "start": "2026-05-04T00:00:00,25Z"}
        line = json.dumps({**span, "end": "2026-05-04T00:00:01Z"}).encode()
        assert DOORS["elapsed"].answer(line) == '{"seconds": 0.75}'

    def test_instants_may_be_written_in_every_iso_form_with_an_offset(self):
        for text in ("20260504T080000Z", "2026-05-04 10:00+0200", "2026-05-04t08:00:00z"):
            assert ask("due", {**DUE, "start": text})["due"] == "2026-05-04T09:00:00Z"

    def test_optional_metrics_and_own_events_are_understood(self):
        level = {"action_minutes": 30, "response_minutes": 60, "calendar": "always"}
        level |= {"level": "ONLY", "next_response_minutes": 30, "resolution_minutes": 600}
        events = [
            *CLOCKS["events"],
            {"type": "agent_replied", "at": "2026-05-04T10:10:00+02:00", "message": 1},
            {"type": "customer_wrote", "at": "2026-05-04T10:20:00+02:00", "automatic": False},
            {"type": "waiting_started", "at": "2026-05-04T10:30:00+02:00"},
            {"type": "waiting_ended", "at": "2026-05-04T10:40:00+02:00"},
            {"type": "reopened", "at": "2026-05-04T10:40:00+02:00"},
        ]
        terms = {"levels": [level], "default_level": "ONLY", "thresholds": [80]}

        answer = ask("clocks", {**CLOCKS, "events": events, "terms": terms})

        assert [(c["metric"], c["due"][11:16]) for c in answer["clocks"]] == [
            ("ACTION", "08:30"),
            ("RESPONSE", "09:00"),
            ("NEXT_RESPONSE", "09:00"),
            ("RESOLUTION", "18:10"),
        ]

    @given(calendars_with_instants(instants=2))
    def test_elapsed_and_due_through_the_door_are_those_of_the_calendar(self, case):
        calendar, start, end = case
        elapsed = calendar.elapsed(start, end)
        request = {"calendar": to_document(calendar), "start": start.isoformat()}

        line = json.dumps({**request, "end": end.isoformat()}).encode()
        answer = json.loads(DOORS["elapsed"].answer(line), parse_float=Decimal)
        assert answer["seconds"] == Decimal(elapsed // timedelta(microseconds=1)) / 1_000_000

        whole = timedelta(seconds=1 + elapsed // timedelta(seconds=1))
        placed = ask("due", {**request, "seconds": whole // timedelta(seconds=1)})
        if "due" in placed:
            assert datetime.fromisoformat(placed["due"]) == calendar.due(start, whole)
        else:
            assert placed["error"]["code"] == "due_too_far"


class TestLinesThatAreNoRequest:
    @pytest.mark.parametrize(
        ("line", "code"),
        [
            (b"", "empty_line"),
            (b"  \r", "empty_line"),
            (b"{", "bad_json"),
            (b'{"id": 1} {"id": 2}', "bad_json"),
            (b'{"id": 1, "id": 2}', "bad_json"),
            (b'{"id": 1, "minutes": NaN}', "bad_json"),
            (b'{"id": 1, "minutes": -Infinity}', "bad_json"),
            (b'{"minutes": ' + b"9" * 5000 + b"}", "bad_json"),
            (b'{"id": "\xff"}', "not_utf8"),
            (b"[]", "not_an_object"),
            (b"null", "not_an_object"),
            (b"[" * 100_000, "too_deep"),
            (b'{"id":' * 100_000, "too_deep"),
            (b'{"id": 1e999}', "bad_id"),
            (b" " * (LONGEST_LINE + 1), "line_too_long"),
        ],
    )
    def test_is_refused_without_an_id(self, line, code):
        assert refusal("due", line) == code
        assert ask("due", line)["id"] is None

    def test_a_byte_order_mark_is_not_held_against_anyone(self):
        assert ask("due", b"\xef\xbb\xbf" + json.dumps(DUE).encode())["id"] == 7

    @given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
    def test_any_bytes_get_one_line_of_json(self, line):
        for door in DOORS.values():
            answer = door.answer(line)
            assert "\n" not in answer
            assert "error" in json.loads(answer)


class TestRequestsThatCannotBeAnswered:
    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"seconds": 5}, "minutes_or_seconds"),
            ({"seconds": None}, "minutes_or_seconds"),
            ({"minutes": True}, "not_an_integer"),
            ({"minutes": 60.0}, "not_an_integer"),
            ({"minutes": "60"}, "not_an_integer"),
            ({"minutes": None}, "not_an_integer"),
            ({"minutes": -1}, "negative_target"),
            ({"minutes": 10**25}, "due_too_far"),
            ({"minutes": 10**9}, "due_too_far"),
            ({"start": "2026-05-04T10:00:00"}, "naive_instant"),
            ({"start": "2026-05-04"}, "bad_instant"),
            ({"start": "2026-05-04X10:00:00Z"}, "bad_instant"),
            ({"start": "2026-02-30T10:00:00Z"}, "bad_instant"),
            ({"start": "2026-05-04T10:00:00.0000001Z"}, "instant_too_fine"),
            ({"start": "0001-01-01T00:00:00+02:00"}, "instant_out_of_range"),
            ({"start": 1777881600}, "bad_instant"),
            ({"start": None}, "bad_instant"),
            ({"calendar": "business"}, "bad_calendar"),
            ({"calendar": None}, "bad_calendar"),
        ],
    )
    def test_due(self, change, code):
        assert refusal("due", {**DUE, **change}) == code
        assert ask("due", {**DUE, **change})["id"] == 7

    @pytest.mark.parametrize("key", ["calendar", "start", "minutes"])
    def test_due_with_a_key_missing(self, key):
        request = {name: value for name, value in DUE.items() if name != key}

        assert refusal("due", request) in ("missing_key", "minutes_or_seconds")

    def test_elapsed_backwards(self):
        span = {"calendar": "always", "start": "2026-05-04T10:00:00Z"}

        assert refusal("elapsed", {**span, "end": "2026-05-04T09:00:00Z"}) == "end_before_start"
        assert refusal("elapsed", span) == "missing_key"

    @pytest.mark.parametrize("key", ["calendar", "events", "now"])
    def test_clocks_with_a_key_missing(self, key):
        request = {name: value for name, value in CLOCKS.items() if name != key}

        assert refusal("clocks", request) == "missing_key"

    def test_clocks_with_terms_that_are_null(self):
        assert refusal("clocks", {**CLOCKS, "terms": None}) == "bad_terms"


class TestEventsThatCannotBeRead:
    @pytest.mark.parametrize(
        ("event", "code"),
        [
            ("solved", "bad_event"),
            ({"type": "solved"}, "missing_key"),
            ({"type": "solved", "at": "noon"}, "bad_instant"),
            ({"at": "now"}, "missing_key"),
            ({"type": "exploded", "at": "now"}, "unknown_type"),
            ({"type": ["solved"], "at": "now"}, "unknown_type"),
            ({"type": "urgency_proposed", "at": "now", "by": "customer"}, "missing_key"),
            ({"type": "urgency_proposed", "at": "now", "by": "me", "level": "URGENT"}, "bad_value"),
            ({"type": "urgency_proposed", "at": "now", "by": [], "level": "URGENT"}, "bad_value"),
            ({"type": "urgency_proposed", "at": "now", "by": "customer", "level": 1}, "bad_value"),
            (
                {"type": "urgency_proposed", "at": "now", "by": "customer", "level": "P9"},
                "unknown_level",
            ),
            ({"type": "agent_replied", "at": "now"}, "missing_key"),
            ({"type": "agent_replied", "at": "now", "message": True}, "bad_value"),
            ({"type": "agent_replied", "at": "now", "message": [1]}, "bad_value"),
            ({"type": "call_logged", "at": "now", "outcome": "busy"}, "bad_value"),
            ({"type": "customer_wrote", "at": "now", "automatic": "no"}, "bad_value"),
            ({"type": "cancelled", "at": "now", "reason": "bored"}, "bad_value"),
            ({"type": "received", "at": "now", "channel": 4}, "bad_value"),
        ],
    )
    def test_an_event_up_to_now_is_refused_and_a_later_one_not_looked_at(self, event, code):
        def with_event_at(instant: str) -> dict:
            placed = event
            if isinstance(event, dict) and event.get("at") == "now":
                placed = {**event, "at": instant}
            return {**CLOCKS, "events": [*CLOCKS["events"], placed]}

        assert refusal("clocks", with_event_at("2026-05-04T12:00:00+02:00")) == code
        later = ask("clocks", with_event_at("2026-05-04T12:00:00.000001+02:00"))
        is_readable = isinstance(event, dict) and event.get("at") == "now" and "type" in event
        assert ("error" not in later) == is_readable

    def test_events_that_are_no_list(self):
        assert refusal("clocks", {**CLOCKS, "events": {}}) == "bad_events"

    def test_an_event_up_to_now_behind_a_later_one_is_out_of_order(self):
        events = [
            *CLOCKS["events"],
            {"type": "solved", "at": "2026-05-04T13:00:00+02:00"},
            {"type": "agent_acted", "at": "2026-05-04T11:00:00+02:00"},
        ]

        assert refusal("clocks", {**CLOCKS, "events": events}) == "out_of_order"


def sla(verb: str, sent: bytes) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "manage.py", "sla", verb]
    return subprocess.run(
        command, input=sent, capture_output=True, cwd=ROOT, env=bare_environment(), check=False
    )


def bare_environment() -> dict[str, str]:
    """No database and no broker that could be reached."""
    return {
        **os.environ,
        "DATABASE_URL": "postgres://nobody@127.0.0.1:9/none",
        "REDIS_URL": "redis://127.0.0.1:9/0",
    }


class TestTheCommand:
    @pytest.mark.parametrize("verb", VERBS)
    def test_agrees_on_every_shared_case_without_database_and_broker(self, verb):
        cases = [case for case in CASES if verb_of(case) == verb]
        lines = [json.dumps({"id": case["id"], **case["request"]}) for case in cases]

        done = sla(verb, "\n".join(lines).encode())

        assert (done.returncode, done.stderr) == (0, b"")
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        assert len(answers) == len(cases)
        for case, answer in zip(cases, answers, strict=True):
            if "error" in case["expect"]:
                assert answer["error"]["code"]
            else:
                expected = {"id": case["id"], **instants_read(case["expect"])}
                assert instants_read(answer) == expected

    def test_a_line_that_cannot_be_answered_does_not_stop_the_stream(self):
        good = json.dumps(DUE).encode()
        too_long = b"x" * (LONGEST_LINE + 200_000)

        done = sla("due", b"\n".join([good, b"", b"\xff", too_long, good]) + b"\n")

        answers = [json.loads(line) for line in done.stdout.splitlines()]
        assert done.returncode == 0
        assert [answer.get("error", {}).get("code") for answer in answers] == [
            None,
            "empty_line",
            "not_utf8",
            "line_too_long",
            None,
        ]

    def test_refuses_arguments_that_it_does_not_know_with_2(self):
        assert sla("refund", b"").returncode == 2

    def test_answers_a_line_before_the_next_one_is_sent(self):
        command = [sys.executable, "manage.py", "sla", "due"]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, env=bare_environment()
        ) as running:
            for name in range(3):
                running.stdin.write(json.dumps({**DUE, "id": name}).encode() + b"\n")
                running.stdin.flush()
                assert json.loads(running.stdout.readline())["id"] == name
            running.stdin.close()
            assert running.wait() == 0

    def test_ends_quietly_when_nobody_reads_on(self):
        command = [sys.executable, "manage.py", "sla", "due"]
        with subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            env=bare_environment(),
        ) as running:
            running.stdout.close()
            running.stdin.write(json.dumps(DUE).encode() + b"\n")
            running.stdin.close()
            assert running.stderr.read() == b""
            assert running.wait() == 1


class TestWhatTheDoorKeeps:
    def test_is_bounded_and_changes_no_answer(self):
        door = MachineDoor("due")
        for number in range(CALENDARS_KEPT + 50):
            opens = f"{number // 60:02}:{number % 60:02}"
            calendar = {"timezone": "UTC", "week": {"mon": [[opens, "24:00"]]}}
            request = {"calendar": calendar, "start": "2026-05-04T00:00:00Z", "minutes": 0}
            for _ in range(2):
                answer = json.loads(door.answer(json.dumps(request).encode()))
                assert answer["due"] == f"2026-05-04T{opens}:00Z"
        assert len(door._calendars) == CALENDARS_KEPT

    def test_tells_values_apart_that_python_holds_equal(self):
        zone = {"timezone": "UTC", "week": {"mon": [["00:00", "24:00"]]}}
        level = {"level": "A", "response_minutes": 1, "calendar": "always"}
        for minutes, is_refused in ((1, False), (True, True), (1.0, True)):
            terms = {"levels": [{**level, "action_minutes": minutes}], "default_level": "A"}
            answer = ask("clocks", {**CLOCKS, "calendar": zone, "terms": terms})
            assert ("error" in answer) == is_refused
