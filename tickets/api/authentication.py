"""Who is asking: a program with a token, or an agent's own browser."""

from __future__ import annotations

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from tickets.models import ApiToken, User
from tickets.selectors.access import agent_of
from tickets.services.api_tokens import use_token


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer desk_…` (RFC 6750)."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        scheme, _, credentials = get_authorization_header(request).partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        token = use_token(token=credentials.strip().decode("latin-1"), now=timezone.now())
        if token is None:
            raise AuthenticationFailed
        return token.agent.user, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class IsAgent(BasePermission):
    def has_permission(self, request: Request, view: APIView) -> bool:
        return agent_of(request.user) is not None
