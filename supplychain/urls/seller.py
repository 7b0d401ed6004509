"""Addresses of this app in Seller Central."""

from django.urls import URLPattern, path

from supplychain.views import connections, seller_guests, seller_shares, seller_shipments

SHIPMENT = "shipments/<uuid:public_id>"
GUEST = f"{SHIPMENT}/guests/<uuid:guest_id>"
SHARE = f"{SHIPMENT}/shares/<uuid:share_id>"
SUPPLIER = "suppliers/<uuid:public_id>"

urlpatterns: list[URLPattern] = [
    path("shipments/", seller_shipments.shipment_list, name="shipments"),
    path("shipments/new/", seller_shipments.shipment_create, name="shipment-create"),
    path("shipments/guests/", seller_guests.guest_list, name="guests"),
    path(f"{SHIPMENT}/", seller_shipments.shipment_detail, name="shipment"),
    path(f"{SHIPMENT}/edit/", seller_shipments.shipment_edit, name="shipment-edit"),
    path(f"{SHIPMENT}/items/", seller_shipments.shipment_items, name="shipment-items"),
    path(f"{SHIPMENT}/cancel/", seller_shipments.shipment_cancel, name="shipment-cancel"),
    path(f"{SHIPMENT}/pack-list/", seller_shipments.shipment_pack_list, name="shipment-pack-list"),
    path(f"{SHIPMENT}/share/", seller_shares.shipment_share, name="shipment-share"),
    path(f"{SHIPMENT}/share/guest/", seller_guests.share_guest, name="shipment-share-guest"),
    *seller_guests.GuestActs().urls(GUEST, "guest"),
    path(f"{SHARE}/recall/", seller_shares.share_recall, name="share-recall"),
    path(f"{SHARE}/move/", seller_shares.share_move, name="share-move"),
    path("suppliers/", connections.partners_page, name="suppliers"),
    *connections.PartnerActs().urls(SUPPLIER, "supplier"),
    path(f"{SUPPLIER}/accept/", connections.accept, name="supplier-accept"),
    path(f"{SUPPLIER}/decline/", connections.decline, name="supplier-decline"),
    path(f"{SUPPLIER}/remove/", connections.remove, name="supplier-remove"),
]
