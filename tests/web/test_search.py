"""Searching the queue, filters in its address, and saved views, through the pages."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories import make_ticket, minutes
from tickets.domain.search import MAX_LENGTH, parse
from tickets.models import SavedView
from tickets.services.assignment import take
from tickets.services.saved_views import save_view


def numbers(response) -> list[int]:
    return [row.ticket.number for row in response.context["page"].rows]


def search(client: Client, text: str, **more: str):
    return client.get("/", {"q": text, **more})


@pytest.fixture
def as_mona(mona) -> Client:
    client = Client()
    client.force_login(mona.user)
    return client


@pytest.fixture
def saved(alice) -> SavedView:
    return save_view(owner=alice, name="Urgent", query=parse("urgency:urgent"), is_shared=False)


class TestSearch:
    def test_finds_words_and_marks_them(self, as_alice):
        found = make_ticket(subject="Gateway down", text="The <b>gateway</b> is down.")
        make_ticket(subject="Invoice")

        response = search(as_alice, "gateway")
        page = response.content.decode()

        assert numbers(response) == [found.number]
        assert "<mark>Gateway</mark> down" in page
        assert "&lt;b&gt;<mark>gateway</mark>&lt;/b&gt;" in page
        assert "1 ticket found" in page

    def test_keeps_what_was_typed(self, as_alice):
        page = search(as_alice, '"><script>x</script>').content.decode()

        assert "<script>x" not in page
        assert 'value="&quot;&gt;&lt;script&gt;x&lt;/script&gt;"' in page

    def test_combines_operators_with_the_reader(self, alice, as_alice):
        now = timezone.now()
        mine, other = make_ticket(now=now), make_ticket(now=now)
        take(ticket=mine, agent=alice, now=now)

        assert numbers(search(as_alice, "is:mine")) == [mine.number]
        assert numbers(search(as_alice, "-is:mine")) == [other.number]
        assert numbers(search(as_alice, f"#{other.number}")) == [other.number]

    def test_turns_pages_within_the_search(self, as_alice):
        now = timezone.now()
        for n in range(51):
            make_ticket(now=now, received_at=now - minutes(n), subject="Gateway")

        first = search(as_alice, "gateway")
        second = search(as_alice, "gateway", page="2")

        assert len(numbers(first)) == 50
        assert "q=gateway&amp;page=2" in first.content.decode()
        assert len(numbers(second)) == 1

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("tier:gold", "There is no operator “tier:”"),
            ("is:late", "breached, closed"),
            ("due:tomorrow", "Times are written"),
            ("!!! ---", "no letter and no digit"),
            ("x" * (MAX_LENGTH + 1), "at most 500 characters"),
            ("x" * 10_000, "at most 500 characters"),
            (" ".join(f"a{n}" for n in range(40)), "at most 30"),
        ],
    )
    def test_refused_says_why_and_shows_no_tickets(self, as_alice, ticket, text, words):
        response = search(as_alice, text)
        page = response.content.decode()

        assert response.status_code == 422
        assert words in page
        assert 'role="alert"' in page
        assert "This search cannot be read" in page
        assert f'id="ticket-{ticket.number}"' not in page

    @pytest.mark.parametrize(
        "text",
        [
            "",
            " ",
            "\0",
            "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
            "a\0b",
            '"',
            "-",
        ],
    )
    def test_never_fails(self, as_alice, ticket, text):
        assert search(as_alice, text).status_code in (200, 422)

    def test_empty_says_what_to_do_next(self, as_alice, ticket):
        assert "No ticket has all of this" in search(as_alice, "zebra").content.decode()
        assert "Add status:any" in search(as_alice, "is:waiting").content.decode()
        past = search(as_alice, "is:open", page="9").content.decode()
        assert "This page is past the end" in past
        assert 'href="?q=is%3Aopen"' in past

    @pytest.mark.parametrize("text", ["gateway", "is:open", "gateway is:open urgency:urgent"])
    def test_takes_at_most_eight_queries(
        self, alice, as_alice, text, django_assert_max_num_queries
    ):
        now = timezone.now()
        for n in range(9):
            save_view(owner=alice, name=f"View {n}", query=parse("is:mine"), is_shared=True)
        for n in range(51):
            make_ticket(now=now, received_at=now - minutes(n), subject="Gateway", level="URGENT")
        search(as_alice, text)

        with django_assert_max_num_queries(8):
            assert len(numbers(search(as_alice, text))) == 50


class TestFilters:
    def test_lead_to_the_search_that_says_the_same(self, as_alice):
        response = as_alice.get(
            "/",
            {
                "filter": "1",
                "q": "gateway is:open",
                "state": "breached",
                "customer": 'Fulton Freight"',
                "channel": "",
            },
        )

        assert response.status_code == 302
        assert response.url == "/?q=is%3Abreached+customer%3A%22Fulton+Freight%22+gateway"

    def test_show_what_is_searched_for(self, as_alice, ticket):
        page = search(as_alice, "is:mine urgency:urgent channel:phone").content.decode()

        for value in ("mine", "urgent", "phone"):
            assert f'<option value="{value}" selected>' in page

    def test_all_taken_off_lead_to_the_queue(self, as_alice):
        assert as_alice.get("/", {"filter": "1", "q": "is:open", "state": ""}).url == "/"

    def test_of_a_search_that_cannot_be_read_keep_it(self, as_alice):
        response = as_alice.get("/", {"filter": "1", "q": "tier:gold", "state": "open"})

        assert response.url == "/?q=tier%3Agold"


class TestSavedViews:
    def test_are_made_from_a_search(self, alice, as_alice, urgent_ticket, ticket):
        response = as_alice.post(
            reverse("tickets:saved_views"), {"q": "urgency:urgent", "name": "Hot"}, follow=True
        )

        assert SavedView.objects.get(owner=alice, name="Hot").query == "urgency:urgent"
        assert numbers(response) == [urgent_ticket.number]
        assert "<h1>Hot</h1>" in response.content.decode()

    @pytest.mark.parametrize(
        ("data", "words"),
        [
            ({"q": "is:open", "name": "Urgent"}, "There is a view of this name"),
            ({"q": "is:open", "name": ""}, "required"),
            ({"q": "tier:gold", "name": "x"}, "There is no operator"),
            ({"q": "", "name": "x"}, "This field is required"),
        ],
    )
    def test_refused_say_why(self, as_alice, saved, data, words):
        response = as_alice.post(reverse("tickets:saved_views"), data)

        assert response.status_code == 422
        assert SavedView.objects.count() == 1
        if data["q"]:
            assert words in response.content.decode()

    def test_stand_in_the_rail_with_their_counts(self, alice, as_alice, saved, urgent_ticket):
        save_view(owner=alice, name="Words", query=parse("gateway"), is_shared=False)

        shown = as_alice.get("/").context["page"].saved_views

        assert [(each.view.name, each.count and each.count.text) for each in shown] == [
            ("Urgent", "1"),
            ("Words", None),
        ]

    def test_stand_in_the_rail_of_other_pages(self, as_alice, saved):
        page = as_alice.get(reverse("tickets:new")).content.decode()

        assert reverse("tickets:saved_view", args=[saved.pk]) in page

    def test_of_others_are_not_found_until_shared(self, as_mona, alice, saved):
        where = reverse("tickets:saved_view", args=[saved.pk])
        assert as_mona.get(where).status_code == 404
        assert as_mona.post(where, {"name": "x"}).status_code == 404
        for name in ("saved_view_position", "saved_view_removal"):
            assert as_mona.post(reverse(f"tickets:{name}", args=[saved.pk])).status_code == 404
        assert "Urgent" not in as_mona.get(reverse("tickets:saved_views")).content.decode()

        saved.is_shared = True
        saved.save(update_fields=["is_shared"])

        assert as_mona.get(where).status_code == 200
        assert "by Alice Martin" in as_mona.get(reverse("tickets:saved_views")).content.decode()

    def test_are_changed_and_deleted(self, as_alice, saved):
        where = reverse("tickets:saved_view", args=[saved.pk])
        as_alice.post(where, {"name": "Hot", "is_shared": "on"})
        saved.refresh_from_db()
        assert (saved.name, saved.is_shared) == ("Hot", True)

        as_alice.post(reverse("tickets:saved_view_removal", args=[saved.pk]))

        assert not SavedView.objects.exists()

    def test_that_nobody_understands_any_more_still_open(self, as_alice, saved):
        SavedView.objects.update(query="tier:gold")

        response = as_alice.get(reverse("tickets:saved_view", args=[saved.pk]))

        assert response.status_code == 422
        assert as_alice.get("/").status_code == 200
