"""What carriers and centres report, by staff or a feed; reminders of the scheduler (U40)."""

from datetime import UTC, timedelta
from importlib import import_module

import pytest
import time_machine
from django.apps import apps
from django.contrib.auth.models import Permission
from django.db import transaction
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from core import clock
from core.audit.models import Event
from core.errors import Invalid, NotPermitted, TransitionNotAllowed
from supplychain.models import Share
from supplychain.tasks import sweep
from supplychain.transitions.carriers import REPORTABLE, move_by_carrier, next_step
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
    # Nobody counted: that the plan came in full is nothing we know.
    assert list(row.items.values_list("received", flat=True)) == [None, None]
    assert "Not counted" in signed_in(boss).get(shipment_page(row)).content.decode()
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


def test_only_carriers_move_what_was_shipped(scene):
    """N16: no arrow, no move; the seller cannot report for the carrier."""
    row, _, boss, _ = scene
    waiting = shipment(row.seller)
    with nothing_changes():
        with pytest.raises(NotPermitted):
            move_by_carrier(by=boss, shipment=row, step="in_transit")
        with pytest.raises(Invalid):
            move_by_carrier(by=None, shipment=row, step="cancelled")
        for status in ("unconfirmed", "working", "ready_to_ship", "cancelled", "deleted"):
            type(row).objects.filter(pk=waiting.pk).update(status=status)
            for step in REPORTABLE:
                with pytest.raises(TransitionNotAllowed):
                    move_by_carrier(by=None, shipment=waiting, step=step)
        type(row).objects.filter(pk=waiting.pk).update(status="working")


def counts(row):
    return dict(row.items.values_list("msku", "received"))


def test_nothing_counted_is_not_zero_and_zero_is_a_count(scene):
    """Null until counted; a count of 0 stays 0 when the shipment is closed."""
    row, _, boss, _ = scene
    mug = row.items.get(msku="MUG").pk
    assert counts(row) == {"MUG": None, "BOWL": None}
    move_by_carrier(by=None, shipment=row, step="receiving", received={mug: 0})
    assert counts(row) == {"MUG": 0, "BOWL": None}
    drain()
    move_by_carrier(by=None, shipment=row, step="closed")
    assert counts(row) == {"MUG": 0, "BOWL": None}
    [letter] = [letter for letter in drain() if "difference" in letter.subject]
    assert letter.to == [boss.email]
    assert "12 planned, 0 received" in letter.body
    assert "BOWL" not in letter.body


STEPS = ("in_transit", "delivered", "checked_in", "receiving", "closed")


def reports(row):
    """What a feed tells in the end: each step, and what was counted meanwhile."""
    mug, bowl = (row.items.get(msku=sku).pk for sku in ("MUG", "BOWL"))
    return [
        *((step, None) for step in STEPS[:3]),
        ("receiving", {mug: 4}),
        ("receiving", {mug: 9, bowl: 0}),
        ("closed", {mug: 11}),
    ]


@settings(max_examples=8)
@given(data=st.data())
def test_reports_in_any_order_late_and_repeated_end_alike(data):
    """Whatever comes when and however often: the same state, the same counts, one completion."""
    with transaction.atomic():
        firm, _ = seller()
        row = shipment(firm, {"MUG": 12, "BOWL": 8}, status="shipped", shipped_at=clock.now())
        given_to = share(row, supplier()[0], "shipped")
        told = reports(row)
        order = data.draw(st.permutations(told + told))
        for step, received in order:
            move_by_carrier(by=None, shipment=row, step=step, received=received)
        row.refresh_from_db()
        given_to.refresh_from_db()
        assert (row.status, given_to.status) == ("closed", "completed")
        assert counts(row) == {"MUG": 11, "BOWL": 0}
        history = Event.objects.filter(object_id=row.public_id).values_list("verb", flat=True)
        assert sorted(verb for verb in history if verb != "shipment.counted") == sorted(
            f"shipment.{step}" for step in STEPS
        )
        before = fingerprint()
        for step, received in order:
            move_by_carrier(by=None, shipment=row, step=step, received=received)
        assert fingerprint() == before
        transaction.set_rollback(True)


def test_zeros_from_before_become_uncounted_unless_closed(scene):
    """The migration keeps every count there was, and what closing had written."""
    row, _, _, _ = scene
    done = shipment(row.seller, {"DONE": 5}, status="closed", shipped_at=clock.now())
    type(row.items.get(msku="MUG")).objects.update(received=0)
    row.items.filter(msku="BOWL").update(received=3)
    migration = import_module("supplychain.migrations.0004_uncounted_items")
    migration.forget_zeros(apps, None)
    assert counts(row) == {"MUG": None, "BOWL": 3}
    assert counts(done) == {"DONE": 0}


def test_an_old_report_does_not_end_an_error_and_a_person_may(scene):
    row, _, _, _ = scene
    for step in ("in_transit", "delivered", "error"):
        row = move_by_carrier(by=None, shipment=row, step=step)
    with nothing_changes():
        for step in ("error", "delivered", "in_transit"):
            assert move_by_carrier(by=None, shipment=row, step=step).status == "error"
    assert move_by_carrier(by=None, shipment=row, step="receiving").status == "receiving"
    row = move_by_carrier(by=None, shipment=row, step="error")
    reporter = staff("move_shipment")
    assert move_by_carrier(by=reporter, shipment=row, step="delivered").status == "delivered"


def test_a_correction_after_closing_is_told_once(scene):
    """Counts that come after the end still count, and the seller reads of the difference."""
    row, _, _, _ = scene
    mug = row.items.get(msku="MUG").pk
    for step in STEPS:
        row = move_by_carrier(by=None, shipment=row, step=step)
    drain()
    for _ in range(2):
        move_by_carrier(by=None, shipment=row, step="receiving", received={mug: 7})
    # A feed that counts up is older than what closing said; closing may correct itself.
    move_by_carrier(by=None, shipment=row, step="receiving", received={mug: 8})
    assert counts(row)["MUG"] == 7
    move_by_carrier(by=None, shipment=row, step="closed", received={mug: 5})
    assert counts(row)["MUG"] == 5
    bodies = [letter.body for letter in drain()]
    assert ["12 planned, 7 received" in body for body in bodies] == [True, False]
    assert "12 planned, 5 received" in bodies[1]


@pytest.mark.parametrize(
    ("step", "received"),
    [
        ("delivered", {"MUG": 1}),
        ("receiving", {"MUG": -1}),
        ("receiving", {"MUG": 500_001}),
        ("closed", {"OTHER": 1}),
    ],
)
def test_a_count_that_cannot_be_is_refused(scene, step, received):
    row, _, _, _ = scene
    others = shipment(row.seller, {"OTHER": 3})
    keys = {sku: pk for of in (row, others) for sku, pk in of.items.values_list("msku", "pk")}
    counted = {keys[sku]: units for sku, units in received.items()}
    with nothing_changes(), pytest.raises(Invalid):
        move_by_carrier(by=None, shipment=row, step=step, received=counted)


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
        assert reporter.post(page, {"step": "cancelled"}).status_code == 422
    assert reporter.get(reverse("admin:supplychain_shipment_changelist")).status_code == 200
    assert reporter.post(page, {"step": "in_transit"}).status_code == 302
    row.refresh_from_db()
    assert row.status == "in_transit"
    assert Event.objects.filter(verb="shipment.in_transit").exclude(actor_ref=None).count() == 1


def test_the_desk_writes_only_counts_that_were_typed(scene):
    """A field left empty keeps what the feed counted meanwhile; 0 is typed like any number."""
    row, _, _, _ = scene
    mug, bowl = (row.items.get(msku=sku).pk for sku in ("MUG", "BOWL"))
    page = reverse("admin:supplychain_shipment_change", args=[row.pk])
    reporter = signed_in(staff("view_shipment", "move_shipment"))
    shown = reporter.get(page).context["form"]
    move_by_carrier(by=None, shipment=row, step="receiving", received={mug: 12})
    sent = {name: shown[name].value() or "" for name in shown.fields}
    answer = reporter.post(page, sent | {"step": "receiving", f"received-{bowl}": "0"})
    assert answer.status_code == 302
    assert counts(row) == {"MUG": 12, "BOWL": 0}
    # In parts, and again after the end.
    for step, units in (("receiving", "3"), ("closed", "8"), ("closed", "7")):
        assert reporter.post(page, {"step": step, f"received-{bowl}": units}).status_code == 302
        assert counts(row)["BOWL"] == int(units)


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
    near = clock.today(UTC) + timedelta(days=2)
    for status in ("packing", "shipped", "recalled"):
        share(shipment(firm, ship_date=near), factory, status)
    share(shipment(firm, ship_date=near + timedelta(days=1)), factory)
    sweep()
    sweep()
    [letter] = drain()
    assert letter.to == [sam.email]
    assert "ship date near" in letter.subject
    assert Share.objects.exclude(due_told_at=None).count() == 1
