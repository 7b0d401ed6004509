"""Addresses of this app in Supply Chain Connect."""

from django.urls import URLPattern, path

from supplychain.urls.shares import share_urls
from supplychain.views import connections, supply_shares

SELLER = "sellers/<uuid:public_id>"

urlpatterns: list[URLPattern] = [
    path("shipments/", supply_shares.share_list, name="shares"),
    *share_urls("shipments/<uuid:public_id>/"),
    path("sellers/", connections.partners_page, name="sellers"),
    *connections.PartnerActs().urls(SELLER, "seller"),
    path(f"{SELLER}/accept/", connections.accept, name="seller-accept"),
    path(f"{SELLER}/decline/", connections.decline, name="seller-decline"),
    path(f"{SELLER}/remove/", connections.remove, name="seller-remove"),
]
