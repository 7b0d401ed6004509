"""The Celery application. Tasks carry ids only; the rows they name are the truth."""

from typing import Any

from celery import Celery
from celery.signals import beat_init, celeryd_init, setup_logging
from django.conf import settings
from django_structlog.celery.steps import DjangoStructLogInitStep
from kombu.transport import TRANSPORT_ALIASES

app = Celery("partnerhub")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["worker"].add(DjangoStructLogInitStep)


@setup_logging.connect
def keep_logs(**kwargs: Any) -> None:
    """Celery would make handlers of its own: with a receiver here, Django's settings stay."""


@celeryd_init.connect
def use_worker_options(conf: Any = None, **kwargs: Any) -> None:
    """A worker waits for its broker and notices dead sockets; a web process never waits."""
    conf.broker_transport_options = settings.CELERY_WORKER_TRANSPORT_OPTIONS
    TRANSPORT_ALIASES.update(dict.fromkeys(("redis", "rediss"), "core.broker:Transport"))


@beat_init.connect
def use_beat_options(sender: Any = None, **kwargs: Any) -> None:
    """Beat publishes all day: it takes the worker's patience, too."""
    sender.app.conf.broker_transport_options = settings.CELERY_WORKER_TRANSPORT_OPTIONS
