"""What every page shows: the desk's name, how its timers are, what its keys do."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from tickets.selectors.health import get_timer_health
from tickets.selectors.saved_views import list_saved
from tickets.web import shortcuts


def desk(request: HttpRequest) -> dict[str, Any]:
    # Read only by pages that show it: a fragment or an error page costs no query.
    return {
        "desk_name": settings.DESK_NAME,
        "is_trial": settings.DESK_TRIAL,
        "timers": SimpleLazyObject(get_timer_health),
        "saved_views": SimpleLazyObject(lambda: list_saved(user=request.user).views),
        "describe_keyboard": lambda: shortcuts.describe(request.user),
    }
