"""Who is told: those on either side who may do something about it."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, OuterRef, Q

from accounts.models import Membership, MembershipRight, Organization
from accounts.states import MembershipRole
from connections.rights.access import access_for
from core.errors import NotRelated
from core.notifications.services import Recipient
from core.outbox.objections import ADMINISTRATOR, DELEGATE
from core.time_zones import named
from supplychain.permissions import VIEW_SHIPMENTS


def _with_right(codename: str) -> Any:
    """Members in force who administer their organization or hold this right on it."""
    right = MembershipRight.objects.filter(
        user_id=OuterRef("user_id"),
        content_object_id=OuterRef("organization_id"),
        permission__codename=codename,
    )
    return Membership.objects.active().filter(Q(role=MembershipRole.ADMINISTRATOR) | Exists(right))


def _recipients(memberships: Any, right: str) -> list[Recipient]:
    rows = memberships.order_by("id").values_list(
        "user__email", "user_id", "organization_id", "user__time_zone"
    )
    return [
        Recipient(email, user, account, right, named(zone)) for email, user, account, zone in rows
    ]


def administrators(organization: Organization) -> list[Recipient]:
    return _recipients(Membership.objects.administrators(organization), ADMINISTRATOR)


def suppliers_side(supplier_ids: Iterable[int | None]) -> list[Recipient]:
    """Who works on shared shipments at these suppliers."""
    rows = _with_right("shares_edit").filter(organization__in=[pk for pk in supplier_ids if pk])
    return _recipients(rows, "shares_edit")


def sellers_side(seller: Organization, *, also: Any = None) -> list[Recipient]:
    """Who prepares shipments at this seller, and `also` the person who shared this one.

    That person may be a partner's employee: told only while they may still look.
    """
    rows = _with_right("shipments_edit").filter(organization=seller)
    people = _recipients(rows, "shipments_edit")
    if also is None or any(person.user_id == also.pk for person in people):
        return people
    try:
        access = access_for(also, seller)
    except NotRelated:
        return people
    if not also.is_active or not access.allows(VIEW_SHIPMENTS):
        return people
    return [*people, Recipient.of(also, seller, "" if access.member else DELEGATE)]
