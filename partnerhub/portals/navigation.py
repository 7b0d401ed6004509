"""What each portal's side bar offers, and to whom: a page that would refuse is not shown."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from core.web.access import ADMINISTRATOR, ANY_MEMBER, Access, Need
from supplychain.permissions import VIEW_SHIPMENTS


@dataclass(frozen=True)
class Entry:
    """One line of a side bar; `family` are beginnings of URL names that light it up."""

    label: str
    name: str
    icon: str
    need: Need
    family: tuple[str, ...] = ()
    section: str = ""

    def lights(self, name: str) -> bool:
        return name.startswith(self.family or (self.name,))


HISTORY = Need(rights=frozenset({"history_view"}))
SETTINGS = Entry("Account settings", "settings", "settings", ADMINISTRATOR)
ENTRIES: dict[str, tuple[Entry, ...]] = {
    "seller": (
        Entry("Home", "home", "home", ANY_MEMBER),
        Entry("Shipments", "shipments", "package", VIEW_SHIPMENTS, ("shipment", "guest", "share")),
        Entry(
            "User Permissions",
            "permissions",
            "users-group",
            ADMINISTRATOR,
            ("permissions", "partner", "connection", "supplier", "member", "employee", "refusal"),
            "Settings",
        ),
        Entry("History", "history", "history", HISTORY),
        SETTINGS,
    ),
    "provider": (
        Entry("Home", "home", "home", ANY_MEMBER),
        Entry("Role applications", "applications", "certificate", ANY_MEMBER, ("application",)),
        Entry("Employees", "employees", "users", ADMINISTRATOR, ("employee", "member")),
        Entry(
            "Clients",
            "clients",
            "building-store",
            ANY_MEMBER,
            ("client", "partner", "assign", "refusal"),
        ),
        Entry("History", "history", "history", ADMINISTRATOR, section="Settings"),
        SETTINGS,
    ),
    "supply": (
        Entry("Home", "home", "home", ANY_MEMBER),
        Entry("Shared shipments", "shares", "truck-delivery", ANY_MEMBER, ("share", "box")),
        Entry(
            "Sellers", "sellers", "building-store", ADMINISTRATOR, ("seller", "supplier", "refusal")
        ),
        Entry("Members", "members", "users", ADMINISTRATOR, ("member", "employee"), "Settings"),
        Entry("History", "history", "history", HISTORY),
        SETTINGS,
    ),
}


def entries_for(request: HttpRequest, portal: str, access: Access) -> list[dict[str, Any]]:
    match = request.resolver_match
    current = match.url_name if match and match.url_name else ""
    if match and "purpose" in match.kwargs:
        # The pages for inviting several stand where those that they invite do.
        current = f"{match.kwargs['purpose']}-{current}"
    return [
        {
            "label": entry.label,
            "url": reverse(f"{portal}:{entry.name}", args=[access.organization.handle]),
            "icon": entry.icon,
            "active": entry.lights(current),
            "badge": "",
            "section": entry.section,
        }
        for entry in ENTRIES[portal]
        if access.allows(entry.need)
    ]
