"""Personal tokens: a program acts as one agent."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tickets.models import Agent, ApiToken
from tickets.services.errors import Unable

#: Lets people, and programs that look for leaked secrets, see what it is.
PREFIX = "desk_"

LONGEST_LIFE = timedelta(days=3650)

#: A token in use is noted as used this often, not with every request.
NOTED_EVERY = timedelta(minutes=1)


class UnableToAddToken(Unable):
    pass


class UnableToRemoveToken(Unable):
    pass


@transaction.atomic
def add_token(*, email: str, name: str, life: timedelta, now: datetime) -> tuple[ApiToken, str]:
    """A new token of the agent who signs in as `email`, refused from `now + life` on.

    Returns:
        The row, and the token itself: the desk keeps only its hash and cannot tell it again.

    Raises:
        UnableToAddToken: nobody active has this address, the name is missing, too long or taken
            by another token of the same agent, or the life is not between a moment and ten years.
    """
    name = " ".join(name.split())
    agent = _agent_of(email)
    if agent is None:
        raise UnableToAddToken("agent_unknown", _("No active agent signs in as %s.") % email)
    if not 0 < len(name) <= 100:
        raise UnableToAddToken("name_unusable", _("Name what the token is for (100 characters)."))
    if not timedelta(0) < life <= LONGEST_LIFE:
        raise UnableToAddToken("life_unusable", _("Let it live for 1 to 3650 days."))
    token = PREFIX + secrets.token_urlsafe(32)
    made, is_new = ApiToken.objects.get_or_create(
        agent=agent,
        name=name,
        defaults={"digest": _digest(token), "created_at": now, "expires_at": now + life},
    )
    if not is_new:
        raise UnableToAddToken(
            "name_taken",
            _("%(agent)s has a token “%(name)s”. Remove it first, or choose another name.")
            % {"agent": agent, "name": name},
        )
    return made, token


@transaction.atomic
def remove_token(*, email: str, name: str) -> None:
    """From now on the token `name` of the agent who signs in as `email` is refused.

    Raises:
        UnableToRemoveToken: there is none.
    """
    tokens = ApiToken.objects.filter(
        agent__user__email__iexact=email.strip(), name=" ".join(name.split())
    )
    if not tokens.delete()[0]:
        raise UnableToRemoveToken(
            "token_unknown",
            _("%(email)s has no token “%(name)s”.") % {"email": email, "name": name},
        )


def use_token(*, token: str, now: datetime) -> ApiToken | None:
    """The row of `token` with its agent and user, noted as used; None when it is not to be let in.

    Not let in: unknown, expired at or before `now`, or of a user who was switched off.
    """
    known = (
        ApiToken.objects.select_related("agent__user")
        .filter(digest=_digest(token), expires_at__gt=now, agent__user__is_active=True)
        .first()
    )
    if known is not None and _is_worth_noting(known, now):
        # Of several requests at once only one writes, and none waits long for another.
        stale = Q(last_used_at=None) | Q(last_used_at__lte=now - NOTED_EVERY)
        ApiToken.objects.filter(stale, pk=known.pk).update(last_used_at=now)
    return known


def _is_worth_noting(token: ApiToken, now: datetime) -> bool:
    return token.last_used_at is None or token.last_used_at <= now - NOTED_EVERY


def _agent_of(email: str) -> Agent | None:
    agents = Agent.objects.select_related("user").filter(user__is_active=True)
    return agents.filter(user__email__iexact=email.strip()).first()


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()
