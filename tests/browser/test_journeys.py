"""The main job, end to end, as people meet it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import PASSWORD
from tests.browser.trial import TrialDesk
from tests.factories import make_ticket
from tickets.models import Agent, Event
from tickets.services.assignment import take

Visit = Callable[..., Page]


def received(*, minutes: int, seconds: int = 0) -> str:
    """That long ago, as a form field takes it (the agents of these tests read UTC)."""
    at = datetime.now(UTC) - timedelta(minutes=minutes, seconds=seconds)
    return f"{at:%Y-%m-%dT%H:%M:%S}"


def open_by_phone(page: Page, *, received_at: str) -> None:
    page.goto("/tickets/new/")
    page.get_by_label("Phone", exact=True).check()
    page.get_by_label("Received at").fill(received_at)
    page.get_by_label("Urgent", exact=True).check()
    page.get_by_role("textbox", name="Caller’s name").fill("Carl Customer")
    page.get_by_role("textbox", name="Telephone").fill("+33 1 23 45 67 89")
    page.get_by_label("What it is about").fill("No message is delivered")
    page.get_by_label("What the customer said").fill("Nothing arrives since this morning.")
    page.get_by_role("button", name="Open ticket").click()
    expect(page.get_by_role("heading", name="No message is delivered")).to_be_visible()


def clock(page: Page, name: str) -> Locator:
    return page.get_by_role("article", name=name, exact=True)


class TestSignIn:
    def test_leads_to_the_queue_and_out_again(self, visit: Visit, alice: Agent) -> None:
        page = visit()
        page.goto("/")
        page.get_by_label("E-mail address").fill("alice@desk.example")
        page.get_by_label("Password").fill("wrong")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_text("not correct")).to_be_visible()

        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()

        expect(page.get_by_role("heading", level=1, name="Queue")).to_be_visible()
        expect(page.get_by_text("No open tickets")).to_be_visible()


class TestTwoPromises:
    def test_of_an_urgent_call_25_minutes_ago_leave_5_minutes_to_act(
        self, visit: Visit, alice: Agent
    ) -> None:
        page = visit(alice)

        open_by_phone(page, received_at=received(minutes=25))

        expect(clock(page, "Act")).to_contain_text("Due soon")
        expect(clock(page, "Act")).to_contain_text(re.compile(r"4 m [45]\d s left"))
        expect(clock(page, "Respond")).to_contain_text(re.compile(r"1 h 3[45] m left"))
        expect(page.get_by_text("Action: 75 % of the time has gone by")).to_be_visible()

    def test_are_flagged_at_the_instant_in_the_open_page_and_mailed(
        self, visit: Visit, desk: TrialDesk, alice: Agent
    ) -> None:
        desk.start_worker()
        page, queue = visit(alice), visit(alice)
        open_by_phone(page, received_at=received(minutes=29, seconds=48))
        page.evaluate("window.isSamePage = true")
        queue.goto("/")
        expect(clock(page, "Act")).to_contain_text("Due soon")
        row = queue.get_by_role("row", name="No message is delivered")
        expect(row).to_contain_text("Act in")

        expect(clock(page, "Act")).to_contain_text("Act: Breached", timeout=20_000)
        expect(row).to_contain_text("breached", timeout=2_000)

        flag = Event.objects.get(kind=Event.Kind.CLOCK_BREACHED)
        assert flag.recorded_at - flag.at < timedelta(seconds=1)
        expect(page.get_by_text("Action: deadline missed")).to_be_visible()
        assert page.evaluate("window.isSamePage")
        page.goto("/dev/mail/")
        mail = page.get_by_role("row", name=re.compile("alice@.*missed.*No message is delivered"))
        mail.get_by_role("link").click()
        expect(page.locator("body")).to_contain_text("Carl Customer")

    def test_are_kept_by_acting_and_answering(self, visit: Visit, alice: Agent) -> None:
        page = visit(alice)
        open_by_phone(page, received_at=received(minutes=5))

        page.get_by_role("button", name="Take").click()
        expect(clock(page, "Act")).to_contain_text("Act: Met")
        page.get_by_label("Log a call").check()
        page.get_by_label("Reached", exact=True).check()
        page.get_by_label("What was said").fill("Told him that route 7 is back.")
        page.get_by_role("button", name="Log call").click()

        expect(clock(page, "Respond")).to_contain_text("Respond: Met")
        page.get_by_role("button", name="Solve").click()
        expect(page.get_by_text("Alice Martin solved it")).to_be_visible()


class TestLiveUpdates:
    def test_show_what_somebody_else_does(self, visit: Visit, alice: Agent, bob: Agent) -> None:
        first = make_ticket(subject="Delivery reports are late")
        watching, working = visit(alice), visit(bob)
        watching.goto("/")
        row = watching.get_by_role("row", name=first.subject)
        expect(row).to_contain_text("Unassigned")
        watching.evaluate("window.isSamePage = true")

        working.goto(f"/tickets/{first.number}/")
        working.get_by_role("button", name="Take").click()
        expect(row).to_contain_text("Bob Weber")
        make_ticket(subject="Sender name is refused")

        expect(watching.get_by_role("row", name="Sender name is refused")).to_be_visible()
        assert watching.evaluate("window.isSamePage")

    def test_keep_what_is_being_typed(self, visit: Visit, alice: Agent, bob: Agent) -> None:
        ticket = make_ticket()
        typing, working = visit(alice), visit(bob)
        typing.goto(f"/tickets/{ticket.number}/")
        typing.get_by_label("Reply to the customer").fill("Half a sen")

        working.goto(f"/tickets/{ticket.number}/")
        working.get_by_role("button", name="Take").click()

        expect(typing.get_by_text("Bob Weber took it on")).to_be_visible()
        expect(typing.get_by_label("Reply to the customer")).to_have_value("Half a sen")

    def test_miss_nothing_when_the_stream_is_cut(
        self, visit: Visit, desk: TrialDesk, alice: Agent
    ) -> None:
        page = visit(alice)
        page.goto("/")
        expect(page.get_by_text("No open tickets")).to_be_visible()
        strip = page.get_by_text("Live updates paused, retrying")
        expect(strip).to_be_hidden()

        desk.cut()
        expect(strip).to_be_visible(timeout=10_000)
        make_ticket(subject="Written while nobody could see it")
        desk.restore()

        expect(strip).to_be_hidden(timeout=20_000)
        expect(page.get_by_role("row", name="Written while nobody could see it")).to_be_visible()

    @pytest.mark.parametrize(
        ("path", "place"),
        [("/", "#ticket-{number}"), ("/tickets/{number}/", "main")],
        ids=["in the queue", "on the ticket"],
    )
    def test_tell_what_changed_while_the_page_was_being_drawn(
        self, visit: Visit, alice: Agent, path: str, place: str
    ) -> None:
        ticket = make_ticket(subject="Before")
        page = visit(alice)
        held: list[Route] = []
        page.route("**/live.js", lambda route: held.append(route))
        page.goto(path.format(number=ticket.number), wait_until="commit")
        # The row alone: the queue's filters say “Unassigned” too.
        shown = page.locator(place.format(number=ticket.number))
        expect(shown).to_contain_text("Unassigned")

        # The page has arrived, the stream is not open yet: what happens now is in neither.
        take(ticket=ticket, agent=alice, now=timezone.now())
        while not held:
            page.title()
        held[0].continue_()

        expect(shown).to_contain_text("Alice Martin")
        expect(shown).not_to_contain_text("Unassigned")


class TestMenus:
    def test_close_on_escape_and_when_the_focus_leaves(self, visit: Visit, alice: Agent) -> None:
        page = visit(alice)
        page.goto(f"/tickets/{make_ticket().number}/")
        menu = page.get_by_text("More", exact=True)
        merge = page.get_by_label("Merge into ticket number")

        menu.press("Enter")
        expect(merge).to_be_visible()
        merge.press("Escape")
        expect(merge).to_be_hidden()
        expect(menu).to_be_focused()

        menu.press("Enter")
        menu.press("Shift+Tab")
        expect(merge).to_be_hidden()


class TestWithoutJavaScript:
    def test_a_ticket_is_opened_answered_and_solved(self, visit: Visit, alice: Agent) -> None:
        page = visit(alice, java_script_enabled=False)
        open_by_phone(page, received_at=received(minutes=1))

        page.get_by_label("Reply to the customer").fill("We are on it.")
        page.get_by_role("button", name="Send reply").click()
        expect(clock(page, "Respond")).to_contain_text("Respond: Met")
        page.get_by_role("button", name="Solve").click()
        expect(page.get_by_text("Alice Martin solved it")).to_be_visible()

        page.goto("/?view=solved")
        expect(page.get_by_role("row", name="No message is delivered")).to_be_visible()
