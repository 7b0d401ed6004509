"""Addresses of this portal: the apps' own lists under one namespace."""

from django.urls import URLPattern

from accounts.urls import supply as accounts
from connections.urls import supply as connections
from partnerhub.portals import urls as portals
from supplychain.urls import supply as supplychain

app_name = "supply"
urlpatterns: list[URLPattern] = [
    *portals.supply,
    *accounts.urlpatterns,
    *connections.urlpatterns,
    *supplychain.urlpatterns,
]
