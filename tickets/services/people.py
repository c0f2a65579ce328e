"""Who works at this desk."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from tickets.models import Agent, Team, User
from tickets.services.errors import Unable


class UnableToAddAgent(Unable):
    pass


class UnableToSetLanguage(Unable):
    pass


@transaction.atomic
def add_agent(*, email: str, name: str, password: str, role: Agent.Role, team: str = "") -> Agent:
    """Give somebody on the provider's side a sign-in; the team is made when it is new.

    Without `team` they join the desk's first one, so that warnings reach them. They read instants
    in the desk's zone.

    Raises:
        UnableToAddAgent: the address is none or is taken, the name is missing, or the password is
            too easy.
    """
    email, name = email.strip(), name.strip()
    user = User(
        email=User.objects.normalize_email(email), name=name, timezone=settings.DESK_TIMEZONE
    )
    _check(user, password)
    user.set_password(password)
    user.save(force_insert=True)
    joined = Team.objects.get_or_create(name=team)[0] if team else _first_team()
    return Agent.objects.create(user=user, role=role, team=joined)


def set_language(*, user: User, language: str) -> User:
    """Speak `language`, a code of settings.LANGUAGES, to `user` from now on, in pages and mails.

    Raises:
        UnableToSetLanguage: the desk does not speak it.
    """
    known = dict(settings.LANGUAGES)
    if language not in known:
        raise UnableToSetLanguage(
            "language_unknown", _("Choose one of: %s.") % ", ".join(map(str, known.values()))
        )
    user.language = language
    user.save(update_fields=["language"])
    return user


def set_keyboard_shortcuts(*, user: User, is_on: bool) -> None:
    """Whether single keys do something on `user`'s pages; keys with Ctrl or ⌘ stay either way."""
    user.keyboard_shortcuts = is_on
    user.save(update_fields=["keyboard_shortcuts"])


def _check(user: User, password: str) -> None:
    if not user.name:
        raise UnableToAddAgent("name_missing", _("Say what the person is called."))
    try:
        validate_email(user.email)
        validate_password(password, user)
    except ValidationError as error:
        raise UnableToAddAgent("unusable", " ".join(error.messages)) from error
    if User.objects.filter(email__iexact=user.email).exists():
        raise UnableToAddAgent(
            "email_taken", _("%(email)s has a sign-in already.") % {"email": user.email}
        )


def _first_team() -> Team | None:
    return Team.objects.order_by("pk").first()
