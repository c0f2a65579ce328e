from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Team(models.Model):
    name = models.CharField(_("name"), max_length=100, unique=True)
    #: Told of every breach of the team's tickets.
    lead = models.ForeignKey(
        "tickets.Agent", models.SET_NULL, null=True, blank=True, related_name="leads"
    )

    def __str__(self) -> str:
        return self.name


class Agent(models.Model):
    """A person on the provider's side."""

    class Role(models.TextChoices):
        AGENT = "AGENT", _("Agent")
        MANAGER = "MANAGER", _("Manager")
        ADMINISTRATOR = "ADMINISTRATOR", _("Administrator")

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="agent")
    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, related_name="agents")
    role = models.CharField(max_length=16, choices=Role, default=Role.AGENT)
    #: When this person works; None means no fixed hours.
    shift_calendar = models.ForeignKey(
        "tickets.Calendar", models.PROTECT, null=True, blank=True, related_name="+"
    )
    away_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(role__in=["AGENT", "MANAGER", "ADMINISTRATOR"]),
                name="agent_role_is_known",
            ),
        ]

    def __str__(self) -> str:
        return self.user.name

    @property
    def is_manager(self) -> bool:
        return self.role in (self.Role.MANAGER, self.Role.ADMINISTRATOR)
