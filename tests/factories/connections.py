"""Links, invitations, connections with grants, assignments."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from accounts.models import Organization, User
from connections.models import (
    Assignment,
    Connection,
    ConnectionInvitation,
    PartnerLink,
    Renewal,
    RequestedRole,
    RoleGrant,
    RoleRequest,
)
from core import clock
from core.object_permissions import permission_for
from core.web.access import Level
from roles.models import ApprovedRole, Role
from tests.factories.accounts import administrator, organization

FBA = "inventory.fba_shipments"
LISTINGS = "inventory.manage"


def approved(provider: Organization, code: str = FBA, level: str = "admin", **fields: Any) -> Any:
    """An approval in force of one role for the provider."""
    now = clock.now()
    defaults: dict[str, Any] = {
        "level": Level.of(level),
        "approved_at": now,
        "expires_at": now + timedelta(days=300),
    }
    row, _ = ApprovedRole.objects.update_or_create(
        provider=provider, role=Role.objects.get(code=code), defaults=defaults | fields
    )
    return row


def pair(**provider_fields: Any) -> tuple[Organization, User, Organization, User]:
    """A seller and a provider, each with an administrator: seller, hers, provider, his."""
    seller, provider = organization("seller"), organization("provider", **provider_fields)
    return seller, administrator(seller, identified=False), provider, administrator(provider)


def partner_link(seller: Organization, provider: Organization | None = None, **fields: Any) -> Any:
    """An open partner link of this seller, bound to a provider or to `address`."""
    now = clock.now()
    defaults: dict[str, Any] = {
        "seller": seller,
        "provider": provider,
        "expires_at": now + timedelta(days=7),
        "issued_by": _administrator_of(seller),
    }
    return PartnerLink.objects.create(**(defaults | fields))


def invitation(seller: Organization, provider: Organization, **fields: Any) -> Any:
    """A provider's pending invitation to a seller who had issued a link."""
    now = clock.now()
    link = partner_link(
        seller, provider, status="answered", decided_at=now, opened_at=now, issued_at=now
    )
    defaults: dict[str, Any] = {
        "organization": provider,
        "seller": seller,
        "partner_link": link,
        "address": link.issued_by.email,
        "invited_by": _administrator_of(provider),
        "expires_at": now + timedelta(days=14),
    }
    return ConnectionInvitation.objects.create(**(defaults | fields))


def connection(
    seller: Organization,
    provider: Organization,
    grants: Mapping[str, str] | None = None,
    **fields: Any,
) -> Connection:
    """A live connection with these grants ({role code: level word}), each approved as highly."""
    now = clock.now()
    defaults: dict[str, Any] = {"started_at": now, "ends_at": now + timedelta(days=365)}
    row = Connection.objects.create(seller=seller, provider=provider, **(defaults | fields))
    for code, level in (grants if grants is not None else {FBA: "admin"}).items():
        if not ApprovedRole.objects.filter(provider=provider, role__code=code).exists():
            approved(provider, code, level)
        grant(row, code, level)
    return row


def grant(of: Connection, code: str = FBA, level: str = "admin", **fields: Any) -> RoleGrant:
    """One role granted through the connection."""
    defaults: dict[str, Any] = {"seller_id": of.seller_id, "provider_id": of.provider_id}
    return RoleGrant.objects.create(
        connection=of,
        role=Role.objects.get(code=code),
        level=Level.of(level),
        **(defaults | fields),
    )


def assigned(user: User, to: RoleGrant | Connection, level: str = "admin") -> list[Assignment]:
    """The employee, assigned to one grant or to every grant of a connection."""
    grants = [to] if isinstance(to, RoleGrant) else list(to.grants.active())
    permission = permission_for(RoleGrant, f"assigned_{level}")
    return [
        Assignment.objects.create(user=user, permission=permission, content_object=row)
        for row in grants
    ]


def role_request(of: Connection, levels: Mapping[str, str], **fields: Any) -> RoleRequest:
    """The provider's open request for these levels ({role code: level word}), each approved."""
    now = clock.now()
    defaults: dict[str, Any] = {
        "message": "The season begins.",
        "requested_by": _administrator_of(of.provider),
        "requested_at": now,
        "expires_at": now + timedelta(days=14),
    }
    row = RoleRequest.objects.create(connection=of, **(defaults | fields))
    for code, level in levels.items():
        held = ApprovedRole.objects.filter(provider=of.provider, role__code=code).first()
        if held is None or held.level < Level.of(level):
            approved(of.provider, code, level)
        RequestedRole.objects.create(
            request=row, role=Role.objects.get(code=code), level=Level.of(level)
        )
    return row


def renewal(of: Connection, side: str = "provider", days: int = 400, **fields: Any) -> Renewal:
    """One side's open proposal to end the connection so many days from now."""
    defaults: dict[str, Any] = {
        "side": side,
        "ends_at": clock.now() + timedelta(days=days),
        "proposed_by": _administrator_of(getattr(of, side)),
    }
    return Renewal.objects.create(connection=of, **(defaults | fields))


def _administrator_of(of: Organization) -> User:
    row = of.memberships.filter(role="administrator", status="active").order_by("id").first()
    return row.user if row else administrator(of, identified=False)
