"""Inviting a supplier or a seller, in both directions: one mechanism, two readers."""

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from accounts.invitations import kinds
from accounts.invitations import transitions as shared
from accounts.invitations.batches.kinds import Plan
from accounts.invitations.erasure import addresses_of, forget_invited
from accounts.invitations.refusals import refuse, refuse_blocked, take_back
from accounts.models import Membership, Organization, Refusal
from accounts.states import InvitationStatus, MembershipRole, OrganizationKind
from accounts.tenancy import owns_address
from accounts.transitions.organizations import register_organization
from core import clock
from core.audit.services import forget_pseudonym
from core.db import lock, require_atomic
from core.errors import Conflict, Invalid, NotRelated
from core.web.access import ADMINISTRATOR
from supplychain import emails
from supplychain.guests import pseudonym
from supplychain.models import GuestLink, Share, SupplierConnection, SupplierInvitation
from supplychain.plans import NewAccount
from supplychain.states import Direction, ShareStatus
from supplychain.transitions.guards import admit, lock_organizations
from supplychain.transitions.guests import adopt, connect
from supplychain.transitions.shares import release_waiting
from supplychain.transitions.shipments import void_shares

MOST_ACCOUNTS = 20


class InvitedAlready(Conflict):
    """The other side's invitation is waiting: accept `invitation` instead (X16)."""

    def __init__(self, invitation: SupplierInvitation) -> None:
        super().__init__("They have invited you already: accept their invitation.")
        self.invitation = invitation


@transaction.atomic
def invite(
    *, by: Any, organization: Organization, address: str, name: str = "", supplier_kind: str = ""
) -> SupplierInvitation:
    """A seller invites a supplier, a supplier invites a seller, by canonical address (S1.1, S1.14).

    The answer is the same whether the address is known to us or not (I15). Raises InvitedAlready
    when the other side's invitation waits, Conflict for an open one to this address, NotPermitted,
    LimitReached (I13).
    """
    candidates = _administered_by(organization, [address]).get(address, [])
    organization = lock_organizations({organization.pk, *candidates})[organization.pk]
    kinds.of(SupplierInvitation).check(by, organization)
    # Asked even when there is nobody: the same work for every address.
    if crossing := _open_between(organization.pk, candidates or [0]).order_by("pk").first():
        raise InvitedAlready(crossing)
    shared.close_overdue(SupplierInvitation, organization=organization, address=address)
    fields = {"address": address, "name": name, "supplier_kind": supplier_kind}
    invitation = _new(organization, by, candidates, **fields)
    with shared.one_open(SupplierInvitation):
        invitation.save(force_insert=True)
    shared.note_sent(invitation, by=by)
    emails.invitations.invitations_sent([invitation])
    return invitation


def _new(
    organization: Organization, by: Any, candidates: Sequence[int], **fields: Any
) -> SupplierInvitation:
    return SupplierInvitation(
        organization=organization,
        direction=Direction.of(organization.kind),
        counterparty_id=candidates[0] if len(candidates) == 1 else None,
        invited_by=by,
        expires_at=clock.end_after(settings.INVITATION_DAYS, organization.zone),
        **fields,
    )


def known(organization: Organization, addresses: Iterable[str]) -> dict[str, str]:
    """Which of these addresses need no invitation, and why.

    Connected is whom an invitation of ours to this very address has connected: whose account
    any other address belongs to is not told.
    """
    wanted = list(addresses)
    accepted = SupplierInvitation.objects.for_organization(organization).filter(
        address__in=wanted, status=InvitationStatus.ACCEPTED
    )
    connected = dict(accepted.values_list("counterparty_id", "address"))
    found = {
        connected[other]: "Connected with you already."
        for other in _connected_with(organization, list(connected))
    }
    candidates = _administered_by(organization, wanted)
    # Asked even when there is nobody: the same work for every address.
    crossing = _open_between(organization.pk, list(_ids(candidates)) or [0])
    waiting = set(crossing.values_list("organization_id", flat=True))
    found |= {
        address: "They have invited you already: accept their invitation."
        for address, others in candidates.items()
        if waiting.intersection(others)
    }
    return found | shared.known_open(SupplierInvitation, organization, wanted)


def invite_each(
    *, by: Any, organization: Organization, plans: Sequence[Plan]
) -> list[SupplierInvitation]:
    """The same as `invite` for a list, in a fixed number of statements.

    The caller holds the locks, has checked what `invite` checks, and counts what is sent.
    """
    require_atomic()
    candidates = _administered_by(organization, [plan.address for plan in plans])
    rows = SupplierInvitation.objects.bulk_create(
        _new(
            organization,
            by,
            candidates.get(plan.address, []),
            public_id=plan.public_id,
            address=plan.address,
            name=plan.name,
            supplier_kind=plan.values.get("supplier_kind", ""),
        )
        for plan in plans
    )
    emails.invitations.invitations_sent(rows)
    return rows


def parties(organization: Organization, addresses: Iterable[str]) -> set[int]:
    """Ids of the accounts whose own invitations could cross these."""
    return _ids(_administered_by(organization, addresses))


def _ids(candidates: dict[str, list[int]]) -> set[int]:
    return {pk for others in candidates.values() for pk in others}


def _administered_by(organization: Organization, addresses: Iterable[str]) -> dict[str, list[int]]:
    """Ids of working accounts of the invited kind that the verified owner of each address
    administers, twenty at most."""
    rows = Membership.objects.active().filter(
        user__emailaddress__email__in=list(addresses),
        user__emailaddress__verified=True,
        role=MembershipRole.ADMINISTRATOR,
        organization__kind=Direction.of(organization.kind).invites,
        organization__status="active",
    )
    found: dict[str, list[int]] = {}
    pairs = rows.values_list("user__emailaddress__email", "organization_id")
    for address, pk in pairs.order_by("organization_id"):
        if len(others := found.setdefault(address, [])) < MOST_ACCOUNTS:
            others.append(pk)
    return found


def _connected_with(organization: Organization, others: list[int]) -> list[int]:
    seller = organization.kind == OrganizationKind.SELLER
    ours, theirs = ("seller", "supplier") if seller else ("supplier", "seller")
    live = SupplierConnection.objects.live().filter(**{ours: organization, f"{theirs}__in": others})
    return list(live.values_list(f"{theirs}_id", flat=True))


def _open_between(invited_id: int, inviters: list[int]) -> Any:
    """Open invitations by these organizations to another, by name or by address."""
    administrators = Membership.objects.administrators(invited_id).values("user_id")
    addresses = EmailAddress.objects.filter(user__in=administrators, verified=True)
    rows = SupplierInvitation.objects.open(clock.now())
    return rows.exclude(_blocked(invited_id)).filter(
        Q(counterparty=invited_id) | Q(counterparty=None, address__in=addresses.values("email")),
        organization__in=inviters,
    )


def _blocked(invited_id: int) -> Exists:
    """Of those whom this account has blocked, nothing crosses and nothing merges (I18)."""
    return Exists(Refusal.objects.filter(organization=OuterRef("organization"), refuser=invited_id))


def forget_person(*, user: Any) -> None:
    """Take an erased person's addresses and name out of invitations to them (D6).

    Runs in the transaction that erases; what is still open is taken back first.
    """
    forget_invited(SupplierInvitation, user, lambda row: void_waiting(row, by=None))
    links = GuestLink.objects.to_addresses(addresses_of(user))
    pseudonyms = [pseudonym(link) for link in links]
    forget_invited(GuestLink, user)
    for name in pseudonyms:
        forget_pseudonym(name)


def void_waiting(invitation: SupplierInvitation, *, by: Any) -> None:
    waiting = Share.objects.filter(invitation=invitation, status=ShareStatus.WAITING)
    void_shares(waiting, by=by)


@transaction.atomic
def accept(
    *,
    by: Any,
    public_id: uuid.UUID,
    organization: Organization | None = None,
    new: NewAccount | None = None,
) -> SupplierConnection:
    """Connect with the inviter, as one's own `organization` or as a `new` account (S1.9, S1.15).

    Everything is looked at again under the lock. What else is open between the two is closed as
    accepted, too, and shares that waited are released. Raises NotRelated for anybody but
    the invited, Ended for an invitation that has ended or whose inviter may no longer invite.
    """
    # Locked before an account is opened: a second press must not open a second one.
    beside = [organization.pk] if organization else []
    invitation = shared.lock_open(SupplierInvitation, public_id, by=by, beside=beside)
    if organization is None:
        answering = _register(invitation, new, by=by)
    else:
        answering = lock(Organization.objects.all(), pk=organization.pk)
    _check_answering(invitation, answering, by=by)
    kinds.of(invitation).check_inviter(invitation)
    inviter = invitation.organization
    refuse_blocked(inviter=inviter, answering=answering)
    take_back(inviter=inviter, by=by, address=invitation.address, organization=answering)
    sides = (inviter, answering)
    connection = connect(*(sides if inviter.kind == OrganizationKind.SELLER else sides[::-1]))
    accepted = [invitation, *_others(invitation, answering)]
    for row in accepted:
        other = answering if row.organization_id == inviter.pk else inviter
        shared.close(row, InvitationStatus.ACCEPTED, by=by, counterparty=other)
    emails.invitations.invitation_accepted(invitation, answering, by=by)
    adopt(connection, by=by)
    release_waiting(connection, accepted)
    return connection


def _register(invitation: SupplierInvitation, new: NewAccount | None, *, by: Any) -> Organization:
    if new is None or not owns_address(by, invitation.address):
        raise Invalid("Choose the account that answers.", field="account")
    kind = Direction(invitation.direction).invites
    return register_organization(by=by, kind=kind, **vars(new))


def _check_answering(
    invitation: SupplierInvitation, organization: Organization, *, by: Any
) -> None:
    """Raise unless `by`, who is invited, may answer for this organization (I1, I12)."""
    named = invitation.counterparty_id == organization.pk
    wrong = organization.kind != Direction(invitation.direction).invites
    if wrong or not (named or owns_address(by, invitation.address)):
        raise NotRelated
    admit(organization, by, ADMINISTRATOR)


def _others(invitation: SupplierInvitation, answering: Organization) -> list[SupplierInvitation]:
    """What else is open between the two, in either direction, locked."""
    inviter_id = invitation.organization_id
    same = _open_between(answering.pk, [inviter_id]).exclude(pk=invitation.pk)
    crossing = _open_between(inviter_id, [answering.pk])
    keys = [*same.values_list("pk", flat=True), *crossing.values_list("pk", flat=True)]
    rows = SupplierInvitation.objects.filter(pk__in=keys).select_related("organization")
    return list(rows.order_by("pk").select_for_update(of=("self",), no_key=True))


@transaction.atomic
def decline(
    *,
    by: Any,
    public_id: uuid.UUID,
    reason: str = "",
    never_again: bool = False,
    organization: Organization | None = None,
) -> SupplierInvitation:
    """Say no, with a reason, and on wish for good: no later invitation is mailed (U4).

    Said inside of `organization`, "never again" is that account's word, else the address's.
    Raises NotRelated for anybody but the invited and Ended for an invitation that has ended.
    """
    invitation = shared.lock_open(SupplierInvitation, public_id, by=by)
    shared.close(invitation, InvitationStatus.DECLINED, by=by, reason=reason)
    void_waiting(invitation, by=by)
    if never_again:
        owner = owns_address(by, invitation.address)
        refuse(
            inviter=invitation.organization,
            by=by,
            address="" if organization or not owner else invitation.address,
            organization=organization or (None if owner else invitation.counterparty),
        )
    emails.invitations.invitation_declined(invitation, by=by)
    return invitation
