"""Every search of every page finds a name however it is spelt; every list has one order."""

import html
from dataclasses import dataclass
from typing import Any

import pytest
from django.urls import reverse

from tests.factories.accounts import administrator, identity, member, organization, person
from tests.factories.connections import FBA, assigned, connection
from tests.factories.invitations import employee as employee_invitation
from tests.factories.invitations import supplier
from tests.factories.supplychain import shipment
from tests.support import signed_in

pytestmark = pytest.mark.django_db
NAME, OTHER = "Jürgen Łoś", "Wanda Zielony"
SPELLINGS = ("jurgen los", "JÜRGEN", "Ju\u0308rgen Łoś", "J\u2060ürgen", " los ")


@dataclass
class Search:
    """A page, the name of its field, and who opens it. It lists NAME and OTHER."""

    url: str
    field: str
    user: Any


def members() -> Search:
    firm = organization("seller")
    for name in (NAME, OTHER):
        member(firm, user=person(name=name))
    return Search(reverse("seller:members", args=[firm.handle]), "find", administrator(firm))


def clients(page: str = "provider:clients", field: str = "client") -> Search:
    firm = organization("provider")
    boss = administrator(firm)
    for name in (NAME, OTHER):
        connection(organization("seller", name=name), firm, {FBA: "edit"})
    return Search(reverse(page, args=[firm.handle]), field, boss)


def people(page: str = "provider:assignments", field: str = "person") -> Search:
    firm = organization("provider")
    boss = administrator(firm)
    link = connection(organization("seller"), firm, {FBA: "edit"})
    for name in (NAME, OTHER):
        user = member(firm, user=person(name=name))
        identity(user)
        assigned(user, link, "edit")
    return Search(reverse(page, args=[firm.handle]), field, boss)


def front_page() -> Search:
    firm = organization("provider")
    user = member(firm)
    identity(user)
    for name in (NAME, OTHER):
        link = connection(organization("seller", name=name), firm, {FBA: "edit"})
        assigned(user, link, "edit")
    return Search("/", "client", user)


def shipments() -> Search:
    firm = organization("seller")
    for name in (NAME, OTHER):
        shipment(firm, {"MUG": 1}, name=name)
    return Search(reverse("seller:shipments", args=[firm.handle]), "find", administrator(firm))


def invitations(scene: Any, page: str) -> Search:
    row = scene.row
    row.name = NAME
    row.save()
    other = type(row).objects.get(pk=row.pk)
    other.pk, other.public_id, other.name, other.address = None, None, OTHER, "w@x.example"
    other.public_id = type(row)._meta.get_field("public_id").get_default()
    other.save()
    handle = scene.organization.handle
    return Search(reverse(page, args=[handle]), f"{row.purpose}-find", scene.inviter)


def desk_people() -> Search:
    for name in (NAME, OTHER):
        person(name=name)
    user = person(is_staff=True, is_superuser=True)
    return Search(reverse("admin:accounts_person_changelist"), "q", user)


def desk_organizations() -> Search:
    for name in (NAME, OTHER):
        organization("seller", name=name)
    user = person(is_staff=True, is_superuser=True)
    return Search(reverse("admin:accounts_organization_changelist"), "q", user)


SEARCHES = {
    "members": members,
    "clients": clients,
    "clients of the plan": lambda: clients("provider:assignments-bulk", "find_client"),
    "people of the plan": lambda: people("provider:assignments-bulk", "find_person"),
    "assignments by person": people,
    "front page": front_page,
    "shipments": shipments,
    "employees invited": lambda: invitations(employee_invitation(), "provider:employees"),
    "suppliers invited": lambda: invitations(supplier(), "seller:suppliers"),
    "desk: people": desk_people,
    "desk: organizations": desk_organizations,
}


@pytest.mark.parametrize("name", SEARCHES)
def test_a_search_finds_every_spelling(name):
    search = SEARCHES[name]()
    client = signed_in(search.user)

    def listed(text):
        page = client.get(search.url, {search.field: text})
        assert page.status_code == 200
        body = html.unescape(page.content.decode())
        return NAME in body, OTHER in body

    assert listed("") == (True, True)
    for text in SPELLINGS:
        assert listed(text) == (True, False), text
    assert listed("%") == (False, False)


def order_of(page, names):
    body = html.unescape(page.content.decode())
    return sorted(names, key=body.index)


def test_lists_by_name_are_alphabetical():
    names = ["Zed", "ann", "Ärne", "Bob", "Émile"]
    right = ["ann", "Ärne", "Bob", "Émile", "Zed"]
    firm = organization("seller")
    boss = administrator(firm, user=person(name="Boss"))
    for name in names:
        member(firm, user=person(name=name))
    page = signed_in(boss).get(reverse("seller:members", args=[firm.handle]))
    assert order_of(page, names) == right


def test_an_address_is_shown_and_found_in_its_own_letters():
    """Nobody reads xn--mller-kva, and nobody looks for it."""
    firm = organization("seller")
    boss = administrator(firm)
    member(firm, user=person(name="Ann", email="ann@müller.example"))
    client, url = signed_in(boss), reverse("seller:members", args=[firm.handle])
    client.post(url, {"address": "bo@käse.example", "role": "employee"})
    page = client.get(url, {"find": "ann@müller"}).content.decode()
    assert "ann@müller.example" in page
    assert "bo@käse.example" in page
    assert "xn--" not in page
