from __future__ import annotations

import json
import re
from datetime import datetime
from functools import partial
from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from tickets.api.base import ApiView, PublicApiView, answer_read, render
from tickets.api.problems import TYPES, BadRequest, type_address
from tickets.api.serializers import (
    NewTicketInput,
    TicketDetail,
    TicketOutput,
    TimelineEntryOutput,
    ticket_path,
)
from tickets.models import Agent, Customer, Ticket
from tickets.selectors.access import get_ticket_for
from tickets.selectors.new_ticket import find_customer
from tickets.selectors.queue import QueuePage, list_queue
from tickets.selectors.queue_views import View
from tickets.selectors.ticket_record import get_ticket_record, record_new_ticket
from tickets.selectors.ticket_timeline import list_timeline, load_events
from tickets.services import api_requests
from tickets.services.callers import Caller, open_ticket_for_caller

KEY = re.compile(r"[\x21-\x7e]{1,255}")


class Tickets(ApiView):
    def get(self, request: Request) -> HttpResponse:
        """A page of the queue, in the order in which tickets are to be worked."""
        page = list_queue(
            user=request.user, view=_view(request), page=_page(request), now=timezone.now()
        )
        response = answer_read(request, _queue_page(page))
        if links := _links(page):
            response.headers["Link"] = links
        return response

    def post(self, request: Request) -> HttpResponse:
        """Open a ticket, received now; once, however often it is sent with the same key."""
        now = timezone.now()
        key = _idempotency_key(request)
        asked = NewTicketInput(data=request.data)
        asked.is_valid(raise_exception=True)
        answer = api_requests.answer_once(
            request=api_requests.Request(
                agent=self.agent,
                route="api:tickets",
                key=key,
                content=json.dumps(request.data, sort_keys=True).encode(),
            ),
            now=now,
            answer=partial(_open, asked.validated_data, agent=self.agent, now=now),
        )
        return HttpResponse(
            answer.body,
            status=answer.status,
            content_type="application/json",
            headers={"Location": answer.location},
        )


class OneTicket(ApiView):
    def get(self, request: Request, number: int) -> HttpResponse:
        try:
            record = get_ticket_record(user=request.user, number=number, now=timezone.now())
        except Ticket.DoesNotExist as error:
            raise Http404 from error
        return answer_read(request, TicketDetail(record).data)


class Timeline(ApiView):
    def get(self, request: Request, number: int) -> HttpResponse:
        """All that happened on a ticket, oldest first."""
        try:
            ticket = get_ticket_for(user=request.user, number=number)
        except Ticket.DoesNotExist as error:
            raise Http404 from error
        entries = list_timeline(ticket, events=load_events(ticket))
        return answer_read(request, {"results": TimelineEntryOutput(entries, many=True).data})


class Problem(PublicApiView):
    """What a problem's `type` leads to; open to everybody."""

    def get(self, request: Request, kind: str) -> HttpResponse:
        known = TYPES.get(kind)
        if known is None:
            raise Http404
        return answer_read(
            request,
            {
                "type": type_address(kind),
                "title": known.title,
                "status": known.status.value,
                "detail": known.advice,
            },
        )


def _open(asked: dict[str, Any], *, agent: Agent, now: datetime) -> api_requests.Answer:
    level = asked["urgency"] or None
    ticket = open_ticket_for_caller(
        caller=Caller(customer=_customer(asked["customer"]), **asked["requester"]),
        subject=asked["subject"],
        text=asked["text"],
        channel=Ticket.Channel.API,
        received_at=now,
        level=level,
        agent=agent,
        now=now,
    )
    record = record_new_ticket(ticket=ticket, level=level, now=now)
    return api_requests.Answer(
        status=201, location=ticket_path(ticket), body=render(TicketDetail(record).data).decode()
    )


def _customer(name: str) -> Customer | None:
    if not name:
        return None
    customer = find_customer(name)
    if customer is None:
        raise ValidationError({"customer": [_("No customer has this name.")]}, "unknown_customer")
    return customer


def _idempotency_key(request: Request) -> str:
    key = request.headers.get("Idempotency-Key", "")
    if not key:
        raise BadRequest("idempotency_key_missing")
    if not KEY.fullmatch(key):
        raise BadRequest("idempotency_key_unusable")
    return key


def _view(request: Request) -> View:
    view = request.query_params.get("view", View.ALL)
    if view not in View.values:
        known = ", ".join(View.values)
        raise ValidationError({"?view": [_("Choose one of: %s.") % known]}, "unknown_view")
    return View(view)


def _page(request: Request) -> int:
    page = request.query_params.get("page", "1")
    if not re.fullmatch(r"[1-9][0-9]{0,5}", page):
        raise ValidationError({"?page": [_("Pages are counted from 1.")]}, "unusable_page")
    return int(page)


def _queue_page(page: QueuePage) -> dict[str, Any]:
    return {
        "view": page.view,
        "page": page.page,
        "page_size": page.page_size,
        "has_next": page.has_next,
        # Counting stops at 1000, so that a long queue costs no more than a short one.
        "count": page.count.text,
        "results": TicketOutput(page.rows, many=True).data,
    }


def _links(page: QueuePage) -> str:
    """The pages beside this one (RFC 8288)."""
    beside = []
    if page.has_previous:
        beside.append((page.page - 1, "prev"))
    if page.has_next:
        beside.append((page.page + 1, "next"))
    address = reverse("api:tickets")
    return ", ".join(
        f'<{address}?view={page.view}&page={number}>; rel="{relation}"'
        for number, relation in beside
    )
