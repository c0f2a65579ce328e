"""What all views of the API share: agents only, JSON only, problems for errors, validators."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import NotFound
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from tickets.api.authentication import BearerAuthentication, IsAgent
from tickets.api.parsing import StrictJSONParser
from tickets.api.problems import answer_with_problem
from tickets.models import Agent
from tickets.selectors.access import agent_of


class ApiView(APIView):
    authentication_classes: tuple[type, ...] = (BearerAuthentication, SessionAuthentication)
    permission_classes: tuple[type, ...] = (IsAgent,)
    parser_classes = (StrictJSONParser,)
    renderer_classes = (JSONRenderer,)
    http_method_names = ("get", "head", "post")

    def get_exception_handler(self) -> Callable[..., HttpResponse]:
        return answer_with_problem

    def finalize_response(
        self, request: Request, response: HttpResponse, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        response = super().finalize_response(request, response, *args, **kwargs)
        patch_vary_headers(response, ["Authorization", "Cookie"])
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    @property
    def agent(self) -> Agent:
        agent = agent_of(self.request.user)
        assert agent is not None  # IsAgent let nobody else in
        return agent


class PublicApiView(ApiView):
    """Open to everybody: nobody is asked who they are."""

    authentication_classes = ()
    permission_classes = ()


class Unknown(PublicApiView):
    """Any other address below the API's: its errors have the API's shape too."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise NotFound


def render(data: Any) -> bytes:
    rendered: bytes = JSONRenderer().render(data)
    return rendered


def answer_read(request: HttpRequest | Request, data: Any) -> HttpResponse:
    """`data` with a validator: whoever has exactly this already gets 304 (RFC 9110 §13)."""
    body = render(data)
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    response = HttpResponse(
        body,
        content_type="application/json",
        # The asker may keep it, but asks each time whether it is still so.
        headers={"ETag": etag, "Cache-Control": "private, no-cache"},
    )
    conditional = get_conditional_response(request, etag=etag, response=response)
    assert isinstance(conditional, HttpResponse)
    return conditional
