"""Links, invitations, connections with grants, assignments."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from accounts.models import Organization, User
from connections.models import Assignment, Connection, RequestedRole, RoleGrant, RoleRequest
from core import clock
from core.object_permissions import permission_for
from core.web.access import Level
from partnerhub.samples.rows import FBA
from roles.models import ApprovedRole, Role
from tests.factories.accounts import administrator, make, organization

LISTINGS = "inventory.manage"

partner_link = make.partner_link
invitation = make.invitation
connection = make.connection
grant = make.grant
renewal = make.renewal


def approved(provider: Organization, code: str = FBA, level: str = "admin", **fields: Any) -> Any:
    """An approval in force of one role for the provider; the one that is there is changed."""
    now = clock.now()
    values = {"level": Level.of(level), "approved_at": now, "expires_at": now + timedelta(days=300)}
    row, _ = ApprovedRole.objects.update_or_create(
        provider=provider, role=Role.objects.get(code=code), defaults=values | fields
    )
    return row


def pair(**provider_fields: Any) -> tuple[Organization, User, Organization, User]:
    """A seller and a provider, each with an administrator: seller, hers, provider, his."""
    seller, provider = organization("seller"), organization("provider", **provider_fields)
    return seller, administrator(seller, identified=False), provider, administrator(provider)


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
        "requested_by": make.administrator_of(of.provider),
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
