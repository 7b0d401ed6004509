"""Answering, declining and taking back an invitation of any kind, as its pages do it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.test import Client
from django.urls import reverse

from accounts.models import Membership
from connections.models import Connection, ConnectionInvitation
from supplychain.models import SupplierConnection
from tests.factories.accounts import identity
from tests.factories.connections import FBA, approved
from tests.factories.invitations import KINDS, Scene

NEW = {"account": "new", "name": "Fresh Works", "country": "US", "supplier_kind": "manufacturer"}


@dataclass(frozen=True)
class Deed:
    """What one kind's pages take: the address and form of accepting and of declining."""

    accept: Callable[[Scene], tuple[str, dict[str, str]]]
    decline: Callable[[Scene], tuple[str, dict[str, str]]]
    made: Callable[[Scene], int]
    ready: Callable[[Scene], Any] = lambda scene: None
    accepted: str = "accepted"


def _page(name: str, scene: Scene) -> str:
    return reverse(name, args=[scene.row.public_id])


def _at_provider(name: str, scene: Scene) -> str:
    return reverse(f"provider:{name}", args=[scene.row.provider.handle, scene.row.public_id])


def _at_seller(name: str, scene: Scene) -> str:
    return reverse(f"seller:{name}", args=[scene.row.seller.handle, scene.row.public_id])


def _supplier_connections(scene: Scene) -> int:
    seller = SupplierConnection.objects.filter(seller=scene.organization)
    return (seller | SupplierConnection.objects.filter(supplier=scene.organization)).count()


_SUPPLIER = Deed(
    accept=lambda scene: (_page("supplier-invitation-accept", scene), NEW),
    decline=lambda scene: (_page("supplier-invitation-decline", scene), {"no-reason": "No"}),
    made=_supplier_connections,
)
DEEDS: dict[str, Deed] = {
    "employee": Deed(
        accept=lambda scene: (_page("employee-invitation-accept", scene), {}),
        decline=lambda scene: (_page("employee-invitation-decline", scene), {"reason": "No"}),
        made=lambda scene: Membership.objects.filter(
            organization=scene.organization, user=scene.invited
        ).count(),
    ),
    "partner-link": Deed(
        accept=lambda scene: (_at_provider("partner-link-answer", scene), {}),
        decline=lambda scene: (_at_provider("partner-link-decline", scene), {"reason": "No"}),
        made=lambda scene: ConnectionInvitation.objects.filter(partner_link=scene.row).count(),
        ready=lambda scene: approved(scene.row.provider),
        accepted="answered",
    ),
    "connection": Deed(
        accept=lambda scene: (_at_seller("connection-accept", scene), {f"grant-{FBA}": "2"}),
        decline=lambda scene: (_at_seller("connection-reject", scene), {"reason": "No"}),
        made=lambda scene: Connection.objects.filter(seller=scene.row.seller).count(),
        ready=lambda scene: approved(scene.organization),
    ),
    "supplier": _SUPPLIER,
    "seller": _SUPPLIER,
    "guest": Deed(
        accept=lambda scene: (_page("guest-join", scene), NEW),
        # A guest declines on the page of the shipment: see tests/supplychain/test_guests.py.
        decline=lambda scene: ("", {}),
        made=_supplier_connections,
    ),
}


def scene_of(name: str) -> Scene:
    """An open row of this kind, in a state in which the invited can accept it."""
    scene = KINDS[name]()
    DEEDS[name].ready(scene)
    return scene


def accept(name: str, scene: Scene, client: Client) -> Any:
    """Press the accepting button."""
    url, data = DEEDS[name].accept(scene)
    return client.post(url, data)


def decline(name: str, scene: Scene, client: Client) -> Any:
    """Press the declining button."""
    url, data = DEEDS[name].decline(scene)
    return client.post(url, data)


def identified(user: Any) -> Any:
    """The person, with a verified identity, which some answers ask for."""
    identity(user)
    return user
