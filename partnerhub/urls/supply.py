"""Addresses of this portal: the apps' own lists under one namespace."""

from django.urls import URLPattern

from accounts.urls import supply as accounts
from partnerhub.portals import urls as portals
from supplychain.urls import supply as supplychain

app_name = "supply"
urlpatterns: list[URLPattern] = [
    *portals.supply,
    *portals.history,
    *accounts.urlpatterns,
    *supplychain.urlpatterns,
]
