"""The urgency levels of a version of the terms, as people read them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from django.utils.translation import get_language

from tickets.models import Level


@dataclass(frozen=True, kw_only=True)
class LevelView:
    code: str
    #: 0 is the most urgent.
    rank: int
    #: In the reader's language.
    name: str


def list_levels(*, terms_id: int) -> tuple[LevelView, ...]:
    """The levels of one version of the terms, most urgent first."""
    return _levels(terms_id, (get_language() or "").startswith("fr"))


def name_level(*, terms_id: int, code: str) -> str:
    """The name of a level; its code when the terms do not have it."""
    levels = list_levels(terms_id=terms_id)
    return next((level.name for level in levels if level.code == code), code)


# A version of the terms never changes (TERMS §2.13).
@lru_cache(maxsize=1024)
def _levels(terms_id: int, is_french: bool) -> tuple[LevelView, ...]:
    rows = Level.objects.filter(terms_id=terms_id).order_by("rank")
    return tuple(
        LevelView(code=code, rank=rank, name=(is_french and name_fr) or name)
        for code, rank, name, name_fr in rows.values_list("code", "rank", "name", "name_fr")
    )
