"""Addresses of the joining pages, by portal."""

from django.urls import path

from partnerhub.portals import views
from partnerhub.portals.history import history_export, history_page, history_verify

public = [path("", views.front_page, name="account-chooser")]
seller = [
    path("", views.seller_home, name="home"),
    path("permissions/", views.user_permissions, name="permissions"),
]
provider = [path("", views.provider_home, name="home")]
supply = [path("", views.supply_home, name="home")]

history = [
    path("history/", history_page, name="history"),
    path("history/export/", history_export, name="history-export"),
    path("history/verify/", history_verify, name="history-verify"),
]
