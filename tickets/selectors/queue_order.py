"""The order of the queue (TERMS §2.12), as keys that can be compared.

By next deadline, then by primary key. A ticket with an unreturned message stands above every other
ticket of its governing level, oldest message first: it takes the place just before the first other
ticket of its level, or the place of its own deadline where that is earlier. It never overtakes
an older one of its own level, so the older one moves up with it.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

#: Where a ticket without a deadline stands: after all that have one.
NO_DEADLINE = datetime.max.replace(tzinfo=UTC)
LAST = (NO_DEADLINE, sys.maxsize)

#: Deadline and primary key of the place; 0 for those put before it, 1 for its holder; among
#: several before one place, the oldest message, then the primary key.
Key = tuple[datetime, int, int, datetime, int]

#: Deadline (None: no deadline) and primary key of a ticket.
Place = tuple[datetime | None, int]


@dataclass(frozen=True, kw_only=True)
class Unreturned:
    pk: int
    rank: int
    #: When its oldest unreturned message was left.
    since: datetime
    due_at: datetime | None


def key_of(place: Place) -> Key:
    """The key of a ticket without an unreturned message."""
    return (*_stand(place), 1, NO_DEADLINE, place[1])


def keys_of_unreturned(
    tickets: Iterable[Unreturned], *, firsts: Mapping[int, Place]
) -> list[tuple[Key, int]]:
    """Key and primary key of each ticket, in order.

    `firsts` has, by rank of the level, the first other ticket of that level in deadline order;
    a rank is missing when there is no other ticket of it.
    """
    by_rank: dict[int, list[Unreturned]] = defaultdict(list)
    for ticket in tickets:
        by_rank[ticket.rank].append(ticket)
    keys: list[tuple[Key, int]] = []
    for rank, level in by_rank.items():
        place = _stand(firsts[rank]) if rank in firsts else LAST
        for ticket in sorted(level, key=_age, reverse=True):
            place = min(place, _stand((ticket.due_at, ticket.pk)))
            keys.append(((*place, 0, ticket.since, ticket.pk), ticket.pk))
    return sorted(keys)


def _stand(place: Place) -> tuple[datetime, int]:
    due_at, pk = place
    return (due_at or NO_DEADLINE, pk)


def _age(ticket: Unreturned) -> tuple[datetime, int]:
    return (ticket.since, ticket.pk)
