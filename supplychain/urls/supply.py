"""Addresses of this app in Supply Chain Connect."""

from django.urls import URLPattern, path

from supplychain.views import partners, supply_boxes, supply_documents, supply_shares

SHARE = "shipments/<uuid:public_id>"
SELLER = "sellers/<uuid:public_id>"

urlpatterns: list[URLPattern] = [
    path("shipments/", supply_shares.share_list, name="shares"),
    path(f"{SHARE}/", supply_shares.share_detail, name="share"),
    path(f"{SHARE}/seen/", supply_shares.share_seen, name="share-seen"),
    path(f"{SHARE}/start/", supply_shares.share_start, name="share-start"),
    path(f"{SHARE}/confirm/", supply_shares.share_confirm, name="share-confirm"),
    path(f"{SHARE}/reopen/", supply_shares.share_reopen, name="share-reopen"),
    path(f"{SHARE}/shipped/", supply_shares.share_shipped, name="share-shipped"),
    path(f"{SHARE}/decline/", supply_shares.share_decline, name="share-decline"),
    path(f"{SHARE}/boxes/new/", supply_boxes.box_add, name="box-add"),
    path(f"{SHARE}/boxes/remove/", supply_boxes.boxes_remove, name="share-remove"),
    path(f"{SHARE}/boxes/<uuid:box_id>/", supply_boxes.box_edit, name="box-edit"),
    path(f"{SHARE}/tracking/", supply_boxes.share_tracking, name="share-tracking"),
    path(f"{SHARE}/documents/", supply_documents.share_documents, name="share-documents"),
    path(f"{SHARE}/labels/", supply_documents.share_labels, name="share-labels"),
    path(f"{SHARE}/labels/pdf/", supply_documents.share_labels_pdf, name="share-labels-pdf"),
    path(f"{SHARE}/item-labels/", supply_documents.share_item_labels, name="share-item-labels"),
    path(f"{SHARE}/pack-list/", supply_documents.share_pack_list, name="share-pack-list"),
    path("sellers/", partners.partners_page, name="sellers"),
    path(f"{SELLER}/resend/", partners.resend, name="seller-resend"),
    path(f"{SELLER}/revoke/", partners.revoke, name="seller-revoke"),
    path(f"{SELLER}/link/", partners.copy_link, name="seller-link"),
    path(f"{SELLER}/accept/", partners.accept, name="seller-accept"),
    path(f"{SELLER}/decline/", partners.decline, name="seller-decline"),
    path(f"{SELLER}/remove/", partners.remove, name="seller-remove"),
]
