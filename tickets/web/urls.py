from django.urls import path

from tickets.web import dev_mail
from tickets.web.views import (
    conversation,
    keyboard,
    language,
    lifecycle,
    new_ticket,
    queue,
    saved_views,
    ticket,
    urgency,
)

app_name = "tickets"

urlpatterns = [
    path("", queue.queue, name="queue"),
    path("views/", saved_views.views, name="saved_views"),
    path("views/<int:pk>/", saved_views.saved_view, name="saved_view"),
    path("views/<int:pk>/position/", saved_views.position, name="saved_view_position"),
    path("views/<int:pk>/removal/", saved_views.removal, name="saved_view_removal"),
    path("language/", language.language, name="language"),
    path("customers/", new_ticket.customers, name="customers"),
    path("tickets/new/", new_ticket.new_ticket, name="new"),
    path("tickets/<int:number>/", ticket.ticket, name="ticket"),
    path("tickets/<int:number>/row/", queue.row, name="row"),
    path("tickets/<int:number>/preview/", ticket.preview, name="preview"),
    path("tickets/<int:number>/replies/", conversation.replies, name="replies"),
    path("tickets/<int:number>/notes/", conversation.notes, name="notes"),
    path("tickets/<int:number>/calls/", conversation.calls, name="calls"),
    path("tickets/<int:number>/assignment/", lifecycle.assignment, name="assignment"),
    path("tickets/<int:number>/assignment/own/", lifecycle.own_assignment, name="own_assignment"),
    path("tickets/<int:number>/wait/", lifecycle.wait, name="wait"),
    path("tickets/<int:number>/resolution/", lifecycle.resolution, name="resolution"),
    # A form cannot send DELETE: taking a solution back is a noun of its own.
    path(
        "tickets/<int:number>/resolution/removal/",
        lifecycle.resolution_removal,
        name="resolution_removal",
    ),
    path("tickets/<int:number>/merge/", lifecycle.merge, name="merge"),
    path("tickets/<int:number>/cancellation/", lifecycle.cancellation, name="cancellation"),
    path("tickets/<int:number>/received-at/", lifecycle.received_at, name="received_at"),
    path("tickets/<int:number>/urgency/<slug:noun>/", urgency.step, name="urgency_step"),
    path("keyboard/", keyboard.keyboard, name="keyboard"),
    # The trial's mail; 404 anywhere else.
    path("dev/mail/", dev_mail.mailbox, name="dev_mail"),
    path("dev/mail/<slug:name>/", dev_mail.message, name="dev_mail_message"),
    path("dev/mail/<slug:name>/html/", dev_mail.message_html, name="dev_mail_html"),
]
