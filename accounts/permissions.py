"""Rights that administrators give to members of their own organization."""

from collections.abc import Iterable

from accounts.states import MembershipRole, OrganizationKind
from core.errors import Invalid

RIGHTS: dict[str, dict[str, str]] = {
    OrganizationKind.SELLER: {
        "shipments_view": "Look at shipments",
        "shipments_edit": "Prepare and share shipments",
        "history_view": "Read the history",
    },
    OrganizationKind.SUPPLIER: {"shares_edit": "Work on shared shipments"},
    # A provider's employees work by assignment to a client's roles.
    OrganizationKind.PROVIDER: {},
}


def labels(kind: str, rights: Iterable[str]) -> list[str]:
    held = set(rights)
    return [label for code, label in RIGHTS[kind].items() if code in held]


def clean_rights(kind: str, role: str, rights: Iterable[str]) -> list[str]:
    """Administrators need none; editing includes looking. Raises Invalid for an unknown right."""
    if role == MembershipRole.ADMINISTRATOR:
        return []
    wanted = set(rights)
    if wanted - set(RIGHTS[kind]):
        raise Invalid("Choose rights from the list.", field="rights")
    if "shipments_edit" in wanted:
        wanted.add("shipments_view")
    return sorted(wanted)


def access_state(role: str, rights: Iterable[str]) -> str:
    """One word for what a member may do: a form made from an older one is refused (C9)."""
    return ":".join([role, *sorted(rights)])
