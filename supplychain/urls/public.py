"""Addresses of this app outside of the portals."""

from django.urls import URLPattern, path

from supplychain.views import public

INVITATION = "invitations/supplier/<uuid:public_id>"

urlpatterns: list[URLPattern] = [
    path(f"{INVITATION}/", public.invitation, name="supplier-invitation"),
    path(f"{INVITATION}/accept/", public.accept, name="supplier-invitation-accept"),
    path(f"{INVITATION}/decline/", public.decline, name="supplier-invitation-decline"),
    path("shared/<uuid:public_id>/", public.shared_shipment, name="shared-shipment"),
]
