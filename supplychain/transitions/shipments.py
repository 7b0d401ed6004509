"""Creating, changing and cancelling shipments; moving one along as its shares come along."""

import secrets
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import CharField, F, OuterRef, Subquery, Sum
from django.db.models.functions import Cast, Coalesce

from accounts.models import Organization
from core import clock
from core.audit.services import record, record_each
from core.db import move
from core.edits import Overtaken, Words, merge, word, words
from core.errors import Conflict, Invalid
from core.state_tables import advance, advance_all
from core.web.access import Access
from supplychain import emails
from supplychain.centers import UnknownCenter, center_code
from supplychain.models import BoxItem, Share, Shipment, ShipmentItem
from supplychain.packing.boxes import BoxError, check_units
from supplychain.permissions import EDIT_SHIPMENTS, MANAGE_SHIPMENTS, VIEW_SHIPMENTS
from supplychain.plans import ItemChanges, ItemPlan, ShipmentFacts
from supplychain.states import (
    DONE_SHARE,
    LABELLED,
    LIVE_SHARE,
    OPEN_SHIPMENT,
    OUTSTANDING_SHARE,
    PRINTED,
    SHARE,
    SHIPMENT,
    ShareStatus,
    ShipmentStatus,
)
from supplychain.transitions.guards import enter, enter_shipment, note_move, require_open
from supplychain.transitions.guests import end_links

# Without letters that are read as digits, or as the U in front of a box number.
_ID_ALPHABET = "ABCDEFGHJKMNPQRSTVWXYZ0123456789"
MAX_ITEMS = 2000


@transaction.atomic
def create_shipment(
    *, by: Any, seller: Organization, facts: ShipmentFacts, items: Sequence[ItemPlan]
) -> Shipment:
    """Raises NotPermitted without the right to edit and Invalid for a plan that cannot be."""
    access = enter(seller.pk, by, EDIT_SHIPMENTS)
    columns = _columns(facts)
    _check_items(items)
    shipment = _insert(seller, by, columns)
    _add_items(shipment, items)
    record(
        "shipment.created",
        by=by,
        subject=shipment,
        organization=seller,
        acting=access.acting_firm(EDIT_SHIPMENTS),
        after={"center": shipment.center_code, "items": len(items)},
    )
    return shipment


def _insert(seller: Organization, by: Any, columns: dict[str, Any]) -> Shipment:
    for _ in range(5):
        shipment = Shipment(seller=seller, created_by=by, shipment_id=new_shipment_id(), **columns)
        try:
            with transaction.atomic():
                shipment.save(force_insert=True)
        except IntegrityError:
            continue
        return shipment
    raise Conflict("No free shipment id was found. Try again.")


def new_shipment_id() -> str:
    return "FBA" + "".join(secrets.choice(_ID_ALPHABET) for _ in range(9))


def _columns(facts: ShipmentFacts) -> dict[str, Any]:
    try:
        return vars(facts) | {"center_code": center_code(facts.center_code)}
    except UnknownCenter as error:
        raise Invalid(str(error), field="center_code") from error


def _add_items(shipment: Shipment, plans: Iterable[ItemPlan]) -> None:
    ShipmentItem.objects.bulk_create(ShipmentItem(shipment=shipment, **vars(p)) for p in plans)


def _check_items(items: Iterable[ItemPlan]) -> None:
    plans = list(items)
    if not plans:
        raise Invalid("Enter at least one item.")
    if len(plans) > MAX_ITEMS:
        raise Invalid(f"A shipment has at most {MAX_ITEMS:,} lines.")
    seen: set[str] = set()
    for plan in plans:
        if plan.msku in seen:
            raise Invalid(f"SKU {plan.msku} is there twice: one line for each SKU.")
        seen.add(plan.msku)
        try:
            check_units(plan.quantity)
        except BoxError as error:
            raise Invalid(f"SKU {plan.msku}: {error}") from error


def _changeable(by: Any, shipment: Shipment) -> tuple[Access, Shipment]:
    access, shipment = enter_shipment(shipment, by, EDIT_SHIPMENTS)
    require_open(shipment)
    if shipment.shares.filter(status__in=LABELLED).exists():
        raise Conflict(
            "A supplier has confirmed the contents of the boxes: the plan stands still. "
            "Ask them to reopen the boxes, or recall the share."
        )
    return access, shipment


@transaction.atomic
def change_shipment(
    *, by: Any, shipment: Shipment, facts: ShipmentFacts, shown: Words | None = None
) -> Shipment:
    """Change destination, mode, date or sender; suppliers it is shared with are told.

    Only what differs from `shown`, the words that the form carried, is written. Raises Overtaken,
    and Conflict when the shipment is no longer open or a supplier has confirmed the contents.
    """
    access, shipment = _changeable(by, shipment)
    before = {name: getattr(shipment, name) for name in ShipmentFacts.__dataclass_fields__}
    columns = merge(before, _columns(facts), shown)
    if not columns:
        return shipment
    move(shipment, expect={"status": shipment.status}, **columns)
    if "ship_date" in columns:
        # The reminder follows the date.
        shipment.shares.exclude(due_told_at=None).update(due_told_at=None)
    told = {"center_code": "center", "mode": "mode", "ship_date": "ship_date"}
    old = {key: str(before[name] or "") for name, key in told.items() if name in columns}
    new = {key: str(columns[name] or "") for name, key in told.items() if name in columns}
    return _changed("shipment.changed", shipment, access, by, before=old, after=new)


def _changed(
    verb: str, shipment: Shipment, access: Access, by: Any, **values: dict[str, Any]
) -> Shipment:
    acting = access.acting_firm(EDIT_SHIPMENTS)
    seller = shipment.seller
    record(verb, by=by, subject=shipment, organization=seller, acting=acting, **values)
    emails.shipments.shipment_changed(shipment, by=by, shares=_live(shipment))
    return shipment


@transaction.atomic
def change_items(*, by: Any, shipment: Shipment, changes: ItemChanges) -> Shipment:
    """Change, remove and add lines of the plan; suppliers it is shared with are told.

    Only lines named in `changes` are touched, and of them only what differs from what was shown.
    Raises Overtaken with the lines' fields by public id, Conflict as change_shipment does and for
    a line that is gone, and Invalid for a line that is packed already, a SKU twice or none left.
    """
    access, shipment = _changeable(by, shipment)
    rows = {item.public_id: item for item in shipment.items.all()}
    changes = _merged(rows, changes)
    plans = {key: plan_of(item) for key, item in rows.items()} | changes.changed
    left = [plan for key, plan in plans.items() if key not in changes.removed]
    left += changes.added
    _check_items(left)
    _refuse_packed(rows[key] for key in changes.removed)
    before = {"items": len(rows), "units": sum(item.quantity for item in rows.values())}
    if not _write_items(shipment, rows, changes):
        return shipment
    after = {"items": len(left), "units": sum(plan.quantity for plan in left)}
    return _changed("shipment.items_changed", shipment, access, by, before=before, after=after)


def _merged(rows: Mapping[uuid.UUID, ShipmentItem], changes: ItemChanges) -> ItemChanges:
    """What is to be written of these changes, beside what others have saved meanwhile."""
    lost: dict[str, dict[str, Any]] = {}
    changed: dict[uuid.UUID, ItemPlan] = {}
    for key, plan in changes.changed.items():
        shown = changes.shown.get(key)
        if key not in rows:
            if words(vars(plan)).items() <= (shown or {}).items():
                continue
            raise Conflict(
                f"Somebody else removed the line of SKU {plan.msku} in the meantime. Nothing of "
                "yours is saved yet: tick its removal, and enter it as a new line to keep it."
            )
        now = vars(plan_of(rows[key]))
        try:
            changed[key] = ItemPlan(**(now | merge(now, vars(plan), shown)))
        except Overtaken as error:
            lost[str(key)] = error.now
    removed = changes.removed & rows.keys()
    for key in removed & changes.shown.keys():
        now, shown = vars(plan_of(rows[key])), changes.shown[key]
        if other := {name: value for name, value in now.items() if word(value) != shown.get(name)}:
            lost[str(key)] = other
    if lost:
        raise Overtaken(lost)
    return replace(changes, changed=changed, removed=removed)


def overpacked(shipment: Shipment) -> list[tuple[str, int, int]]:
    """SKU, units in boxes, units planned, of every line of which more is packed than planned."""
    return [
        (item.msku, item.packed, item.quantity)
        for item in _with_packed(shipment).filter(packed__gt=F("quantity"))
    ]


def plan_of(item: ShipmentItem) -> ItemPlan:
    return ItemPlan(**{name: getattr(item, name) for name in ItemPlan.__dataclass_fields__})


def _write_items(shipment: Shipment, rows: dict[Any, ShipmentItem], changes: ItemChanges) -> bool:
    """Write the lines; False when the form was sent back as it came."""
    changed = []
    for key, plan in changes.changed.items():
        item = rows[key]
        if key not in changes.removed and plan_of(item) != plan:
            for name, value in vars(plan).items():
                setattr(item, name, value)
            changed.append(item)
    ShipmentItem.objects.filter(pk__in=[rows[key].pk for key in changes.removed]).delete()
    # Two lines may exchange their SKUs: free the names before giving them out again.
    renamed = ShipmentItem.objects.filter(pk__in=[item.pk for item in changed])
    renamed.update(msku=Cast("public_id", CharField()))
    ShipmentItem.objects.bulk_update(changed, list(ItemPlan.__dataclass_fields__))
    _add_items(shipment, changes.added)
    return bool(changed or changes.removed or changes.added)


def _refuse_packed(items: Iterable[ShipmentItem]) -> None:
    packed = (
        BoxItem.objects.filter(item__in=list(items), box__share__status__in=LIVE_SHARE)
        .values_list("item__msku", flat=True)
        .first()
    )
    if packed:
        raise Invalid(f"SKU {packed} is in a box already: ask the supplier to take it out first.")


def _live(shipment: Shipment) -> list[Share]:
    return list(
        shipment.shares.in_force().select_related("connection__supplier", "guest").order_by("id")
    )


@transaction.atomic
def cancel_shipment(*, by: Any, shipment: Shipment, reason: str = "") -> Shipment:
    """Voids every share. Raises NotPermitted below admin, TransitionNotAllowed from transit on."""
    access, shipment = enter_shipment(shipment, by, MANAGE_SHIPMENTS)
    before = shipment.status
    advance(shipment, SHIPMENT, ShipmentStatus.CANCELLED)
    acting = access.acting_firm(MANAGE_SHIPMENTS)
    note_move(shipment, before, by=by, acting=acting)
    told = [share for share in _live(shipment) if share.status != ShareStatus.COMPLETED]
    void_shares(
        shipment.shares.exclude(status=ShareStatus.COMPLETED),
        by=by,
        reason=reason,
        acting=acting,
    )
    emails.shipments.shipment_cancelled(shipment, by=by, shares=told, reason=reason)
    return shipment


@transaction.atomic
def note_pack_list(*, by: Any, shipment: Shipment) -> None:
    access = enter(shipment.seller_id, by, VIEW_SHIPMENTS)
    record(
        "shipment.pack_list_downloaded",
        by=by,
        subject=shipment,
        organization=access.organization,
        acting=access.acting_firm(VIEW_SHIPMENTS),
    )


def void_shares(
    shares: Any, *, by: Any, reason: str = "", acting: int | None = None
) -> list[Share]:
    """End these shares, as far as they are waiting or live, together with what caused it.

    The caller holds the locks of the shares' shipments and tells the suppliers; `acting` is the
    firm of a delegate who caused it.
    """
    rows = list(
        shares.filter(status__in=SHARE.sources(ShareStatus.VOID))
        .select_related("shipment", "connection", "guest")
        .order_by("pk")
    )
    held = Share.objects.filter(pk__in=[row.pk for row in rows])
    advance_all(held, SHARE, ShareStatus.VOID, ended_at=clock.now(), reason=reason[:300])
    end_links(rows, by=by, acting=acting)
    for seller_id in sorted({row.shipment.seller_id for row in rows}):
        record_each(
            "share.voided",
            [(row, row.supplier_id) for row in rows if row.shipment.seller_id == seller_id],
            by=by,
            organization=seller_id,
            acting=acting,
            after={"status": "void"},
        )
    return rows


def settle(shipment: Shipment) -> None:
    """Move an open shipment to where its shares are; the caller holds its lock.

    Ready to ship: every supplier has labels. Shipped: every supplier has shipped, and the boxes
    hold what was planned.
    """
    if shipment.status not in OPEN_SHIPMENT:
        return
    wanted = _wanted(shipment)
    if wanted == shipment.status or not SHIPMENT.allows(shipment.status, wanted):
        return
    before = shipment.status
    moved: dict[str, Any] = {"shipped_at": clock.now()} if wanted == ShipmentStatus.SHIPPED else {}
    advance(shipment, SHIPMENT, wanted, **moved)
    note_move(shipment, before, by=None)


def _wanted(shipment: Shipment) -> str:
    statuses = set(
        shipment.shares.filter(status__in=OUTSTANDING_SHARE).values_list("status", flat=True)
    )
    if not statuses or not statuses <= set(PRINTED) or unpacked(shipment):
        return ShipmentStatus.WORKING
    return ShipmentStatus.SHIPPED if statuses <= set(DONE_SHARE) else ShipmentStatus.READY_TO_SHIP


def unpacked(shipment: Shipment) -> int:
    """How many lines of the plan are not packed exactly, over all live shares."""
    return _with_packed(shipment).exclude(packed=F("quantity")).count()


def _with_packed(shipment: Shipment) -> Any:
    packed = (
        BoxItem.objects.filter(item=OuterRef("pk"), box__share__status__in=LIVE_SHARE)
        .order_by()
        .values("item")
        .annotate(units=Sum("quantity"))
        .values("units")
    )
    return shipment.items.annotate(packed=Coalesce(Subquery(packed), 0))
