"""Two tenants of each kind, and the words most tests here use."""

import re
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Organization, User
from connections.models import Connection
from connections.transitions import invitations, links
from core.web.access import Level
from tests.factories import connections as make
from tests.factories.accounts import identity, member, person
from tests.support import signed_in

CODES = {"fba": make.FBA, "listings": make.LISTINGS}


@dataclass
class Pair:
    """A seller and a provider with their administrators, and addresses of their pages."""

    seller: Organization
    seller_admin: User
    provider: Organization
    provider_admin: User

    def __post_init__(self) -> None:
        # Signing in writes to the account: it is done before a test looks at what changes.
        self._clients = [signed_in(self.seller_admin), signed_in(self.provider_admin)]

    def at_seller(self) -> Client:
        """The seller's administrator, signed in."""
        return self._clients[0]

    def at_provider(self) -> Client:
        """The provider's administrator, signed in."""
        return self._clients[1]

    def seller_url(self, rest: str = "") -> str:
        """An address in the seller's portal."""
        return f"/seller/{self.seller.handle}/{rest}"

    def provider_url(self, rest: str = "") -> str:
        """An address in the provider's portal."""
        return f"/provider/{self.provider.handle}/{rest}"

    def connect(self, **grants: str) -> Connection:
        """A live connection; keyword "fba" or "listings" gives the level."""
        levels = {CODES[word]: level for word, level in grants.items()} or None
        return make.connection(self.seller, self.provider, levels)

    def arrange(self, **levels: Level) -> Connection:
        """A connection as people make one: link, invitation, acceptance, with their history."""
        for word in levels:
            make.approved(self.provider, CODES[word], "admin")
        link = links.issue(seller=self.seller, by=self.seller_admin, provider=self.provider)
        invitation = invitations.send(link=link, provider=self.provider, by=self.provider_admin)
        return invitations.accept(
            invitation=invitation,
            by=self.seller_admin,
            levels={CODES[word]: level for word, level in levels.items()},
        )

    def employee(self, name: str = "", *, identified: bool = True) -> User:
        """An employee of the provider in force."""
        user = member(self.provider, user=person(name))
        if identified:
            identity(user)
        return user


@pytest.fixture
def pair(db: Any) -> Pair:
    """One seller and one provider."""
    return Pair(*make.pair())


@pytest.fixture
def other(db: Any) -> Pair:
    """Another seller and another provider: nobody related to `pair`."""
    return Pair(*make.pair())


def grants_in(row: Connection) -> dict[str, int]:
    """Role code -> level of what is granted now."""
    return dict(row.grants.active().values_list("role__code", "level"))


def losses_in(text: str) -> set[tuple[str, ...]]:
    """The rows of a page's dry run: name, role, from, to (or with the seller behind the name)."""
    table = text.partition("Who loses what</caption>")[2].partition("</table>")[0]
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in table.split("<tr>")[2:]]
    return {tuple(re.sub(r"<[^>]+>", "", cell) for cell in row) for row in cells}


def queries(client: Client, path: str) -> int:
    """How many statements the page takes."""
    with CaptureQueriesContext(database) as captured:
        response = client.get(path)
    assert response.status_code == 200, response.status_code
    return len(captured)
