from allauth.account.views import login, logout
from django.urls import include, path

handler400 = "sla_support.error_pages.bad_request"
handler500 = "sla_support.error_pages.server_error"

urlpatterns = [
    path("account/login/", login, name="account_login"),
    path("account/logout/", logout, name="account_logout"),
    path("api/v1/", include("tickets.api.urls")),
    path("", include("tickets.web.urls")),
]
