"""Lists at the same moment: two workers, two lists, and invitations by hand beside them (C10)."""

from datetime import timedelta

import pytest

from accounts.invitations.batches import kinds
from accounts.invitations.batches.reading import read
from accounts.invitations.batches.transitions import batches, chunks
from accounts.models import BatchRow, EmployeeInvitation, Sending
from accounts.transitions import employees
from core import clock
from core.audit.models import Event
from core.outbox.models import Message
from supplychain.models import SupplierInvitation
from tests.factories.accounts import administrator, organization
from tests.racing import LOCKS, holds, together

pytestmark = pytest.mark.django_db(transaction=True)
OPTIONS = {"role": "employee", "supplier_kind": "other"}


def given(firm, boss, purpose, count, start=1):
    """A list of so many addresses, not confirmed."""
    text = "".join(f"friend{n}@mail.example\n" for n in range(start, start + count))
    columns = kinds.get(purpose).columns(firm)
    return batches.keep(
        by=boss,
        organization=firm,
        purpose=purpose,
        source="Pasted lines",
        reading=read(text, columns),
        options=OPTIONS,
    )


@pytest.fixture
def firm():
    """A seller that may send 50 a day."""
    return organization("seller")


@pytest.fixture
def boss(firm):
    """Its administrator."""
    return administrator(firm)


def test_two_lists_and_single_invitations_never_overrun_the_budget(firm, boss, monkeypatch):
    monkeypatch.setattr(chunks, "CHUNK", 7)
    first = given(firm, boss, "supplier", 40)
    second = given(firm, boss, "employee", 40, start=100)

    def send(batch):
        batches.confirm(by=boss, batch=batch)
        chunks.send_due()

    def by_hand(number):
        address = f"single{number}@mail.example"
        employees.invite(by=boss, organization=firm, address=address, role="employee")

    together(
        lambda: send(first),
        lambda: send(second),
        *(lambda number=number: by_hand(number) for number in range(3)),
    )
    chunks.send_due()
    made = SupplierInvitation.objects.count() + EmployeeInvitation.objects.count()
    assert made == Sending.objects.count() == 50
    assert Message.objects.filter(link_id__isnull=False).count() == 50
    singles = EmployeeInvitation.objects.filter(address__startswith="single").count()
    assert BatchRow.objects.filter(status="sent").count() == 50 - singles
    assert BatchRow.objects.filter(status="queued").count() == 30 + singles


@pytest.mark.parametrize("guards", LOCKS)
def test_a_list_and_an_invitation_by_hand_share_one_budget(guards, meeting, firm, boss):
    """Whoever is first: 50, and the one over waits or is refused. The lock alone decides it."""
    batch = given(firm, boss, "employee", 60)
    batches.confirm(by=boss, batch=batch)
    meeting(guards, late=0)  # else the list may be counted before the one by hand looks
    by_hand = {"by": boss, "organization": firm, "address": "single@mail.example"}
    together(chunks.send_due, lambda: employees.invite(**by_hand, role="employee"))

    def promise():
        assert Sending.objects.count() == EmployeeInvitation.objects.count() == 50

    holds(guards, promise)


@pytest.mark.parametrize("guards", LOCKS)
def test_two_workers_meet_over_one_list(guards, meeting, firm, boss, monkeypatch):
    """Even without locks no row becomes two: its invitation has one id, and one may be open."""
    monkeypatch.setattr(chunks.logger, "exception", lambda *args, **kwargs: None)
    batch = given(firm, boss, "supplier", 4)
    batches.confirm(by=boss, batch=batch)
    meeting(guards, kept_out=True)  # the lock on the addresses, which is no row's
    together(chunks.send_due, chunks.send_due)
    chunks.send_due()
    assert SupplierInvitation.objects.count() == Message.objects.count() == 4
    assert Sending.objects.count() == 4
    assert list(batch.rows.values_list("status", flat=True)) == ["sent"] * 4


def test_one_list_confirmed_and_sent_twice_at_once_is_sent_once(firm, boss, monkeypatch):
    monkeypatch.setattr(chunks, "CHUNK", 5)
    batch = given(firm, boss, "supplier", 20)

    def act():
        batches.confirm(by=boss, batch=batch)
        chunks.send_due()

    together(act, act, act)
    chunks.send_due()
    assert SupplierInvitation.objects.count() == Message.objects.count() == 20
    assert Event.objects.filter(verb="supplier_invitation.sent").count() == 20
    assert Event.objects.filter(verb="supplier_invitation.list_confirmed").count() == 1
    batch.refresh_from_db()
    assert batch.status == "done"


def test_taking_back_and_sending_at_once_tells_the_truth(firm, boss, monkeypatch):
    monkeypatch.setattr(chunks, "CHUNK", 3)
    batch = given(firm, boss, "supplier", 12)
    batches.confirm(by=boss, batch=batch)
    together(chunks.send_due, lambda: batches.cancel(by=boss, batch=batch))
    chunks.send_due()
    sent = set(batch.rows.filter(status="sent").values_list("invitation_id", flat=True))
    assert sent == set(SupplierInvitation.objects.values_list("public_id", flat=True))
    assert batch.rows.filter(status="cancelled").count() == 12 - len(sent)


@pytest.mark.parametrize("hours", [2, 240, 29 * 24 + 20])
def test_the_dates_that_are_foreseen_are_the_dates_that_come(hours, monkeypatch):
    """What a row is told at the confirmation holds, when nobody answers or takes back (I13)."""
    began = clock.now() - timedelta(hours=hours)
    firm = organization("supplier", activated_at=began, created_at=began)
    head = administrator(firm)
    batch = given(firm, head, "employee", 130)
    batches.confirm(by=head, batch=batch)
    chunks.send_due()
    told = dict(batch.rows.filter(status="queued").values_list("number", "due_at"))
    assert told
    for moment in sorted(set(told.values())):
        monkeypatch.setattr(clock, "now", lambda moment=moment: moment + timedelta(seconds=1))
        chunks.send_due()
        expected = {number for number, due in told.items() if due <= moment}
        rest = set(batch.rows.filter(status="queued").values_list("number", flat=True))
        assert rest == set(told) - expected, moment
