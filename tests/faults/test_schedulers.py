"""Deliveries at the same moment, and two schedulers: one effect (C14, F15)."""

import time
from typing import Any

import pytest

from core.celery import app
from core.outbox.models import Message
from tests.faults import processes
from tests.faults.processes import wait_for
from tests.faults.test_schedule import DELIVERIES, TASKS, effects, everything_is_due
from tests.racing import together
from tests.support import drain, fingerprint


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_c14_every_task_five_times_at_once(tell: Any):
    """Five workers take the same delivery at the same moment."""
    app.loader.import_default_modules()
    everything_is_due()
    for name in TASKS:
        together(*[app.tasks[name]] * DELIVERIES)
    events, mails = effects()
    assert max(events.values()) == 1, events.most_common(3)
    assert max(mails.values()) == 1
    drain()  # what the last sweeps queued
    state = fingerprint()
    for name in TASKS:
        app.tasks[name]()
    assert fingerprint() == state
    tell("C14", f"{len(TASKS)} tasks x 5 at once: {len(events)} events, {len(mails)} mails, once")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_f15_two_schedulers(places: Any, broker: Any, worker: Any, mailserver: Any, tell: Any):
    """Two real ones, each sending everything every second to a real worker."""
    everything_is_due()
    env = processes.environment(broker.port, mailserver.port)
    started = [processes.beat(places / f"beat-{number}.log", env) for number in range(2)]
    try:
        for scheduler in started:
            scheduler.wait_for("Sending due task drain-outbox")
        wait_for(lambda: mailserver.taken and not _at_work(), "all mail")
        time.sleep(2)
    finally:
        for scheduler in started:
            scheduler.stop()
    wait_for(lambda: broker.client().llen("celery") == 0, "the end of the queue")
    events, mails = effects()
    assert max(events.values()) == 1, events.most_common(3)
    assert max(mails.values()) == 1
    assert mailserver.doubled() == {}
    assert len(mailserver.taken) == len(mails)
    tell("F15", f"sent {len(mailserver.taken)}, lost 0, doubled 0; {len(events)} events, each once")


def _at_work() -> bool:
    return Message.objects.exclude(status="sent").exists()
