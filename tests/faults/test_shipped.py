"""The whole as it is shipped, under its supervisor, with people at work: parts end and come back.

F11: PostgreSQL restarts. F17: the embedded broker dies. F18: everything is asked to end.
"""

import signal
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes
from http.client import HTTPException
from http.cookies import SimpleCookie
from itertools import count
from pathlib import Path
from threading import Event, Thread
from typing import Any

import psycopg2
import pytest

from accounts import portals
from accounts.models import EmployeeInvitation
from core import clock
from core.outbox.models import Message
from partnerhub import embedded
from tests import daemons
from tests.factories import accounts as make
from tests.faults import processes
from tests.faults.processes import Pages, wait_for
from tests.support import signed_in
from tests.test_processes import Site, empty_broker, start

__all__ = ["empty_broker", "start"]

pytestmark = [pytest.mark.postgres, pytest.mark.soak, pytest.mark.timeout(600)]
SELLER, PAGE = "seller-admin", "/seller/blue-lantern/members/"
PEOPLE_AT_WORK = 4
THREADS_OF_A_WORKER = 4


class Visitor(Pages):
    """Somebody of the demo, signed in with one click."""

    def __init__(self, site: Site, person: str = SELLER) -> None:
        self.port, self.cookies = site.port, SimpleCookie()
        answer = self.post("/demo/sign-in/", person=person)
        assert answer.status == 302, answer.text[:500]
        for header in answer.headers.get_all("Set-Cookie"):
            self.cookies.load(header)


@dataclass
class Load:
    """People who invite colleagues, each as fast as the site answers, one connection each time."""

    press: Callable[[int], Any]
    answers: list[tuple[float, float, int]] = field(default_factory=list)  # began, ended, status
    broken: list[str] = field(default_factory=list)
    refused: int = 0
    _numbers: Iterator[int] = field(default_factory=count)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """People work from here on; afterwards each has got the last answer."""
        over = Event()
        threads = [Thread(target=self._work, args=(over,)) for _ in range(PEOPLE_AT_WORK)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            over.set()
            for thread in threads:
                thread.join()

    def _work(self, over: Event) -> None:
        while not over.is_set():
            began = time.monotonic()
            try:
                status = self.press(next(self._numbers)).status
            except ConnectionRefusedError:
                self.refused += 1
                time.sleep(0.05)
            except (OSError, HTTPException) as error:
                self.broken.append(repr(error))
            else:
                self.answers.append((began, time.monotonic(), status))

    @property
    def done(self) -> int:
        """How many were told that it is done."""
        return sum(status == 302 for _, _, status in self.answers)


def letters(folder: Path) -> Counter[str]:
    """How often each Message-ID lies in the demo's mailbox."""
    parsed = (message_from_bytes(path.read_bytes()) for path in folder.glob("*.eml"))
    return Counter(str(message["Message-ID"]) for message in parsed)


@pytest.fixture
def postgres(tmp_path_factory: Any) -> Iterator[daemons.Server]:
    """A PostgreSQL of its own, to be stopped and started."""
    server = daemons.start_postgres(tmp_path_factory.mktemp("postgres"))
    yield server
    server.stop()


def started_again(server: daemons.Server) -> None:
    """The same server on the same data, answering."""
    server.process = subprocess.Popen(
        server.process.args, stdin=subprocess.DEVNULL, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    port = int(server.url.rsplit(":", 1)[1].split("/")[0])
    wait_for(lambda: daemons.postgres_answers(port), "PostgreSQL")


def ask(server: daemons.Server, statement: str) -> list[Any]:
    """The rows of a statement."""
    connection = psycopg2.connect(server.url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(statement)
        rows = cursor.fetchall() if cursor.description else []
    connection.close()
    return rows


# Accounts that are old enough to invite a thousand a day.
TRUSTED = "UPDATE accounts_organization SET activated_at = '2020-01-01' WHERE status = 'active'"


def invites(pages: Pages, client: Any, page: str) -> Callable[[int], Any]:
    """Presses "Send invitation" for one new colleague after the other."""
    return lambda number: pages.post(
        page, client, address=f"load{number}@mail.example", name="Sam Lee", role="employee"
    )


def demo_at_work(site: Site) -> Load:
    """The demo's seller invites."""
    visitor = Visitor(site)
    return Load(invites(visitor, visitor, PAGE))


def test_f11_postgres_restarts_under_load(start, postgres, empty_broker, tmp_path, tell):
    """Errors while it is down, and not a moment longer; no process was started again."""
    site = start(DATABASE_URL=postgres.url, REDIS_URL=empty_broker)
    ask(postgres, TRUSTED)
    load = demo_at_work(site)
    family = {child.pid for child in site.children()}
    with load.at_work():
        wait_for(lambda: load.done > 10, "the first invitations")
        down = time.monotonic()
        postgres.stop()
        wait_for(lambda: any(status == 503 for *_, status in load.answers), "the first error")
        started_again(postgres)
        up, done = time.monotonic(), load.done
        wait_for(lambda: load.done > done + 20, "invitations after it")
    wrong = [(began, ended, status) for began, ended, status in load.answers if status != 302]
    assert {status for *_, status in wrong} == {503}
    assert all(down <= ended and began <= up for began, ended, _ in wrong)
    assert (load.broken, load.refused) == ([], 0)
    assert {child.pid for child in site.children()} == family
    assert "starting it again" not in site.printed()
    told = "SELECT message_id FROM outbox_message WHERE kind = 'accounts.employee_invited' "
    told += "AND \"to\" LIKE 'load%'"

    def all_sent() -> bool:
        return not ask(postgres, f"{told} AND status <> 'sent'")

    wait_for(all_sent, "all mails", 240)
    queued, arrived = {row[0] for row in ask(postgres, told)}, letters(tmp_path / "var/mail")
    # Whose change was stored in the last moment may have been told that the site is away.
    assert load.done <= len(queued) <= load.done + len(wrong)
    assert all(arrived[name] for name in queued)
    doubled = sum(arrived[name] - 1 for name in queued)
    assert doubled <= THREADS_OF_A_WORKER  # each may have had one in hand
    assert site.interrupt() == (0, [])
    figures = f"{len(wrong)} errors in {up - down:.1f} s; sent {len(queued)}, lost 0"
    tell("F11 restart", f"{figures}, doubled {doubled}; web and worker the same processes")


def test_f17_embedded_broker_dies_in_the_middle(start, tmp_path, tell):
    """REDIS_URL unset: whoever works does not notice, and the mail leaves by itself."""
    site = start()
    database = sqlite3.connect(tmp_path / "var/partnerhub.sqlite3", timeout=30)
    with database:
        database.execute(TRUSTED)
    load = demo_at_work(site)
    supervisor = processes.psutil.Process(site.process.pid)
    with load.at_work():
        wait_for(lambda: load.done > 5, "the first changes")
        supervisor.suspend()  # or it would be back in a moment
        (broker,) = site.child("valkey-server")
        broker.kill()
        done = load.done
        wait_for(lambda: load.done > done + 20, "changes without a broker")
        without = load.done - done
    supervisor.resume()
    assert {status for *_, status in load.answers} == {302}
    assert (load.broken, load.refused) == ([], 0)
    assert "nudge lost" in (tmp_path / "var/log/web.log").read_text()
    told = "SELECT message_id FROM outbox_message WHERE \"to\" LIKE 'load%'"
    wait_for(lambda: site.child("valkey-server"), "the broker")
    wait_for(lambda: not database.execute(f"{told} AND status <> 'sent'").fetchall(), "the mail")
    queued = {row[0] for row in database.execute(told)}
    database.close()
    arrived = letters(tmp_path / "var/mail")
    assert len(queued) == load.done
    assert [name for name in queued if arrived[name] != 1] == []
    assert site.interrupt() == (0, [])
    tell(
        "F17",
        f"{load.done} changes, {without} without broker; sent {len(queued)}, lost 0, doubled 0",
    )


@pytest.mark.django_db(transaction=True)
def test_f18_everything_is_asked_to_end_under_load(start, broker, mailserver, tmp_path, tell):
    """Whoever was let in is answered; what was not is refused at the door, and has done nothing."""
    firm = make.organization("seller", activated_at=clock.now() - timedelta(days=40))
    firm.__class__.objects.update(created_at=clock.now() - timedelta(days=40))
    boss = signed_in(make.administrator(firm))
    port = embedded.free_port()
    env = processes.environment(broker.port, mailserver.port, port)
    names = ("DATABASE_URL", "REDIS_URL", "EMAIL_URL", "SITE_URL", "SECRET_KEY")
    shipped = {name: env[name] for name in names}
    site = start("run", PORT=str(port), **shipped)
    site.port = port
    wait_for(lambda: site.answers("/readyz"), "the site")
    pages = Pages()
    pages.port = port
    load = Load(invites(pages, boss, portals.members_page(firm)))
    mailserver.seconds_for_each = 0.1
    with load.at_work():
        wait_for(lambda: load.done > 20, "the first invitations")
        began = time.monotonic()
        site.process.send_signal(signal.SIGTERM)
        status = site.process.wait(40)
        seconds = time.monotonic() - began
        wait_for(lambda: load.refused, "a closed door")
    assert (status, {status for *_, status in load.answers}) == (0, {302})
    assert seconds <= 30
    assert EmployeeInvitation.objects.count() == Message.objects.count() == load.done
    assert set(Message.objects.values_list("status", flat=True)) <= {"waiting", "sent"}
    sent = Message.objects.filter(status="sent").count()
    assert sent == len(mailserver.taken)
    mailserver.seconds_for_each = 0
    again = start("run", PORT=str(port), **shipped)
    wait_for(lambda: not Message.objects.exclude(status="sent").exists(), "all mails")
    assert len(mailserver.taken) == load.done
    assert mailserver.doubled() == {}
    assert again.interrupt()[0] == 0
    figures = f"{load.done} answered, {len(load.broken)} turned away without effect"
    tell("F18 whole", f"ended in {seconds:.1f} s; {figures}; sent {load.done}, lost 0, doubled 0")
