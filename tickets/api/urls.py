from django.urls import path, re_path

from tickets.api import base, views

app_name = "api"

urlpatterns = [
    path("tickets/", views.Tickets.as_view(), name="tickets"),
    path("tickets/<int:number>/", views.OneTicket.as_view(), name="ticket"),
    path("tickets/<int:number>/timeline/", views.Timeline.as_view(), name="timeline"),
    path("problems/<slug:kind>/", views.Problem.as_view(), name="problem"),
    re_path("", base.Unknown.as_view(), name="unknown"),
]
