"""Tasks that come again and again, and clocks that jump: one effect (F13, F14)."""

import os
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.urls import reverse

from accounts.models import EmployeeInvitation
from accounts.states import InvitationStatus
from accounts.tasks import sweep
from core import clock
from core.audit.models import Event
from core.celery import app
from core.failures.models import Failure
from core.outbox import tokens
from core.outbox.models import Message
from tests.factories import accounts as make
from tests.factories import connections, invitations
from tests.factories import supplychain as ship
from tests.support import drain, fingerprint, signed_in

pytestmark = pytest.mark.django_db
TASKS = sorted({entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()})
DELIVERIES = 5


def everything_is_due() -> None:
    """Rows that the clock has decided about, for every sweep, and mail that waits."""
    now = clock.now()
    invitations.employee(expires_at=now - timedelta(hours=1))
    invitations.supplier().row.__class__.objects.update(expires_at=now - timedelta(hours=1))
    make.identity(make.person(), expires_at=now - timedelta(hours=1))
    make.identity(make.person(), expires_at=now + timedelta(days=5))
    seller, _, provider, _ = connections.pair()
    connections.connection(seller, provider, ends_at=now + timedelta(days=6))
    over, _, gone, _ = connections.pair()
    connections.connection(over, gone, ends_at=now - timedelta(hours=1))
    lapsing = make.organization("provider")
    make.administrator(lapsing)
    connections.approved(lapsing, expires_at=now + timedelta(days=6))
    lapsed = make.organization("provider")
    make.administrator(lapsed)
    connections.approved(lapsed, expires_at=now - timedelta(hours=1))
    connections.partner_link(make.organization("seller"), lapsed, expires_at=now)
    row = ship.share(ship.shipment(ship.seller()[0]), ship.supplier()[0])
    type(row).objects.update(shared_at=now - timedelta(days=4))


def effects() -> tuple[Counter[Any], Counter[str]]:
    """How often each thing was written into history, and each mail queued to each reader."""
    events = Counter(Event.objects.values_list("verb", "object_id", "organization_id"))
    return events, Counter(Message.objects.values_list("key", flat=True))


def test_every_scheduled_task_is_known_to_a_worker():
    app.loader.import_default_modules()
    assert set(TASKS) <= set(app.tasks)


@pytest.mark.both
def test_f13_every_task_five_times(tell: Any):
    """One after the other, in any order: the second to fifth find nothing to do."""
    app.loader.import_default_modules()
    everything_is_due()
    for name in TASKS:
        app.tasks[name]()
    drain()
    once, state = effects(), fingerprint()
    for name in TASKS * (DELIVERIES - 1):
        app.tasks[name]()
    assert fingerprint() == state
    assert effects() == once
    assert once[0]
    assert once[1]
    assert not Failure.objects.exists()
    told = (
        f"{len(TASKS)} tasks x 5: {sum(once[0].values())} events, {len(once[1])} mails, each once"
    )
    tell("F13", told)


# Clocks ------------------------------------------------------------------------------------------


def _opens(scene: Any) -> int:
    """The status of the page behind the invitation's link, for its owner."""
    client = signed_in(scene.invited)
    client.get(reverse("invitation-open", args=["employee", tokens.sign(scene.row.claim)]))
    accept = reverse("employee-invitation-accept", args=[scene.row.public_id])
    return int(client.post(accept).status_code)


def test_f14_eight_days_on_a_link_has_ended_and_an_invitation_has_not():
    scene, link = invitations.employee(), invitations.partner_link()
    with time_machine.travel(datetime.now(UTC) + timedelta(days=8), tick=False):
        sweep()
        app.loader.import_default_modules()
        app.tasks["connections.sweep"]()
        link.row.refresh_from_db()
        assert link.row.status == "expired"
        assert _opens(scene) == 302


def test_f14_no_invitation_revives_when_the_clock_goes_back():
    """Expired at one moment, and swept; an hour earlier it is expired all the same."""
    scene = invitations.employee()
    ends = scene.row.expires_at
    with time_machine.travel(ends + timedelta(minutes=1), tick=False):
        assert _opens(scene) == 410
        sweep()
    with time_machine.travel(ends - timedelta(minutes=59), tick=False):
        sweep()
        scene.row.refresh_from_db()
        assert scene.row.status == InvitationStatus.EXPIRED
        assert _opens(scene) == 410


def test_f14_no_mail_comes_twice_when_the_clock_goes_back_an_hour():
    everything_is_due()
    app.loader.import_default_modules()
    for name in TASKS:
        app.tasks[name]()
    once = effects()[1]
    with time_machine.travel(datetime.now(UTC) - timedelta(hours=1), tick=False):
        for name in TASKS:
            app.tasks[name]()
    for name in TASKS:
        app.tasks[name]()
    assert effects()[1] == once


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Pacific/Apia"])
@pytest.mark.parametrize("day", ["2027-03-13", "2027-03-27", "2027-10-30", "2028-02-28"])
def test_f14_a_day_ends_by_its_account_whatever_the_machine_believes(
    zone: str, day: str, monkeypatch: pytest.MonkeyPatch
):
    """Daylight saving begins and ends, and a leap day comes: an invitation holds until the end of
    the fourteenth day of its account, whatever zone the machine is in."""
    before = os.environ.get("TZ")
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        start = datetime.fromisoformat(f"{day}T12:00:00+00:00")
        with time_machine.travel(start, tick=False):
            firm = make.organization("seller")
            client = signed_in(make.administrator(firm))
            data = {"address": "new@mail.example", "name": "Sam Lee", "role": "employee"}
            client.post(reverse("seller:members", args=[firm.handle]), data)
            row = EmployeeInvitation.objects.get()
            end = start.replace(hour=23, minute=59, second=59, microsecond=999_999)
            assert row.expires_at == end + timedelta(days=14)
        for seconds, code in ((-1, 302), (1, 410)):
            with time_machine.travel(row.expires_at + timedelta(seconds=seconds), tick=False):
                page = reverse("invitation-open", args=["employee", tokens.sign(row.claim)])
                answer = Client().get(page, follow=True)
                assert answer.status_code == (200 if code == 302 else 410)
    finally:
        monkeypatch.undo()
        time.tzset()
    assert os.environ.get("TZ") == before
