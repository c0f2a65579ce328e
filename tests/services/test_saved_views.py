from __future__ import annotations

import pytest

from tests.factories import make_agent
from tickets.domain.search import Query, parse
from tickets.models import Agent, SavedView
from tickets.selectors.saved_views import get_view_for, list_views
from tickets.services import saved_views
from tickets.services.saved_views import (
    UnableToChangeView,
    UnableToSaveView,
    delete_view,
    raise_view,
    rename_view,
    save_view,
    share_view,
)


@pytest.fixture
def owner(db: None) -> Agent:
    return make_agent(name="Alice")


@pytest.fixture
def other(db: None) -> Agent:
    return make_agent(name="Bob")


@pytest.fixture
def manager(db: None) -> Agent:
    return make_agent(name="Mona", role="MANAGER")


def save(owner: Agent, name: str = "Mine", text: str = "is:mine", *, is_shared: bool = False):
    return save_view(owner=owner, name=name, query=parse(text), is_shared=is_shared)


def names(agent: Agent) -> list[str]:
    return [view.name for view in list_views(user=agent.user)]


class TestSaveView:
    def test_keeps_the_search_tidied_under_its_name(self, owner):
        view = save(owner, "  My   own ", 'is:mine   "a  b" due:2h')

        assert (view.name, view.query) == ("My own", 'is:mine "a b" due:<=2h')

    def test_stands_after_those_before(self, owner):
        save(owner, "Z")
        save(owner, "A")

        assert names(owner) == ["Z", "A"]

    @pytest.mark.parametrize(
        ("name", "code"),
        [("", "name_missing"), (" \0 ", "name_missing"), ("x" * 61, "name_too_long")],
    )
    def test_refuses_a_name_that_is_none(self, owner, name, code):
        with pytest.raises(UnableToSaveView) as refusal:
            save(owner, name)

        assert refusal.value.code == code

    def test_refuses_a_name_twice_but_not_another_agents(self, owner, other):
        save(owner)
        save(other)

        with pytest.raises(UnableToSaveView) as refusal:
            save(owner)

        assert refusal.value.code == "name_taken"

    def test_refuses_to_search_for_nothing(self, owner):
        with pytest.raises(UnableToSaveView) as refusal:
            save_view(owner=owner, name="x", query=Query(), is_shared=False)

        assert refusal.value.code == "query_empty"

    def test_refuses_more_than_can_be_found_again(self, owner, monkeypatch):
        monkeypatch.setattr(saved_views, "MOST_VIEWS", 1)
        save(owner)

        with pytest.raises(UnableToSaveView) as refusal:
            save(owner, "Another")

        assert refusal.value.code == "too_many"


class TestSharing:
    def test_shows_a_view_to_everybody_and_takes_it_back(self, owner, other):
        view = save(owner)
        assert names(other) == []

        share_view(view=view, agent=owner, is_shared=True)
        assert names(other) == ["Mine"]
        assert get_view_for(user=other.user, pk=view.pk) == view

        share_view(view=view, agent=owner, is_shared=False)
        assert names(other) == []
        with pytest.raises(SavedView.DoesNotExist):
            get_view_for(user=other.user, pk=view.pk)


class TestChangingAView:
    def test_gives_it_another_name(self, owner):
        view = save(owner)

        assert rename_view(view=view, agent=owner, name="Ours").name == "Ours"
        assert rename_view(view=view, agent=owner, name="Ours").name == "Ours"

    def test_refuses_a_name_that_is_taken(self, owner):
        save(owner, "Ours")
        view = save(owner)

        with pytest.raises(UnableToSaveView):
            rename_view(view=view, agent=owner, name="Ours")

    @pytest.mark.parametrize("is_shared", [True, False])
    def test_is_not_for_another_agent(self, owner, other, is_shared):
        view = save(owner, is_shared=is_shared)

        for change in (
            lambda: rename_view(view=view, agent=other, name="Theirs"),
            lambda: share_view(view=view, agent=other, is_shared=True),
            lambda: raise_view(view=view, agent=other),
            lambda: delete_view(view=view, agent=other),
        ):
            with pytest.raises(UnableToChangeView) as refusal:
                change()
            assert refusal.value.code == "not_yours"
        assert names(owner) == ["Mine"]

    def test_is_for_a_manager_where_it_is_shared(self, owner, manager):
        shared, own = save(owner, "Shared", is_shared=True), save(owner, "Own")

        delete_view(view=shared, agent=manager)

        with pytest.raises(UnableToChangeView):
            delete_view(view=own, agent=manager)
        assert names(owner) == ["Own"]

    def test_says_when_it_is_gone(self, owner):
        view = save(owner)
        delete_view(view=view, agent=owner)
        view.pk = view.pk or 10**6

        with pytest.raises(UnableToChangeView) as refusal:
            rename_view(view=view, agent=owner, name="x")

        assert refusal.value.code == "view_gone"

    def test_moves_it_up_among_its_owners(self, owner, other):
        for name in "ABC":
            save(owner, name)
        save(other, "0", is_shared=True)
        view = SavedView.objects.get(name="C")

        raise_view(view=view, agent=owner)
        assert names(owner) == ["A", "C", "B", "0"]

        for _ in range(3):
            raise_view(view=view, agent=owner)
        assert names(owner) == ["C", "A", "B", "0"]
