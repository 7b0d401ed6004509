"""Addresses of this portal: the apps' own lists under one namespace."""

from django.urls import URLPattern

from accounts.urls import seller as accounts
from connections.urls import seller as connections
from partnerhub.portals import urls as portals
from supplychain.urls import seller as supplychain

app_name = "seller"
urlpatterns: list[URLPattern] = [
    *portals.seller,
    *portals.history,
    *accounts.urlpatterns,
    *connections.urlpatterns,
    *supplychain.urlpatterns,
]
