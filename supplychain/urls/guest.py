"""Addresses of the one shipment that a guest link opens."""

from django.urls import URLPattern

from supplychain.urls.shares import share_urls
from supplychain.views.guests import as_guest

app_name = "guest"
urlpatterns: list[URLPattern] = share_urls("", as_guest)
