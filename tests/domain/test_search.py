"""The search language: what is understood, and what is refused with words that help."""

from __future__ import annotations

import pickle
from datetime import date, timedelta

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from tickets.domain.search import (
    CHANNELS,
    MAX_LENGTH,
    OPERATORS,
    STATUSES,
    Bound,
    Filter,
    Query,
    SearchError,
    State,
    Word,
    parse,
)

#: Pieces that mean something, in any order and run together.
PIECES = st.sampled_from(
    [
        *('"', ":", "-", "#", "<", ">", " ", "\0", "\ud800", "\u00a0", "'", "\\", "%", "is:"),
        *("#12", "is:open", "due:<2h", 'customer:"A b"', "word", "é", "://", "-tag:x", "due:>"),
        *("received:2026-11-01", "status:any", "x:y", "9" * 30, "urgency:non-urgent"),
    ]
)
texts = st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=12).map("".join))


class TestParse:
    def test_reads_words_phrases_and_operators(self):
        query = parse('is:open gateway -"delivery report" customer:"Fulton Freight" #1234')

        assert query.parts == (
            Filter("is", "open"),
            Word("gateway"),
            Word("delivery report", is_negated=True, is_quoted=True),
            Filter("customer", "Fulton Freight"),
            Filter("number", 1234),
        )

    @pytest.mark.parametrize("state", State)
    def test_knows_every_state(self, state):
        assert parse(f"is:{state.upper()}").filters == (Filter("is", state),)

    @pytest.mark.parametrize(("operator", "values"), [("channel", CHANNELS), ("status", STATUSES)])
    def test_knows_every_value(self, operator, values):
        for value in values:
            assert parse(f"{operator}:{value}").filters == (Filter(operator, value),)

    @pytest.mark.parametrize(
        ("text", "bound"),
        [
            ("<2h", Bound("<", timedelta(hours=2))),
            (">1d", Bound(">", timedelta(days=1))),
            ("30m", Bound("<=", timedelta(minutes=30))),
            (">=2w", Bound(">=", timedelta(weeks=2))),
            ("2026-11-01", Bound("=", date(2026, 11, 1))),
            (">2026-11-01", Bound(">", date(2026, 11, 1))),
        ],
    )
    def test_reads_times(self, text, bound):
        assert parse(f"due:{text}").filters == (Filter("due", bound),)

    @pytest.mark.parametrize(
        "text", ["12:30", "https://desk.example/x", "re: hello", "10.0.0.7", "a@b.example", "#abc"]
    )
    def test_takes_what_only_looks_like_an_operator_for_words(self, text):
        assert all(isinstance(part, Word) for part in parse(text).parts)

    def test_reads_a_quote_that_is_never_closed_to_the_end(self):
        assert parse('sent "no reports is:open').parts == (
            Word("sent"),
            Word("no reports is:open", is_quoted=True),
        )

    @pytest.mark.parametrize("text", ["", "   ", "\0", "\n\t"])
    def test_of_nothing_asks_for_nothing(self, text):
        assert not parse(text)


class TestRefusal:
    def test_of_an_unknown_operator_lists_the_known_ones(self):
        with pytest.raises(SearchError) as refusal:
            parse("tier:gold")

        assert refusal.value.code == "unknown_operator"
        assert refusal.value.part == "tier"
        assert set(refusal.value.known) == set(OPERATORS)
        assert "urgency" in refusal.value.message

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("is:late", "unknown_value"),
            ("is:", "bad_value"),
            ("due:tomorrow", "bad_value"),
            ("due:<2026-02-30", "bad_value"),
            ("due:=2h", "bad_value"),
            ("due:<999999w", "bad_value"),
            ("received:0001-01-01", "bad_value"),
            ("received:9999-12-31", "bad_value"),
            ("customer:---", "bad_value"),
            ("#" + "9" * 40, "bad_value"),
            ("- ! ? -", "nothing"),
            ("x" * (MAX_LENGTH + 1), "too_long"),
            ("x" * 10_000, "too_long"),
            (" ".join(f"w{n}" for n in range(31)), "too_many"),
        ],
    )
    def test_says_what_is_wrong(self, text, code):
        with pytest.raises(SearchError) as refusal:
            parse(text)

        assert refusal.value.code == code
        assert refusal.value.message.endswith(".")

    def test_survives_the_way_to_another_process(self):
        refusal = SearchError("x", "Why.", part="a", known=("b",))

        copy = pickle.loads(pickle.dumps(refusal))

        assert (copy.code, copy.message, copy.part, copy.known) == ("x", "Why.", "a", ("b",))


class TestAnyText:
    @given(texts)
    @example('"')
    @example("\ud800")
    @example("customer:\u00a0x")
    def test_is_understood_or_refused_with_a_message(self, text):
        answer = read(text)

        if isinstance(answer, SearchError):
            assert answer.code
            assert answer.message
        else:
            assert all(any(map(str.isalnum, word.text)) for word in answer.words)
            "".join(map(repr, answer.parts)).encode()

    @given(texts)
    def test_means_the_same_when_it_is_written_out(self, text):
        query = read(text)
        assume(isinstance(query, Query))

        assert parse(str(query)) == query


def read(text: str) -> Query | SearchError:
    try:
        return parse(text)
    except SearchError as refusal:
        return refusal


class TestReplacing:
    def test_leaves_everything_else_alone(self):
        query = parse('gateway is:open -is:mine tag:vip "no report"')

        text = query.replacing({"is": "breached", "customer": "Fulton Freight", "tag": ""})

        assert text == 'is:breached customer:"Fulton Freight" gateway "no report"'

    def test_never_lets_a_value_become_another_operator(self):
        text = Query().replacing({"customer": 'x" is:solved "'})

        assert parse(text).filters == (Filter("customer", "x is:solved"),)

    @pytest.mark.parametrize(
        ("text", "value"),
        [("is:open", "open"), ("-is:open", ""), ("is:open is:mine", ""), ("word", "")],
    )
    def test_shows_only_a_choice_that_stands_alone(self, text, value):
        assert parse(text).value_of("is") == value


class TestBound:
    @pytest.mark.parametrize(
        ("bound", "text"),
        [
            (Bound(">", date(2026, 11, 1)), ">2026-11-01"),
            (Bound("=", date(2026, 11, 1)), "2026-11-01"),
            (Bound("<", timedelta(minutes=95)), "<95m"),
            (Bound("<=", timedelta(hours=2)), "<=2h"),
            (Bound(">", timedelta(days=14)), ">2w"),
        ],
    )
    def test_is_written_as_it_is_read(self, bound: Bound, text: str) -> None:
        assert str(bound) == text


class TestText:
    @pytest.mark.parametrize(
        "text",
        [
            "#12 -#13",
            '-gateway "delivery report"',
            'customer:"Fulton Freight" -customer:Fulton',
            "due:<90m due:>2d",
            "received:>2026-11-01",
        ],
    )
    def test_of_what_was_understood_says_the_same_again(self, text: str) -> None:
        assert str(parse(text)) == text

    def test_tells_words_from_operators(self) -> None:
        query = parse("gateway is:open -slow")

        assert query.words == (Word("gateway"), Word("slow", is_negated=True))
        assert [part.operator for part in query.filters] == ["is"]
