"""Nobody can send mass mail through us (I13), whichever door they take, alone or at once (C10)."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import count
from typing import Any

import pytest
from django.urls import reverse

from accounts import portals
from accounts.addresses import budget_key, canonical
from accounts.invitations import limits
from accounts.models import EmployeeInvitation, Organization, Sending
from connections.models import ConnectionInvitation, PartnerLink
from core import clock
from core.outbox.models import Message
from supplychain.models import SupplierInvitation
from tests.factories import accounts as make
from tests.factories import connections, invitations
from tests.racing import together
from tests.support import nothing_changes, signed_in

pytestmark = pytest.mark.django_db
SPELLINGS = ["new.person@mail.example", "NEW.PERSON@Mail.Example", "newperson@mail.example"]
SPELLINGS += ["n.e.w.person+tag@mail.example", " newperson+a+b@MAIL.example "]
_numbers = count(1)


@dataclass
class Door:
    """One way to cause an invitation mail: who stands there, and how it is opened."""

    firm: Organization
    press: Callable[[Any, str], Any]
    user: Any = None
    ready: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.user = make.administrator(self.firm)
        self.client = signed_in(self.user)

    def send(self, address: str = "") -> Any:
        """Press the button, to a fresh address unless one is given."""
        return self.press(self, address or f"fresh{next(_numbers)}@mail.example")


def _employee(door: Door, address: str) -> Any:
    data = {"address": address, "name": "Sam Lee", "role": "employee"}
    return door.client.post(portals.members_page(door.firm), data)


def _supplier(door: Door, address: str) -> Any:
    page = "suppliers" if door.firm.kind == "seller" else "sellers"
    data = {"address": address, "name": "Sam Lee", "supplier_kind": "manufacturer"}
    return door.client.post(portals.page(door.firm, page), data)


def _link(door: Door, address: str) -> Any:
    address = canonical(address)
    link = PartnerLink.objects.filter(seller=door.firm, address=address).first()
    link = link or connections.partner_link(door.firm, address=address)
    page = reverse("seller:partner-link-send", args=[door.firm.handle, link.public_id])
    return door.client.post(page)


def _connection(door: Door, address: str) -> Any:
    link = door.ready.pop()
    page = reverse("provider:partner-link-answer", args=[door.firm.handle, link.public_id])
    return door.client.post(page)


def _provider(**fields: Any) -> Door:
    door = Door(make.organization("provider", **fields), _connection)
    connections.approved(door.firm)
    sellers = (make.organization("seller") for _ in range(12))
    door.ready = [connections.partner_link(seller, door.firm) for seller in sellers]
    return door


def _of(kind: str, press: Callable[..., Any]) -> Callable[..., Door]:
    return lambda **fields: Door(make.organization(kind, **fields), press)


DOORS: dict[str, Callable[..., Door]] = {
    "colleague of a seller": _of("seller", _employee),
    "colleague of a provider": _of("provider", _employee),
    "seller invites a supplier": _of("seller", _supplier),
    "supplier invites a seller": _of("supplier", _supplier),
    "partner link by mail": _of("seller", _link),
    "provider answers a link": _provider,
}
# Those at which the person types the address.
TYPED = {name: door for name, door in DOORS.items() if name != "provider answers a link"}
every_door = pytest.mark.parametrize("door", DOORS.values(), ids=DOORS.keys())
every_typed_door = pytest.mark.parametrize("door", TYPED.values(), ids=TYPED.keys())


def sent_before(firm: Organization, number: int, key: str = "", hours: float = 1) -> None:
    """So many mails left this account so long ago."""
    at = clock.now() - timedelta(hours=hours)
    rows = [
        Sending(
            organization=firm, budget_key=key or f"b{next(_numbers)}@x.example", about="x", at=at
        )
        for _ in range(number)
    ]
    Sending.objects.bulk_create(rows)


def told_when(answer: Any) -> bool:
    """Whether the page says when the next one is possible."""
    return "possible on" in answer.text or "Try again after" in answer.text


@every_door
@pytest.mark.parametrize(
    ("days", "budget"), [(0, limits.FIRST_DAY), (10, 50), (40, limits.PER_ORGANIZATION_TRUSTED)]
)
def test_budget_of_a_day(door: Any, days: int, budget: int):
    """The last one of the budget leaves, the next is 429 with the time, nobody else is stopped."""
    born = clock.now() - timedelta(days=days)
    here = door(created_at=born, activated_at=born)
    sent_before(here.firm, budget - 2)
    assert here.send().status_code == 302
    assert here.send().status_code == 302
    messages = Message.objects.count()
    refused = here.send()
    assert refused.status_code == 429
    assert told_when(refused)
    assert Message.objects.count() == messages
    assert Sending.objects.filter(organization=here.firm).count() == budget
    assert door().send().status_code == 302


@every_door
@pytest.mark.both
def test_budget_comes_back_after_a_day(door: Any):
    here = door()
    sent_before(here.firm, 50, hours=24.1)
    assert here.send().status_code == 302


@every_typed_door
def test_ten_of_one_account_to_one_address(door: Any):
    here = door()
    sent_before(here.firm, limits.PER_PAIR, budget_key(SPELLINGS[0]))
    for spelling in SPELLINGS:
        refused = here.send(spelling)
        assert refused.status_code == 429, spelling
        assert told_when(refused)
    assert door().send().status_code == 302


@every_typed_door
@pytest.mark.both
def test_five_of_all_accounts_to_one_address(door: Any):
    for _ in range(limits.PER_ADDRESS):
        sent_before(make.organization("seller"), 1, budget_key(SPELLINGS[0]))
    here = door()
    for spelling in SPELLINGS:
        refused = here.send(spelling)
        assert refused.status_code == 429, spelling
        assert told_when(refused)
    assert here.send().status_code == 302


@pytest.mark.parametrize(
    "address", ["néw@mail.example", "ｎew@mail.example", "n\u0435w@mail.example"]
)
@every_typed_door
def test_diacritics_are_no_new_budget_for_they_are_no_address(door: Any, address: str):
    if door is DOORS["partner link by mail"]:
        return
    here = door()
    before = Sending.objects.count()
    assert here.send(address).status_code == 422
    assert Sending.objects.count() == before


def _resend(kind: str) -> tuple[str, Any]:
    scene = invitations.KINDS[kind]()
    firm, row = scene.organization, scene.row
    names = {
        "employee": "employee-resend",
        "supplier": "supplier-resend",
        "connection": "client-invitation-resend",
        "partner-link": "partner-link-send",
    }
    if kind == "connection":
        connections.approved(firm)
    return portals.page(firm, names[kind], row.public_id), signed_in(scene.inviter)


@pytest.mark.parametrize("kind", ["employee", "supplier", "connection", "partner-link"])
def test_one_resend_in_ten_minutes(kind: str, monkeypatch: pytest.MonkeyPatch):
    page, client = _resend(kind)
    real = clock.now
    assert client.post(page).status_code == 302
    for minutes in (0, 9):
        monkeypatch.setattr(clock, "now", lambda m=minutes: real() + timedelta(minutes=m))
        messages = Message.objects.count()
        with nothing_changes():
            refused = client.post(page)
        assert refused.status_code == 429
        assert told_when(refused)
        assert Message.objects.count() == messages
    monkeypatch.setattr(clock, "now", lambda: real() + timedelta(minutes=11))
    assert client.post(page).status_code == 302


@pytest.mark.parametrize("name", ["seller invites a supplier", "colleague of a seller"])
@pytest.mark.both
def test_fifty_open_ones_of_all_kinds_together(name: str):
    """Neither kind has a room of its own."""
    here = DOORS[name]()
    until = clock.now() + timedelta(days=5)
    common = {"organization": here.firm, "expires_at": until, "invited_by": here.user}
    EmployeeInvitation.objects.bulk_create(
        [EmployeeInvitation(address=f"e{n}@x.example", **common) for n in range(25)]
    )
    SupplierInvitation.objects.bulk_create(
        SupplierInvitation(address=f"s{n}@x.example", direction="to_supplier", **common)
        for n in range(24)
    )
    assert here.send().status_code == 302
    refused = here.send()
    assert refused.status_code == 429
    EmployeeInvitation.objects.filter(address="e1@x.example").update(
        status="revoked", decided_at=clock.now()
    )
    assert here.send().status_code == 302


def test_counting_is_per_account_not_per_network_address():
    here = DOORS["colleague of a seller"]()
    sent_before(here.firm, 50)
    data = {"address": "x@mail.example", "name": "Sam Lee", "role": "employee"}
    for number in range(3):
        answer = here.client.post(
            portals.members_page(here.firm), data, REMOTE_ADDR=f"192.0.2.{number}"
        )
        assert answer.status_code == 429


# All at once ------------------------------------------------------------------------------------


def _at_once(here: Door, requests: int) -> list[int]:
    """The statuses of so many requests at the same time."""
    threads = min(requests, 25)

    def some(number: int) -> list[int]:
        # Each thread is a browser of its own, signed in as the same person.
        mine = Door.__new__(Door)
        mine.__dict__.update(here.__dict__, client=signed_in(here.user))
        return [mine.send().status_code for _ in range(number, requests, threads)]

    return [
        code for codes in together(*[partial(some, n) for n in range(threads)]) for code in codes
    ]


SOAK = os.environ.get("SOAK") == "1"


@pytest.mark.grows
@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", DOORS)
def test_c10_exactly_the_budget(name: str, record_property: Any):
    """A hundred at once, or a few with most of the budget used up: not one more than 50 leaves."""
    requests, before = (100, 0) if SOAK else (16, 44)
    connection_door = name == "provider answers a link"
    here = DOORS[name]()
    if connection_door:
        sellers = (make.organization("seller") for _ in range(requests - len(here.ready)))
        here.ready += [connections.partner_link(seller, here.firm) for seller in sellers]
    sent_before(here.firm, before)
    codes = _at_once(here, requests)
    assert codes.count(302) == 50 - before
    assert codes.count(429) == requests - (50 - before)
    assert Sending.objects.filter(organization=here.firm).count() == 50
    assert Message.objects.count() == 50 - before
    record_property(f"fault: C10 {name}", f"{requests} at once, {before} before: exactly 50 left")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_c10_one_address_invited_by_everybody_at_once(record_property: Any):
    """The budget that strangers share holds, though each locks an account of their own."""
    doors = [DOORS["seller invites a supplier"]() for _ in range(12)]
    presses = [partial(door.send, "victim@mail.example") for door in doors]
    codes = [answer.status_code for answer in together(*presses)]
    assert codes.count(302) == limits.PER_ADDRESS
    assert SupplierInvitation.objects.count() == limits.PER_ADDRESS
    assert not ConnectionInvitation.objects.exists()
    record_property("fault: I13 one address", "12 accounts at once: exactly 5 mails")
