"""/livez and /readyz: for probes, so without sign-in, host check or redirect, and never cached."""

from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse, JsonResponse
from redis.backoff import NoBackoff
from redis.retry import Retry

from tickets.models import TickerState

#: A ticker claims at least four times a second; one that has not for this long is stuck or gone.
TICKER_SILENCE = timedelta(seconds=10)

_BROKER_SECONDS = 0.5


class HealthMiddleware:
    """Answers the two probes before anything else looks at the request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/livez":
            return _never_cached(JsonResponse({"status": "ok"}))
        if request.path == "/readyz":
            return _never_cached(readiness())
        return self.get_response(request)


def readiness() -> HttpResponse:
    """200 when the desk can do its work, else 503 with the names of the checks that failed."""
    failed = failed_checks()
    if failed:
        return JsonResponse({"status": "degraded", "failed": failed}, status=503)
    return JsonResponse({"status": "ok"})


def failed_checks() -> list[str]:
    """Names of failed checks. Without a database nothing can be said about what lies in it."""
    if not database_answers():
        names = ["database"]
    else:
        checks = {"migrations": migrations_are_applied, "ticker": ticker_is_claiming}
        names = [name for name, check in checks.items() if not _holds(check)]
    return names if broker_answers() else [*names, "broker"]


def database_answers() -> bool:
    return _holds(lambda: connection.cursor().execute("SELECT 1") is not None)


def migrations_are_applied() -> bool:
    return _latest_migrations() <= set(MigrationRecorder(connection).applied_migrations())


def ticker_is_claiming() -> bool:
    """Whether any ticker claimed lately, by the database's clock."""
    return TickerState.objects.filter(last_claim_at__gt=Now() - TICKER_SILENCE).exists()


def broker_answers() -> bool:
    client = redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=_BROKER_SECONDS,
        socket_connect_timeout=_BROKER_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()


def _holds(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except DatabaseError:
        return False


@lru_cache(maxsize=1)
def _latest_migrations() -> set[tuple[str, str]]:
    """The newest migration of each app in this code; it cannot change while the process lives."""
    return set(MigrationLoader(None).graph.leaf_nodes())


def _never_cached(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    return response
