"""History: append-only in the database itself, chained by seals."""

import pytest
from django.db import DatabaseError, transaction

from partnerhub.audit import sealing, triggers
from partnerhub.audit.models import Event
from partnerhub.audit.services import record
from tests.factories.accounts import administrator, organization

pytestmark = pytest.mark.django_db


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
    assert sealing.seal_all() == 1
    assert sealing.seal_all() == 0
    assert sealing.first_broken(event.organization_id) is None


def test_chain_shows_a_changed_event():
    event = _event()
    sealing.seal_all()
    triggers.remove()
    Event.objects.filter(pk=event.pk).update(verb="organization.closed")
    assert sealing.first_broken(event.organization_id) == 1
    triggers.install()
