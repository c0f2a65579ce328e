"""A request with an Idempotency-Key counts once, however often it is sent.

After draft-ietf-httpapi-idempotency-key-header. The key, what it was answered and what the request
wrote are one transaction: whatever dies in the middle leaves nothing, and the next try starts anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from tickets.models import Agent, ApiRequest
from tickets.services.errors import Unable

#: For so long a key is answered with what it was answered first.
KEPT_FOR = timedelta(hours=24)


class UnableToAnswerOnce(Unable):
    pass


class UnableToReuseKey(Unable):
    pass


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request, and what tells it apart: who sent it where, under which key, saying what."""

    agent: Agent
    #: Name of the URL.
    route: str
    key: str
    #: What was asked, in a form in which equal requests are equal.
    content: bytes

    @property
    def digest(self) -> bytes:
        return hashlib.sha256(self.content).digest()

    @property
    def lock(self) -> int:
        """A signed 64-bit number. Should two keys share one, one waits its turn by a 409."""
        name = f"{self.agent.pk}\0{self.route}\0{self.key}".encode()
        return int.from_bytes(hashlib.sha256(name).digest()[:8], "big", signed=True)


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int
    location: str
    body: str


@transaction.atomic(durable=True)
def answer_once(*, request: Request, now: datetime, answer: Callable[[], Answer]) -> Answer:
    """What `answer` says and does, done once for all requests like `request` within a day.

    A refusal that `answer` raises leaves nothing behind: the key is free for another try.

    Raises:
        UnableToAnswerOnce: the first request with this key is still being answered.
        UnableToReuseKey: the key stood for a request with another content.
    """
    is_first, earlier, digest = _look(request, now)
    if earlier is not None:
        if digest != request.digest:
            raise UnableToReuseKey(
                "idempotency_key_reused",
                _("This Idempotency-Key came with another content before. Send a new key."),
            )
        return earlier
    if not is_first:
        raise _in_progress()
    given = answer()
    _keep(request, given, now)
    return given


def forget_answers(*, now: datetime) -> int:
    """Delete what is kept no longer; returns how many."""
    return ApiRequest.objects.filter(answered_at__lte=now - KEPT_FOR).delete()[0]


# The lock ends with the transaction, also when the process is killed. It is taken in the statement
# that looks, so it may see a little less than the lock promises: `_keep` has the last word.
LOOK = """
SELECT pg_try_advisory_xact_lock(%s), earlier.status, earlier.location, earlier.body, earlier.digest
FROM (SELECT) AS one LEFT JOIN tickets_apirequest AS earlier
    ON earlier.agent_id = %s AND earlier.route = %s AND earlier.key = %s
    AND earlier.answered_at > %s
"""


def _look(request: Request, now: datetime) -> tuple[bool, Answer | None, bytes]:
    """Whether this is the only one at work, what was answered earlier, and to what."""
    with connection.cursor() as cursor:
        cursor.execute(
            LOOK, [request.lock, request.agent.pk, request.route, request.key, now - KEPT_FOR]
        )
        row = cursor.fetchone()
    assert row is not None
    is_first, status, location, body, digest = row
    if status is None:
        return is_first, None, b""
    return is_first, Answer(status=status, location=location, body=body), bytes(digest)


# Under a key that is kept no longer the new answer takes the old one's place.
KEEP = """
INSERT INTO tickets_apirequest AS earlier
    (agent_id, route, key, digest, status, location, body, answered_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (agent_id, route, key) DO UPDATE SET
    digest = EXCLUDED.digest, status = EXCLUDED.status, location = EXCLUDED.location,
    body = EXCLUDED.body, answered_at = EXCLUDED.answered_at
WHERE earlier.answered_at <= %s
"""


def _keep(request: Request, given: Answer, now: datetime) -> None:
    row: list[Any] = [request.agent.pk, request.route, request.key, request.digest]
    row += [given.status, given.location, given.body, now]
    with connection.cursor() as cursor:
        cursor.execute(KEEP, [*row, now - KEPT_FOR])
        if cursor.rowcount == 0:
            raise _in_progress()


def _in_progress() -> UnableToAnswerOnce:
    return UnableToAnswerOnce(
        "request_in_progress",
        _("The first request with this Idempotency-Key is being answered. Try again in a moment."),
    )
