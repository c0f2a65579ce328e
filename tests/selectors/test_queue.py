from __future__ import annotations

import random
from datetime import datetime, timedelta

import pytest
from django.db import connection

from tests.factories import make_ticket
from tests.selectors.rows import Rows
from tests.selectors.test_queue_order import naive
from tickets.models import Agent, Ticket
from tickets.selectors import queue_views
from tickets.selectors.queue import QueuePage, get_row, list_queue
from tickets.selectors.queue_views import View
from tickets.services.assignment import take
from tickets.services.conversation import log_call


@pytest.fixture
def rows(alice: Agent, now: datetime) -> Rows:
    return Rows(now)


def queue(agent: Agent, now: datetime, view: View = View.ALL, **where: int) -> QueuePage:
    return list_queue(user=agent.user, view=view, now=now, **{"page": 1, **where})


def subjects(page: QueuePage) -> list[str]:
    return [row.ticket.subject for row in page.rows]


class TestOrder:
    def test_is_by_next_deadline_and_nothing_owed_comes_last(
        self, alice: Agent, rows: Rows, now: datetime
    ) -> None:
        rows.make(subject="nothing owed")
        rows.make(subject="later", due=60)
        rows.make(subject="breached", due=-60)
        rows.make(subject="soon", due=10)

        assert subjects(queue(alice, now)) == ["breached", "soon", "later", "nothing owed"]

    def test_puts_messages_to_return_above_their_own_level_only(
        self, alice: Agent, rows: Rows, now: datetime
    ) -> None:
        rows.make(subject="urgent", rank=0, due=20)
        rows.make(subject="normal", due=100)
        rows.make(subject="normal voicemail", due=300, left=5)
        rows.make(subject="older normal voicemail", due=400, left=50)
        rows.make(subject="urgent voicemail", rank=0, due=90, left=1)

        assert subjects(queue(alice, now)) == [
            "urgent voicemail",
            "urgent",
            "older normal voicemail",
            "normal voicemail",
            "normal",
        ]

    def test_keeps_a_message_to_return_at_its_own_earlier_deadline(
        self, alice: Agent, rows: Rows, now: datetime
    ) -> None:
        rows.make(subject="urgent", rank=0, due=20)
        rows.make(subject="normal", due=100)
        rows.make(subject="breached voicemail", due=-5, left=600)

        assert subjects(queue(alice, now)) == ["breached voicemail", "urgent", "normal"]

    def test_a_logged_call_back_returns_it_to_its_deadline(
        self, alice: Agent, now: datetime
    ) -> None:
        make_ticket(now=now - timedelta(hours=1), subject="mail", channel=Ticket.Channel.EMAIL)
        left = make_ticket(now=now, subject="voicemail", channel=Ticket.Channel.VOICEMAIL)
        assert subjects(queue(alice, now)) == ["voicemail", "mail"]

        log_call(ticket=left, agent=alice, outcome="NO_ANSWER", text="", at=now, now=now)

        assert subjects(queue(alice, now)) == ["mail", "voicemail"]

    def test_of_solved_tickets_puts_what_is_still_owed_first(
        self, alice: Agent, rows: Rows, now: datetime
    ) -> None:
        solved = {"status": Ticket.Status.SOLVED}
        rows.make(subject="earlier", solved_at=now - timedelta(hours=2), **solved)
        rows.make(subject="latest", solved_at=now, **solved)
        rows.make(subject="owes", solved_at=now - timedelta(days=1), due=30, **solved)

        assert subjects(queue(alice, now, View.SOLVED)) == ["owes", "latest", "earlier"]

    def test_of_messages_to_return_is_by_level_then_age(
        self, alice: Agent, rows: Rows, now: datetime
    ) -> None:
        rows.make(subject="normal", due=1, left=90)
        rows.make(subject="urgent", rank=0, due=60, left=10)
        rows.make(subject="older urgent", rank=0, due=90, left=20)
        rows.make(subject="mail", rank=0, due=5)

        assert subjects(queue(alice, now, View.VOICEMAIL)) == ["older urgent", "urgent", "normal"]


class TestPages:
    @pytest.mark.parametrize("view", [View.ALL, View.MINE, View.UNASSIGNED])
    def test_cut_the_whole_order_at_the_right_places(
        self, alice: Agent, rows: Rows, now: datetime, view: View
    ) -> None:
        chance = random.Random(view)
        for _ in range(70):
            rows.make(
                rank=chance.choice([0, 1, 1]),
                due=chance.choice([None, *range(-10, 30)]),
                left=chance.choice([None, None, *range(8)]),
                assignee=alice if view == View.MINE else None,
            )
        tickets = Ticket.objects.values_list(
            "pk", "governing_rank", "next_due_at", "unreturned_since"
        )
        expected = [row[0] for row in naive(list(tickets))]

        pages = [queue(alice, now, view, page=n, page_size=9) for n in range(1, 10)]

        assert [row.ticket.pk for page in pages for row in page.rows] == expected
        assert [page.has_next for page in pages] == [True] * 7 + [False, False]
        assert [page.has_previous for page in pages] == [False] + [True] * 8


class TestViews:
    def test_have_their_own_tickets_and_counts(
        self, alice: Agent, bob: Agent, rows: Rows, now: datetime
    ) -> None:
        rows.make(subject="mine", assignee=alice, due=150)
        rows.make(subject="bob's", assignee=bob, due=-1)
        rows.make(subject="nobody's", due=120)
        rows.make(subject="due now", assignee=bob, due=0)
        rows.make(subject="waiting", assignee=bob, status=Ticket.Status.WAITING)
        rows.make(subject="to call", assignee=bob, left=3)
        rows.make(subject="solved", status=Ticket.Status.SOLVED, solved_at=now)
        rows.make(subject="closed", status=Ticket.Status.CLOSED, due=5)

        shown = {view: set(subjects(queue(alice, now, view))) for view in View}

        assert shown[View.ALL] == {
            *("mine", "bob's", "nobody's", "due now", "waiting", "to call"),
        }
        assert shown[View.MINE] == {"mine"}
        assert shown[View.UNASSIGNED] == {"nobody's"}
        assert shown[View.SOON] == {"nobody's", "due now"}
        assert shown[View.BREACHED] == {"bob's"}
        assert shown[View.WAITING] == {"waiting"}
        assert shown[View.VOICEMAIL] == {"to call"}
        assert shown[View.SOLVED] == {"solved"}
        counts = queue(alice, now).counts
        assert {count.view: count.count for count in counts} == {
            view: len(found) for view, found in shown.items()
        }

    def test_stop_counting_at_the_limit(
        self, alice: Agent, rows: Rows, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(queue_views, "COUNT_LIMIT", 3)
        rows.make_all([rows.row() for _ in range(3)])
        assert queue(alice, now).count.text == "3"

        rows.make_all([rows.row() for _ in range(2)])

        assert queue(alice, now).count.text == "3+"

    def test_are_empty_for_whoever_is_no_agent(self, rows: Rows, now: datetime) -> None:
        from tests.factories import make_user

        rows.make(due=10)

        page = list_queue(user=make_user(), view=View.ALL, page=1, now=now)

        assert page.rows == ()
        assert {count.count for count in page.counts} == {0}


class TestRows:
    def test_say_what_is_owed_next_and_what_is_done(self, alice: Agent, now: datetime) -> None:
        ticket = make_ticket(now=now, level="URGENT")
        take(ticket=ticket, agent=alice, now=now + timedelta(minutes=4))

        row = get_row(user=alice.user, number=ticket.number, now=now + timedelta(minutes=91))

        assert [(clock.metric, clock.state) for clock in row.clocks] == [
            ("RESPONSE", "SOON"),
            ("ACTION", "MET"),
        ]
        assert row.next_clock is row.clocks[0]
        assert row.next_clock.counts_to == now + timedelta(hours=2)
        assert row.next_clock.soon_at == now + timedelta(minutes=90)
        assert row.level_name == "Urgent"
        assert row.is_most_urgent
        assert not row.is_agreed

    def test_of_a_ticket_that_does_not_exist(self, alice: Agent, now: datetime) -> None:
        with pytest.raises(Ticket.DoesNotExist):
            get_row(user=alice.user, number=1, now=now)


class TestCost:
    def test_is_five_queries_however_many_rows(
        self, alice: Agent, rows: Rows, now: datetime, django_assert_num_queries
    ) -> None:
        rows.make_all([rows.row(due=n, left=n if n % 3 else None) for n in range(80)])
        queue(alice, now)

        with django_assert_num_queries(5):
            queue(alice, now, page=1)

    @pytest.mark.parametrize(
        ("view", "index"),
        [
            (View.ALL, "ticket_queue"),
            (View.MINE, "ticket_of_assignee"),
            (View.UNASSIGNED, "ticket_of_assignee"),
            (View.WAITING, "ticket_waiting"),
            (View.SOLVED, "ticket_solved"),
            (View.VOICEMAIL, "ticket_unreturned"),
            (View.BREACHED, "ticket_queue"),
            (View.SOON, "ticket_queue"),
        ],
    )
    def test_needs_no_sorting_beside_its_index(
        self, alice: Agent, rows: Rows, now: datetime, view: View, index: str
    ) -> None:
        rows.make_all([rows.row(due=n) for n in range(10)])
        reads: list[tuple[str, tuple]] = []

        def listen(execute, sql, params, many, context):
            if "LIMIT" in sql and not any(w in sql for w in ("UNION", "count(*)", "EXISTS")):
                reads.append((sql, params))
            return execute(sql, params, many, context)

        # The first page asks for messages to return in the same breath.
        with connection.execute_wrapper(listen):
            queue(alice, now, view, page=2, page_size=5)
        (read,) = reads
        plan = plan_without_sorting(*read)

        assert f"using {index} " in plan
        assert "Sort" not in plan


def plan_without_sorting(sql: str, params: tuple) -> str:
    """The plan where every other way is made unattractive: small tables would be read whole."""
    with connection.cursor() as cursor:
        for node in ("sort", "incremental_sort", "seqscan", "bitmapscan"):
            cursor.execute(f"SET LOCAL enable_{node} = off")
        cursor.execute(f"EXPLAIN {sql}", params)
        return "\n".join(line for (line,) in cursor.fetchall())
