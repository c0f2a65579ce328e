"""Who may listen to the live stream, and whether they still may."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.http import HttpRequest

from tickets.models import User
from tickets.selectors.access import agent_of


@dataclass(frozen=True, slots=True)
class Viewer:
    """An agent in one signed-in browser."""

    session_key: str
    user_id: int
    #: Changes with the password, which signs out everywhere.
    password: str


def identify_viewer(session_key: str | None) -> Viewer | None:
    """The agent whose session this is; None for anybody else."""
    if not session_key:
        return None
    request = HttpRequest()
    request.session = SessionStore(session_key)
    user = get_user(request)
    if not isinstance(user, User) or agent_of(user) is None:
        return None
    return Viewer(session_key=session_key, user_id=user.pk, password=user.password)


def still_signed_in(viewers: Collection[Viewer]) -> set[Viewer]:
    """Those whose session, account and password are as they were: two queries for all of them."""
    sessions = set(
        Session.objects.filter(
            session_key__in={viewer.session_key for viewer in viewers},
            expire_date__gt=datetime.now(UTC),
        ).values_list("session_key", flat=True)
    )
    passwords = dict(
        User.objects.filter(
            pk__in={viewer.user_id for viewer in viewers}, is_active=True, agent__isnull=False
        ).values_list("pk", "password")
    )
    return {
        viewer
        for viewer in viewers
        if viewer.session_key in sessions and passwords.get(viewer.user_id) == viewer.password
    }
