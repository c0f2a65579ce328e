from __future__ import annotations

from tickets.models import Event
from tickets.selectors.timeline_words import SENTENCES


def test_every_kind_of_event_has_a_sentence() -> None:
    assert set(SENTENCES) == set(Event.Kind.values)
