"""The plain SQL that measurements compare with writes what ours writes, to the same tables."""

import uuid
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from accounts.models import EmployeeInvitation, Membership, Organization, User
from accounts.transitions import employees
from benchmarks import plain_sql
from core import clock
from core.outbox.models import FanOut
from supplychain.models import Share, Shipment, SupplierConnection
from supplychain.plans import Targets
from supplychain.transitions.shares import share_shipment
from tests.factories.accounts import administrator, organization, person
from tests.factories.supplychain import connected, seller, shipment, supplier
from tests.support import drain

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]


def written(action: Callable[[], Any]) -> dict[str, int]:
    """How many rows `action` adds to each table."""
    before = {model: model._default_manager.count() for model in apps.get_models()}
    action()
    added = {model: model._default_manager.count() - count for model, count in before.items()}
    return {model._meta.db_table: count for model, count in added.items() if count}


def run(make: Callable[[Any], Iterable[str]], **values: Any) -> None:
    """Send the statements as measurements do: on the driver's own cursor."""
    connection.ensure_connection()
    with connection.connection.cursor() as cursor:
        for statement in make(cursor):
            cursor.execute(statement, {"moment": clock.now(), "text": "T", "html": "H"} | values)


def share(row: Shipment, links: list[SupplierConnection], by: User) -> None:
    """Shared with these suppliers by the product, up to the mails that its fan-out stands for."""
    share_shipment(by=by, shipment=row, targets=Targets(frozenset(x.public_id for x in links)))
    drain()


def test_sharing() -> None:
    firm, by = seller()
    links = [connected(firm, supplier()[0]) for _ in range(3)]
    first, ours, plain = shipment(firm), shipment(firm), shipment(firm)
    share(first, links, by)  # the first step of a person also notes who that is
    values = {"seller": firm.pk, "by": by.pk, "shipment": plain.pk}
    by_hand = written(lambda: run(lambda cursor: [plain_sql.sharing(cursor)], **values))
    assert by_hand[Share._meta.db_table] == len(links)
    assert by_hand | {FanOut._meta.db_table: 1} == written(lambda: share(ours, links, by))


def test_inviting_and_accepting() -> None:
    firm, invited = organization("provider"), person()
    by = administrator(firm)
    join(firm, by, person())  # the first step of a person also notes who that is
    values = {
        "organization": firm.pk,
        "by": by.pk,
        "invited": invited.pk,
        "address": invited.email,
        "invitation": str(uuid.uuid4()),
        "end": clock.now() + timedelta(days=14),
    }

    def plain() -> None:
        run(plain_sql.inviting, **values)
        run(plain_sql.accepting, **values)

    other = person()
    assert written(plain) == written(lambda: join(firm, by, other))
    assert Membership.objects.active().filter(user=invited, organization=firm).exists()
    assert EmployeeInvitation.objects.get(address=invited.email).status == "accepted"


def join(firm: Organization, by: User, invited: User) -> None:
    """Invited and accepted, by the product."""
    row = employees.invite(by=by, organization=firm, address=invited.email, role="employee")
    employees.accept(by=invited, public_id=row.public_id)
