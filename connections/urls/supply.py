"""Addresses of this app in Supply Chain Connect."""

from django.urls import URLPattern, path

from connections.views import history

urlpatterns: list[URLPattern] = [
    path("history/", history.history_page, name="history"),
    path("history/export/", history.history_export, name="history-export"),
    path("history/verify/", history.history_verify, name="history-verify"),
]
