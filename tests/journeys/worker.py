"""A real Celery worker on the test database, sending over SMTP."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection
from django.db.models import Count

from partnerhub import embedded
from tests.journeys.browser import PROJECT


def _database_url() -> str:
    """The address of the database that the tests use, not of the one they were started with."""
    return (
        urlsplit(os.environ["DATABASE_URL"])
        ._replace(path=f"/{connection.settings_dict['NAME']}")
        .geturl()
    )


def environment(site: str, smtp_port: int) -> dict[str, str]:
    """What makes the worker one with the test process: database, broker, key, address, mail."""
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "partnerhub.settings",
        "DATABASE_URL": _database_url(),
        "REDIS_URL": settings.CELERY_BROKER_URL,
        "SECRET_KEY": settings.SECRET_KEY,
        "SITE_URL": site,
        "EMAIL_URL": f"smtp+plain://127.0.0.1:{smtp_port}",
        "SUPPORT_EMAIL": settings.SUPPORT_EMAIL,
    }


class Worker:
    """The worker's process and its log."""

    def __init__(self, log: Path, site: str, smtp_port: int) -> None:
        command = [sys.executable, "-m", "celery", "-A", "partnerhub", "worker"]
        options = ["-P", "threads", "-c", "2", "-l", "WARNING"]
        options += ["--without-gossip", "--without-mingle"]
        self._log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                embedded.tied([*command, *options]),
                cwd=PROJECT,
                env=environment(site, smtp_port),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def stop(self) -> None:
        """End the worker, and by force if it does not."""
        self._process.send_signal(15)
        embedded.stop_process(self._process, embedded.signal.SIGTERM, grace=10)

    def account(self) -> str:
        """What is known when a mail did not come: the process, its log, the outbox."""
        state = "runs" if self._process.poll() is None else "has ended"
        return f"worker {state}:\n{embedded.last_lines(self._log)}\noutbox: {outbox_states()}"


def outbox_states() -> dict[str, int]:
    """How many messages stand in each state."""
    from core.outbox.models import Message

    rows: Any = Message.objects.values_list("status").annotate(Count("pk"))
    return dict(rows)
