"""What carriers and centres report, by staff or a feed; reminders of the scheduler (U40)."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.urls import reverse

from core import clock
from core.audit.models import Event
from core.errors import NotPermitted, TransitionNotAllowed
from supplychain.models import Share
from supplychain.tasks import sweep
from supplychain.transitions.carriers import move_by_carrier, next_step
from tests.factories.accounts import person
from tests.factories.supplychain import seller, share, shipment, supplier
from tests.supplychain.pages import share_page, shipment_page
from tests.support import drain, fingerprint, nothing_changes, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene():
    """A shipped shipment of a seller, with the supplier who shipped it."""
    firm, boss = seller(name="Blue Harbor")
    factory, sam = supplier()
    row = shipment(firm, {"MUG": 12, "BOWL": 8}, status="shipped", shipped_at=clock.now())
    return row, share(row, factory, "shipped"), boss, sam


def staff(*codenames):
    """A member of staff with these permissions of the app."""
    user = person(is_staff=True)
    rows = Permission.objects.filter(content_type__app_label="supplychain", codename__in=codenames)
    user.user_permissions.set(rows)
    return user


def subjects(to):
    """What this person was told."""
    return [letter.subject for letter in drain() if letter.to == [to.email]]


def test_the_feed_moves_a_shipment_step_by_step(scene):
    """Each step once, in order, with its mails; the share is completed."""
    row, given, boss, sam = scene
    told = {}
    while step := next_step(row):
        row = move_by_carrier(by=None, shipment=row, step=step)
        letters = drain()
        told[step] = sorted(letter.to[0] for letter in letters)
    assert list(told) == ["in_transit", "delivered", "checked_in", "receiving", "closed"]
    assert told["delivered"] == told["closed"] == sorted([boss.email, sam.email])
    assert told["receiving"] == [boss.email]
    assert told["in_transit"] == told["checked_in"] == []
    given.refresh_from_db()
    assert (row.status, given.status) == ("closed", "completed")
    assert list(row.items.values_list("received", flat=True)) == [12, 8]
    page = signed_in(sam).get(share_page(given)).content.decode()
    assert "reported the shipment received and closed" in page


def test_a_difference_is_told_to_the_seller_only(scene):
    """Planned 12, received 11: a mail of its own, and it shows on the page."""
    row, given, boss, sam = scene
    for step in ("in_transit", "delivered", "checked_in"):
        row = move_by_carrier(by=None, shipment=row, step=step)
    mug = row.items.get(msku="MUG")
    row = move_by_carrier(by=None, shipment=row, step="receiving", received={mug.pk: 11})
    drain()
    move_by_carrier(by=None, shipment=row, step="closed")
    letters = [letter for letter in drain() if "difference" in letter.subject]
    assert [letter.to for letter in letters] == [[boss.email]]
    assert "12 planned, 11 received" in letters[0].body
    assert "Differs" in signed_in(boss).get(shipment_page(row)).content.decode()


def test_steps_out_of_order_and_people_without_the_right_are_refused(scene):
    """N16: no arrow, no move; the seller cannot report for the carrier."""
    row, _, boss, _ = scene
    with nothing_changes():
        with pytest.raises(TransitionNotAllowed):
            move_by_carrier(by=None, shipment=row, step="closed")
        with pytest.raises(NotPermitted):
            move_by_carrier(by=boss, shipment=row, step="in_transit")


def test_staff_report_on_the_desk(scene):
    """A7: with the permission there is a form; with the right to look only, none; else 404."""
    row, _, _, _ = scene
    page = reverse("admin:supplychain_shipment_change", args=[row.pk])
    reporter = signed_in(staff("view_shipment", "move_shipment"))
    reader, nobody = signed_in(staff("view_shipment")), signed_in(staff())
    with nothing_changes():
        assert reader.get(page).status_code == 200
        assert reader.post(page, {"step": "in_transit"}).status_code == 403
        assert nobody.get(page).status_code == 404
        assert nobody.get(reverse("admin:supplychain_shipment_changelist")).status_code == 403
        assert reporter.get(page).status_code == 200
        assert reporter.post(page, {"step": "closed"}).status_code == 422
    assert reporter.get(reverse("admin:supplychain_shipment_changelist")).status_code == 200
    assert reporter.post(page, {"step": "in_transit"}).status_code == 302
    row.refresh_from_db()
    assert row.status == "in_transit"
    assert Event.objects.filter(verb="shipment.in_transit").exclude(actor_ref=None).count() == 1


def test_an_unopened_share_is_reminded_once():
    """U40: after three days, supplier and seller, once; a seen one is left in peace."""
    firm, boss = seller()
    factory, sam = supplier()
    share(shipment(firm, ship_date=None), factory)
    share(shipment(firm, ship_date=None), factory, "viewed")
    sweep()
    assert drain() == []
    with time_machine.travel(clock.now() + timedelta(days=3, minutes=1)):
        sweep()
        told = sorted(letter.to[0] for letter in drain())
        assert told == sorted([sam.email, boss.email])
        before = fingerprint()
        sweep()
        assert fingerprint() == before


def test_a_near_ship_date_is_reminded_once():
    """U40: two days before, the supplier; not for shipped or recalled ones."""
    firm, _ = seller()
    factory, sam = supplier()
    near = clock.today() + timedelta(days=2)
    for status in ("packing", "shipped", "recalled"):
        share(shipment(firm, ship_date=near), factory, status)
    share(shipment(firm, ship_date=near + timedelta(days=1)), factory)
    sweep()
    sweep()
    [letter] = drain()
    assert letter.to == [sam.email]
    assert "ship date near" in letter.subject
    assert Share.objects.exclude(due_told_at=None).count() == 1
