"""History: append-only in the database itself, chained by seals."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Organization
from core.audit import seals, triggers
from core.audit.models import Event, Seal
from core.audit.services import record
from tests.factories.accounts import administrator, organization

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def _event() -> Event:
    seller = organization("seller")
    with transaction.atomic():
        record(
            "organization.registered", by=administrator(seller), subject=seller, organization=seller
        )
    return Event.objects.latest("id")


def test_all_triggers_stand():
    assert triggers.missing() == []


@pytest.mark.parametrize("act", ["update", "delete"])
def test_database_refuses_to_change_an_event(act):
    event = _event()
    rows = Event.objects.filter(pk=event.pk)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        rows.update(verb="nothing") if act == "update" else rows.delete()
    assert rows.get().verb == "organization.registered"


@pytest.mark.django_db(transaction=True)
def test_event_outside_of_a_transaction_is_refused():
    seller = organization("seller")
    with pytest.raises(RuntimeError):
        record("organization.registered", by=None, subject=seller, organization=seller)


def test_unknown_verb_is_refused():
    seller = organization("seller")
    with pytest.raises(KeyError):
        record("organization.painted", by=None, subject=seller, organization=seller)


def test_chain_is_sealed_once_and_verifies():
    event = _event()
    assert seals.seal_all() == 1
    assert seals.seal_all() == 0
    assert seals.verify(event.organization_id).broken is None


def test_chain_shows_a_changed_event():
    event = _event()
    seals.seal_all()
    triggers.remove()
    Event.objects.filter(pk=event.pk).update(verb="organization.closed")
    assert seals.verify(event.organization_id).broken == 1
    triggers.install()


def _chain(length: int) -> Organization:
    seller = organization("seller")
    by = administrator(seller)
    with transaction.atomic():
        for number in range(length):
            record(
                "organization.registered",
                by=by,
                subject=seller,
                organization=seller,
                after={"number": number},
            )
    seals.seal_all()
    return seller


def _tampered(seller: Organization, number: int, **values: Any) -> None:
    """Change what the database would refuse to."""
    triggers.remove()
    Event.objects.filter(organization_id=seller.pk, after__number=number).update(**values)
    triggers.install()


def test_checking_reads_in_pieces(monkeypatch):
    """Two statements a piece, whatever the length; each break is found at its place."""
    monkeypatch.setattr(seals, "CHECKED_AT_ONCE", 4)
    seller = _chain(11)
    with CaptureQueriesContext(connection) as captured:
        assert seals.verify(seller.pk).broken is None
    # The newest seal; three pieces with their events; one look that finds no fourth.
    assert len(captured) == 1 + 3 * 2 + 1
    verdict = seals.verify(seller.pk)
    assert (verdict.first, verdict.last) == (1, 11)
    assert verdict.head == seals.newest_seal(seller.pk).hash
    newest = seals.verify(seller.pk, newest=3)
    assert (newest.first, newest.last, newest.head) == (9, 11, verdict.head)
    _tampered(seller, 5, verb="organization.closed")
    assert seals.verify(seller.pk).broken == 6
    assert seals.verify(seller.pk).last == 5
    assert seals.verify(seller.pk, newest=3).broken is None


@pytest.mark.parametrize("what", ["event gone", "seal gone", "seal rewritten"])
def test_checking_finds_what_is_missing(what):
    seller = _chain(4)
    triggers.remove()
    if what == "event gone":
        Event.objects.filter(organization_id=seller.pk, after__number=1).delete()
    elif what == "seal gone":
        Seal.objects.filter(organization_id=seller.pk, sequence=2).delete()
    else:
        Seal.objects.filter(organization_id=seller.pk, sequence=2).update(hash="0" * 64)
    triggers.install()
    assert seals.verify(seller.pk).broken == 2


def _verify(*arguments: str) -> str:
    out = StringIO()
    call_command("verify_history", *arguments, stdout=out)
    return out.getvalue()


def test_command_verifies_each_chain():
    """X9: the exit status tells, and the first entry that does not hold is named."""
    sound, bad = _chain(2), _chain(3)
    head = seals.newest_seal(sound.pk).hash
    said = _verify()
    assert f"{sound.handle}: 2 entries intact, head {head}" in said
    assert f"{bad.handle}: 3 entries intact" in said
    _tampered(bad, 1, after={"number": 7})
    with pytest.raises(CommandError, match="1 chain is broken"):
        _verify()
    assert "2 entries intact" in _verify("--organization", sound.handle)
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("verify_history", "--organization", bad.handle, stdout=out)
    assert f"{bad.handle}: broken at entry 2; intact before it" in out.getvalue()
    with pytest.raises(CommandError, match="no account with the handle nobody"):
        _verify("--organization", "nobody")
    assert "nothing sealed yet" in _verify("--organization", organization("seller").handle)


def test_command_misses_the_triggers():
    seller = _chain(1)
    triggers.remove()
    with pytest.raises(CommandError, match="lacks the triggers"):
        _verify("--organization", seller.handle)
    triggers.install()
