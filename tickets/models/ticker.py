from django.db import models


class TickerState(models.Model):
    """A sign of life of one ticker: the thread that claims due clocks inside a worker."""

    #: Host and process, so that two workers keep two rows.
    name = models.CharField(max_length=200, primary_key=True)
    started_at = models.DateTimeField()
    last_claim_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
