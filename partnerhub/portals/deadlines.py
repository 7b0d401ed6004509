"""What ends, waits or failed for an organization, as the first list of its home; soonest first."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import EmployeeInvitation, IdentityCheck, Organization
from accounts.states import InvitationStatus
from connections.models import Connection, ConnectionInvitation, RoleGrant
from core import clock
from core.web.formats import day, ending
from partnerhub.portals.checklists import CURRENT, Step, link_to
from roles.models import ApprovedRole, RoleApplication
from roles.states import ApplicationStatus, ApprovedRoleStatus
from supplychain.models import Share, SupplierInvitation
from supplychain.states import LIVE_SHARE, OPEN_SHIPMENT, ShareStatus

# What ends within so many days stands on the home; as many days a failure stays there.
AHEAD = timedelta(days=30)
BEFORE_LATE = timedelta(days=3)

_Dated = tuple[Any, Step]


def for_provider(provider: Organization) -> list[Step]:
    """Questions, approvals, connections, roles and invitations; seven queries."""
    now, handle = clock.now(), provider.handle
    applications = RoleApplication.objects.for_provider(provider)
    asked = applications.filter(status=ApplicationStatus.INFORMATION_REQUESTED)
    found: list[_Dated] = [
        (
            row.answer_due_at,
            _turn(
                _("Answer the reviewer's question: %(category)s")
                % {"category": row.category.title},
                _("Without an answer the application lapses on %(day)s.")
                % {"day": ending(row.answer_due_at)},
                _("Answer the question"),
                "provider:application",
                handle,
                row.public_id,
            ),
        )
        for row in asked.select_related("category").order_by("answer_due_at")[:5]
    ]
    soon = ApprovedRole.objects.for_provider(provider).in_force(now)
    roles_link = (_("Renew"), "provider:applications", handle)
    found += _ending(
        list(soon.filter(expires_at__lte=now + AHEAD).values_list("expires_at", flat=True)),
        lambda number: ngettext(
            "%(number)d approved role ends", "%(number)d approved roles end", number
        ),
        _("After %(day)s nobody can use what sellers granted you under it."),
        roles_link,
    )
    lapsed = ApprovedRole.objects.for_provider(provider).filter(
        status=ApprovedRoleStatus.LAPSED, ended_at__gt=now - AHEAD
    )
    found += _ending(
        list(lapsed.values_list("ended_at", flat=True)),
        lambda number: ngettext(
            "%(number)d approved role has lapsed", "%(number)d approved roles have lapsed", number
        ),
        _("Since %(day)s. Renew it to work for your clients again."),
        roles_link,
    )
    found += _connections(Connection.objects.for_provider(provider), "seller", "provider:client")
    found += _granted(RoleGrant.objects.filter(provider=provider), "seller", "provider:client")
    found += _bounced(
        EmployeeInvitation.objects.for_organization(provider), "provider:employees", handle
    )
    found += _bounced(
        ConnectionInvitation.objects.for_organization(provider),
        "provider:client-invitations",
        handle,
    )
    return _in_order(found)


def for_seller(seller: Organization) -> list[Step]:
    """Connections, granted roles, invitations and declined shares; five queries."""
    handle = seller.handle
    found = _connections(Connection.objects.for_seller(seller), "provider", "seller:connection")
    found += _granted(RoleGrant.objects.filter(seller=seller), "provider", "seller:connection")
    found += _bounced(
        EmployeeInvitation.objects.for_organization(seller), "seller:permissions", handle
    )
    found += _bounced(
        SupplierInvitation.objects.for_organization(seller), "seller:permissions", handle
    )
    declined = Share.objects.filter(
        shipment__seller=seller,
        status=ShareStatus.DECLINED,
        ended_at__gt=clock.now() - AHEAD,
        shipment__status__in=OPEN_SHIPMENT,
    )
    found += [
        (
            row.ended_at,
            _turn(
                _("A supplier declined %(shipment)s") % {"shipment": row.shipment.shipment_id},
                row.reason or _("Share it with somebody else."),
                _("Open"),
                "seller:shipment",
                handle,
                row.shipment.public_id,
            ),
        )
        for row in declined.select_related("shipment").order_by("-ended_at")[:5]
    ]
    return _in_order(found)


def for_supplier(supplier: Organization, *, administrator: bool) -> list[Step]:
    """Shipments whose day is near or over, and invitations that did not arrive; two queries."""
    now = clock.now()
    near = Share.objects.for_supplier(supplier).filter(
        status__in=[one for one in LIVE_SHARE if one != ShareStatus.SHIPPED],
        shipment__ship_date__lte=clock.today(supplier.zone) + BEFORE_LATE,
    )
    found: list[_Dated] = [
        (
            now,
            _turn(
                _("%(shipment)s is to leave on %(day)s")
                % {"shipment": row.shipment.shipment_id, "day": day(row.shipment.ship_date)},
                _("Pack it, label it and enter its tracking numbers."),
                _("Open"),
                "supply:share",
                supplier.handle,
                row.public_id,
            ),
        )
        for row in near.select_related("shipment").order_by("shipment__ship_date")[:5]
    ]
    if administrator:
        invitations = SupplierInvitation.objects.for_organization(supplier)
        found += _bounced(invitations, "supply:sellers", supplier.handle)
    return _in_order(found)


def of_identity(user: Any) -> list[Step]:
    """The reader's own identity check, when it ends soon; one query."""
    now = clock.now()
    check = IdentityCheck.objects.in_force(now).filter(user=user).order_by("-expires_at").first()
    if (
        check is None
        or check.expires_at is None
        or check.expires_at > now + timedelta(days=max(settings.APPROVAL_REMINDER_DAYS))
    ):
        return []
    text = _("After %(day)s you can no longer work for clients.") % {
        "day": ending(check.expires_at)
    }
    title = _("Your identity check ends")
    return [_turn(title, text, _("Renew it"), "identity")]


def _turn(title: str, text: str, label: str, name: str, *args: Any) -> Step:
    return Step(title, text, CURRENT, _("you"), link_to(label, name, *args))


def _ending(ends: list[Any], title: Any, text: str, button: tuple[str, str, str]) -> list[_Dated]:
    """One step for all of a kind, dated by the first of them."""
    if not ends:
        return []
    first = min(ends)
    words = title(len(ends)) % {"number": len(ends)}
    return [(first, _turn(words, text % {"day": ending(first)}, *button))]


def _connections(rows: Any, other: str, page: str) -> list[_Dated]:
    now = clock.now()
    near = rows.live(now).filter(ends_at__lte=now + AHEAD)
    return [
        (
            row.ends_at,
            _turn(
                _("Your connection with %(name)s ends on %(day)s")
                % {"name": getattr(row, other).name, "day": ending(row.ends_at)},
                _("Propose a later end, or let it end."),
                _("Propose a later end"),
                f"{page}-renewal",
                _reader(row, other).handle,
                row.public_id,
            ),
        )
        for row in near.select_related("seller", "provider").order_by("ends_at")[:5]
    ]


def _granted(rows: Any, other: str, page: str) -> list[_Dated]:
    """Roles with an end of their own, earlier than their connection's."""
    now = clock.now()
    near = rows.in_force(now).filter(
        ends_at__lte=now + AHEAD, connection__status__in=["active", "paused"]
    )
    fetched = near.select_related("role", "seller", "provider", "connection")
    return [
        (
            row.ends_at,
            _turn(
                _("%(role)s with %(name)s ends on %(day)s")
                % {
                    "role": row.role.name,
                    "name": getattr(row, other).name,
                    "day": ending(row.ends_at),
                },
                _("The role has an end date of its own."),
                _("Open"),
                page,
                _reader(row, other).handle,
                row.connection.public_id,
            ),
        )
        for row in fetched.order_by("ends_at")[:5]
    ]


def _reader(row: Any, other: str) -> Any:
    return row.provider if other == "seller" else row.seller


def _bounced(rows: Any, name: str, handle: str) -> list[_Dated]:
    """Invitations whose mail did not arrive and that are still open."""
    failed = rows.filter(status=InvitationStatus.UNDELIVERABLE, expires_at__gt=clock.now())
    found = list(failed.order_by("expires_at").values_list("address", "expires_at")[:5])
    return [
        (
            expires_at,
            _turn(
                _("The invitation to %(address)s did not arrive") % {"address": address},
                _("Correct the address, or hand over the link yourself."),
                _("Open"),
                name,
                handle,
            ),
        )
        for address, expires_at in found
    ]


def _in_order(found: Iterable[_Dated]) -> list[Step]:
    return [step for _moment, step in sorted(found, key=lambda one: one[0])]
