from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth import get_user_model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _


class DeskAccountAdapter(DefaultAccountAdapter):
    """People are added by an administrator: nobody signs up."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _(
            "The e-mail address or the password is not correct. Check both and try again."
        ),
        "too_many_login_attempts": _(
            "Too many attempts to sign in. Wait five minutes, then try again."
        ),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Says nothing: the page that follows shows well enough that one is signed in or out."""


class DeskAuthenticationBackend(AuthenticationBackend):
    """Signs in as allauth does; reads a user and the agent they are in one query, on every page."""

    def get_user(self, user_id: int) -> Any:
        user = get_user_model().objects.select_related("agent").filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None
