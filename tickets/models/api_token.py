from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tickets.models.agent import Agent


class ApiToken(models.Model):
    """Lets a program act as one agent through the API. The token itself is not kept."""

    agent = models.ForeignKey(Agent, models.CASCADE, related_name="api_tokens")
    #: What it is for, in the agent's words; told apart by it.
    name = models.CharField(_("name"), max_length=100)
    #: SHA-256 of the token. It is 256 random bits: no salt and no slow hash would add anything.
    digest = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField()
    #: From this instant on it is refused.
    expires_at = models.DateTimeField()
    #: To the minute; None when it was never used.
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agent", "name"], name="api_token_name_once"),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")), name="api_token_expires_after_creation"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="api_token_has_a_name"),
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.agent}"
