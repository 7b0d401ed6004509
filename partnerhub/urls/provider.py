"""Addresses of this portal: the apps' own lists under one namespace."""

from django.urls import URLPattern

from accounts.urls import provider as accounts
from connections.urls import provider as connections
from partnerhub.portals import urls as portals
from roles.urls import provider as roles

app_name = "provider"
urlpatterns: list[URLPattern] = [
    *portals.provider,
    *portals.history,
    *accounts.urlpatterns,
    *connections.urlpatterns,
    *roles.urlpatterns,
]
