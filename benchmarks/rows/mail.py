"""Mail: thousands at once, and what one mail adds to the request that causes it."""

import itertools
import os
import smtplib
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from django.core.mail import EmailMultiAlternatives
from django.db import connection, transaction

from benchmarks.ground import Ground, statements
from benchmarks.mails import draft, expand, share_mail, short_mail
from benchmarks.measure import Way, in_turn
from benchmarks.report import Result, Row, at_least, at_most
from benchmarks.sink import SinkProcess
from benchmarks.tasks import send_one
from core.celery import app
from core.outbox.rendering import render_mail
from core.outbox.services import queue, queue_fan_out
from core.outbox.tasks import drain
from partnerhub import embedded

READY_SECONDS = 60
PATIENCE = 300
WORKERS = 2
_runs = itertools.count()


def start_worker(ground: Ground, port: int) -> Any:
    """The product's Celery worker with two processes, sending to the sink on `port`."""
    log = ground.folder / "worker.log"
    command = [
        sys.executable, "-m", "celery", "-A", "benchmarks.worker", "worker",
        "--concurrency", str(WORKERS), "--loglevel", "INFO",
        "--without-gossip", "--without-mingle",
    ]  # fmt: skip
    environment = os.environ | {"EMAIL_URL": f"smtp+plain://127.0.0.1:{port}", "LOG_LEVEL": "INFO"}
    with log.open("wb") as output:
        process = subprocess.Popen(
            embedded.tied(command),
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )
    deadline = time.monotonic() + READY_SECONDS
    while " ready." not in Path(log).read_text(errors="replace"):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the worker did not start:\n{embedded.last_lines(log)}")
        time.sleep(0.1)
    return process


def _forget_other_mail() -> None:
    """What other rows have queued would be sent first."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE outbox_message, outbox_fanout")
    app.control.purge()


class PostOffice:
    """A sink, a worker, and the three ways of sending the same mails."""

    def __init__(self, ground: Ground) -> None:
        self.count = ground.size.mails
        _forget_other_mail()
        self.sink = SinkProcess()
        ground.stack.callback(self.sink.stop)
        worker = start_worker(ground, self.sink.port)
        ground.stack.callback(embedded.stop_process, worker, 15, 15)
        self.ready = [self._message(number) for number in range(self.count)]

    def _message(self, number: int) -> tuple[str, str]:
        subject, text, html = render_mail(share_mail(number))
        message = EmailMultiAlternatives(subject, text, to=[f"s{number}@sink.example"])
        message.attach_alternative(html, "text/html")
        return message.to[0], message.message().as_string()

    def wait_for(self, before: int) -> None:
        """Until the sink has got all of one way's mails. Raises RuntimeError when they stay out."""
        deadline = time.monotonic() + PATIENCE
        while self.sink.counts()[0] < before + self.count:
            if time.monotonic() > deadline:
                raise RuntimeError(f"only {self.sink.counts()[0] - before} mails arrived")
            time.sleep(0.002)

    def outbox(self) -> None:
        before = self.sink.counts()[0]
        with transaction.atomic():
            run = f"{os.getpid()}-{next(_runs)}"
            queue_fan_out(key=run, expander=expand, run=run, count=self.count)
        self.wait_for(before)

    def tasks(self) -> None:
        before = self.sink.counts()[0]
        for number in range(self.count):
            send_one.delay(number)
        self.wait_for(before)

    def loop(self) -> None:
        """Python's smtplib over one connection, every message made beforehand."""
        before = self.sink.counts()[0]
        with smtplib.SMTP("127.0.0.1", self.sink.port) as server:
            for address, message in self.ready:
                server.sendmail("no-reply@localhost", [address], message)
        self.wait_for(before)

    def connections_used(self) -> float:
        """Connections that the outbox opens for each hundred mails."""
        before = self.sink.counts()[1]
        self.outbox()
        return (self.sink.counts()[1] - before) / (self.count / 100)


def fanout(ground: Ground) -> Result:
    """Mails of many shares, from the commit to the last one's arrival."""
    office = PostOffice(ground)
    peer, limit, count = "Celery, one task a mail", "smtplib loop, messages made", office.count
    connections = office.connections_used()
    timings = in_turn(
        [
            Way("ours", office.outbox, units=count, times=1),
            Way(peer, office.tasks, units=count, times=1),
            Way(limit, office.loop, units=count, times=1),
        ],
        ground.size.rounds,
    )
    return Result(
        timings, "ours", "mails/s", None, peer, limit,
        checks=(
            at_least("rate against the smtplib loop", timings.ratio(limit, "ours"), 0.85),
            at_least("times faster than one task a mail", timings.ratio(peer, "ours"), 3),
            at_most("connections for 100 mails", connections, 1),
        ),
    )  # fmt: skip


def request(ground: Ground) -> Result:
    """What one mail adds to a request that writes anyway."""
    numbers = itertools.count()

    def queued() -> float:
        with transaction.atomic():
            number = next(numbers)
            mail = draft(f"request-{os.getpid()}-{number}", number, short_mail(number))
            started = time.perf_counter()
            queue([mail])
            seconds = time.perf_counter() - started
            transaction.set_rollback(True)
        return seconds

    peer = "one .delay()"
    timings = in_turn([Way("ours", queued), Way(peer, drain.delay)], ground.size.rounds)
    with transaction.atomic():
        count = statements(lambda: queue([draft(f"count-{os.getpid()}", 1)]))
        transaction.set_rollback(True)
    return Result(
        timings, "ours", "us", count, peer,
        checks=(at_most("cost against one .delay()", timings.ratio("ours", peer), 0.5),),
    )  # fmt: skip


ROWS = (
    Row(
        "mail.fanout",
        ">= 0.85 of a raw smtplib loop over one connection, >= 3x one task per mail, "
        "<= 1 connection per 100 mails",
        fanout,
    ),
    Row("mail.request", "<= 0.5x one .delay(), the wake-up not counted", request),
)
