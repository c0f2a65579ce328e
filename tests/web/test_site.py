"""What all pages share: the frame, errors, sign-in, the policy, the weight."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.test import Client

from tests.factories import make_agent, make_user

ASSET = re.compile(r'(?:src|href)="(/static/[^"]+)"')
IMPORT = re.compile(r'@import "([^"]+)"')


class TestFrame:
    def test_has_a_skip_link_a_main_and_one_heading(self, as_alice, ticket):
        for path in ("/", "/tickets/new/", f"/tickets/{ticket.number}/"):
            page = as_alice.get(path).content.decode()

            assert 'class="skip-link" href="#main"' in page
            assert len(re.findall("<main", page)) == 1
            assert len(re.findall("<h1", page)) == 1

    def test_tells_the_browser_the_servers_instant(self, as_alice):
        page = as_alice.get("/").content.decode()

        assert re.search(r'name="server-instant" content="\d{4}-\d\d-\d\dT[\d:.]+\+00:00"', page)

    def test_says_in_red_that_no_timer_looks(self, as_alice):
        page = as_alice.get("/").content.decode()

        assert "foot__health--late" in page
        assert "No timer has ever looked" in page

    def test_speaks_the_agents_language(self, alice, as_alice):
        alice.user.language = "fr"
        alice.user.save(update_fields=["language"])

        assert '<html lang="fr">' in as_alice.get("/").content.decode()

    def test_keeps_to_a_policy_without_exceptions(self, as_alice):
        policy = as_alice.get("/").headers["Content-Security-Policy"]

        assert "default-src 'self'" in policy
        assert "unsafe" not in policy


class TestFlash:
    def test_is_said_once(self, as_alice, post, ticket):
        post(ticket, "own_assignment")

        assert "The ticket is yours." in as_alice.get("/").content.decode()
        assert "The ticket is yours." not in as_alice.get("/").content.decode()

    def test_is_not_used_up_by_a_fragment(self, as_alice, post, ticket):
        """The page that was left hears of the change too, and fetches itself."""
        post(ticket, "own_assignment")

        path = f"/tickets/{ticket.number}/"
        fragment = as_alice.get(path, headers={"HX-Request": "true"}).content.decode()

        assert "The ticket is yours." not in fragment
        assert "The ticket is yours." in as_alice.get(path).content.decode()


class TestWeight:
    def test_of_all_assets_of_a_first_visit(self, as_alice, ticket):
        page = as_alice.get(f"/tickets/{ticket.number}/").content.decode()
        paths = set(ASSET.findall(page))

        files = [Path(str(finders.find(path.removeprefix("/static/")))) for path in paths]
        style = next(file for file in files if file.name == "app.css")
        files += [style.parent / name for name in IMPORT.findall(style.read_text())]

        assert len(files) > 25
        assert sum(len(gzip.compress(file.read_bytes())) for file in files) <= 120_000


class TestSignIn:
    def test_lets_an_agent_in_and_out(self, db):
        make_agent(email="alice@desk.example", password="a long pass phrase")
        client = Client()

        response = client.post(
            "/account/login/", {"login": "alice@desk.example", "password": "a long pass phrase"}
        )
        assert response.status_code == 302
        page = client.get("/")
        assert page.status_code == 200
        assert 'class="flash ' not in page.content.decode()

        client.post("/account/logout/")
        assert client.get("/").status_code == 302

    def test_says_when_the_password_is_wrong_and_keeps_the_address(self, db, client):
        make_user(email="alice@desk.example", password="a long pass phrase")

        response = client.post(
            "/account/login/", {"login": "alice@desk.example", "password": "guess"}
        )

        page = response.content.decode()
        assert 'value="alice@desk.example"' in page
        assert 'role="alert"' in page
        assert "Check both and try again" in page
        assert re.search(r"<input[^>]*password[^>]*autofocus", page)
        assert "guess" not in page

    def test_says_how_long_to_wait_after_too_many_attempts(self, db, client):
        make_user(email="alice@desk.example", password="a long pass phrase")

        for _attempt in range(6):
            response = client.post(
                "/account/login/", {"login": "alice@desk.example", "password": "guess"}
            )

        assert "Wait five minutes" in response.content.decode()

    def test_asks_before_signing_out(self, as_alice):
        assert as_alice.get("/account/logout/").status_code == 200
        assert as_alice.get("/").status_code == 200


class TestErrorPages:
    def test_not_found_says_where_to_go(self, as_alice):
        response = as_alice.get("/nowhere/")

        assert response.status_code == 404
        assert "Nothing is here" in response.content.decode()

    def test_no_permission_says_whom_to_ask(self, as_stranger):
        response = as_stranger.get("/")

        assert response.status_code == 403
        assert "Ask an administrator" in response.content.decode()

    @pytest.mark.parametrize("code", ["400", "403", "403_csrf", "404", "500"])
    def test_each_needs_nothing_to_be_drawn(self, code):
        """An error page must not depend on what may just have failed."""
        page = render_to_string(f"{code}.html")

        assert "<h1" in page
        assert 'href="/"' in page
