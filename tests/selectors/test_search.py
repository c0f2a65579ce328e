"""What a search finds, in which order, and how much it looks at for that."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.factories import make_contact, make_customer, make_team, make_ticket
from tests.selectors.rows import Rows
from tickets.domain.search import parse
from tickets.models import Agent, Message, Ticket
from tickets.selectors import search
from tickets.selectors.highlights import START, STOP, Piece, excerpt_of, pieces_of
from tickets.selectors.queue import QueuePage, list_queue
from tickets.selectors.queue_views import View
from tickets.services.conversation import add_note, reply


@pytest.fixture
def rows(alice: Agent, now: datetime) -> Rows:
    return Rows(now)


def find(agent: Agent, now: datetime, text: str, **where: int) -> QueuePage:
    return list_queue(
        user=agent.user, view=View.ALL, now=now, query=parse(text), **{"page": 1, **where}
    )


def subjects(page: QueuePage) -> list[str]:
    return [row.ticket.subject for row in page.rows]


class TestOperators:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("is:open", {"breached", "soon", "later", "waiting", "to call", "new"}),
            ("is:breached", {"breached"}),
            ("is:soon", {"soon"}),
            ("is:mine", {"breached"}),
            ("is:unassigned", {"soon", "later", "waiting", "to call", "new"}),
            ("is:waiting", {"waiting"}),
            ("is:new", {"new"}),
            ("is:voicemail", {"to call"}),
            ("is:solved", {"solved"}),
            ("is:closed", {"closed"}),
            ("-is:breached", {"soon", "later", "waiting", "to call", "new"}),
            ("is:open -is:waiting is:unassigned", {"soon", "later", "to call", "new"}),
            ("status:closed", {"closed"}),
            ("status:any due:<1h", {"breached", "soon"}),
            ("due:<2h", {"breached", "soon"}),
            ("due:>1d", {"later"}),
            ("-due:<2h", {"later", "waiting", "to call", "new"}),
            ("urgency:urgent", {"breached"}),
            ("urgency:non-urgent is:waiting", {"waiting"}),
            ("urgency:x", set()),
            ("assignee:me", {"breached"}),
            ("assignee:none is:new", {"new"}),
            ("assignee:alice", {"breached"}),
            ("assignee:bob", set()),
            ("-assignee:alice is:new", {"new"}),
            ("channel:voicemail", {"to call"}),
            ("tag:VIP", {"later"}),
            ("tag:vi", set()),
            ("-tag:vip due:>1h", set()),
            ("team:second", {"new"}),
            ("team:none is:waiting", {"waiting"}),
            ("received:<25h", {"breached", "soon", "later", "waiting", "to call"}),
            ("received:>25h", {"new"}),
            ('customer:"harbour lines"', {"new"}),
            ("customer:nobody", set()),
        ],
    )
    def test_find(
        self, alice: Agent, rows: Rows, now: datetime, text: str, expected: set[str]
    ) -> None:
        customer = make_customer(name="Harbour Lines")
        rows.make(subject="breached", due=-5, assignee=alice, rank=0)
        rows.make(subject="soon", due=30)
        rows.make(subject="later", due=3000, tags=["vip"])
        rows.make(subject="waiting", status=Ticket.Status.WAITING)
        rows.make(subject="to call", left=3, channel=Ticket.Channel.VOICEMAIL)
        rows.make(
            subject="new",
            status=Ticket.Status.NEW,
            customer=customer,
            team=make_team(name="Second line"),
            received_at=now - timedelta(days=9),
        )
        rows.make(subject="solved", status=Ticket.Status.SOLVED, solved_at=now)
        rows.make(subject="closed", status=Ticket.Status.CLOSED)

        page = find(alice, now, text)

        assert set(subjects(page)) == expected
        assert page.count.text == str(len(expected))

    def test_days_are_those_of_the_reader(self, alice: Agent, rows: Rows, now: datetime) -> None:
        alice.user.timezone = "Pacific/Auckland"
        midnight = datetime.fromisoformat(f"{now.date()}T12:00:00+00:00")
        rows.make(subject="before", received_at=midnight - timedelta(seconds=1))
        rows.make(subject="after", received_at=midnight)
        tomorrow = now.date() + timedelta(days=1)

        assert subjects(find(alice, now, f"received:{tomorrow}")) == ["after"]
        assert subjects(find(alice, now, f"received:<{tomorrow}")) == ["before"]
        assert subjects(find(alice, now, f"received:>={tomorrow}")) == ["after"]
        assert subjects(find(alice, now, f"received:>{tomorrow}")) == []


class TestWords:
    def test_look_through_every_ticket_open_ones_first(
        self, alice: Agent, rows: Rows, now: datetime
    ) -> None:
        rows.make(subject="gateway closed", status=Ticket.Status.CLOSED)
        rows.make(subject="gateway without deadline")
        rows.make(subject="gateway solved", status=Ticket.Status.SOLVED, solved_at=now)
        rows.make(subject="gateway later", due=60)
        rows.make(subject="gateway soon", due=5)
        rows.make(subject="invoice", due=1)

        assert subjects(find(alice, now, "gateway")) == [
            "gateway soon",
            "gateway later",
            "gateway without deadline",
            "gateway solved",
            "gateway closed",
        ]
        assert subjects(find(alice, now, "gateway -is:open")) == [
            "gateway solved",
            "gateway closed",
        ]
        assert subjects(find(alice, now, "gateway is:closed")) == ["gateway closed"]
        assert subjects(find(alice, now, "gateway is:open -later due:<1d")) == ["gateway soon"]

    def test_must_all_be_there_in_one_language_or_the_other(self, alice: Agent, now: datetime):
        make_ticket(subject="Livraison retardée", text="The messages are delayed.", now=now)

        assert subjects(find(alice, now, "messages livraisons RETARDEE")) == ["Livraison retardée"]
        assert subjects(find(alice, now, "messages invoice")) == []
        assert subjects(find(alice, now, '"messages are delayed"')) == ["Livraison retardée"]
        assert subjects(find(alice, now, '"delayed messages"')) == []

    def test_in_notes_are_found_by_agents(self, alice: Agent, now: datetime) -> None:
        ticket = make_ticket(subject="Quiet", now=now)
        add_note(ticket=ticket, agent=alice, text="Looks like a carrier filter.", now=now)

        assert subjects(find(alice, now, "carrier")) == ["Quiet"]

    def test_and_numbers(self, alice: Agent, rows: Rows, now: datetime) -> None:
        ticket = rows.make(subject="this one", status=Ticket.Status.CLOSED)
        number = Ticket.objects.get(pk=ticket.pk).number
        rows.make(subject=f"see {number}")

        assert subjects(find(alice, now, f"#{number}")) == ["this one"]
        assert set(subjects(find(alice, now, str(number)))) == {"this one", f"see {number}"}
        assert subjects(find(alice, now, f"#{'9' * 18}")) == []

    @pytest.mark.parametrize(
        "text",
        ["'", "a & b | !c", "\\", "x':*", "%s %%", "(", "<->", "é" * 400, "'; DROP TABLE x; --"],
    )
    def test_that_mean_something_to_the_database_are_only_words(
        self, alice: Agent, rows: Rows, now: datetime, text: str
    ) -> None:
        rows.make(subject="safe")

        assert subjects(find(alice, now, f'"{text} w"')) == []


class TestBounds:
    """The same finds, whichever way the size of the desk makes it go."""

    @pytest.fixture
    def desk(self, rows: Rows, now: datetime) -> list[str]:
        kinds = [("gateway", 3), ("gateway", 2), ("invoice", 5)]
        made = []
        for n in range(36):
            word, every = kinds[n % 3]
            is_open = n % every > 0
            made.append(
                rows.row(
                    subject=f"{word} {n}",
                    due=n if is_open else None,
                    status=Ticket.Status.OPEN if is_open else Ticket.Status.CLOSED,
                )
            )
        rows.make_all(made)
        is_open = {row.subject: row.status == Ticket.Status.OPEN for row in made}
        found = [row.subject for row in made if row.subject.startswith("gateway")]
        opened = [subject for subject in found if is_open[subject]]
        return opened + [subject for subject in reversed(found) if not is_open[subject]]

    @pytest.mark.parametrize("sizes", [(100, 100, 100), (2, 100, 2), (2, 1, 100), (9, 1, 100)])
    def test_do_not_change_what_is_found(
        self,
        alice: Agent,
        desk: list[str],
        now: datetime,
        monkeypatch: pytest.MonkeyPatch,
        sizes: tuple[int, int, int],
    ) -> None:
        for name, size in zip(("SHORT_WALK", "CANDIDATES", "LONG_WALK"), sizes, strict=True):
            monkeypatch.setattr(search, name, size)

        pages = [find(alice, now, "gateway", page=n, page_size=5) for n in range(1, 6)]

        assert [subject for page in pages for subject in subjects(page)] == desk
        assert [page.has_next for page in pages] == [True, True, True, True, False]
        assert not any(page.is_partial for page in pages)

    def test_say_when_not_everything_was_looked_at(
        self, alice: Agent, desk: list[str], now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("SHORT_WALK", "CANDIDATES", "LONG_WALK"):
            monkeypatch.setattr(search, name, 4)

        page = find(alice, now, "gateway")

        assert page.is_partial
        assert page.count.text == f"{len(page.rows)}+"
        assert set(subjects(page)) < set(desk)

    @pytest.mark.parametrize("text", ["is:open", "gateway", "gateway is:open -x", "status:any"])
    def test_is_six_queries_at_most(
        self, alice: Agent, desk: list[str], now: datetime, text: str, django_assert_max_num_queries
    ) -> None:
        find(alice, now, text)

        with django_assert_max_num_queries(6):
            find(alice, now, text)

    def test_pages_of_operators_alone_go_on_to_the_end(
        self, alice: Agent, desk: list[str], now: datetime
    ) -> None:
        pages = [find(alice, now, "status:any", page=n, page_size=10) for n in range(1, 5)]

        assert len({subject for page in pages for subject in subjects(page)}) == 36
        assert pages[0].count.text == "36"
        assert [page.has_next for page in pages] == [True, True, True, False]


class TestMarks:
    def test_stand_in_the_subject_and_in_a_line_of_the_message(
        self, alice: Agent, now: datetime
    ) -> None:
        ticket = make_ticket(subject="Livrée trop tard", text="Nothing here.", now=now)
        reply(ticket=ticket, agent=alice, text="It was delivered late: livré.", now=now)

        (row,) = find(alice, now, "livrer delivering").rows

        assert row.subject == (Piece("Livrée", True), Piece(" trop tard"))
        assert [piece.text for piece in row.excerpt if piece.is_found] == ["delivered", "livré"]

    def test_are_left_out_where_nothing_was_said(self, alice: Agent, now: datetime) -> None:
        contact = make_contact(name="Zoë Müller")
        make_ticket(subject="Quiet", text="Nothing.", requester=contact, now=now)

        (row,) = find(alice, now, "muller").rows

        assert row.subject == (Piece("Quiet"),)
        assert row.excerpt == ()

    def test_survive_hostile_text(self, alice: Agent, now: datetime) -> None:
        ticket = make_ticket(subject="gateway", text="x", now=now)
        bad = f"{START}<b>gateway</b>{STOP} e\u0301 gateway"
        Message.objects.filter(ticket=ticket).update(text=bad)

        (row,) = find(alice, now, "gateway").rows

        assert "".join(piece.text for piece in row.excerpt) == "<b>gateway</b> é gateway"
        assert [piece.text for piece in row.excerpt if piece.is_found] == ["gateway", "gateway"]

    def test_line_is_cut_around_the_first_find(self) -> None:
        text = "word " * 100 + f"{START}find{STOP} " + "more " * 100
        plain = text.replace(START, "").replace(STOP, "")

        line = "".join(piece.text for piece in excerpt_of([plain, text]))

        assert line.startswith("…word")
        assert "find" in line[:80]
        assert line.endswith("…")
        assert len(line) < 200

    def test_of_a_text_that_does_not_fit_are_not_believed(self) -> None:
        assert pieces_of(["abc", f"{START}a{STOP}", f"a{START}b{STOP}c"]) == (
            Piece("a"),
            Piece("b", True),
            Piece("c"),
        )
