"""Never again: a person's word for an address, or an account's for itself (I18).

Whoever is refused reads what others read: their invitation looks sent, and no mail goes. Telling
them would tell whose account an address belongs to (I15). What the refusing side does of its own
accord, accepting or asking for a new invitation, takes the refusal back.
"""

from collections.abc import Sequence
from typing import Any

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from accounts.invitations.kinds import Kind
from accounts.models import Membership, OneTimeLink, Organization, Refusal
from accounts.tenancy import require_administrator, verified_addresses
from core.audit.services import record
from core.db import lock, require_atomic
from core.errors import Conflict, NotRelated


def refuse(
    *, inviter: Organization, by: Any, address: str = "", organization: Organization | None = None
) -> Refusal:
    """Runs in the transaction of the answer. The inviter does not see it in their history."""
    require_atomic()
    target = {"refuser": organization} if organization else {"address": address}
    refusal, made = Refusal.objects.get_or_create(organization=inviter, **target)
    if made:
        record("refusal.set", by=by, subject=refusal, organization=organization)
    return refusal


@transaction.atomic
def lift(*, refusal: Refusal, by: Any, organization: Organization | None = None) -> None:
    """Raises NotRelated for anybody else's, NotPermitted for employees."""
    if organization:
        organization = lock(Organization.objects.all(), pk=organization.pk)
        require_administrator(by, organization)
        mine = refusal.refuser_id == organization.pk
    else:
        mine = bool(refusal.address) and refusal.address in verified_addresses(by)
    if not mine or not Refusal.objects.filter(pk=refusal.pk).delete()[0]:
        raise NotRelated
    record("refusal.lifted", by=by, subject=refusal, organization=organization)


def take_back(
    *, inviter: Organization, by: Any, address: str = "", organization: Organization | None = None
) -> None:
    """What the refusing side did itself takes its own word back."""
    own = Q(refuser=organization) if organization else Q(pk=None)
    if address:
        own |= Q(address=address)
    for refusal in Refusal.objects.filter(own, organization=inviter):
        Refusal.objects.filter(pk=refusal.pk).delete()
        record("refusal.lifted", by=by, subject=refusal, organization=refusal.refuser_id)


def unrefused[R: OneTimeLink](kind: Kind[R], rows: Sequence[R]) -> list[R]:
    """Those of one inviter's rows whose mail is wanted: by address, and by an account behind it.

    An address whose owner has another account that could answer is still written to. One
    statement, and a few more a row for an inviter whom some account has refused.
    """
    addresses = {kind.address(row) for row in rows}
    refusals = Refusal.objects.filter(
        Q(address__in=addresses) | Q(refuser__isnull=False), organization=kind.inviter(rows[0])
    )
    told = list(refusals.values_list("address", "refuser"))
    silent = {address for address, _ in told} - {""}
    refusers = {refuser for _, refuser in told} - {None}
    return [
        row
        for row in rows
        if kind.address(row) not in silent
        and not (refusers and _refused_by_accounts(kind, row, refusers))
    ]


def _refused_by_accounts[R: OneTimeLink](kind: Kind[R], row: R, refusers: set[Any]) -> bool:
    accounts = {kind.invited(row)} - {None}
    accounts = accounts or _accounts_of(kind.address(row), kind.invites(row))
    return bool(accounts) and accounts <= refusers


def _accounts_of(address: str, organization_kind: str) -> set[Any]:
    """The accounts of this kind that the verified owner of the address administers."""
    owners = EmailAddress.objects.filter(email=address, verified=True).values("user_id")
    rows = Membership.objects.active().filter(
        user__in=owners, role="administrator", organization__kind=organization_kind
    )
    return set(rows.values_list("organization_id", flat=True)[:20])


def unwelcome(*, inviter: str = "organization_id", invited: str = "") -> Exists:
    """For querysets: the invited has refused the inviter. The arguments name columns."""
    condition = Q(address=OuterRef("address")) & ~Q(address="")
    if invited:
        condition |= Q(refuser=OuterRef(invited))
    return Exists(Refusal.objects.filter(condition, organization=OuterRef(inviter)))


def refuse_blocked(*, inviter: Organization, answering: Organization) -> None:
    """Raise Conflict when the inviter has refused `answering`. Only the invited reads it."""
    if Refusal.objects.filter(organization=answering, refuser=inviter).exists():
        raise Conflict(f"{inviter.name} has blocked this account. Ask them to lift that first.")
