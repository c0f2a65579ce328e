"""One key, one ticket: at the same moment, and whenever the process is killed."""

from __future__ import annotations

import itertools
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone
from rest_framework.test import APIClient

from tests.api.asking import check_problem, post_ticket
from tickets.models import Agent, ApiRequest, Contact, Event, Ticket
from tickets.services.api_requests import forget_answers

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def before_each_statement(act: Callable[[str], None]) -> Iterator[None]:
    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        act(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        yield


class TestTwoAtOnce:
    def test_the_second_is_told_to_wait_while_the_first_is_at_work(self, api):
        answers = []

        def ask_again(sql: str) -> None:
            if sql.startswith('INSERT INTO "tickets_ticket"'):
                with ThreadPoolExecutor(1) as pool:
                    answers.append(pool.submit(ask_apart, api, "same").result())

        with before_each_statement(ask_again):
            first = post_ticket(api, key="same")

        assert first.status_code == 201
        check_problem(answers[0], 409, "request_in_progress")
        assert post_ticket(api, key="same").content == first.content
        assert Ticket.objects.count() == 1

    def test_of_many_one_opens_a_ticket(self, api):
        barrier = Barrier(6)

        def ask(_n: int) -> Any:
            barrier.wait(10)
            return ask_apart(api, "same")

        with ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(ask, range(6)))

        opened = [answer for answer in answers if answer.status_code == 201]
        assert {answer.status_code for answer in answers} <= {201, 409}
        assert len({answer.content for answer in opened}) == 1
        assert Ticket.objects.count() == 1
        assert Contact.objects.count() == 1

    def test_whoever_looked_a_moment_too_early_leaves_nothing(self, api, alice):
        """Another answer was committed after our look: the constraint has the last word."""

        def answer_meanwhile(sql: str) -> None:
            if sql.startswith('INSERT INTO "tickets_ticket"'):
                with ThreadPoolExecutor(1) as pool:
                    pool.submit(keep_answer, alice).result()

        with before_each_statement(answer_meanwhile):
            late = post_ticket(api, key="same")

        check_problem(late, 409, "request_in_progress")
        assert not Ticket.objects.exists()
        check_problem(post_ticket(api, key="same"), 422, "idempotency_key_reused")


class TestKilledProcess:
    """kill -9 before each statement, before the commit, and after it before the answer."""

    def test_leaves_one_ticket_or_none_and_the_retry_makes_it_one(self, api):
        statements = count_statements(api)
        assert statements > 10

        for n in range(1, statements + 1):
            end = die_while_asking(api, key=f"at-{n}", kill_at=n)
            assert os.WTERMSIG(end) == signal.SIGKILL, n
            assert not Ticket.objects.exists()
            assert not Event.objects.exists()
            assert not Contact.objects.exists()
            assert not ApiRequest.objects.exists()

        retried = [post_ticket(api, key=f"at-{n}") for n in (1, statements)]
        assert [answer.status_code for answer in retried] == [201, 201]
        assert Ticket.objects.count() == 2

    def test_after_the_commit_is_answered_as_the_first_would_have_been(self, api):
        end = die_while_asking(api, key="same", kill_at=None)
        assert os.WTERMSIG(end) == signal.SIGKILL
        ticket = Ticket.objects.get()

        answer = post_ticket(api, key="same")

        assert answer.status_code == 201
        assert answer.json()["number"] == ticket.number
        assert Ticket.objects.count() == 1
        assert Event.objects.filter(kind=Event.Kind.RECEIVED).count() == 1


class TestForgetting:
    def test_keeps_what_is_younger_than_a_day(self, api):
        now = timezone.now()
        post_ticket(api, key="young")
        post_ticket(api, key="old")
        ApiRequest.objects.filter(key="old").update(answered_at=now - timedelta(hours=24))

        assert forget_answers(now=now) == 1
        assert ApiRequest.objects.get().key == "young"


def die_while_asking(api: APIClient, *, key: str, kill_at: int | None) -> int:
    """Ask in a process of its own, killed before statement `kill_at`, or after the commit.

    Returns:
        How the process ended, as `os.waitpid` says it.
    """
    connections.close_all()  # the two processes must not share one
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    try:
        seen = itertools.count(1)

        def watch(sql: str) -> None:
            if next(seen) == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
            if kill_at is None and sql.lstrip().startswith("INSERT INTO tickets_apirequest"):
                transaction.on_commit(partial(os.kill, os.getpid(), signal.SIGKILL))

        with before_each_statement(watch):
            post_ticket(api, key=key)
    finally:
        os._exit(1)  # whatever happened: this is not a second test run


def count_statements(api: APIClient) -> int:
    """How many statements a first request is made of; it leaves nothing."""
    for key in ("warm", "counted"):  # the first one also notes that the token is in use
        seen: list[str] = []
        with before_each_statement(seen.append):
            assert post_ticket(api, key=key).status_code == 201
        truncate()
    return len(seen)


def truncate() -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE tickets_ticket, tickets_apirequest, tickets_contact CASCADE")


def keep_answer(agent: Agent) -> None:
    try:
        ApiRequest.objects.create(
            agent=agent,
            route="api:tickets",
            key="same",
            digest=bytes(32),
            status=201,
            body="{}",
            answered_at=timezone.now(),
        )
    finally:
        connection.close()


def ask_apart(api: APIClient, key: str) -> Any:
    """The same program on a connection of its own."""
    try:
        client = APIClient()
        client.defaults = dict(api.defaults)
        return post_ticket(client, key=key)
    finally:
        connection.close()
