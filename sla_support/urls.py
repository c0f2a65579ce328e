from allauth.account.views import login, logout
from django.urls import include, path

urlpatterns = [
    path("account/login/", login, name="account_login"),
    path("account/logout/", logout, name="account_logout"),
    path("api/v1/", include("tickets.api.urls")),
    path("", include("tickets.web.urls")),
]
