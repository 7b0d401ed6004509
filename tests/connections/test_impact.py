"""The dry run: who loses what is read before it happens, and only a confirmed post acts (X5)."""

from typing import Any

from connections.models import Connection
from connections.transitions import grants
from core.web.access import Level
from core.web.templatetags.ui import ONCE
from supplychain.models import Shipment
from tests.connections.conftest import Pair, grants_in, losses_in, queries
from tests.factories import connections as make
from tests.factories import supplychain as ship
from tests.factories.roles import reviewer
from tests.support import nothing_changes, signed_in
from tests.sweep.page_forms import PageForm, forms_of

FBA, LISTINGS = f"grant-{make.FBA}", f"grant-{make.LISTINGS}"
SHIPMENTS, MANAGE = "Manage FBA Inventory/Shipments", "Manage Inventory/Add a Product"


def roles_url(pair: Pair, row: Connection) -> str:
    return pair.seller_url(f"partners/{row.public_id}/roles/")


def confirm_form(text: str) -> PageForm:
    """The form that carries what was typed."""
    return next(form for form in forms_of(text) if "confirmed" in text and "version" in form.fields)


def test_lowering_asks_first_and_the_confirmed_form_carries_what_was_typed(pair: Pair) -> None:
    row = pair.connect(fba="admin", listings="edit")
    make.assigned(pair.employee("Ana Berg"), row, "edit")
    make.assigned(pair.employee("Bo Cole"), row, "view")
    client, page = pair.at_seller(), roles_url(pair, row)
    until = row.ends_at.date().isoformat()
    data = {FBA: "1", LISTINGS: "0", "version": "1", "until": until}
    with nothing_changes():
        asked = client.post(page, data)
    assert asked.status_code == 200
    boss = pair.provider_admin.name
    assert losses_in(asked.text) == {
        ("Ana Berg", SHIPMENTS, "edit", "view"),
        ("Ana Berg", MANAGE, "edit", "none"),
        ("Bo Cole", MANAGE, "view", "none"),
        (boss, SHIPMENTS, "admin", "view"),
        (boss, MANAGE, "edit", "none"),
    }
    sent = confirm_form(asked.text).filled()
    assert {name: value for name, value in sent.items() if name != ONCE} == data
    with nothing_changes():
        again = client.post(page, sent | {"revise": "1"})
    assert again.status_code == 200
    assert (
        '<option value="1" selected>' in again.text.split(f'name="{FBA}"')[1].split("</select>")[0]
    )
    assert client.post(page, sent | {"confirmed": "1"}).status_code == 302
    assert grants_in(row) == {make.FBA: 1}


def test_raising_needs_no_such_step(pair: Pair) -> None:
    make.approved(pair.provider, make.FBA, "admin")
    row = pair.connect(fba="view", listings="edit")
    data = {FBA: "3", "version": "1"}
    assert pair.at_seller().post(roles_url(pair, row), data).status_code == 302
    assert grants_in(row)[make.FBA] == 3


def test_the_provider_reads_it_before_giving_back(pair: Pair) -> None:
    row = pair.connect(fba="admin", listings="edit")
    page = pair.provider_url(f"clients/{row.public_id}/roles/")
    with nothing_changes():
        asked = pair.at_provider().post(page, {FBA: "2", "version": "1"})
    assert losses_in(asked.text) == {(pair.provider_admin.name, SHIPMENTS, "admin", "edit")}
    sent = confirm_form(asked.text).filled() | {"confirmed": "1"}
    assert pair.at_provider().post(page, sent).status_code == 302
    assert grants_in(row)[make.FBA] == 2


def test_what_cannot_be_saved_is_said_before_anybody_is_asked(pair: Pair) -> None:
    row = pair.connect(fba="edit")
    client, page = pair.at_seller(), roles_url(pair, row)
    with nothing_changes():
        last = client.post(page, {FBA: "0", "version": "1"})
        old = client.post(page, {FBA: "1", "version": "7"})
    assert (last.status_code, old.status_code) == (422, 409)


def test_the_change_is_read_again_when_it_is_confirmed(pair: Pair) -> None:
    """C9: between the two pages somebody else saved."""
    row = pair.connect(fba="edit", listings="edit")
    client, page = pair.at_seller(), roles_url(pair, row)
    sent = confirm_form(client.post(page, {FBA: "1", "version": "1"}).text).filled()
    levels = {make.LISTINGS: Level.VIEW}
    grants.change(connection=row, by=pair.seller_admin, levels=levels, version=1)
    with nothing_changes():
        assert client.post(page, sent | {"confirmed": "1"}).status_code == 409


def test_open_work_is_named(pair: Pair) -> None:
    row = pair.connect(fba="edit", listings="edit")
    ana = pair.employee("Ana Berg")
    make.assigned(ana, row, "edit")
    hers = ship.shipment(pair.seller, created_by=ana)
    done = ship.shipment(pair.seller, created_by=ana)
    Shipment.objects.filter(pk=done.pk).update(status="cancelled")
    other = ship.shipment(pair.seller, created_by=pair.seller_admin)
    shared = ship.share(other, ship.supplier()[0], shared_by=ana)
    client = pair.at_seller()
    for text in (
        client.post(roles_url(pair, row), {FBA: "1", "version": "1"}).text,
        client.get(pair.seller_url(f"partners/{row.public_id}/end/")).text,
        client.get(pair.seller_url(f"partners/{row.public_id}/pause/")).text,
    ):
        assert f"Shipment prepared by them: {hers.shipment_id}." in text
        assert f"Shipment shared by them: {shared.shipment.shipment_id}." in text
        assert done.shipment_id not in text
    # Who keeps edit keeps the work.
    lowered = client.post(roles_url(pair, row), {LISTINGS: "1", "version": "1"}).text
    assert "Open work" not in lowered


def test_people_without_a_right_in_force_lose_nothing(pair: Pair) -> None:
    row = pair.connect(fba="edit", listings="edit")
    make.assigned(pair.employee("Una Known", identified=False), row)
    asked = pair.at_seller().post(roles_url(pair, row), {FBA: "1", "version": "1"})
    assert {name for name, *_ in losses_in(asked.text)} == {pair.provider_admin.name}


def test_a_reviewer_reads_whom_a_lower_approval_costs_what(pair: Pair, other: Pair) -> None:
    """Lowering asks once the level is chosen, revoking at once."""
    approval = make.approved(pair.provider, make.FBA, "admin")
    row = pair.connect(fba="edit")
    second = make.connection(other.seller, pair.provider, {make.FBA: "view"})
    make.assigned(pair.employee("Ana Berg"), row, "edit")
    make.assigned(pair.employee("Bo Cole"), second, "view")
    client, page = signed_in(reviewer(lead=True)), f"/admin/roles/approvedrole/{approval.pk}/"
    boss, one, two = pair.provider_admin.name, pair.seller.name, other.seller.name
    with nothing_changes():
        revoking = client.get(f"{page}revoke/").text
        data: dict[str, Any] = {"version": approval.version, "level": "1", "reason": "Complaints."}
        asked = client.post(f"{page}lower/", data)
    assert losses_in(revoking) == {
        ("Ana Berg", one, SHIPMENTS, "edit", "none"),
        (boss, one, SHIPMENTS, "edit", "none"),
        ("Bo Cole", two, SHIPMENTS, "view", "none"),
        (boss, two, SHIPMENTS, "view", "none"),
    }
    assert losses_in(asked.text) == {
        ("Ana Berg", one, SHIPMENTS, "edit", "view"),
        (boss, one, SHIPMENTS, "edit", "view"),
    }
    sent = confirm_form(asked.text).filled()
    typed = {name: value for name, value in sent.items() if name != ONCE}
    assert typed == {key: str(value) for key, value in data.items()}
    assert client.post(f"{page}lower/", sent | {"confirmed": "1"}).status_code == 302
    approval.refresh_from_db()
    assert approval.level == Level.VIEW


def test_the_pages_take_a_fixed_number_of_queries(pair: Pair) -> None:
    row = pair.connect(fba="edit")
    paths = [pair.seller_url(f"partners/{row.public_id}/{rest}/") for rest in ("end", "pause")]
    few = [queries(pair.at_seller(), path) for path in paths]
    for number in range(5):
        make.assigned(pair.employee(f"Employee {number}"), row, "view")
    assert few == [queries(pair.at_seller(), path) for path in paths]
