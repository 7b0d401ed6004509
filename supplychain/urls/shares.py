"""The pages about one shared shipment: the same ones for a supplier's people and for guests."""

from collections.abc import Callable
from typing import Any

from django.urls import URLPattern, path

from supplychain.views import supply_boxes, supply_documents, supply_shares


def share_urls(base: str, inside: Callable[[Any], Any] = lambda view: view) -> list[URLPattern]:
    """The patterns below `base`; `inside` is put around each view."""
    views = {
        "share": ("", supply_shares.share_detail),
        "share-seen": ("seen/", supply_shares.share_seen),
        "share-start": ("start/", supply_shares.share_start),
        "share-confirm": ("confirm/", supply_shares.share_confirm),
        "share-reopen": ("reopen/", supply_shares.share_reopen),
        "share-shipped": ("shipped/", supply_shares.share_shipped),
        "share-decline": ("decline/", supply_shares.share_decline),
        "box-add": ("boxes/new/", supply_boxes.box_add),
        "share-remove": ("boxes/remove/", supply_boxes.boxes_remove),
        "box-edit": ("boxes/<uuid:box_id>/", supply_boxes.box_edit),
        "share-tracking": ("tracking/", supply_boxes.share_tracking),
        "share-documents": ("documents/", supply_documents.share_documents),
        "share-labels": ("labels/", supply_documents.share_labels),
        "share-labels-pdf": ("labels/pdf/", supply_documents.share_labels_pdf),
        "share-item-labels": ("item-labels/", supply_documents.share_item_labels),
        "share-pack-list": ("pack-list/", supply_documents.share_pack_list),
    }
    return [path(f"{base}{rest}", inside(view), name=name) for name, (rest, view) in views.items()]
