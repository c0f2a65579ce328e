"""The desk in French: what an agent, a visitor and a mail's reader see."""

from __future__ import annotations

import re
from html import unescape
from zoneinfo import ZoneInfo

import polib
import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from tests.architecture.tree import ROOT
from tests.factories import make_contact, make_customer, make_ticket, make_user, minutes
from tests.mail.scene import make_support_agent, make_urgent_ticket
from tickets.models import User
from tickets.services import conversation, people
from tickets.services.assignment import assign
from tickets.services.deliveries import send_due_deliveries
from tickets.services.lifecycle import solve
from tickets.templatetags.instants import lag, span_text

PARIS = ZoneInfo("Europe/Paris")

FILLED_IN = re.compile(r"%\(\w+\)\w|%\w|%%|\{\w*\}|</?\w+>")
SHOWN = re.compile(r'(?:title|aria-label|placeholder)="([^"]*)"|>([^<]*)<')


@pytest.fixture
def french(alice, as_alice):
    people.set_language(user=alice.user, language="fr")
    return as_alice


@pytest.fixture
def worked_on(alice):
    """A ticket on which much has happened, its data in no language at all."""
    now = timezone.now()
    customer = make_customer(name="Xyz", timezone="Asia/Tokyo")
    contact = make_contact(name="Qq Zz", email="q@xyz.example", phone="+1", customer=customer)
    ticket = make_ticket(
        now=now,
        received_at=now - minutes(45),
        level="URGENT",
        requester=contact,
        subject="4711",
        text="0815",
    )
    assign(ticket=ticket, assignee=alice, agent=alice, now=now)
    conversation.add_note(ticket=ticket, agent=alice, text="1", now=now)
    conversation.reply(ticket=ticket, agent=alice, text="2", now=now)
    solve(ticket=ticket, agent=alice, now=now)
    return ticket


def shown(page: str) -> str:
    """The words of a page, those of its attributes too, a line each."""
    # What a search is written in is the same in every language.
    body = re.sub(r"<(script|style|code)\b(?s:.*?)</\1>", "", page)
    found = [unescape(a or b).strip() for a, b in SHOWN.findall(body)]
    return "\n".join(" ".join(text.split(" ")) for text in found if text)


@pytest.fixture(scope="module")
def english_words() -> list[str]:
    """What the interface says in English, between what is filled in, and French does not say."""
    entries = polib.pofile(str(ROOT / "locale/fr/LC_MESSAGES/django.po"))
    return [
        words
        for entry in entries
        for part in FILLED_IN.split(entry.msgid)
        if re.search(r"\w{3}", words := part.strip(" ,;:.?()[]“”#"))
        and words.lower() not in " ".join([entry.msgstr, *entry.msgstr_plural.values()]).lower()
    ]


def english_in(text: str, words: list[str]) -> list[str]:
    return [word for word in words if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text)]


class TestAnAgentWhoReadsFrench:
    def test_reads_the_queue(self, french, ticket):
        page = shown(french.get("/").content.decode())

        for word in ("File d’attente", "Prochaine échéance", "Non attribués", "Nouveau ticket"):
            assert word in page
        assert re.search(r"Agir d’ici", page)
        assert "1 ticket, prochaine échéance d’abord" in page

    def test_reads_the_ticket(self, french, urgent_ticket):
        page = shown(french.get(f"/tickets/{urgent_ticket.number}/").content.decode())

        for word in (
            "Pourquoi ces échéances\u202f?",
            "30 min en continu",
            "Accepter «\u202fUrgent",
        ):
            assert word in page
        assert "Contrat standard v1" in page

    @pytest.mark.parametrize("path", ["/", "/?view=solved", "/tickets/new/", "ticket", "step"])
    def test_meets_no_english(self, path, french, worked_on, urgent_ticket, english_words):
        own = f"/tickets/{worked_on.number}/"
        step = f"/tickets/{urgent_ticket.number}/urgency/agreement/?side=PROVIDER&level=URGENT"

        page = shown(french.get({"ticket": own, "step": step}.get(path, path)).content.decode())

        theirs = (urgent_ticket.subject, urgent_ticket.requester, urgent_ticket.customer)
        data = (*map(str, theirs), "SLA Support", "English")
        words = re.sub("|".join(map(re.escape, data)), "", page)
        assert english_in(words, english_words) == []

    def test_is_told_in_french_what_is_wrong(self, french, post, ticket):
        answer = post(ticket, "merge", into="1").content.decode()

        assert "Aucun ticket ne porte ce numéro." in answer

    def test_finds_nothing_in_french(self, french):
        assert "Il n’y a rien ici" in french.get("/tickets/1/").content.decode()

    def test_gets_mail_in_french(self, db, english_words):
        """Its subject, its text and its HTML; the customer's reply goes by the customer."""
        make_support_agent(language="fr")
        requester = make_contact(name="Qq Zz", customer=make_customer(name="Xyz"))
        ticket = make_urgent_ticket(minutes_ago=25, requester=requester, subject="4711", text="1")

        send_due_deliveries()

        (message,) = mail.outbox
        assert isinstance(message, EmailMultiAlternatives)
        due = timezone.localtime(ticket.clocks.get(metric="ACTION").due_at, PARIS)
        assert f"{due:%H:%M} {due:%Z}] Agir #{ticket.number} Xyz : 4711 (Urgent, reste 5 min)" in (
            message.subject
        )
        assert "Engagement\u202f: Prise en charge, promise sous 30 min" in message.body
        assert "Qq Zz a écrit, " in message.body
        for text in (message.body, shown(str(message.alternatives[0][0]))):
            assert english_in(text.replace("SLA Support", ""), english_words) == []


def test_english_words_would_be_found(as_alice, ticket, english_words):
    page = shown(as_alice.get("/").content.decode())

    assert {"Next deadline", "Unassigned", "New ticket"} <= set(english_in(page, english_words))


def test_spans_and_figures_follow_the_language():
    with translation.override("fr"):
        assert span_text(minutes(1500)) == "1 j 1 h"
        assert span_text(minutes(94)) == "1 h 34 min"
        assert lag(1.25) == "1,2 s"


class TestChoosingTheLanguage:
    def test_is_kept_and_goes_back_to_the_page(self, alice, as_alice):
        where = "/?view=mine"

        answer = as_alice.post(reverse("tickets:language"), {"language": "fr", "next": where})

        assert (answer.status_code, answer.url) == (302, where)
        assert User.objects.get(pk=alice.user.pk).language == "fr"
        assert "Mes tickets" in as_alice.get(where).content.decode()

    def test_reaches_the_sign_in_page_by_the_browser(self, as_alice):
        as_alice.post(reverse("tickets:language"), {"language": "fr"})
        as_alice.logout()
        as_alice.cookies["django_language"] = "fr"

        assert "Mot de passe" in as_alice.get("/account/login/").content.decode()

    @pytest.mark.parametrize("where", ["https://elsewhere.example/", "//elsewhere.example", ""])
    def test_never_leads_elsewhere(self, where, as_alice):
        answer = as_alice.post(reverse("tickets:language"), {"language": "en", "next": where})

        assert answer.url == "/"

    def test_refuses_a_language_it_does_not_speak(self, alice, as_alice):
        answer = as_alice.post(reverse("tickets:language"), {"language": "tlh"}, follow=True)

        assert "Choose one of: English, French." in answer.content.decode()
        assert User.objects.get(pk=alice.user.pk).language == "en"

    def test_is_marked_in_the_menu(self, french):
        page = french.get("/").content.decode()

        assert re.search(r'value="fr" lang="fr" aria-pressed="true">Français<', page)
        assert re.search(r'value="en" lang="en" aria-pressed="false">English<', page)


def test_a_visitor_reads_what_the_browser_asks_for(db):
    page = Client(headers={"Accept-Language": "fr-CA,fr;q=0.9"}).get("/account/login/")

    assert "Se connecter" in page.content.decode()


def test_a_stranger_is_refused_in_the_language_of_the_browser(db):
    client = Client(headers={"Accept-Language": "fr"})
    client.force_login(make_user(name="Eve"))

    assert "Vous n’avez pas accès à cette page" in client.get("/").content.decode()
