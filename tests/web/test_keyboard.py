"""The list of commands, its page, the switch, and where a form leads afterwards."""

from __future__ import annotations

import json
import re

import pytest
from django.urls import reverse

from tests.factories import make_ticket
from tickets.models import Ticket
from tickets.web.shortcuts import COMMANDS, Context, list_groups

#: What a browser or a keyboard layout would not leave to a page.
UNFIT = re.compile(r"(?i)\b(?:alt|option|shift|ctrl|control|meta)\+")


def offered(page: str) -> set[str]:
    return {code for codes in re.findall(r'data-command="([^"]+)"', page) for code in codes.split()}


def told(page: str) -> dict:
    return json.loads(re.search(r'<script id="shortcuts"[^>]*>(.+?)</script>', page)[1])


class TestRegistry:
    def test_has_each_command_on_a_page_of_its_context(self, as_alice, post, ticket):
        """A ticket offers by turns what opens it again and what ends it."""
        new = as_alice.get(f"/tickets/{ticket.number}/").content.decode()
        queue = as_alice.get("/").content.decode()
        post(ticket, "own_assignment")
        taken = as_alice.get(f"/tickets/{ticket.number}/").content.decode()
        post(ticket, "resolution")
        solved = as_alice.get(f"/tickets/{ticket.number}/").content.decode()
        on_ticket = offered(new) | offered(taken) | offered(solved)
        pages = {
            Context.ANYWHERE: offered(queue) & offered(new),
            Context.LIST: offered(queue),
            Context.TICKET: on_ticket,
            Context.COMPOSER: on_ticket,
        }

        missing = {
            command.code
            for command in COMMANDS
            if command.code not in pages[command.context]
            and not command.code.startswith("language-")
        }

        assert missing == set()
        assert pages[Context.LIST] | on_ticket <= {command.code for command in COMMANDS}

    def test_uses_no_keys_that_type_characters_or_belong_to_the_browser(self):
        keys = [key for command in COMMANDS for key in command.keys]

        assert not [key for key in keys if UNFIT.search(key)]
        assert {key for key in keys if "+" in key} == {"mod+k", "mod+Enter"}

    def test_has_one_command_for_each_key_where_it_works(self):
        for context in (Context.LIST, Context.TICKET):
            here = [each for each in COMMANDS if each.context in (context, Context.ANYWHERE)]
            keys = [key for command in here for key in command.keys]

            assert len(keys) == len(set(keys))
            # No key is at the same time the first of two.
            assert not {key.split()[0] for key in keys if " " in key} & set(keys)

    def test_is_told_to_the_browser_in_the_readers_language(self, as_alice):
        known = {
            each["code"]: each for each in told(as_alice.get("/").content.decode())["commands"]
        }

        assert known.keys() == {command.code for command in COMMANDS}
        assert known["view-mine"]["keys"] == ["g m"]
        assert known["view-mine"]["label"] == "My tickets"
        assert known["palette"]["strokes"] == ["Ctrl/⌘ K"]


class TestPage:
    def test_lists_every_key_without_a_script(self, as_alice):
        page = as_alice.get("/keyboard/").content.decode()

        for group in list_groups():
            assert str(group.context.label) in page
            for command in group.commands:
                assert str(command.label) in page
        assert '<kbd class="key">g</kbd> <span class="keys__word">then</span>' in page

    def test_is_the_sheet_alone_for_the_dialog(self, as_alice):
        page = as_alice.get("/keyboard/", headers={"HX-Request": "true"}).content.decode()

        assert 'id="keyboard-sheet"' in page
        assert "<html" not in page


class TestSwitch:
    def test_turns_single_keys_off_and_on_again(self, alice, as_alice):
        for text, is_on in (("off", False), ("on", True)):
            response = as_alice.post(
                "/keyboard/", {"keyboard_shortcuts": text, "back": "/?view=mine"}
            )

            alice.user.refresh_from_db()
            assert alice.user.keyboard_shortcuts is is_on
            assert response.url == "/?view=mine"
            assert told(as_alice.get("/").content.decode())["isOn"] is is_on

    @pytest.mark.parametrize("back", ["https://elsewhere.example/", "//elsewhere.example", "", "x"])
    def test_never_leads_to_somewhere_else(self, as_alice, back):
        response = as_alice.post("/keyboard/", {"keyboard_shortcuts": "off", "back": back})

        assert response.url == "/keyboard/"

    def test_stands_in_the_menu_of_every_page(self, as_alice, ticket):
        for path in ("/", "/tickets/new/", f"/tickets/{ticket.number}/"):
            assert "Switch single keys off" in as_alice.get(path).content.decode()


class TestSendAndNext:
    def test_goes_to_the_ticket_the_list_had_next(self, post, ticket, urgent_ticket):
        other = make_ticket()

        response = post(ticket, "replies", text="Done.", then="next", next=other.number)

        assert response.url == f"/tickets/{other.number}/"

    def test_goes_to_the_first_other_ticket_of_the_view_without_a_script(
        self, as_alice, post, ticket, urgent_ticket
    ):
        response = post(ticket, "notes", text="Looked.", then="next", view="all")

        assert response.url == f"/tickets/{urgent_ticket.number}/"
        page = as_alice.get(response.url).content.decode()
        assert f"#{ticket.number}: Internal note added." in page

    def test_stays_in_the_view_it_came_from(self, post, alice, ticket, urgent_ticket):
        unassigned = make_ticket()
        post(urgent_ticket, "own_assignment")

        response = post(ticket, "notes", text="Looked.", then="next", view="unassigned")

        assert response.url == f"/tickets/{unassigned.number}/?view=unassigned"

    def test_goes_to_the_list_when_nothing_is_left(self, post, ticket, urgent_ticket):
        assert post(ticket, "notes", text="x", then="next", view="mine").url == "/?view=mine"
        at_the_end = post(ticket, "notes", text="x", then="next", back="/?view=soon&page=2")
        assert at_the_end.url == "/?view=soon&page=2"

    def test_stays_when_it_could_not_be_sent(self, post, ticket, urgent_ticket):
        response = post(ticket, "replies", text=" ", then="next")

        assert response.status_code == 422
        assert f"#{ticket.number}" in response.content.decode()

    @pytest.mark.parametrize("nonsense", ["", "-1", "²", "9" * 30, "x"])
    def test_takes_no_nonsense_for_a_number(self, post, ticket, urgent_ticket, nonsense):
        response = post(ticket, "notes", text="x", then="next", next=nonsense)

        assert response.url == f"/tickets/{urgent_ticket.number}/"

    def test_keeps_the_view_in_the_way_back(self, as_alice, ticket):
        page = as_alice.get(f"/tickets/{ticket.number}/?view=unassigned").content.decode()

        assert 'href="/?view=unassigned" data-command="back"' in page
        assert 'name="view" value="unassigned"' in page
        row = as_alice.get("/?view=unassigned").content.decode()
        assert f'href="/tickets/{ticket.number}/?view=unassigned"' in row


class TestSolvingInTheList:
    def test_comes_back_to_the_list(self, as_alice, post, ticket):
        response = post(ticket, "resolution", then="back", back="/?view=mine&page=2")

        ticket.refresh_from_db()
        assert ticket.status == Ticket.Status.SOLVED
        assert response.url == "/?view=mine&page=2"
        assert f"#{ticket.number}: Solved." in as_alice.get("/").content.decode()

    def test_says_there_why_it_could_not(self, as_alice, post, ticket):
        post(ticket, "resolution")

        response = post(ticket, "resolution", then="back", back="/?view=solved")

        assert response.url == "/?view=solved"
        page = as_alice.get("/?view=solved").content.decode()
        assert f"#{ticket.number}: This ticket is already solved." in page


def test_a_look_at_a_ticket_shows_its_promises_and_what_was_said(as_alice, ticket):
    page = as_alice.get(reverse("tickets:preview", args=[ticket.number])).content.decode()

    assert ticket.subject in page
    assert "Since this morning nothing arrives." in page
    assert "clock-card" in page
    assert "<html" not in page
