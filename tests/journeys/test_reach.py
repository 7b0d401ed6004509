"""Every link, button and field can be hit with a mouse, from 320 to 1920 pixels.

The pages with the most beside each other; `make screenshots` asks it of every page of the demo.
"""

import pytest

from tests.factories import roles
from tests.factories.accounts import administrator, organization, person
from tests.factories.connections import connection, invitation, partner_link
from tests.factories.invitations import guest
from tests.factories.supplychain import connected, share, shipment
from tests.journeys import looks


@pytest.fixture
def here(meet):
    """Somebody who administers this organization, signed in."""

    def arrive(organization):
        pat = meet("Pat Harbor")
        user = person(pat.name, email=pat.address)
        pat.arrive(administrator(organization, user))
        return pat

    return arrive


def test_pages_of_a_seller(here):
    scene = guest()
    seller = scene.organization
    firm = organization("provider")
    invitation(seller, firm)
    partner_link(seller, organization("provider"))
    pat = here(seller)
    about = scene.row.share.shipment.public_id
    for path in ("", "permissions/", "shipments/", f"shipments/{about}/", "shipments/new/"):
        pat.open(f"/seller/{seller.handle}/{path}")
        looks.reachable(pat.page)


def test_pages_of_a_provider(here):
    firm = organization("provider")
    connection(organization("seller"), firm)
    roles.application(firm, status="information_requested")
    pat = here(firm)
    for path in ("", "applications/", "employees/", "clients/", "clients/assignments/", "history/"):
        pat.open(f"/provider/{firm.handle}/{path}")
        looks.reachable(pat.page)


def test_pages_of_a_supplier(here):
    seller, supplier = organization("seller"), organization("supplier")
    connected(seller, supplier)
    shared = share(shipment(seller), supplier)
    pat = here(supplier)
    for path in ("", "shipments/", f"shipments/{shared.public_id}/", "sellers/", "members/"):
        pat.open(f"/supply/{supplier.handle}/{path}")
        looks.reachable(pat.page)
