"""What one side has asked the other on a connection, as pages and checklists read it (X2, U16)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from accounts.models import Organization
from connections.models import Connection, Renewal, RoleRequest
from connections.states import Side
from core import clock
from core.web.access import Level
from roles.models import Role
from roles.reads.availability import why_not

MOST = 5


@dataclass(frozen=True)
class AskedRole:
    """One role of a request: granted now, asked for, and what can be granted of that now."""

    role: Role
    now: Level
    asked: Level
    possible: Level
    sentence: str = ""
    who: str = ""

    @property
    def is_settled(self) -> bool:
        """There is nothing to decide: granted already, or not approved any more."""
        return self.possible == self.now


def open_request(connection: Connection) -> RoleRequest | None:
    rows = RoleRequest.objects.open(clock.now()).filter(connection=connection)
    return rows.select_related("requested_by", "connection__provider").first()


def last_request(connection: Connection) -> RoleRequest | None:
    rows = RoleRequest.objects.filter(connection=connection).order_by("-requested_at", "-id")
    return rows.select_related("requested_by", "connection__provider").first()


def open_renewal(connection: Connection) -> Renewal | None:
    rows = Renewal.objects.open(clock.now()).filter(connection=connection)
    return rows.select_related("proposed_by", "connection").first()


def difference(request: RoleRequest, held: Mapping[str, Level]) -> list[AskedRole]:
    """Each role of the request against what is granted and approved now (X1)."""
    available = why_not(request.connection.provider, clock.now())
    rows = []
    for line in request.lines.select_related("role").order_by("role__position"):
        row = available[line.role.pk]
        now, asked = held.get(line.role.code, Level.NONE), Level(line.level)
        possible = max(now, min(asked, row.level))
        sentence = row.sentence if possible < asked else ""
        who = row.who if sentence else ""
        rows.append(AskedRole(line.role, now, asked, possible, sentence, who))
    return rows


def waiting_for_seller(seller: Organization) -> tuple[list[RoleRequest], list[Renewal]]:
    """What the seller's partners wait for: requests and proposals, five each; two queries."""
    at = clock.now()
    requests = RoleRequest.objects.open(at).filter(connection__seller=seller)
    return (
        list(requests.select_related("connection__provider").order_by("expires_at", "id")[:MOST]),
        _renewals(at, Side.PROVIDER, connection__seller=seller),
    )


def waiting_for_provider(provider: Organization) -> list[Renewal]:
    """What the provider's clients wait for: proposals, five at most; one query."""
    return _renewals(clock.now(), Side.SELLER, connection__provider=provider)


def _renewals(at: Any, by: Side, **whose: Any) -> list[Renewal]:
    rows = Renewal.objects.open(at).filter(side=by, **whose)
    rows = rows.select_related("connection__seller", "connection__provider")
    return list(rows.order_by("connection__ends_at", "id")[:MOST])
