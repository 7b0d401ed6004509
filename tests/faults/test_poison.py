"""Work that can never succeed: given up after a few tries, visible, and the others go on (F16)."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse

from accounts.models import EmployeeInvitation
from accounts.states import InvitationStatus
from accounts.tasks import sweep
from core import clock
from core.failures.models import Failure
from core.failures.services import TRIES
from core.outbox import delivery, services
from core.outbox.models import FanOut, Message
from core.outbox.states import MessageStatus
from core.tasks import DELIVERIES, task
from tests.factories.invitations import employee
from tests.factories.reviewers import desk_reviewer
from tests.support import drain, signed_in

pytestmark = pytest.mark.django_db


def time_passes() -> None:
    """The next try of what failed is due."""
    Failure.objects.update(due_at=clock.real_now())


def broken(*, after: int, limit: int) -> Any:
    """An expander that no try makes whole."""
    raise RuntimeError("no such shipment")


def test_broken_fan_out_stops_no_other_mail(smtp: Any, queue: Any, tell: Any):
    with transaction.atomic():
        services.queue_fan_out(key="broken", expander=broken)
    for number in range(TRIES + 3):
        queue(1, f"day{number}-")
        delivery.drain()
        time_passes()
    assert len(smtp.taken) == TRIES + 3
    failure = Failure.objects.get()
    assert (failure.attempts, failure.given_up_at is not None) == (TRIES, True)
    assert "no such shipment" in failure.error
    tell("F16 fan-out", f"given up after {TRIES} tries; sent {TRIES + 3}, lost 0")


def test_failing_row_rests_between_its_tries():
    with transaction.atomic():
        services.queue_fan_out(key="broken", expander=broken)
    for _ in range(3):
        delivery.drain()
    assert Failure.objects.get().attempts == 1


def test_one_bad_row_of_a_sweep_stops_no_other(monkeypatch: pytest.MonkeyPatch):
    past = clock.now() - timedelta(days=1)
    bad, good = (employee(expires_at=past).row for _ in range(2))
    from accounts.invitations import transitions

    real = transitions.expire

    def expire(*, row: Any) -> bool:
        if row.pk == bad.pk:
            raise ValueError("a row from another world")
        return bool(real(row=row))

    monkeypatch.setattr(transitions, "expire", expire)
    for _ in range(TRIES + 2):
        sweep()
        time_passes()
    states = dict(EmployeeInvitation.objects.values_list("pk", "status"))
    assert states == {bad.pk: InvitationStatus.PENDING, good.pk: InvitationStatus.EXPIRED}
    assert Failure.objects.get().attempts == TRIES
    monkeypatch.setattr(transitions, "expire", real)
    Failure.objects.all().delete()
    sweep()
    bad.refresh_from_db()
    assert bad.status == InvitationStatus.EXPIRED


def test_desk_shows_what_was_given_up_and_tries_again(smtp: Any):
    with transaction.atomic():
        services.queue_fan_out(key="broken", expander=broken)
    for _ in range(TRIES):
        delivery.drain()
        time_passes()
    lead = signed_in(desk_reviewer(lead=True))
    failure = Failure.objects.get()
    listed = lead.get(reverse("admin:chores_failure_changelist"))
    page = lead.get(reverse("admin:chores_failure_change", args=[failure.pk]))
    for shown in (listed, page):
        assert shown.status_code == 200
        assert "Given up" in shown.text
        assert "no such shipment" in shown.text
    again = reverse("admin:chores_failure_try_again", args=[failure.pk])
    assert lead.get(again).status_code == 302
    assert Failure.objects.exists()
    assert lead.post(again).status_code == 302
    assert not Failure.objects.exists()
    FanOut.objects.update(expander="tests.core.test_outbox.expand_to_three")
    FanOut.objects.update(arguments={"prefix": "mended"})
    assert len(drain()) == 3 or Message.objects.filter(status=MessageStatus.SENT).count() == 3


def test_message_that_kills_its_workers_is_dropped_in_the_end():
    """Delivered again and again after deaths; the count survives them, for it is committed."""
    ran = []

    @task("test.deadly")
    def deadly() -> None:
        ran.append(1)

    deadly.push_request(id="one", delivery_info={"redelivered": True}, retries=0)
    outcomes = []
    for _ in range(DELIVERIES + 1):
        try:
            deadly.before_start("one", (), {})
            outcomes.append("run")
        except Exception as error:  # noqa: BLE001
            outcomes.append(type(error).__name__)
    deadly.pop_request()
    deadly.app.tasks.pop("test.deadly")
    assert outcomes == ["run"] * (DELIVERIES - 1) + ["Ignore"] * 2
    failure = Failure.objects.get()
    assert (failure.subject, failure.given_up_at is not None) == ("message", True)


def test_task_that_fails_as_a_whole_is_shown_until_it_succeeds():
    fails = [True]

    @task("test.moody")
    def moody() -> None:
        if fails[0]:
            raise OSError("disk full")

    moody.apply()
    moody.apply()
    failure = Failure.objects.get()
    assert (failure.task, failure.attempts) == ("test.moody", 2)
    assert "disk full" in failure.error
    fails[0] = False
    moody.apply()
    moody.app.tasks.pop("test.moody")
    assert not Failure.objects.exists()
