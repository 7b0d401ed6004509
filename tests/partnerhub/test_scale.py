"""Data of scale: few statements, valid rows, on either database."""

import re
from io import StringIO
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.addresses import canonical
from accounts.models import IdentityCheck, Membership, Organization, User, is_verified
from accounts.names import RESERVED_HANDLES, clean_name, skeleton
from accounts.registration import business_key, validate_registration
from connections.models import Assignment, Connection, RoleGrant
from connections.rights.access import access_for, effective_level
from core.errors import NotRelated
from core.spellings import search_key
from core.web.access import Level
from partnerhub.portals import volumes
from roles.models import ApprovedRole
from supplychain.models import Shipment, ShipmentItem
from supplychain.packing.boxes import check_shipment_id
from tests.factories.accounts import organization

pytestmark = [pytest.mark.django_db, pytest.mark.both]
SIZES = volumes.Sizes(sellers=40, providers=4, connections=60, shipments=50)


def seed(**sizes: Any) -> None:
    call_command("seed_scale", stdout=StringIO(), **sizes)


def test_every_number_is_as_asked() -> None:
    volumes.build(SIZES)
    connection.check_constraints()
    assert Organization.objects.filter(kind="seller").count() == 40
    assert Organization.objects.filter(kind="provider").count() == 4
    assert Connection.objects.count() == RoleGrant.objects.count() == 60
    assert Shipment.objects.count() == ShipmentItem.objects.count() == 50
    assert User.objects.count() == 40 + 4 + volumes.EMPLOYEES
    assert ApprovedRole.objects.count() == 4 * volumes.ROLES
    assert Assignment.objects.count() == SIZES.clientele * volumes.EMPLOYEES


def test_people_and_organizations_are_as_the_product_makes_them() -> None:
    volumes.build(SIZES)
    for row in Organization.objects.all():
        assert re.fullmatch("[a-z0-9-]{3,32}", row.handle)
        assert row.handle not in RESERVED_HANDLES
        assert clean_name(row.name) == row.name
        assert row.name_skeleton == skeleton(row.name)
        assert row.search_key == f"{search_key(row.name)}\t{row.handle}"
        assert row.memberships.get(role="administrator").status == "active"
        if row.kind == "provider":
            number = validate_registration("US", row.registration_number)
            assert row.business_key == business_key("US", number)
    for user in User.objects.all():
        assert canonical(user.email) == user.email
        assert user.search_key == f"{search_key(user.name)}\t{user.email}"
        assert EmailAddress.objects.get(user=user, verified=True, primary=True).email == user.email
        assert is_verified(IdentityCheck.objects.get(user=user))
        assert not user.has_usable_password()
    assert Shipment.objects.values("public_id").distinct().count() == 50
    for row in Shipment.objects.all():
        assert check_shipment_id(row.shipment_id)
        assert row.search_key == f"{search_key(row.name)}\t{row.shipment_id.lower()}"


def test_rights_follow_from_the_rows() -> None:
    made = volumes.build(SIZES)
    provider, employee = made.provider(), made.employee()
    client = Connection.objects.filter(provider=provider).order_by("pk")[0].seller
    stranger = Organization.objects.filter(kind="seller").exclude(
        pk__in=Connection.objects.filter(provider=provider).values("seller")
    )[0]
    for person in (made.administrator(provider), employee):
        assert effective_level(person, client, volumes.ROLE) == Level.EDIT
        with pytest.raises(NotRelated):
            access_for(person, stranger)
    assert Membership.objects.get(user=employee).role == "employee"
    assert access_for(made.administrator(client), client).administrator


def test_the_first_provider_and_seller_are_the_large_ones() -> None:
    made = volumes.build(SIZES)
    assert Connection.objects.filter(provider=made.provider()).count() == SIZES.clientele == 30
    assert Shipment.objects.filter(seller=made.seller()).count() >= 30


def test_rows_made_afterwards_get_keys_of_their_own() -> None:
    volumes.build(SIZES)
    again = volumes.build(SIZES)
    assert organization("seller").pk > again.provider(4).pk
    assert Connection.objects.count() == 120


@pytest.mark.parametrize(
    "sizes",
    [
        volumes.Sizes(0, 0, 0, 0),
        volumes.Sizes(1, 1, 1, 1),
        volumes.Sizes(7, 3, 21, 2),
        volumes.Sizes(5, 1, 5, 0),
        volumes.Sizes(3, 0, 0, 9),
    ],
)
def test_sizes_at_the_edges(sizes: volumes.Sizes) -> None:
    volumes.build(sizes)
    connection.check_constraints()
    assert Connection.objects.count() == sizes.connections


@pytest.mark.parametrize(
    "sizes",
    [{"sellers": -1}, {"connections": 41}, {"sellers": 0, "connections": 0, "shipments": 1}],
)
def test_sizes_that_cannot_be_are_refused(sizes: dict[str, int]) -> None:
    possible = {"sellers": 10, "providers": 4, "connections": 10, "shipments": 0}
    with pytest.raises(CommandError):
        seed(**(possible | sizes))
    assert not Organization.objects.exists()


def test_database_in_use_is_left_alone() -> None:
    organization("seller")
    with pytest.raises(CommandError, match="--yes"):
        seed(sellers=2, providers=1, connections=2, shipments=0)
    assert Organization.objects.count() == 1
    seed(sellers=2, providers=1, connections=2, shipments=0, yes=True)
    assert Organization.objects.count() == 4


def test_its_own_rows_may_grow(capsys: Any) -> None:
    for _ in range(2):
        call_command("seed_scale", sellers=2, providers=1, connections=2, shipments=1)
    assert Organization.objects.count() == 6
    assert "Made 2 sellers, 1 providers, 2 connections, 1 shipments" in capsys.readouterr().out
