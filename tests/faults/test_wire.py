"""Over real sockets: whose name stands in the links of mail (I8), and where tokens are (I6)."""

import re
from pathlib import Path
from typing import Any

import pytest

from accounts.invitations import kinds
from core.outbox import tokens
from core.outbox.models import Message
from tests.faults.processes import Through, wait_for
from tests.faults.test_limits import DOORS

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
EVIL = "evil.example"
# What is before the path in the request line, and headers beside or instead of our own.
FORGED: dict[str, tuple[str, dict[str, str]]] = {
    "absolute request line": (f"http://{EVIL}", {}),
    "absolute request line, https": (f"https://{EVIL}:8443", {}),
    "absolute request line with a name": (f"http://somebody@{EVIL}", {}),
    "foreign host": ("", {"Host": EVIL}),
    "both": (f"http://{EVIL}", {"Host": EVIL}),
    "ours in the line, foreign host": ("http://localhost", {"Host": EVIL}),
    "host of a proxy": ("", {"X-Forwarded-Host": EVIL, "X-Forwarded-Proto": "https"}),
    "place of the site": ("/mirror", {"SCRIPT_NAME": "/mirror"}),
    "place of the site, a name": (f"@{EVIL}", {"SCRIPT_NAME": f"@{EVIL}"}),
    "forwarded": ("", {"Forwarded": f"host={EVIL};proto=https", "X-Forwarded-Port": "8443"}),
}
REFUSED = {
    "foreign host": 400,
    "both": 400,
    "ours in the line, foreign host": 400,
    "place of the site": 404,
    "place of the site, a name": 400,
}
ORIGIN = re.compile(r"https?://[^/\s<>\"']+")


def press(web: Any, name: str, target: str = "", headers: dict[str, str] | None = None) -> Any:
    """Cause an invitation mail at one of the doors, over the wire; the answer."""
    door = DOORS[name]()
    door.client = Through(web, door.client, target, headers or {})
    return door.send()


def all_sent() -> bool:
    """Whether there is mail, and none left to send."""
    return Message.objects.exists() and not Message.objects.exclude(status="sent").exists()


def test_i8_no_request_names_the_site(web, worker, mailserver, tell):
    """Refused, or answered with our own name in every link, in both parts."""
    codes = {
        (how, press(web, name, *forged).status) for how, forged in FORGED.items() for name in DOORS
    }
    assert codes == {(how, REFUSED.get(how, 302)) for how in FORGED}
    wait_for(all_sent, "the mails")
    rows = Message.objects.all()
    assert len(mailserver.taken) == len(rows) == (len(FORGED) - len(REFUSED)) * len(DOORS)
    arrived = [taken.body for taken in mailserver.taken]
    written = [row.text + row.html + row.subject for row in rows]
    # The worker is told another port than the web server: each writes what it is told.
    ours = {f"http://localhost:{web.port}", "http://localhost:80"}
    assert {origin for mail in arrived + written for origin in ORIGIN.findall(mail)} == ours
    assert not any(EVIL in mail for mail in arrived + written)
    tell("I8", f"{len(FORGED)} forgeries x {len(DOORS)} doors: {len(rows)} mails, no foreign link")


def stored(broker: Any) -> str:
    """All that the broker was ever told to keep, and what stands in its lists now."""
    files = [path.read_bytes().decode(errors="replace") for path in broker.folder.rglob("*.aof")]
    client = broker.client()
    lists = [
        repr(client.lrange(key, 0, -1)) for key in client.scan_iter() if client.type(key) == b"list"
    ]
    return "".join(files + lists)


def test_i6_tokens_are_in_mail_alone(web, worker, broker, mailserver, places: Path, tell):
    """Not in the queues, not in what was queued before, not in the log of any process."""
    for name in DOORS:
        assert press(web, name).status == 302
    broker.client().lpush("celery.untaken", "x")  # that lists are read at all
    wait_for(all_sent, "the mails")
    signed = {
        tokens.sign(row.claim) for kind in kinds.all_kinds() for row in kind.model.objects.all()
    }
    mailed = {token for token in signed for taken in mailserver.taken if token in taken.body}
    assert len(mailed) == len(DOORS)
    opened = [
        link for taken in mailserver.taken for link in re.findall(r"/invitations/\S+", taken.body)
    ]
    assert {web.get(link).status for link in opened} == {302}
    assert {web.post(link).status for link in opened} == {405}  # which the log has a line about
    assert {web.get(link + "x/y").status for link in opened} == {404}
    kept = stored(broker)
    assert "outbox.drain" in kept
    assert "celery.untaken" in kept
    logs = {path.name: path.read_text(errors="replace") for path in places.glob("*.log")}
    assert {"web.log", "worker.log"} <= set(logs)
    assert "outbox.drain" in logs["worker.log"]
    rest = kept + "".join(logs.values())
    assert [token for token in signed if token in rest] == []
    tell("I6", f"{len(mailed)} tokens mailed and opened; in queues and logs 0")
