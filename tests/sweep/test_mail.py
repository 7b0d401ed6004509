"""What leaves by mail: links to this site alone (I8, N22), read by the mailbox alone (I6)."""

import io
import json
import logging
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core import mail
from django.db import connection
from django.test import TestCase, override_settings

from accounts.invitations import kinds
from core.celery import app
from core.outbox import delivery, tokens
from core.outbox.models import Message
from core.outbox.tasks import drain as drain_task
from partnerhub.settings import CACHES
from tests.faults.proxy import Proxy
from tests.sweep.engine import Sweep, outer
from tests.sweep.table import ROWS
from tests.sweep.table.rows import Row

pytestmark = pytest.mark.django_db
EVIL = "evil.example"
FOREIGN = {
    "X-Forwarded-Host": EVIL,
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Port": "8443",
    "X-Forwarded-Server": EVIL,
    "X-Original-Host": EVIL,
    "X-Rewrite-URL": f"https://{EVIL}/",
    "Forwarded": f"host={EVIL};proto=https",
    "Origin": f"https://{EVIL}",
    "Referer": f"https://{EVIL}/",
}
_ADDRESS = re.compile(r"https?://[^\s<>\"')]+")
# The answers that hand a link to the person who made it: asked for by POST, and audited.
COPIES = {"employee-link", "partner-link-copy", "client-invitation-copy", "supplier-link"}
COPIES |= {"seller-link", "guest-link"}
# Who sees much, but has no mailbox of an invited person.
NOSY = ("seller_admin", "provider_admin", "supplier_admin", "reviewer", "lead", "superuser")


def pressed(sweep: Sweep) -> Iterator[tuple[Row, str, Any]]:
    """Every row that has a form: the row, its address, the form as its manager fills it in."""
    home = sweep.world.home
    for row in ROWS:
        if row.body:
            yield row, row.url(home), row.body(home)


def test_forged_headers_lead_no_mail_astray(sweep: Sweep, record_property: Any) -> None:
    """Each act that mails is done with every header that could name another host."""
    wrong, mails = [], 0
    for row, url, form in pressed(sweep):
        with outer():
            before = Message.objects.order_by("-id").values_list("id", flat=True).first() or 0
            sweep.send(row.manager, "POST", url, form, keep=True, headers=FOREIGN)
            for message in Message.objects.filter(id__gt=before):
                mails += 1
                text = message.text + message.content + message.html + message.subject
                wrong += [
                    f"{row.name}: {address}"
                    for address in _ADDRESS.findall(text)
                    if not address.startswith(f"{settings.SITE_URL}/")
                ]
                if EVIL in text:
                    wrong.append(f"{row.name}: names {EVIL}")
    assert mails > 30
    assert wrong == []
    record_property("cells: links of mails", mails)


def test_foreign_host_is_refused(sweep: Sweep) -> None:
    """A request for another host is 400 and writes nothing, whatever it asks for."""
    for row, url, form in pressed(sweep):
        answer = sweep.send(row.manager, "POST", url, form, headers={"Host": EVIL})
        assert (answer.code, answer.changed) == (400, False), row.name


def live_tokens() -> set[str]:
    """The token of every link that is out, of every kind and tenant."""
    return {
        tokens.sign(row.claim) for kind in kinds.all_kinds() for row in kind.model.objects.all()
    }


def shown(sweep: Sweep, found: set[str]) -> Iterator[str]:
    """Pages and downloads that hold a token, though their reader was not invited."""
    home = sweep.world.home
    for row in ROWS:
        if row.get is None:
            continue
        for persona in NOSY:
            if persona in row.may:
                answer = sweep.send(persona, "GET", row.url(home))
                yield from (f"{persona} {row.name}" for token in found if token in answer.body)


def test_no_page_shows_a_link(sweep: Sweep) -> None:
    """Inviters, colleagues, reviewers and superusers open everything that they may (I6)."""
    found = live_tokens()
    assert len(found) > 8
    assert list(shown(sweep, found)) == []


def test_only_the_audited_copy_hands_a_link_out(sweep: Sweep) -> None:
    """Of all posts, exactly those answer with one, each noted in the history."""
    from core.audit.models import Event

    handed = set()
    for row, url, form in pressed(sweep):
        with outer():
            events = Event.objects.count()
            answer = sweep.send(row.manager, "POST", url, form, keep=True)
            if any(token in answer.body for token in live_tokens()):
                handed.add(row.name.partition(":")[2])
                assert Event.objects.count() == events + 1, row.name
    assert handed <= COPIES
    assert len(handed) >= 4


def _everything_stored() -> str:
    """Every column of every table, as a dump would hold it."""
    dump = io.StringIO()
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            if model._meta.managed:
                cursor.execute(f'SELECT * FROM "{model._meta.db_table}"')
                dump.writelines(map(repr, cursor.fetchall()))
    return dump.getvalue()


def test_tokens_are_nowhere_but_in_the_mail(
    sweep: Sweep, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not in the database, before and after sending, not in logs, not in the queue (I6)."""
    published: list[Any] = []
    monkeypatch.setattr(
        "celery.app.task.Task.delay", lambda task, *a, **k: published.append([task.name, a, k])
    )
    caplog.set_level(logging.DEBUG)
    with outer():
        for row, url, form in pressed(sweep):
            if row.name.endswith(("employees", "members", "suppliers", "sellers", "-send")):
                sweep.send(row.manager, "POST", url, form, keep=True)
        drain_task.delay()
        stored = _everything_stored()
        mail.outbox.clear()
        delivery.drain()
        mailed = "".join(str(message.body) for message in mail.outbox)
        found = [token for token in live_tokens() if token in mailed]
        assert len(found) >= 4
        rest = stored + _everything_stored() + caplog.text + json.dumps(published)
    assert [token for token in live_tokens() | set(found) if token in rest] == []
    assert published


@pytest.fixture
def live_worker() -> Iterator[str]:
    """A broker that takes every connection and never answers; nudges are published to it."""
    proxy = Proxy(0)
    proxy.hang()
    url = f"redis://127.0.0.1:{proxy.port}/0"
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(app.conf, "broker_url", url)
        patch.setattr(app.amqp, "_producer_pool", None)
        yield url
    proxy.stop()


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_f2_no_act_waits_for_a_broker_that_hangs(
    sweep: Sweep, live_worker: str, record_property: Any
) -> None:
    """Each act that mails is answered within seconds and stands; its mail waits."""
    hung = {"default": CACHES["default"] | {"LOCATION": live_worker}}
    slowest, acts = 0.0, 0
    for row, url, _ in pressed(sweep):
        well = _mailing(sweep, row, url)
        if not well[1]:
            continue
        with override_settings(CACHES=hung):
            began = time.monotonic()
            ill = _mailing(sweep, row, url, commits=True)
        slowest, acts = max(slowest, time.monotonic() - began), acts + 1
        assert ill == well, row.name
    assert acts > 30
    assert slowest < 5
    record_property("fault: F2 sweep", f"{acts} acts, slowest {slowest:.1f} s; every change stands")


def _mailing(sweep: Sweep, row: Row, url: str, *, commits: bool = False) -> tuple[int, int]:
    """The answer to one act, which is undone, and how many messages it has queued."""
    with outer():
        before = Message.objects.count()
        with TestCase.captureOnCommitCallbacks(execute=commits):
            form = row.body(sweep.world.home) if row.body else {}
            answer = sweep.send(row.manager, "POST", url, form, keep=True)
        return answer.code, Message.objects.count() - before
