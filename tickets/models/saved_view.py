from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tickets.models.agent import Agent


class SavedView(models.Model):
    """A search that an agent gave a name; shown beside the queue's own views."""

    owner = models.ForeignKey(Agent, models.CASCADE, db_index=False, related_name="saved_views")
    name = models.CharField(_("name"), max_length=60)
    #: In the language of `domain.search`.
    query = models.CharField(_("search"), max_length=500)
    #: Every agent sees it; only its owner and managers change it.
    is_shared = models.BooleanField(_("shared with everybody"), default=False)
    #: Place among its owner's views, from 0.
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="saved_view_name_once"),
            models.CheckConstraint(condition=~Q(name=""), name="saved_view_has_a_name"),
            models.CheckConstraint(condition=~Q(query=""), name="saved_view_asks_for_something"),
        ]
        indexes = [
            # selectors.saved_views: what everybody sees.
            models.Index(fields=["name"], name="saved_view_shared", condition=Q(is_shared=True)),
        ]

    def __str__(self) -> str:
        return self.name
