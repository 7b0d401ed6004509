"""People and organizations."""

from datetime import date, timedelta
from itertools import count
from typing import Any

from allauth.account.models import EmailAddress

from accounts.models import IdentityCheck, Membership, Organization, User
from accounts.names import skeleton
from core import clock

PASSWORD = "correct horse battery"
_numbers = count(1)


def person(name: str = "", *, email: str = "", verified: bool = True, **fields: Any) -> User:
    """A user whose address is verified unless said otherwise."""
    number = next(_numbers)
    email = email or f"person{number}@mail.example"
    user = User.objects.create_user(email, PASSWORD, name=name or f"Person {number}", **fields)
    EmailAddress.objects.create(user=user, email=email, verified=verified, primary=True)
    return user


def organization(kind: str, name: str = "", **fields: Any) -> Organization:
    """An active organization of this kind ("seller", "provider", "supplier")."""
    number = next(_numbers)
    name = name or f"{kind.title()} {number}"
    now = clock.now()
    defaults: dict[str, Any] = {
        "handle": f"{kind}-{number}",
        "name": name,
        "name_skeleton": skeleton(name),
        "country": "US",
        "status": "active",
        # Old enough for the full budget of invitations, too young for the large one.
        "created_at": now - timedelta(days=10),
        "activated_at": now - timedelta(days=10),
    }
    if kind == "provider":
        ein = f"12-3{number:06d}"
        defaults |= {"registration_number": ein, "business_key": f"US:123{number:06d}"}
    if kind == "supplier":
        defaults["supplier_kind"] = "manufacturer"
    return Organization.objects.create(kind=kind, **(defaults | fields))


def member(of: Organization, role: str = "employee", user: User | None = None) -> User:
    """A member in force of the organization."""
    user = user or person()
    Membership.objects.create(user=user, organization=of, role=role)
    return user


def administrator(of: Organization, user: User | None = None, *, identified: bool = True) -> User:
    """An administrator in force, with a verified identity unless said otherwise."""
    user = member(of, "administrator", user)
    if identified:
        identity(user)
    return user


def identity(user: User, status: str = "verified", **fields: Any) -> IdentityCheck:
    """An identity check of the person in this state."""
    now = clock.now()
    defaults: dict[str, Any] = {
        "legal_name": user.name,
        "birth_date": date(1980, 5, 17),
        "country": "US",
        "street_address": "1 Main Street, Springfield",
        "status": status,
    }
    if status != "submitted":
        defaults["decided_at"] = now
    if status == "verified":
        defaults["expires_at"] = now + timedelta(days=700)
    if status == "failed":
        defaults["reason"] = "unreadable"
    return IdentityCheck.objects.create(user=user, **(defaults | fields))


__all__ = ["administrator", "identity", "member", "organization", "person"]
