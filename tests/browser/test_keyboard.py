"""The desk without a mouse, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from tests.factories import make_ticket
from tickets.models import Agent, Message, Ticket
from tickets.services.assignment import take
from tickets.services.lifecycle import solve

Visit = Callable[..., Page]


@pytest.fixture
def tickets(alice: Agent) -> list[Ticket]:
    """Three in the order of the queue: an urgent one that is nearly due, and two later ones."""
    now = timezone.now()
    ago = now - timedelta(minutes=20)
    return [
        make_ticket(now=now, subject="No message arrives", level="URGENT", received_at=ago),
        make_ticket(now=now, subject="Invoices are missing", received_at=ago),
        make_ticket(now=now, subject="Déchiffrer un rapport"),
    ]


@pytest.fixture
def page(visit: Visit, alice: Agent, tickets: list[Ticket]) -> Page:
    opened = visit(alice)
    opened.goto("/")
    return opened


def press(page: Page, *keys: str) -> None:
    # What is seen of a page may be there before its scripts have run; only they hear keys.
    page.wait_for_load_state()
    for key in keys:
        page.keyboard.press(key)


def row(page: Page, ticket: Ticket) -> Locator:
    return page.get_by_role("link", name=ticket.subject, exact=True)


def title(page: Page, ticket: Ticket) -> Locator:
    return page.get_by_role("heading", level=1, name=ticket.subject)


def palette(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Command palette")


def type_in_palette(page: Page, text: str) -> None:
    press(page, "Control+k")
    expect(palette(page)).to_be_visible()
    page.keyboard.type(text)


class TestAWorkingDay:
    def test_needs_no_mouse(self, page: Page, tickets: list[Ticket]) -> None:
        first, second, _third = tickets

        press(page, "j", "Enter")
        expect(title(page, first)).to_be_visible()
        press(page, "i")
        expect(page.get_by_text("The ticket is yours.")).to_be_visible()
        press(page, "n")
        page.keyboard.type("Route 7 is down.")
        press(page, "Control+Enter")
        expect(page.get_by_text("Internal note added.")).to_be_visible()
        press(page, "r")
        page.keyboard.type("We are on it.")
        press(page, "Control+Enter")
        expect(page.get_by_text("Reply sent.")).to_be_visible()
        press(page, "s")
        expect(page.get_by_text("A response that is still owed keeps counting.")).to_be_visible()

        press(page, "]")
        expect(title(page, second)).to_be_visible()
        expect(page.get_by_text("2 of 3")).to_be_visible()
        press(page, "u")
        expect(row(page, second)).to_be_focused()
        expect(row(page, first)).to_have_count(0)

        kinds = first.messages.filter(agent__isnull=False).order_by("pk")
        assert [message.kind for message in kinds] == [Message.Kind.NOTE, Message.Kind.PUBLIC]

    def test_goes_to_views_and_to_a_new_ticket(self, page: Page) -> None:
        heading = page.get_by_role("heading", level=1)
        for second, name in (("m", "My tickets"), ("u", "Unassigned"), ("q", "Queue")):
            press(page, "g", second)
            expect(heading).to_have_text(name)
        press(page, "c")
        expect(heading).to_have_text("New ticket")


class TestList:
    def test_moves_a_real_focus(self, page: Page, tickets: list[Ticket]) -> None:
        press(page, "j", "ArrowDown", "j", "k")

        expect(row(page, tickets[1])).to_be_focused()
        expect(row(page, tickets[1])).to_have_attribute("aria-current", "true")
        assert page.locator("[data-row-link][aria-current]").count() == 1
        press(page, "o")
        expect(title(page, tickets[1])).to_be_visible()

    def test_keeps_the_selection_while_others_work(
        self, page: Page, tickets: list[Ticket], bob: Agent
    ) -> None:
        press(page, "j", "j")
        selected = row(page, tickets[1])

        take(ticket=tickets[1], agent=bob, now=timezone.now())
        expect(page.get_by_role("row", name=tickets[1].subject)).to_contain_text("Bob Weber")
        expect(selected).to_be_focused()
        expect(selected).to_have_attribute("aria-current", "true")

        solve(ticket=tickets[1], agent=bob, now=timezone.now())
        expect(selected).to_have_count(0)
        expect(row(page, tickets[2])).to_be_focused()

    def test_steals_no_focus_from_elsewhere(
        self, page: Page, tickets: list[Ticket], bob: Agent
    ) -> None:
        press(page, "j")
        new = page.get_by_role("link", name="New ticket")
        new.focus()

        solve(ticket=tickets[0], agent=bob, now=timezone.now())

        expect(row(page, tickets[0])).to_have_count(0)
        expect(new).to_be_focused()

    def test_solves_the_selected_ticket_only(self, page: Page, tickets: list[Ticket]) -> None:
        press(page, "e")
        expect(row(page, tickets[0])).to_be_focused()
        press(page, "e")

        expect(page.get_by_text(f"#{tickets[0].number}: Solved.")).to_be_visible()
        expect(row(page, tickets[1])).to_be_focused()
        assert Ticket.objects.filter(status=Ticket.Status.SOLVED).get() == tickets[0]

    def test_shows_a_ticket_without_leaving(self, page: Page, tickets: list[Ticket]) -> None:
        press(page, "j", "j", "Space")
        look = page.get_by_role("dialog", name="A look at the ticket")
        expect(look.get_by_role("heading", name=tickets[1].subject)).to_be_visible()

        press(page, "Space")
        expect(look).to_be_hidden()
        expect(row(page, tickets[1])).to_be_focused()
        press(page, "Space", "Enter")
        expect(title(page, tickets[1])).to_be_visible()
        expect(page.get_by_text("2 of 3")).to_be_visible()


class TestWorkingThroughAView:
    def test_keeps_the_order_it_began_with(
        self, page: Page, tickets: list[Ticket], bob: Agent
    ) -> None:
        press(page, "j", "Enter")
        expect(page.get_by_text("1 of 3")).to_be_visible()
        make_ticket(subject="Came in later", level="URGENT")
        solve(ticket=tickets[1], agent=bob, now=timezone.now())

        press(page, "]")
        expect(title(page, tickets[1])).to_be_visible()
        press(page, "]")
        expect(title(page, tickets[2])).to_be_visible()
        expect(page.get_by_role("link", name="Next ticket of the view")).to_be_hidden()
        press(page, "[")
        expect(title(page, tickets[1])).to_be_visible()

    def test_sends_and_goes_on_and_at_the_end_back(self, page: Page, tickets: list[Ticket]) -> None:
        press(page, "j", "j", "Enter")
        expect(title(page, tickets[1])).to_be_visible()
        for following in (title(page, tickets[2]), page.get_by_role("heading", name="Queue")):
            press(page, "n")
            page.keyboard.type("Looked into it.")
            press(page, "Tab", "Tab", "Enter")
            expect(following).to_be_visible()

    def test_comes_back_to_the_place_on_the_page(self, visit: Visit, alice: Agent) -> None:
        now = timezone.now()
        many = [make_ticket(now=now, subject=f"Number {n} of many") for n in range(40)]
        page = visit(alice)
        page.goto("/")
        row(page, many[35]).click()
        expect(title(page, many[35])).to_be_visible()

        press(page, "Escape")

        expect(row(page, many[35])).to_be_focused()
        expect(row(page, many[35])).to_be_in_viewport()


class TestTicket:
    @pytest.fixture
    def page(self, page: Page, tickets: list[Ticket]) -> Page:
        page.goto(f"/tickets/{tickets[0].number}/")
        return page

    def test_opens_what_is_asked_for(self, page: Page) -> None:
        press(page, "a")
        expect(page.get_by_label("Assign to")).to_be_focused()
        press(page, "Escape")
        expect(page.get_by_label("Assign to")).to_be_hidden()
        press(page, "d")
        expect(page.get_by_text("Counted?").first).to_be_visible()
        press(page, "p")
        expect(page.locator("#ticket-urgency .step").first).to_be_focused()

    def test_copies_more_each_time(self, page: Page, tickets: list[Ticket]) -> None:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        number, subject = tickets[0].number, tickets[0].subject
        texts = [f"#{number}", f"#{number} {subject}", f"#{number} {subject} {page.url}"]
        for text in texts:
            press(page, ".")
            expect(page.get_by_text(f"Copied: {text}", exact=True)).to_be_visible()
            assert page.evaluate("navigator.clipboard.readText()") == text

    def test_leaves_what_is_typed_alone(self, page: Page, tickets: list[Ticket]) -> None:
        press(page, "r")
        field = page.get_by_label("Reply to the customer")
        field.press_sequentially("sign ?.]u c/")
        expect(field).to_have_value("sign ?.]u c/")
        field.dispatch_event("keydown", {"key": "Enter", "ctrlKey": True, "isComposing": True})

        press(page, "Escape", "n")
        expect(page.get_by_label("Internal note").last).to_be_focused()
        press(page, "Escape")
        heard: list[str] = []
        page.once("dialog", lambda asked: (heard.append(asked.message), asked.dismiss()))
        press(page, "u")
        expect(title(page, tickets[0])).to_be_visible()
        assert "not sent yet" in heard[0]
        assert not tickets[0].messages.filter(agent__isnull=False).exists()

    @pytest.mark.parametrize(
        "held",
        [
            {"ctrlKey": True},
            {"metaKey": True},
            {"altKey": True},
            {"shiftKey": True},
            {"isComposing": True},
            {"keyCode": 229},
        ],
    )
    def test_does_nothing_when_more_is_held_or_composed(
        self, page: Page, tickets: list[Ticket], held: dict[str, object]
    ) -> None:
        body = page.locator("body")
        for key in ("s", "r", "a", "d"):
            body.dispatch_event("keydown", {"key": key, "bubbles": True, **held})

        expect(page.locator("details[open]")).to_have_count(0)
        expect(page.get_by_label("Reply to the customer")).not_to_be_focused()
        # The next key is heard, so the ones before it were heard and left alone.
        press(page, "r")
        expect(page.get_by_label("Reply to the customer")).to_be_focused()
        assert Ticket.objects.get(pk=tickets[0].pk).status != Ticket.Status.SOLVED


class TestPalette:
    def test_opens_a_ticket_by_its_number(self, page: Page, tickets: list[Ticket]) -> None:
        type_in_palette(page, str(tickets[2].number))
        press(page, "Enter")

        expect(title(page, tickets[2])).to_be_visible()

    def test_finds_by_some_letters_whatever_the_accents(
        self, page: Page, tickets: list[Ticket]
    ) -> None:
        type_in_palette(page, "dechif rap")
        options = palette(page).get_by_role("option")
        expect(options).to_have_count(1)
        expect(options).to_contain_text(tickets[2].subject)
        palette(page).get_by_role("combobox").fill("unas")
        press(page, "Enter")

        expect(page.get_by_role("heading", level=1, name="Unassigned")).to_be_visible()

    def test_remembers_what_was_used(self, page: Page) -> None:
        type_in_palette(page, "breached")
        press(page, "Enter")
        expect(page.get_by_role("heading", level=1, name="Breached")).to_be_visible()

        press(page, "Control+k")

        expect(palette(page).get_by_role("option").first).to_contain_text("Breached")

    def test_tells_what_is_chosen_and_gives_the_focus_back(
        self, page: Page, tickets: list[Ticket]
    ) -> None:
        press(page, "j", "Control+k", "ArrowDown")
        field = palette(page).get_by_role("combobox")
        chosen = palette(page).get_by_role("option", selected=True)
        expect(field).to_be_focused()
        expect(chosen).to_have_count(1)
        expect(field).to_have_attribute("aria-activedescendant", chosen.get_attribute("id") or "")
        page.keyboard.type("zzzz")
        expect(palette(page).get_by_text("Nothing matches.")).to_be_visible()
        expect(field).to_have_attribute("aria-expanded", "false")

        press(page, "Escape")

        expect(palette(page)).to_be_hidden()
        expect(row(page, tickets[0])).to_be_focused()

    def test_runs_what_the_page_offers_by_mouse_on_a_phone(
        self, visit: Visit, alice: Agent, tickets: list[Ticket]
    ) -> None:
        page = visit(alice, viewport={"width": 390, "height": 844})
        page.goto(f"/tickets/{tickets[0].number}/")
        page.get_by_role("button", name="Jump to").click()
        box = palette(page).bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
        palette(page).get_by_role("option", name=re.compile("^Internal note")).click()
        expect(page.get_by_label("Internal note").last).to_be_focused()
        page.get_by_role("button", name="Jump to").click()
        palette(page).get_by_role("combobox").fill("dark")
        palette(page).get_by_role("option", name="Dark theme").click()

        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        page.get_by_role("button", name="Jump to").click()
        page.mouse.click(195, 830)
        expect(palette(page)).to_be_hidden()


class TestSheetAndSwitch:
    def test_turns_single_keys_off_where_one_is(self, page: Page, tickets: list[Ticket]) -> None:
        press(page, "j", "?")
        sheet = page.get_by_role("dialog", name="Keyboard shortcuts")
        expect(sheet.get_by_text("Single keys are on.")).to_be_visible()
        press(page, "?")
        expect(sheet).to_be_hidden()
        expect(row(page, tickets[0])).to_be_focused()
        press(page, "?")
        sheet.get_by_role("button", name="Switch single keys off").press("Enter")
        expect(page.get_by_text("Single-key shortcuts are off.")).to_be_visible()

        press(page, "j", "?", "c")
        expect(row(page, tickets[0])).not_to_be_focused()
        expect(sheet).to_be_hidden()
        press(page, "Control+k")
        expect(palette(page)).to_be_visible()
        page.keyboard.type("shortcuts")
        press(page, "Enter")
        expect(sheet.get_by_text("Single keys are off")).to_be_visible()

    def test_is_a_page_without_a_script(self, visit: Visit, alice: Agent) -> None:
        page = visit(alice, java_script_enabled=False)
        page.goto("/")
        expect(page.get_by_role("button", name="Jump to")).to_be_hidden()
        page.locator("summary", has_text="Your menu").click()
        page.get_by_role("link", name="Keyboard shortcuts").click()
        expect(page.get_by_role("heading", name="On a ticket")).to_be_visible()
        page.get_by_role("main").get_by_role("button", name="Switch single keys off").click()
        expect(page.get_by_text("Single-key shortcuts are off.")).to_be_visible()


def dialogs(page: Page) -> Iterator[str]:
    press(page, "j", "Space")
    expect(page.get_by_role("article", name="Act")).to_be_visible()
    yield "a look at a ticket"
    press(page, "Escape", "?")
    expect(page.get_by_text("While writing")).to_be_visible()
    yield "the sheet"
    press(page, "Escape", "Control+k")
    expect(palette(page).get_by_role("option").first).to_be_visible()
    yield "the palette"
    page.keyboard.type("zzzz")
    expect(page.get_by_text("Nothing matches.")).to_be_visible()
    yield "the palette without a match"
    page.goto("/keyboard/")
    yield "the page"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_dialogs_keep_the_rules_of_accessibility(
    visit: Visit, alice: Agent, tickets: list[Ticket], scheme: str
) -> None:
    page = visit(alice, color_scheme=scheme)
    page.goto("/")

    found = [(name, Axe().run(page, options={"preload": False})) for name in dialogs(page)]

    broken = [(name, one.generate_report()) for name, one in found if one.violations_count]
    assert not broken, "\n\n".join(f"{name}:\n{report}" for name, report in broken)
