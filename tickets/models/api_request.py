from django.db import models

from tickets.models.agent import Agent


class ApiRequest(models.Model):
    """What a request that must not count twice was answered, so that asking again says the same.

    Committed together with what the request wrote: there is either both or neither.
    """

    agent = models.ForeignKey(Agent, models.CASCADE, db_index=False, related_name="+")
    #: Name of the URL it went to.
    route = models.CharField(max_length=50)
    #: The Idempotency-Key its sender chose.
    key = models.CharField(max_length=255)
    #: SHA-256 of what was asked.
    digest = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField()
    location = models.CharField(max_length=200, blank=True)
    body = models.TextField()
    answered_at = models.DateTimeField()

    class Meta:
        constraints = [
            # services.api_requests: the last word on who was first.
            models.UniqueConstraint(fields=["agent", "route", "key"], name="api_request_key_once"),
        ]
        indexes = [
            # services.api_requests.forget_answers: what is old enough to go.
            models.Index(fields=["answered_at"], name="api_request_answered"),
        ]

    def __str__(self) -> str:
        return f"{self.route} {self.key}"
