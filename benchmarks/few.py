"""Single rows that measurements need beside the many: a small provider, a reviewer, suppliers."""

import time
from datetime import timedelta
from functools import cache
from typing import Any
from urllib.parse import urlencode

from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group, Permission
from django.test import Client

from accounts.models import IdentityCheck, Membership, Organization, User
from accounts.names import skeleton
from connections.models import Assignment, Connection, RoleGrant
from core import clock
from core.object_permissions import permission_for
from core.web import pagination
from core.web.access import Level
from partnerhub.portals import volumes
from roles.models import ApprovedRole, Role
from roles.permissions import grant_categories
from supplychain.models import SupplierConnection


def person(name: str, **fields: Any) -> User:
    now = clock.now()
    user = User.objects.create_user(f"{name}@few.example", name=name.title(), **fields)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    IdentityCheck.objects.create(
        user=user,
        legal_name=user.name,
        birth_date="1980-05-17",
        country="US",
        street_address="1 Main Street, Springfield",
        status="verified",
        decided_at=now,
        expires_at=now + timedelta(days=700),
    )
    return user


def organization(kind: str, name: str, **fields: Any) -> Organization:
    now = clock.now()
    row = Organization.objects.create(
        kind=kind,
        handle=name,
        name=name.title(),
        name_skeleton=skeleton(name),
        country="US",
        status="active",
        created_at=now - timedelta(days=30),
        activated_at=now - timedelta(days=30),
        **fields,
    )
    user = person(f"{name}-admin")
    Membership.objects.create(user=user, organization=row, role="administrator")
    return row


def administrator_of(organization: Organization) -> User:
    members = Membership.objects.filter(organization=organization, role="administrator")
    return User.objects.get(pk=members.order_by("pk")[:1].get().user_id)


@cache
def provider_with_clients(count: int, employees: int = 0) -> Organization:
    """A provider with so many clients, and employees who are assigned to each of them."""
    now, role = clock.now(), Role.objects.get(code=volumes.ROLE)
    name = f"few-{count}-{employees}"
    provider = organization(
        "provider", name, registration_number="98-9999999", business_key=f"US:{name}"
    )
    ApprovedRole.objects.create(
        provider=provider,
        role=role,
        level=role.highest_level,
        approved_at=now,
        expires_at=now + timedelta(days=300),
    )
    people = [person(f"{name}-{number}") for number in range(employees)]
    for user in people:
        Membership.objects.create(user=user, organization=provider, role="employee")
    assigned = permission_for(RoleGrant, "assigned_edit")
    for seller in Organization.objects.filter(kind="seller").order_by("pk")[:count]:
        parties = {"seller": seller, "provider": provider}
        connection = Connection.objects.create(ends_at=now + timedelta(days=365), **parties)
        grant = RoleGrant.objects.create(
            connection=connection, role=role, level=Level.EDIT, **parties
        )
        Assignment.objects.bulk_create(
            Assignment(user=user, permission=assigned, content_object=grant) for user in people
        )
    return provider


@cache
def reviewer() -> User:
    """A lead reviewer, another one at each call."""
    number = User.objects.filter(is_staff=True).count()
    user = person(f"few-reviewer-{number}", is_staff=True)
    group = Group.objects.create(name=f"Few reviewers {number}")
    rights = ["decide_roleapplication", "supervise_approvedrole"]
    group.permissions.set(Permission.objects.filter(codename__in=rights))
    user.groups.add(group)
    grant_categories(group)
    return user


def page_after(*values: Any) -> str:
    """The address of the page that follows the row with these sort values."""
    return "/?" + urlencode({"page": pagination._encode("n", values)})


@cache
def seller_with_suppliers(count: int) -> tuple[Organization, list[Organization]]:
    seller = organization("seller", "few-sharing")
    kind = {"supplier_kind": "manufacturer"}
    suppliers = [organization("supplier", f"few-supplier-{n}", **kind) for n in range(count)]
    SupplierConnection.objects.bulk_create(
        SupplierConnection(seller=seller, supplier=supplier) for supplier in suppliers
    )
    return seller, suppliers


def signed_in(user: User) -> Client:
    client = Client(SERVER_NAME="localhost")
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    session = client.session
    moment = {"at": time.time(), "email": user.email}
    session["account_authentication_methods"] = [
        {"method": "password", **moment},
        {"method": "mfa", "type": "totp", "id": 1, **moment},
    ]
    session["account_authentication_methods_user"] = str(user.pk)
    session["active_at"] = int(time.time())
    session.save()
    return client
