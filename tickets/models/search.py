from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from tickets.models.ticket import Ticket


class TicketSearch(models.Model):
    """What a ticket is found by. Written by triggers of the database alone.

    Every word stands as it is, in its English and in its French stem, without accents. Weights
    tell where it was said: A subject, number and tags; B the customer's and the requester's names;
    C public messages; D notes and calls, which no customer may find a ticket by.
    """

    # Its own triggers keep the two together; a key to check would slow every new ticket down.
    ticket = models.OneToOneField(
        Ticket, models.CASCADE, primary_key=True, db_constraint=False, related_name="search"
    )
    document = SearchVectorField()

    class Meta:
        indexes = [
            # A short list of entries not yet sorted in: every search reads all of it.
            GinIndex(fields=["document"], name="search_document", gin_pending_list_limit=512),
        ]

    def __str__(self) -> str:
        return f"search of {self.ticket_id}"


class TicketToIndex(models.Model):
    """A ticket whose search document is to be written anew, sooner or later."""

    ticket = models.OneToOneField(
        Ticket, models.CASCADE, primary_key=True, db_constraint=False, related_name="+"
    )

    def __str__(self) -> str:
        return f"to index {self.ticket_id}"
