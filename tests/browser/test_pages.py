"""Every page by the rules of accessibility, light and dark, and on a narrow screen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.browser.trial import TrialDesk
from tests.factories import make_contact, make_ticket
from tickets.models import Agent, Message, Ticket
from tickets.services.assignment import take
from tickets.services.conversation import add_note, log_call, reply
from tickets.services.lifecycle import solve

Visit = Callable[..., Page]

#: Style sheets are not fetched a second time, under wrong addresses; no rule needs it here.
ALL_RULES = {"preload": False}


@pytest.fixture
def busy(desk: TrialDesk, alice: Agent, bob: Agent) -> Ticket:
    """A desk with tickets in every state; returns one with a long history."""
    now = timezone.now()
    ago = {minutes: now - timedelta(minutes=minutes) for minutes in (31, 25, 10, 3)}
    carl = make_contact(name="Carl Customer", email="carl@acme.example")
    make_ticket(now=now, requester=carl, channel=Ticket.Channel.VOICEMAIL, received_at=ago[10])
    make_ticket(now=now, requester=carl, level="URGENT", received_at=ago[25], team=alice.team)
    breached = make_ticket(now=now, requester=carl, level="URGENT", received_at=ago[31])
    for work in (add_note, reply):
        work(ticket=breached, agent=alice, text="Route 7 is down.\n\nWe are on it.", now=now)
    log_call(
        ticket=breached,
        agent=bob,
        outcome=Message.CallOutcome.LEFT_VOICEMAIL,
        text="Will call again.",
        at=ago[3],
        now=now,
    )
    take(ticket=breached, agent=alice, now=now)
    solved = make_ticket(now=now, requester=carl)
    solve(ticket=solved, agent=bob, now=now)
    return breached


def pages(page: Page, ticket: Ticket) -> Iterator[str]:
    """Goes to one page after the other, everything that opens opened."""
    for path in ("/", "/?view=solved", "/?view=unassigned", "/tickets/new/", "/dev/mail/"):
        page.goto(path)
        yield path
    page.get_by_role("table").get_by_role("link").first.click()
    yield "a mail"
    page.goto(f"/tickets/{ticket.number}/")
    yield "a ticket"
    page.get_by_text("Why these deadlines?").click()
    expect(page.get_by_text("Counted?").first).to_be_visible()
    page.get_by_text("The customer says on the phone").click()
    yield "why"
    page.get_by_label("Internal note").first.check()
    yield "a note"
    page.goto("/tickets/999999/")
    yield "no such ticket"


class TestEveryPage:
    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_keeps_the_rules_of_accessibility(
        self, visit: Visit, desk: TrialDesk, alice: Agent, busy: Ticket, scheme: str
    ) -> None:
        worker = desk.start_worker()
        axe, found = Axe(), []
        visitor, page = visit(color_scheme=scheme), visit(alice, color_scheme=scheme)

        visitor.goto("/account/login/")
        found.append(("sign in", axe.run(visitor, options=ALL_RULES)))
        page.goto("/dev/mail/")
        expect(page.get_by_role("table").get_by_role("link").first).to_be_visible(timeout=15_000)
        for name in pages(page, busy):
            found.append((name, axe.run(page, options=ALL_RULES)))
        worker.stop()

        broken = [(name, one.generate_report()) for name, one in found if one.violations_count]
        assert not broken, "\n\n".join(f"{name}:\n{report}" for name, report in broken)

    def test_fits_a_narrow_screen(
        self, visit: Visit, desk: TrialDesk, alice: Agent, busy: Ticket
    ) -> None:
        word = "N" * 200  # without a place to break it
        endless = make_ticket(requester=make_contact(name=word), subject=word, text=word)
        add_note(ticket=endless, agent=alice, text=word, now=timezone.now())
        page = visit(alice, viewport={"width": 390, "height": 844})
        wide = {}

        for number in (busy.number, endless.number):
            page.goto(f"/tickets/{number}/")
            wide[number] = page.evaluate("document.documentElement.scrollWidth")
        for path in ("/", "/tickets/new/", "/dev/mail/"):
            page.goto(path)
            wide[path] = page.evaluate("document.documentElement.scrollWidth")

        assert set(wide.values()) == {390}, wide
        page.goto("/?view=solved")
        expect(page.get_by_role("link", name="Solved")).to_be_in_viewport(ratio=1)
