"""What every page shows: the desk's name, how its timers are, what its keys do."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from tickets.selectors.health import TimerHealth, get_timer_health
from tickets.selectors.saved_views import list_saved
from tickets.web import shortcuts


def desk(request: HttpRequest) -> dict[str, Any]:
    # Read only by pages that show it: a fragment or an error page costs no query.
    return {
        "desk_name": settings.DESK_NAME,
        "is_trial": settings.DESK_TRIAL,
        "timers": SimpleLazyObject(timer_health),
        "saved_views": SimpleLazyObject(lambda: list_saved(user=request.user).views),
        "describe_keyboard": lambda: shortcuts.describe(request.user),
    }


def timer_health() -> TimerHealth:
    """How the timers are, or were a moment ago: a busy desk draws many pages a second."""
    global _known, _known_until
    if _known is None or time.monotonic() >= _known_until:
        _known = get_timer_health()
        _known_until = time.monotonic() + KEPT_FOR
    return _known


#: Seconds that a process goes on showing the figures it read.
KEPT_FOR = 1.0

_known: TimerHealth | None = None
_known_until = 0.0
