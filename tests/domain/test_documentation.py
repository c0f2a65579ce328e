"""docs/sla-algorithm.md: its worked numbers, replayed through the machine door."""

import json
import re

import pytest

from tests.domain.cases import ROOT
from tickets.domain.machine_door import MachineDoor

PAGE = (ROOT / "docs" / "sla-algorithm.md").read_text(encoding="utf-8")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EXAMPLE = re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)
CLOCK_ROWS = re.findall(r"^\| (ACTION|RESPONSE) (\d) \|(.*)\|$", PAGE, re.MULTILINE)
TIME_ROWS = re.findall(
    r"^\| (\S+), daily ([\d:]+)–([\d:]+) \| (due|elapsed) (\S+) (?:to|plus) (\S+)(?: min)? "
    r"\| (\S+)(?: s)? \|$",
    PAGE,
    re.MULTILINE,
)


def ask(verb: str, request: dict) -> dict:
    return json.loads(MachineDoor(verb).answer(json.dumps(request).encode()))


def test_the_drawn_ticket_has_the_clocks_of_its_table():
    answer = ask("clocks", json.loads(EXAMPLE[1]))

    shown = [
        (metric, int(cycle), *(cell.strip() or None for cell in cells.split("|")))
        for metric, cycle, cells in CLOCK_ROWS
    ]
    columns = ("metric", "cycle", "start", "due", "met_at", "breached_at")
    assert shown == [tuple(clock[name] for name in columns) for clock in answer["clocks"]]
    assert len(shown) == 2


def test_every_row_of_business_time_is_read():
    assert len(TIME_ROWS) == PAGE.count(", daily ")


@pytest.mark.parametrize("row", TIME_ROWS, ids=lambda row: f"{row[0]} {row[3]} {row[4]}")
def test_business_time(row):
    zone, opens, closes, verb, start, end, expected = row
    week = {day: [[opens, closes]] for day in DAYS}
    request = {"calendar": {"timezone": zone, "week": week}, "start": start}

    if verb == "due":
        assert ask("due", {**request, "minutes": int(end)}) == {"due": expected}
    else:
        assert ask("elapsed", {**request, "end": end}) == {"seconds": int(expected)}
