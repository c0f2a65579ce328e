from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth import get_user_model
from django.http import HttpRequest


class DeskAccountAdapter(DefaultAccountAdapter):
    """People are added by an administrator: nobody signs up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


class DeskAuthenticationBackend(AuthenticationBackend):
    """Signs in as allauth does; reads a user and the agent they are in one query, on every page."""

    def get_user(self, user_id: int) -> Any:
        user = get_user_model().objects.select_related("agent").filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None
