from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
import redis
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.utils import timezone

from tests.factories import make_agent, make_ticket, make_user
from tests.web.live_browser import LiveBrowser
from tickets.models import Event, Ticket
from tickets.web import live_hub
from tickets.web.live_hub import hub, in_thread


def sign_in(user: Any) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


@pytest.fixture
def session_key(transactional_db: None) -> str:
    return sign_in(make_agent(name="Alice Agent").user)


@pytest.fixture
def ticket(transactional_db: None) -> Ticket:
    return make_ticket()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_hub, "LOOK_EVERY", 0.05)
    monkeypatch.setattr(live_hub, "HEARTBEAT_EVERY", 0.05)


def note(ticket: Ticket) -> Event:
    return Event.objects.create(ticket=ticket, kind=Event.Kind.NOTED, at=ticket.received_at)


async def later(work: Callable[[], Any]) -> Any:
    return await in_thread(work)


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(test, 20))


class TestDoor:
    def refused(self, **call: str) -> tuple[int | None, str]:
        browser = LiveBrowser(**call)
        run(self._call(browser))
        assert browser.is_closed
        return browser.status, browser.text

    async def _call(self, browser: LiveBrowser) -> None:
        await browser.call()

    def test_is_shut_for_visitors(self, transactional_db: None) -> None:
        assert self.refused() == (401, "Sign in first")
        assert self.refused(session_key="made-up") == (401, "Sign in first")

    def test_is_shut_for_whoever_is_no_agent(self, transactional_db: None) -> None:
        assert self.refused(session_key=sign_in(make_user())) == (401, "Sign in first")

    def test_is_shut_for_an_agent_switched_off(self, transactional_db: None) -> None:
        user = make_agent().user
        session_key = sign_in(user)
        user.is_active = False
        user.save(update_fields=["is_active"])

        assert self.refused(session_key=session_key)[0] == 401

    def test_knows_one_address_one_method_and_its_hosts(self, session_key: str) -> None:
        assert self.refused(session_key=session_key, path="/live/more")[0] == 404
        assert self.refused(session_key=session_key, method="POST")[0] == 405
        assert self.refused(session_key=session_key, host="evil.example")[0] == 400

    def test_says_how_to_keep_the_stream(self, session_key: str) -> None:
        async def check() -> None:
            async with LiveBrowser(session_key=session_key).listening() as browser:
                assert (await browser.hear()).event == "ready"
                assert browser.status == 200
                assert browser.answer["content-type"] == "text/event-stream; charset=utf-8"
                assert browser.answer["cache-control"] == "no-cache, no-transform"
                assert browser.answer["x-accel-buffering"] == "no"

        run(check())


class TestStream:
    def test_tells_a_change_at_once_when_the_bell_rings(
        self, session_key: str, ticket: Ticket, broker: redis.Redis, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(live_hub, "LOOK_EVERY", 60)

        async def check() -> None:
            async with LiveBrowser(session_key=session_key).listening() as browser:
                await browser.hear()
                await until_listening(broker)
                event = await later(lambda: note(ticket))
                broker.publish("desk:changed", "")
                told = await browser.hear()
                assert (told.event, told.numbers) == ("tickets", [ticket.number])
                assert told.id <= event.pk

        run(check())

    def test_tells_a_change_within_a_look_when_the_bell_is_lost(
        self, session_key: str, ticket: Ticket, impatient: None, settings: Any
    ) -> None:
        settings.REDIS_URL = "redis://127.0.0.1:1/0"

        async def check() -> None:
            async with LiveBrowser(session_key=session_key).listening() as browser:
                await browser.hear()
                await later(lambda: note(ticket))
                while (told := await browser.hear()).event != "tickets":
                    pass
                assert told.numbers == [ticket.number]

        run(check())

    def test_tells_numbers_and_nothing_else(
        self, session_key: str, ticket: Ticket, broker: redis.Redis, impatient: None
    ) -> None:
        async def check() -> None:
            async with LiveBrowser(session_key=session_key).listening() as browser:
                await browser.hear()
                await later(lambda: [note(make_ticket()) for _ in range(2)])
                numbers = set()
                while len(numbers) < 2:
                    numbers.update((await browser.hear()).numbers)

        run(check())

    def test_sends_whoever_looks_away_too_long_to_look_themselves(
        self, session_key: str, ticket: Ticket, impatient: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(live_hub, "WAITING_AT_MOST", 2)

        async def check() -> None:
            async with LiveBrowser(session_key=session_key).listening() as browser:
                await browser.hear()
                browser.is_stuck = True
                (stream,) = hub()._streams
                while b"event: reset" not in b"".join(stream._waiting):
                    await later(lambda: note(ticket))
                browser.is_stuck = False
                while (await browser.hear()).event != "reset":
                    pass

        run(check())

    def test_says_look_yourself_when_very_much_changed(
        self, session_key: str, ticket: Ticket, impatient: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(live_hub, "NUMBERS_AT_ONCE", 0)

        async def check() -> None:
            async with LiveBrowser(session_key=session_key).listening() as browser:
                await browser.hear()
                await later(lambda: note(ticket))
                while (told := await browser.hear()).event == "beat":
                    pass
                assert (told.event, told.numbers) == ("reset", [])

        run(check())

    @pytest.mark.parametrize("end", ["sign-out", "switched off", "new password"])
    def test_ends_for_whoever_may_not_listen_any_more(
        self, session_key: str, impatient: None, end: str
    ) -> None:
        other = make_agent()

        def cut() -> None:
            from tickets.models import User

            user = User.objects.exclude(pk=other.user_id).get()
            if end == "sign-out":
                Session.objects.filter(session_key=session_key).delete()
            elif end == "switched off":
                User.objects.filter(pk=user.pk).update(is_active=False)
            else:
                user.set_password("another one")
                user.save(update_fields=["password"])

        async def check() -> None:
            bystander = LiveBrowser(session_key=sign_in_key)
            async with (
                bystander.listening(),
                LiveBrowser(session_key=session_key).listening() as browser,
            ):
                await browser.hear()
                await later(cut)
                await browser.until_closed()
                assert not bystander.is_closed

        sign_in_key = sign_in(other.user)
        run(check())

    def test_holds_neither_thread_nor_connection(
        self, session_key: str, broker: redis.Redis, impatient: None
    ) -> None:
        async def check() -> None:
            browsers = [LiveBrowser(session_key=session_key) for _ in range(40)]
            async with asyncio.TaskGroup() as tasks:
                done = asyncio.Event()
                for browser in browsers:
                    tasks.create_task(hold(browser, done))
                for browser in browsers:
                    await browser.hear()
                live_threads = [t for t in threading.enumerate() if t.name.startswith("live")]
                assert len(live_threads) <= 4
                assert threading.active_count() < 20
                assert await later(count_connections) <= 6
                done.set()

        run(check())

    def test_ends_when_the_process_does(self, session_key: str) -> None:
        async def check() -> None:
            async with LiveBrowser(session_key=session_key).listening() as browser:
                await browser.hear()
                hub().close()
                await browser.until_closed()

        run(check())


class TestReturn:
    def test_is_told_what_was_missed(self, session_key: str, ticket: Ticket) -> None:
        mark = Event.objects.latest("pk").pk
        missed = make_ticket()

        async def check(**how: Any) -> None:
            browser = LiveBrowser(session_key=session_key, **how)
            async with browser.listening():
                assert (await browser.hear()).event == "ready"
                told = await browser.hear()
                assert (told.event, told.numbers) == ("tickets", [missed.number])

        run(check(headers={"Last-Event-ID": str(mark)}))
        run(check(query=f"after={mark}"))

    def test_trusts_the_browser_more_than_its_address(
        self, session_key: str, ticket: Ticket, impatient: None
    ) -> None:
        mark = Event.objects.latest("pk").pk

        async def check() -> None:
            browser = LiveBrowser(
                session_key=session_key, query="after=0", headers={"Last-Event-ID": str(mark)}
            )
            async with browser.listening():
                assert [(await browser.hear()).event for _ in range(2)] == ["ready", "beat"]

        run(check())

    def test_starts_where_its_page_was_drawn(self, session_key: str, ticket: Ticket) -> None:
        drawn = timezone.now().isoformat().replace("+", "%2B")

        async def check() -> None:
            browser = LiveBrowser(session_key=session_key, query=f"since={drawn}")
            async with browser.listening():
                assert (await browser.hear()).event == "ready"
                assert (await browser.hear()).numbers == [ticket.number]

        run(check())

    @pytest.mark.parametrize("query", ["after=x", "after=1e9", "since=yesterday", "after=-99999"])
    def test_with_nonsense_is_told_to_look(self, session_key: str, query: str) -> None:
        async def check() -> None:
            browser = LiveBrowser(session_key=session_key, query=query)
            async with browser.listening():
                assert [(await browser.hear()).event for _ in range(2)] == ["ready", "reset"]

        run(check())


async def hold(browser: LiveBrowser, done: asyncio.Event) -> None:
    async with browser.listening():
        await done.wait()


async def until_listening(broker: redis.Redis) -> None:
    async with asyncio.timeout(5):
        while not broker.pubsub_numsub("desk:changed")[0][1]:
            await asyncio.sleep(0.01)


def count_connections() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND backend_type = 'client backend'"
        )
        return int(cursor.fetchone()[0])
