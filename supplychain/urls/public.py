"""Addresses of this app outside of the portals."""

from django.urls import URLPattern, path

from supplychain.views import guests, public

GUEST = "invitations/guest/<uuid:public_id>"
INVITATION = "invitations/supplier/<uuid:public_id>"

urlpatterns: list[URLPattern] = [
    path(f"{INVITATION}/", public.invitation, name="supplier-invitation"),
    path(f"{INVITATION}/accept/", public.accept, name="supplier-invitation-accept"),
    path(f"{INVITATION}/decline/", public.decline, name="supplier-invitation-decline"),
    path(f"{GUEST}/code/", guests.code, name="guest-code"),
    path(f"{GUEST}/code/send/", guests.send_code, name="guest-code-send"),
    path(f"{GUEST}/code/enter/", guests.enter_code, name="guest-code-enter"),
    path(f"{GUEST}/join/", guests.join, name="guest-join"),
    path("shared/<uuid:public_id>/", public.shared_shipment, name="shared-shipment"),
]
