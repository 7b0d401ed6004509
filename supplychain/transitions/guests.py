"""The guest link: made with a share, proved by a mailed code, later made an account (X13)."""

import secrets
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.invitations import transitions as shared
from accounts.invitations.refusals import refuse_blocked, take_back
from accounts.models import Organization
from accounts.states import OPEN_INVITATION, InvitationStatus, OrganizationKind
from accounts.tenancy import owns_address, verified_addresses
from accounts.transitions.organizations import register_organization
from core import clock
from core.audit.services import record
from core.db import constraint_as, lock, move
from core.errors import Conflict, Invalid, LimitReached, NotRelated
from core.outbox.models import Message
from core.state_tables import advance
from core.web.access import ADMINISTRATOR
from supplychain import emails
from supplychain.guests import Guest, require_in_force
from supplychain.models import GuestLink, Share, Shipment, SupplierConnection
from supplychain.permissions import EDIT_SHIPMENTS
from supplychain.plans import NewAccount
from supplychain.states import LIVE_SHARE, SHARE, ShareStatus
from supplychain.transitions.guards import admit, enter_shipment, lock_organizations, require_open

CODE_MINUTES = 15
CODE_TRIES = 5
CODE_GAP = timedelta(minutes=1)
CODES_A_DAY = 10
DAY = timedelta(hours=24)


@transaction.atomic
def share_with_guest(
    *, by: Any, shipment: Shipment, address: str, name: str, note: str = ""
) -> Share:
    """Share with the owner of `address`, who needs no account: a link for this shipment only.

    What waited for them to join becomes theirs at once. Nothing tells whether the address has an
    account (I15). Raises NotPermitted below the level edit, Conflict for a shipment that is not
    open or an address that has a guest link for it, LimitReached (I13).
    """
    access, shipment = enter_shipment(shipment, by, EDIT_SHIPMENTS)
    require_open(shipment)
    shared.close_overdue(GuestLink, shipment=shipment, address=address)
    link = _make(shipment, by=by, address=address, name=name)
    share = _waiting(shipment, address)
    if share is None:
        share = Share.objects.create(
            shipment=shipment, guest=link, status=ShareStatus.SHARED, note=note, shared_by=by
        )
    else:
        advance(
            share, SHARE, ShareStatus.SHARED, guest=link, shared_at=clock.now(), shared_by=by,
            note=note or share.note,
        )  # fmt: skip
    acting = access.acting_firm(EDIT_SHIPMENTS)
    record(
        "share.shared",
        by=by,
        subject=share,
        organization=shipment.seller,
        acting=acting,
        after={"status": "shared"},
    )
    shared.note_sent(link, by=by, acting=acting)
    emails.guests.guest_invited(link, share)
    return share


def _make(shipment: Shipment, *, by: Any, address: str, name: str) -> GuestLink:
    there = "This address has a guest link for this shipment already."
    with shared.one_open(GuestLink, there):
        return GuestLink.objects.create(
            organization=shipment.seller,
            shipment=shipment,
            address=address,
            name=name,
            invited_by=by,
            expires_at=clock.end_after(settings.INVITATION_DAYS, shipment.seller.zone),
        )


def _waiting(shipment: Shipment, address: str) -> Share | None:
    """The share that waits for the owner of this address to join, locked."""
    rows = Share.objects.filter(
        shipment=shipment, status=ShareStatus.WAITING, invitation__address=address
    )
    return rows.select_for_update(of=("self",), no_key=True).first()


def renew(link: GuestLink, *, by: Any, acting: int | None) -> GuestLink:
    """A new link with a new end date for the same share and its work; the old one is dead (U2, I5).

    Also after it was taken back: then it is a new row. The caller holds the lock. Raises Conflict
    when the share has ended or its guest has an account now, LimitReached.
    """
    share = Share.objects.filter(guest=link, connection=None, status__in=LIVE_SHARE).first()
    if share is None:
        raise Conflict("This share has ended: share the shipment again.")
    row, share.shipment = link, link.shipment
    if link.status in (InvitationStatus.REVOKED, InvitationStatus.DECLINED):
        row = _make(link.shipment, by=by, address=link.address, name=link.name)
        move(share, expect={"guest": link}, guest=row)
        shared.note_sent(row, by=by, acting=acting)
    else:
        there = "This address has a newer guest link for this shipment."
        shared.renew(row, by=by, acting=acting, taken=there, code_hash="")
    emails.guests.guest_invited(row, share)
    return row


def end_links(
    shares: Iterable[Share], *, by: Any, declined: bool = False, acting: int | None = None
) -> None:
    """Runs in the transaction that ends the shares, under their seller's lock."""
    keys = [share.guest_id for share in shares if share.guest_id and share.connection_id is None]
    if not keys:
        return
    status = InvitationStatus.DECLINED if declined else InvitationStatus.REVOKED
    links = GuestLink.objects.filter(pk__in=keys, status__in=OPEN_INVITATION).order_by("pk")
    for link in links.select_related("organization"):
        shared.close(link, status, by=by, acting=acting)


# The code --------------------------------------------------------------------------------------
@transaction.atomic
def send_code(*, link: GuestLink, generation: int) -> None:
    """Raises Ended, and LimitReached within a minute of the last code and after ten in a day."""
    link = _locked(link, generation)
    now = clock.real_now()
    if link.code_sent_at and now < link.code_sent_at + CODE_GAP:
        raise LimitReached(
            "A code is on its way. Wait a minute before you ask for another.",
            retry_at=link.code_sent_at + CODE_GAP,
        )
    recent = Message.objects.filter(kind=emails.guests.CODE, key__startswith=f"{link.about}:code:")
    if recent.filter(created_at__gt=now - DAY).count() >= CODES_A_DAY:
        raise LimitReached("This link has had enough codes for today. Try again tomorrow.")
    code = f"{secrets.randbelow(10**6):06d}"
    move(
        link,
        expect={"generation": generation},
        code_hash=_hash(link, code),
        code_sent_at=now,
        code_tries=0,
    )
    emails.guests.guest_code(link, code, minutes=CODE_MINUTES)


@transaction.atomic
def enter_code(*, link: GuestLink, generation: int, code: str) -> bool:
    """Whether this is the code that was mailed; each works once, for a quarter of an hour.

    A wrong one is counted, and after five the code is void. Raises Ended for a link that is not in
    force and Invalid when there is no code that could be right.
    """
    link = _locked(link, generation)
    sent = link.code_sent_at
    fresh = sent is not None and clock.real_now() < sent + timedelta(minutes=CODE_MINUTES)
    if not fresh or not link.code_hash or link.code_tries >= CODE_TRIES:
        raise Invalid("There is no code that still works. Have a new one sent.", field="code")
    tries = link.code_tries
    move(link, expect={"code_tries": tries}, code_tries=tries + 1)
    if not constant_time_compare(link.code_hash, _hash(link, code)):
        return False
    move(link, expect={"code_hash": link.code_hash}, code_hash="")
    record(
        "guest_link.entered",
        by=Guest.of(link, generation),
        subject=link,
        counterparty=link.organization_id,
    )
    return True


def _hash(link: GuestLink, code: str) -> str:
    value = f"{link.public_id}:{link.generation}:{code}"
    return salted_hmac("supplychain.guest-code", value, algorithm="sha256").hexdigest()


def _locked(link: GuestLink, generation: int) -> GuestLink:
    lock(Organization.objects.all(), pk=link.organization_id)
    row: GuestLink = lock(GuestLink.objects.select_related("organization"), pk=link.pk)
    require_in_force(row, generation)
    if not Share.objects.for_guest(row).exists():
        raise NotRelated
    return row


# Turning it into an account --------------------------------------------------------------------
@transaction.atomic
def join(
    *,
    by: Any,
    link: GuestLink,
    organization: Organization | None = None,
    new: NewAccount | None = None,
) -> SupplierConnection:
    """Connect with the seller, as one's own `organization` or a `new` one; all work is kept.

    Every other guest link of this seller to an address of theirs comes along. Raises NotRelated for
    anybody but the owner of the invited address, Ended, Conflict when the account has the shipment
    already.
    """
    if not owns_address(by, link.address):
        raise NotRelated
    if organization is None:
        if new is None:
            raise Invalid("Choose the account that takes it over.", field="account")
        # First whether it can still be answered: a second press must not open a second account.
        _locked(link, link.generation)
        organization = register_organization(by=by, kind=OrganizationKind.SUPPLIER, **vars(new))
    parties = lock_organizations({link.organization_id, organization.pk})
    seller, supplier = parties[link.organization_id], parties[organization.pk]
    if supplier.kind != OrganizationKind.SUPPLIER:
        raise NotRelated
    admit(supplier, by, ADMINISTRATOR)
    row: GuestLink = lock(GuestLink.objects.select_related("organization"), pk=link.pk)
    require_in_force(row, row.generation)
    refuse_blocked(inviter=seller, answering=supplier)
    take_back(inviter=seller, by=by, address=row.address, organization=supplier)
    connection = connect(seller, supplier)
    if row.pk not in adopt(connection, by=by):
        raise Conflict("Your account has this shipment already.")
    emails.guests.guest_joined(row, supplier, by=by)
    return connection


def connect(seller: Organization, supplier: Organization) -> SupplierConnection:
    """The pair's one live connection: the one there is, or a new one; both are locked."""
    live = SupplierConnection.objects.for_seller(seller).for_supplier(supplier).live()
    connection = live.select_related("seller", "supplier").first()
    if connection is None:
        taken = Conflict("You are connected already.")
        with constraint_as(supplychain_supplierconnection_one_live=taken):
            connection = SupplierConnection.objects.create(seller=seller, supplier=supplier)
    return connection


def adopt(connection: SupplierConnection, *, by: Any) -> set[int]:
    """Hand what `by` works on as a guest of this seller to their account, as it stands.

    The caller has locked both organizations. Returns the keys of the links that are used up; a
    shipment that the account has already stays with its guest.
    """
    given = Share.objects.live().filter(connection=connection)
    shares = (
        Share.objects.in_force()
        .filter(
            connection=None,
            guest__organization=connection.seller,
            guest__address__in=verified_addresses(by),
            guest__status__in=OPEN_INVITATION,
            guest__expires_at__gt=clock.now(),
        )
        .exclude(shipment__in=given.values("shipment_id"))
        .select_related("guest__organization", "shipment")
        .order_by("shipment_id", "pk")
        .select_for_update(of=("self",), no_key=True)
    )
    taken: dict[int, Share] = {}
    for share in shares:
        if share.guest is not None and share.shipment_id not in taken:
            shared.close(share.guest, InvitationStatus.ACCEPTED, by=by)
            move(share, expect={"connection": None, "status": share.status}, connection=connection)
            record(
                "share.adopted",
                by=by,
                subject=share,
                organization=connection.supplier,
                counterparty=connection.seller_id,
            )
            taken[share.shipment_id] = share
    return {share.guest_id for share in taken.values() if share.guest_id}
