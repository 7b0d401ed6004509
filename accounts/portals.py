"""Which portal belongs to which kind of organization, and addresses inside it."""

from typing import Any

from django.urls import reverse

from accounts.models import Organization
from accounts.states import OrganizationKind

NAMESPACE = {
    OrganizationKind.SELLER: "seller",
    OrganizationKind.PROVIDER: "provider",
    OrganizationKind.SUPPLIER: "supply",
}


def namespace(organization: Organization) -> str:
    """The URL namespace, and the name of the layout, of this organization's portal."""
    return NAMESPACE[OrganizationKind(organization.kind)]


def layout(organization: Organization) -> str:
    """The layout template of this organization's portal."""
    return f"layouts/{namespace(organization)}.html"


def page(organization: Organization, name: str, *args: Any) -> str:
    """The path of the page called `name` in this organization's portal."""
    return reverse(f"{namespace(organization)}:{name}", args=[organization.handle, *args])


def members_page(organization: Organization) -> str:
    """The path of the page with the organization's people and its invitations to colleagues."""
    employees = organization.kind == OrganizationKind.PROVIDER
    return page(organization, "employees" if employees else "members")
