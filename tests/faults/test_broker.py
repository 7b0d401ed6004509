"""The broker refuses, hangs, dies, forgets or brings poison: changes stand, and mail leaves."""

import base64
import json
import pickle
import uuid
from pathlib import Path
from typing import Any

import pytest

from accounts import portals
from accounts.models import EmployeeInvitation
from core.audit.models import Event
from core.outbox.models import Message
from core.outbox.states import MessageStatus
from tests.factories import accounts as make
from tests.faults.processes import wait_for
from tests.support import signed_in

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def boss(web: Any) -> Any:
    """A seller's administrator, signed in, and the account."""
    firm = make.organization("seller")
    return signed_in(make.administrator(firm)), firm


def invite(web: Any, boss: Any, number: int = 0) -> Any:
    """Press "Send invitation"."""
    client, firm = boss
    values = {"address": f"new{number}@mail.example", "name": "Sam Lee", "role": "employee"}
    return web.post(portals.members_page(firm), client, **values)


def all_sent(count: int) -> bool:
    """Whether so many messages are there, and sent."""
    return list(Message.objects.values_list("status", flat=True)) == [MessageStatus.SENT] * count


def test_mail_leaves_by_itself(web, boss, worker, mailserver):
    """The ordinary day: the nudge is enough, nobody sweeps."""
    assert invite(web, boss).status == 302
    wait_for(lambda: all_sent(1), "the mail")
    assert mailserver.addresses == ["new0@mail.example"]


def test_f1_broker_refuses_at_commit(web, boss, worker, broker, mailserver, tell):
    broker.proxy.refuse()
    answer = invite(web, boss)
    assert (answer.status, EmployeeInvitation.objects.count()) == (302, 1)
    assert Message.objects.get().status == MessageStatus.WAITING
    broker.proxy.heal()
    broker.publish("outbox.drain")
    wait_for(lambda: all_sent(1), "the mail")
    assert len(mailserver.taken) == 1
    tell("F1", f"answered in {answer.seconds:.1f} s; sent 1, lost 0, doubled 0")


def test_f2_broker_accepts_and_hangs(web, boss, worker, broker, mailserver, tell):
    """The request is answered, the change stands, and the mail goes once the broker is well."""
    broker.proxy.hang()
    slowest = 0.0
    for number in range(2):
        answer = invite(web, boss, number)
        assert answer.status == 302
        slowest = max(slowest, answer.seconds)
    assert slowest < 5
    signing_in = web.post("/accounts/login/", login="a@mail.example", password="x")
    assert signing_in.status == 422  # the limits of sign-in are in the database
    assert signing_in.seconds < 2
    assert EmployeeInvitation.objects.count() == 2
    assert set(Message.objects.values_list("status", flat=True)) == {MessageStatus.WAITING}
    broker.proxy.heal()
    broker.publish("outbox.drain")
    wait_for(lambda: all_sent(2), "the mails")
    assert len(mailserver.taken) == 2
    tell("F2", f"answered in {slowest:.1f} s; sent 2, lost 0, doubled 0")


def test_f12_broker_forgets_everything(web, boss, worker, broker, mailserver, tell):
    """Sessions and the limits of mail are in the database; what waited is still there."""
    mailserver.always = {"RCPT": "450 later"}
    assert invite(web, boss).status == 302
    wait_for(lambda: Message.objects.filter(attempts=1, lease=None).exists(), "the first try")
    broker.client().flushall()
    assert web.get(portals.members_page(boss[1]), boss[0]).status == 200
    again = EmployeeInvitation.objects.get()
    page = portals.page(boss[1], "employee-resend", again.public_id)
    assert web.post(page, boss[0]).status == 429
    mailserver.always = {}
    Message.objects.update(due_at=Message().due_at)
    broker.publish("outbox.drain")
    wait_for(lambda: all_sent(1), "the mail")
    assert len(mailserver.taken) == 1
    tell("F12 flushed", "sent 1, lost 0, doubled 0; session and limit held")


def test_f12_broker_is_away_and_comes_back(web, boss, worker, broker, mailserver, tell):
    """Reading, changing and signing in go on."""
    user = make.person()
    sign_in = {"login": user.email, "password": make.PASSWORD}
    broker.kill()
    assert web.get(portals.members_page(boss[1]), boss[0]).status == 200
    assert web.post("/accounts/login/", **sign_in).status == 302
    assert web.get("/readyz").status == 503
    assert invite(web, boss).status == 302
    broker.start()
    broker.publish("outbox.drain")
    wait_for(lambda: all_sent(2), "the mails: the invitation, and a sign-in from a new browser")
    assert len(mailserver.taken) == 2
    assert web.post("/accounts/login/", **sign_in).status == 302
    tell("F12 killed", "sent 2, lost 0, doubled 0; sign-in works")


class _Evil:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


def hostile(body: bytes, kind: str, name: str = "outbox.drain") -> bytes:
    """A message as the broker holds it."""
    tag = str(uuid.uuid4())
    properties = {
        "correlation_id": tag,
        "delivery_tag": tag,
        "delivery_mode": 2,
        "delivery_info": {"exchange": "", "routing_key": "celery"},
        "priority": 0,
        "body_encoding": "base64",
    }
    headers = {"lang": "py", "task": name, "id": tag, "root_id": tag, "parent_id": None}
    return json.dumps({
        "body": base64.b64encode(body).decode(), "content-encoding": "utf-8",
        "content-type": kind, "headers": headers, "properties": properties,
    }).encode()  # fmt: skip


def test_f21_poisoned_queue(worker, broker, mailserver, queue, tmp_path, tell):
    """Rejected, each of them; the worker lives and sends on."""
    loot = tmp_path / "loot"
    arguments = json.dumps([[], {}, {}]).encode()
    wrong = json.dumps([["x", 2], {"y": 3}, {}]).encode()
    client = broker.client()
    messages = [
        hostile(pickle.dumps(_Evil(loot)), "application/x-python-serialize"),
        hostile(b"!!python/object/apply:os.system ['touch x']", "application/x-yaml"),
        hostile(b"\x93\x01\x02", "application/x-msgpack"),
        hostile(arguments, "application/json", "os.system"),
        hostile(wrong, "application/json"),
        hostile(b"not json at all", "application/json"),
        hostile(json.dumps({"not": "arguments"}).encode(), "application/json"),
        hostile(arguments, "application/json", ""),
        b"no message at all",
        b"{}",
        b'{"body": 5, "properties": []}',
    ]
    events = Event.objects.count()
    for message in messages:
        client.lpush("celery", message)
    queue(1)
    broker.publish("outbox.drain")
    wait_for(lambda: all_sent(1), "the mail")
    assert worker.runs
    assert not loot.exists()
    assert Event.objects.count() == events
    assert len(mailserver.taken) == 1
    wait_for(lambda: client.llen("celery") == 0, "the end of the queue")
    tell("F21", f"{len(messages)} hostile messages dropped; sent 1, worker lives")
