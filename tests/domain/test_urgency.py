"""The table of proposals: who may do what, what governs, how the pages name it (TERMS 2.7)."""

import pytest

from tickets.domain.calendars import ALWAYS
from tickets.domain.errors import TermsError, TimelineError, UrgencyError
from tickets.domain.terms import terms_from_document
from tickets.domain.timeline import Side
from tickets.domain.urgency import UrgencyTable

CUSTOMER, PROVIDER = Side.CUSTOMER, Side.PROVIDER
TERMS = terms_from_document(None, ALWAYS)
EMPTY = UrgencyTable()
ASKED = EMPTY.propose(CUSTOMER, "URGENT")
COUNTERED = ASKED.counter(PROVIDER, "NON_URGENT")


class TestStates:
    @pytest.mark.parametrize(
        ("table", "state", "turn", "governing"),
        [
            (EMPTY, "none", None, "NON_URGENT"),
            (ASKED, "proposed_by_customer", PROVIDER, "URGENT"),
            (EMPTY.propose(PROVIDER, "URGENT"), "proposed_by_provider", CUSTOMER, "URGENT"),
            (COUNTERED, "counter_proposed_by_provider", CUSTOMER, "URGENT"),
            (
                EMPTY.propose(PROVIDER, "NON_URGENT").counter(CUSTOMER, "URGENT"),
                "counter_proposed_by_customer",
                PROVIDER,
                "URGENT",
            ),
            (COUNTERED.counter(CUSTOMER, "URGENT"), "disputed", PROVIDER, "URGENT"),
            (COUNTERED.propose(CUSTOMER, "URGENT"), "disputed", PROVIDER, "URGENT"),
            (
                COUNTERED.propose(PROVIDER, "URGENT"),  # thinks again, nobody has answered
                "counter_proposed_by_provider",
                CUSTOMER,
                "URGENT",
            ),
            (COUNTERED.agree(CUSTOMER), "agreed", None, "NON_URGENT"),
            (COUNTERED.withdraw(CUSTOMER), "proposed_by_provider", CUSTOMER, "NON_URGENT"),
            (COUNTERED.withdraw(PROVIDER), "proposed_by_customer", PROVIDER, "URGENT"),
            (ASKED.withdraw(CUSTOMER), "none", None, "NON_URGENT"),
            (
                ASKED.agree(PROVIDER).propose(CUSTOMER, "NON_URGENT"),
                "proposed_by_customer",
                PROVIDER,
                "URGENT",  # until the other side agrees
            ),
            (
                ASKED.agree(PROVIDER).propose(CUSTOMER, "NON_URGENT").withdraw(CUSTOMER),
                "agreed",
                None,
                "URGENT",
            ),
        ],
    )
    def test_state_turn_and_governing_level(self, table, state, turn, governing):
        assert (table.state(), table.turn(), table.governing(TERMS)) == (state, turn, governing)

    def test_agreeing_clears_the_table(self):
        agreed = COUNTERED.agree(PROVIDER)

        assert agreed.agreed == "URGENT"
        assert agreed.proposals == {}
        assert COUNTERED.proposals == {CUSTOMER: "URGENT", PROVIDER: "NON_URGENT"}


class TestRefusals:
    @pytest.mark.parametrize(
        ("step", "code"),
        [
            (lambda: ASKED.agree(CUSTOMER), "nothing_to_agree"),
            (lambda: EMPTY.agree(PROVIDER), "nothing_to_agree"),
            (lambda: ASKED.counter(CUSTOMER, "NON_URGENT"), "nothing_to_counter"),
            (lambda: ASKED.withdraw(PROVIDER), "nothing_to_withdraw"),
            (lambda: ASKED.agree(PROVIDER).withdraw(CUSTOMER), "nothing_to_withdraw"),
        ],
    )
    def test_steps_that_are_not_open(self, step, code):
        with pytest.raises(UrgencyError) as refusal:
            step()
        assert refusal.value.code == code
        assert isinstance(refusal.value, TimelineError)

    def test_a_level_that_the_terms_do_not_have(self):
        with pytest.raises(TermsError, match="URGENT, NON_URGENT"):
            EMPTY.propose(CUSTOMER, "P1").governing(TERMS)
