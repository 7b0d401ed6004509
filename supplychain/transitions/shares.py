"""Sharing a shipment with suppliers, taking it back, moving it, and the supplier's refusal."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, Model, OuterRef, QuerySet

from accounts.invitations.refusals import refuse
from core import clock
from core.audit.services import record, record_each
from core.errors import Invalid
from core.state_tables import advance
from core.web.access import Access
from supplychain import emails
from supplychain.guests import Guest
from supplychain.models import Share, Shipment, SupplierConnection, SupplierInvitation
from supplychain.permissions import EDIT_SHIPMENTS, MANAGE_SHIPMENTS, WORK_SHARES
from supplychain.plans import Targets
from supplychain.states import LIVE_SHARE, OPEN_SHIPMENT, SHARE, ShareStatus
from supplychain.transitions.guards import (
    enter_share,
    enter_shipment,
    lock_shipment,
    note_share,
    require_open,
)
from supplychain.transitions.guests import end_links
from supplychain.transitions.shipments import settle, void_shares

MAX_AT_ONCE = 200


@transaction.atomic
def share_shipment(*, by: Any, shipment: Shipment, targets: Targets, note: str = "") -> list[Share]:
    """Share with each target once; who has it already is left alone (S1.11, C7).

    Connected suppliers are told by mail (S1.12); for invited ones the share waits until they
    join. The number of statements depends on neither suppliers nor lines. Returns the new shares.
    Raises NotPermitted below the level edit, Conflict for a shipment that is no longer open and
    Invalid when a target is none of the seller's.
    """
    access, shipment = enter_shipment(shipment, by, EDIT_SHIPMENTS)
    return _share(access, shipment, targets, by=by, note=note)


def _share(
    access: Access, shipment: Shipment, targets: Targets, *, by: Any, note: str
) -> list[Share]:
    require_open(shipment)
    if not targets.connections and not targets.invitations:
        raise Invalid("Choose at least one supplier.", field="suppliers")
    if len(targets.connections) + len(targets.invitations) > MAX_AT_ONCE:
        raise Invalid(f"Choose at most {MAX_AT_ONCE} suppliers at once.", field="suppliers")
    common = {"shipment": shipment, "note": note, "shared_by": by, "shared_at": clock.now()}
    shares = [
        Share(connection=row, status=ShareStatus.SHARED, **common)
        for row in _connections(shipment, targets.connections)
    ]
    waiting = [
        Share(invitation=row, status=ShareStatus.WAITING, **common)
        for row in _invitations(shipment, targets.invitations)
    ]
    new = [*shares, *waiting]
    if not new:
        return new
    Share.objects.bulk_create(new)
    record_each(
        "share.shared",
        [(share, share.supplier_id) for share in new],
        by=by,
        organization=shipment.seller,
        acting=access.acting_firm(EDIT_SHIPMENTS),
        after={"status": "shared"},
    )
    if shares:
        emails.shares.shipment_shared(shares, by=by)
    return new


def _connections(shipment: Shipment, keys: frozenset[UUID]) -> list[SupplierConnection]:
    # The seller's row is locked, and whoever ends a connection locks it, too: these stay live.
    rows = SupplierConnection.objects.for_seller(shipment.seller).live().select_related("supplier")
    shared = Share.objects.live().filter(shipment=shipment, connection=OuterRef("pk"))
    return _lacking(rows, keys, shared, "One of the suppliers is not connected any more.")


def _invitations(shipment: Shipment, keys: frozenset[UUID]) -> list[SupplierInvitation]:
    rows = SupplierInvitation.objects.for_organization(shipment.seller).to_suppliers()
    waiting = Share.objects.filter(
        shipment=shipment, invitation=OuterRef("pk"), status=ShareStatus.WAITING
    )
    gone = "One of the invitations has ended: reload the page."
    return _lacking(rows.open(clock.now()), keys, waiting, gone)


def _lacking[M: Model](
    rows: QuerySet[M], keys: frozenset[UUID], theirs: QuerySet[Share], gone: str
) -> list[M]:
    """Those of `rows` that `keys` name and that have none of `theirs`."""
    if not keys:
        return []
    found: list[Any] = list(
        rows.filter(public_id__in=keys).annotate(has_it=Exists(theirs)).order_by("pk")
    )
    if len(found) != len(keys):
        raise Invalid(gone, field="suppliers")
    return [row for row in found if not row.has_it]


@transaction.atomic
def recall_share(*, by: Any, share: Share, reason: str = "") -> Share:
    """Raises NotPermitted below admin, and TransitionNotAllowed once it ended or shipped (U37)."""
    access, shipment = enter_shipment(share.shipment, by, MANAGE_SHIPMENTS)
    share = _recall(access, shipment, share, by=by, reason=reason)
    settle(shipment)
    return share


def _recall(access: Access, shipment: Shipment, share: Share, *, by: Any, reason: str) -> Share:
    share = _lock_share(shipment, share)
    before = share.status
    advance(share, SHARE, ShareStatus.RECALLED, ended_at=clock.now(), reason=reason[:300])
    record(
        "share.recalled",
        by=by,
        subject=share,
        organization=shipment.seller,
        counterparty=share.supplier_id,
        acting=access.acting_firm(MANAGE_SHIPMENTS),
        before={"status": before},
        after={"status": "recalled"},
    )
    end_links([share], by=by, acting=access.acting_firm(MANAGE_SHIPMENTS))
    if share.connection or share.guest:
        emails.shares.share_recalled(share, by=by, reason=reason)
    return share


def _lock_share(shipment: Shipment, share: Share) -> Share:
    rows = Share.objects.filter(shipment=shipment).with_list_data()
    return rows.select_for_update(of=("self",), no_key=True).get(pk=share.pk)


@transaction.atomic
def move_share(
    *, by: Any, share: Share, targets: Targets, reason: str = "", note: str = ""
) -> list[Share]:
    """Both or neither. Raises what recall and sharing raise, and Invalid for the same supplier."""
    access, shipment = enter_shipment(share.shipment, by, MANAGE_SHIPMENTS)
    if share.connection and share.connection.public_id in targets.connections:
        raise Invalid("Choose another supplier than the one who has it.", field="suppliers")
    _recall(access, shipment, share, by=by, reason=reason)
    shares = _share(access, shipment, targets, by=by, note=note)
    settle(shipment)
    return shares


@transaction.atomic
def decline_share(*, by: Any, share: Share, reason: str, never_again: bool = False) -> Share:
    """The supplier will not do it; the seller is told why.

    A guest may also want to hear nothing of this seller `never_again` (I18). Raises
    NotPermitted without the right to work on shares and TransitionNotAllowed once shipped.
    """
    share = enter_share(share, by, WORK_SHARES)
    before = share.status
    advance(share, SHARE, ShareStatus.DECLINED, ended_at=clock.now(), reason=reason[:300])
    note_share(share, "share.declined", by, before)
    end_links([share], by=by, declined=True)
    if never_again and isinstance(by, Guest) and share.guest:
        refuse(inviter=share.shipment.seller, by=by, address=share.guest.address)
    settle(share.shipment)
    emails.shares.share_declined(share, by=by, reason=reason)
    return share


def release_waiting(
    connection: SupplierConnection, invitations: Sequence[SupplierInvitation]
) -> list[Share]:
    """The caller has locked both organizations. What cannot be shared any more is void."""
    waiting = list(
        Share.objects.filter(invitation__in=invitations, status=ShareStatus.WAITING)
        .select_related("shipment__seller")
        .order_by("shipment_id", "id")
    )
    given = set(
        Share.objects.filter(
            connection=connection, status__in=LIVE_SHARE, shipment__in=[s.shipment for s in waiting]
        ).values_list("shipment_id", flat=True)
    )
    released = []
    for share in waiting:
        share.shipment = lock_shipment(connection.seller, share.shipment)
        if share.shipment_id in given or share.shipment.status not in OPEN_SHIPMENT:
            void_shares(Share.objects.filter(pk=share.pk), by=None)
            continue
        advance(share, SHARE, ShareStatus.SHARED, connection=connection, shared_at=clock.now())
        given.add(share.shipment_id)
        released.append(share)
    record_each(
        "share.released",
        [(share, connection.supplier_id) for share in released],
        by=None,
        organization=connection.seller_id,
        after={"status": "shared"},
    )
    for share in released:
        emails.shares.shipment_shared([share], by=share.shared_by)
    return released
