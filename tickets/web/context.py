"""What every page shows: the desk's name, and how its timers are."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def desk(request: HttpRequest) -> dict[str, Any]:
    return {"desk_name": settings.DESK_NAME}
