"""Search documents of tickets that nobody wrote on: those there before, and after a new name.

Whoever writes on a ticket has its document rewritten by the database in the same transaction.
"""

from __future__ import annotations

from django.db import connection, transaction

_INDEX = """
WITH taken AS MATERIALIZED (
    DELETE FROM tickets_tickettoindex WHERE ticket_id IN (
        SELECT ticket_id FROM tickets_tickettoindex
        ORDER BY ticket_id LIMIT %s FOR UPDATE SKIP LOCKED
    )
    RETURNING ticket_id
)
SELECT count(tickets_search_refresh(ticket_id)) FROM taken
"""


@transaction.atomic
def index_tickets(*, limit: int) -> int:
    """Writes the documents of up to `limit` tickets anew, and says of how many.

    Each call stands by itself: what was interrupted is taken up again by the next, and several
    at a time take different tickets.
    """
    with connection.cursor() as cursor:
        cursor.execute(_INDEX, [limit])
        ((count,),) = cursor.fetchall()
    return int(count)
