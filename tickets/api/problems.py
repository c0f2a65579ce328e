"""Errors as RFC 9457 problem documents: one shape, whatever went wrong."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from itertools import islice
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import APIException, NotFound, ValidationError
from rest_framework.exceptions import PermissionDenied as NotPermitted
from rest_framework.renderers import JSONRenderer
from rest_framework.settings import api_settings

from tickets.services.api_requests import UnableToAnswerOnce, UnableToReuseKey
from tickets.services.errors import Unable

logger = logging.getLogger(__name__)

#: More faults than these of one request are not listed.
ERRORS_SHOWN = 20


@dataclass(frozen=True, kw_only=True)
class ProblemType:
    status: HTTPStatus
    title: Any
    #: What to do about it.
    advice: Any


TYPES = {
    "parse_error": ProblemType(
        status=HTTPStatus.BAD_REQUEST,
        title=_("Not readable"),
        advice=_(
            "Send one JSON object in UTF-8: no key twice, no NUL character, no half of a "
            "surrogate pair, not nested deeply."
        ),
    ),
    "invalid": ProblemType(
        status=HTTPStatus.BAD_REQUEST,
        title=_("Not valid"),
        advice=_("Correct what “errors” names, each by a JSON pointer or a query parameter."),
    ),
    "idempotency_key_missing": ProblemType(
        status=HTTPStatus.BAD_REQUEST,
        title=_("Idempotency-Key missing"),
        advice=_("Send an Idempotency-Key of your own making, a new one for each new request."),
    ),
    "idempotency_key_unusable": ProblemType(
        status=HTTPStatus.BAD_REQUEST,
        title=_("Idempotency-Key not usable"),
        advice=_("Use 1 to 255 visible ASCII characters, such as a UUID."),
    ),
    "not_authenticated": ProblemType(
        status=HTTPStatus.UNAUTHORIZED,
        title=_("Who are you?"),
        advice=_("Send a token: “Authorization: Bearer desk_…”."),
    ),
    "authentication_failed": ProblemType(
        status=HTTPStatus.UNAUTHORIZED,
        title=_("Token refused"),
        advice=_("The token is unknown, expired or removed, or its agent was switched off."),
    ),
    "permission_denied": ProblemType(
        status=HTTPStatus.FORBIDDEN,
        title=_("Not allowed"),
        advice=_(
            "Only agents may. With a session instead of a token, writing needs its CSRF token."
        ),
    ),
    "not_found": ProblemType(
        status=HTTPStatus.NOT_FOUND,
        title=_("Not found"),
        advice=_("Nothing is at this address. Every address ends with a slash."),
    ),
    "method_not_allowed": ProblemType(
        status=HTTPStatus.METHOD_NOT_ALLOWED,
        title=_("Method not allowed"),
        advice=_("Use one of the methods in the header Allow."),
    ),
    "not_acceptable": ProblemType(
        status=HTTPStatus.NOT_ACCEPTABLE,
        title=_("Only JSON here"),
        advice=_("Accept application/json."),
    ),
    "request_in_progress": ProblemType(
        status=HTTPStatus.CONFLICT,
        title=_("Being answered"),
        advice=_("The first request with this Idempotency-Key is at work. Try again in a moment."),
    ),
    "content_too_large": ProblemType(
        status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        title=_("Too large"),
        advice=_("Send less: 1 MiB at most."),
    ),
    "unsupported_media_type": ProblemType(
        status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        title=_("Not JSON"),
        advice=_("Send JSON and say so: “Content-Type: application/json”."),
    ),
    "idempotency_key_reused": ProblemType(
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        title=_("Idempotency-Key used before"),
        advice=_("This key came with another content before. Send a new key."),
    ),
    "refused": ProblemType(
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        title=_("Refused"),
        advice=_("The desk understood but cannot do it. “code” and “detail” say why."),
    ),
    "error": ProblemType(
        status=HTTPStatus.INTERNAL_SERVER_ERROR,
        title=_("Our fault"),
        advice=_("Nothing was written. Try again with the same Idempotency-Key."),
    ),
    "unavailable": ProblemType(
        status=HTTPStatus.SERVICE_UNAVAILABLE,
        title=_("Not available"),
        advice=_("The desk cannot reach its database. Try again with the same Idempotency-Key."),
    ),
}


class BadRequest(APIException):
    """A refusal at the door whose code is one of `TYPES`."""

    def __init__(self, kind: str) -> None:
        super().__init__(TYPES[kind].advice, kind)
        self.status_code = TYPES[kind].status


def answer_with_problem(error: Exception, context: dict[str, Any]) -> HttpResponse:
    """DRF's exception handler: every exception of a view becomes a problem document."""
    if isinstance(error, UnableToAnswerOnce | UnableToReuseKey):
        return problem(error.code, detail=error.message)
    if isinstance(error, Unable):
        return problem("refused", code=error.code, detail=error.message)
    if isinstance(error, Http404):
        error = NotFound()
    elif isinstance(error, PermissionDenied):
        error = NotPermitted()
    if isinstance(error, ValidationError):
        errors = list(islice(list_errors(error.detail), ERRORS_SHOWN))
        return problem("invalid", errors=errors)
    if isinstance(error, APIException):
        return _answer_refusal(error)
    logger.error("The API failed: %s", error, exc_info=error)
    is_away = isinstance(error, OperationalError | InterfaceError)
    return problem("unavailable", headers={"Retry-After": "2"}) if is_away else problem("error")


def problem(
    kind: str,
    *,
    code: str = "",
    detail: Any = "",
    errors: Sequence[Mapping[str, Any]] = (),
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """A problem document of type `kind`; `code` is finer than the type where there is one."""
    known = TYPES[kind]
    document = {
        "type": type_address(kind),
        "title": known.title,
        "status": known.status.value,
        "detail": detail or known.advice,
        "code": code or kind,
        "errors": errors,
    }
    return HttpResponse(
        JSONRenderer().render(document),
        status=known.status,
        content_type="application/problem+json",
        headers=headers,
    )


def type_address(kind: str) -> str:
    path = reverse("api:problem", kwargs={"kind": kind})
    return f"{settings.DESK_ADDRESS.rstrip('/')}{path}"


def list_errors(detail: Any, pointer: str = "") -> Iterator[dict[str, Any]]:
    """The faults of a body, each with its JSON pointer (RFC 6901)."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            is_general = name == api_settings.NON_FIELD_ERRORS_KEY
            yield from list_errors(inner, pointer if is_general else f"{pointer}/{_escape(name)}")
    elif isinstance(detail, list):
        for fault in detail:
            yield from list_errors(fault, pointer)
    else:
        place = {"parameter": pointer[2:]} if pointer.startswith("/?") else {"pointer": pointer}
        yield {**place, "detail": detail, "code": detail.code}


def _escape(name: Any) -> str:
    return str(name)[:100].replace("~", "~0").replace("/", "~1")


def _answer_refusal(error: APIException) -> HttpResponse:
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    kind = error.get_codes()
    if kind not in TYPES:
        kind = next(
            (name for name, known in TYPES.items() if known.status == error.status_code), "error"
        )
    return problem(str(kind), headers=headers)
