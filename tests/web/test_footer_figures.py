from __future__ import annotations

import pytest

from tickets.web import context


class TestTimerFigures:
    def test_are_read_once_for_the_pages_of_a_moment(
        self, db: None, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries
    ) -> None:
        monkeypatch.setattr(context, "KEPT_FOR", 60.0)

        with django_assert_num_queries(1):
            first, second = context.timer_health(), context.timer_health()

        assert first is second

    def test_are_read_again_after_that(self, db: None, django_assert_num_queries) -> None:
        with django_assert_num_queries(2):
            context.timer_health()
            context.timer_health()
