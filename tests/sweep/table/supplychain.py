"""Suppliers, shipments, shares, boxes."""

from typing import Any

from tests.sweep.table.rows import SUPPLIERS, Row, portal
from tests.sweep.world import Tenant

VIEW = {"seller_admin", "seller_editor", "seller_viewer", "provider_admin", "provider_employee"}
EDIT = {"seller_admin", "seller_editor", "provider_admin", "provider_employee"}
ADMIN = {"seller_admin"}
OWNER = {"supplier_admin"}
WORK = {"supplier_admin", "supplier_worker"}
SHIPMENT = {"public_id": "shipment"}
SHARED = {"public_id": "shipment_shared", "share_id": "share"}
ACT: dict[str, Any] = {"get": None, "post": 302, "body": lambda t: {}}


def _invite(**more: str) -> Any:
    return lambda t: {"name": "Fresh Friend", "address": "fresh@mail.example", **more}


def _facts(t: Tenant) -> dict[str, Any]:
    return {"name": "Autumn", "center_code": "ABE2", "mode": "SP", "ship_date": ""}


def _new(t: Tenant) -> dict[str, Any]:
    line = {"msku": "KETTLE", "quantity": "4", "prep_type": "ITEM_NO_PREP"}
    line |= {"prep_owner": "SELLER", "label_owner": "SELLER"}
    management = {"items-TOTAL_FORMS": "1", "items-INITIAL_FORMS": "0"}
    return _facts(t) | management | {f"items-0-{name}": value for name, value in line.items()}


def _share(t: Tenant) -> dict[str, Any]:
    return {"suppliers": f"c:{t['supplier_connection'].public_id}", "note": "Please."}


def _box(t: Tenant, item_name: str = "shipment_shared_item") -> dict[str, Any]:
    item = t[item_name].public_id
    sides = {"length": "10", "width": "10", "height": "10", "length_unit": "IN"}
    return {"weight": "9", "weight_unit": "LB", "count": "1", f"units-{item}": "5", **sides}


def _items(t: Tenant) -> dict[str, Any]:
    row = t["shipment_item"]
    line = {"item": row.public_id, "msku": row.msku, "fnsku": row.fnsku, "quantity": "7"}
    line |= {
        "prep_type": row.prep_type,
        "prep_owner": row.prep_owner,
        "label_owner": row.label_owner,
        "title": "Kettle",
    }
    management = {"items-TOTAL_FORMS": "1", "items-INITIAL_FORMS": "1"}
    return {**management, **{f"items-0-{name}": value for name, value in line.items()}}


def _other_side(
    where: str, page: str, word: str, who: set[str], rows: list[str], **more: str
) -> Any:
    """Inviting, answering and removing, alike on both sides."""
    sent, received, connected = rows

    def row(act: str, what: str, **fields: Any) -> Row:
        return portal(f"{where}:{word}-{act}", may=who, at={"public_id": what}, **fields)

    return [
        portal(
            f"{where}:{page}", may=who, post=422, body=_invite(**more),
            query=("supplier-show", "supplier-find", "supplier-page", "connected"),
        ),
        row("resend", sent, **ACT),
        row("revoke", sent, **ACT),
        row("link", sent, get=None, post=200, body=lambda t: {}, then=200),
        row("accept", received, **ACT),
        row("decline", received, post=302, body=lambda t: {"reason": "No."}),
        row("remove", connected, post=302, body=lambda t: {}),
    ]  # fmt: skip


def _seller(name: str, may: set[str], at: dict[str, str] | None = None, **fields: Any) -> Row:
    return portal(f"seller:{name}", may=may, at=SHIPMENT if at is None else at, **fields)


def _supply(name: str, may: Any = WORK, what: str = "share", **fields: Any) -> Row:
    return portal(f"supply:{name}", may=may, at={"public_id": what}, **fields)


def _guest(name: str, at: dict[str, str] | None = None, **fields: Any) -> Row:
    where = {"guest_id": "guest_link"} | (at or {})
    return Row(f"guest:{name}", where, ONLY_GUEST, signed_out=404, **fields)


SUPPLIER = ["supplier_invitation", "seller_invitation", "supplier_connection"]
SELLER = ["supplier_outgoing", "supplier_incoming", "supplier_connection"]
INVITATION = {"public_id": "supplier_invitation"}
GUEST = frozenset({"supplier_guest"})
ONLY_GUEST = frozenset({"guest"})
GUEST_LINK = {"public_id": "shipment_guest", "guest_id": "guest_link"}
LINK_PAGE = {"public_id": "guest_link"}
LEFT = {"get": None, "post": (302, 409, 422)}

ROWS = [
    Row("supplier-invitation", INVITATION, GUEST),
    Row(
        "supplier-invitation-accept", INVITATION, GUEST, get=None, post=422,
        body=lambda t: {
            "account": "new", "name": "Guest Works", "country": "US",
            "supplier_kind": "manufacturer",
        },
    ),
    Row(
        "supplier-invitation-decline", INVITATION, GUEST, get=None, post=302,
        body=lambda t: {"no-reason": "No."},
    ),
    Row("shared-shipment", {"public_id": "shipment_shared"}, SUPPLIERS, get=302),
    *_other_side("seller", "suppliers", "supplier", ADMIN, SUPPLIER, supplier_kind="wholesaler"),
    *_other_side("supply", "sellers", "seller", OWNER, SELLER),
    _seller("shipments", VIEW, {}, query=("page", "find", "state", "q", "status")),
    _seller("shipment-create", EDIT, {}, post=422, body=_new),
    _seller("shipment", VIEW),
    _seller("shipment-edit", EDIT, post=422, body=_facts),
    _seller("shipment-items", EDIT, post=(302, 422), body=_items),
    _seller("shipment-cancel", ADMIN, post=302, body=lambda t: {"reason": "No stock."}),
    _seller("shipment-pack-list", VIEW, get=None, post=(200, 302, 409)),
    _seller("shipment-share", EDIT, post=422, body=_share),
    _seller("share-recall", ADMIN, SHARED, post=302, body=lambda t: {"reason": "Wrong."}),
    _seller("share-move", ADMIN, SHARED, post=422),
    _seller("shipment-share-guest", EDIT, post=422, body=lambda t: {
        "name": "Fresh Mill", "address": "fresh@mail.example",
    }),
    _seller("guests", EDIT, {}, query=("guest-show", "guest-find", "guest-page")),
    _seller("guest-resend", EDIT, GUEST_LINK, **ACT),
    _seller("guest-link", ADMIN, GUEST_LINK, get=None, post=200, body=lambda t: {}, then=200),
    _seller("guest-revoke", EDIT, GUEST_LINK, **ACT),
    Row("guest-code", LINK_PAGE, ONLY_GUEST, signed_out=404),
    Row("guest-code-send", LINK_PAGE, ONLY_GUEST, signed_out=404, **ACT),
    Row("guest-code-enter", LINK_PAGE, ONLY_GUEST, signed_out=404, get=None, post=422),
    Row("guest-join", LINK_PAGE, GUEST, post=422, body=lambda t: {
        "account": "new", "name": "Guest Mill", "country": "US", "supplier_kind": "other",
    }),
    _guest("share"),
    _guest("share-seen", **LEFT),
    _guest("share-start", **LEFT),
    _guest("share-confirm", **LEFT),
    _guest("share-reopen", **LEFT),
    _guest("share-shipped", **LEFT),
    _guest("share-decline", post=302, body=lambda t: {"reason": "No room."}),
    _guest("box-add", post=422, body=lambda t: _box(t, "shipment_guest_item")),
    _guest("share-remove", get=None, post=(302, 422)),
    _guest(
        "box-edit", {"box_id": "guest_box"}, post=422,
        body=lambda t: _box(t, "shipment_guest_item"),
    ),
    _guest("share-tracking", get=(200, 302, 409), post=(302, 409, 422)),
    _guest("share-documents", get=(200, 302, 409)),
    _guest("share-labels", **LEFT),
    _guest("share-labels-pdf", **LEFT),
    _guest("share-item-labels", **LEFT),
    _guest("share-pack-list", get=None, post=(200, 302, 409, 422)),
    portal("supply:shares", may=SUPPLIERS, query=("state", "page")),
    _supply("share", SUPPLIERS),
    _supply("share-seen", **LEFT),
    _supply("share-start", **LEFT),
    _supply("share-confirm", **LEFT),
    _supply("share-reopen", **LEFT),
    _supply("share-shipped", **LEFT),
    _supply("share-decline", post=302, body=lambda t: {"reason": "No room."}),
    _supply("box-add", post=422, body=_box),
    _supply("share-remove", get=None, post=(302, 422)),
    portal(
        "supply:box-edit", may=WORK, at={"public_id": "share", "box_id": "box"}, post=422,
        body=_box,
    ),
    _supply("share-tracking", get=(200, 302, 409), post=(302, 409, 422)),
    _supply("share-documents", get=(200, 302, 409)),
    _supply("share-labels", **LEFT),
    _supply("share-labels-pdf", **LEFT),
    _supply("share-item-labels", **LEFT),
    _supply("share-pack-list", get=None, post=(200, 302, 409, 422)),
]  # fmt: skip
