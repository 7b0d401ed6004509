"""The ground the other tests stand on: the servers are those that the run claims."""

import os
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import caches
from django.db import connection
from redis import Redis


@pytest.mark.django_db
def test_database_is_the_one_the_run_claims():
    assert connection.vendor == os.environ["TEST_DATABASE"]


@pytest.mark.django_db
def test_database_is_a_test_database():
    assert "test" in str(connection.settings_dict["NAME"])


def test_broker_answers():
    with Redis.from_url(settings.CELERY_BROKER_URL, socket_timeout=5) as broker:
        assert broker.ping()


def test_cache_answers():
    cache = caches["quick"]
    cache.set("ground", 1, timeout=5)
    assert cache.get("ground") == 1


def test_parallel_workers_do_not_share_a_broker_database():
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw-1")
    number = int(settings.CELERY_BROKER_URL.rsplit("/", 1)[1])
    assert number == int(worker.removeprefix("gw")) + 1 or "PYTEST_XDIST_WORKER" not in os.environ


def test_what_has_a_long_form_is_run_by_the_soak():
    """`make soak` takes its tests by their markers: a form that it does not take never runs."""
    tests = Path(__file__).parent
    asking = [
        path for path in tests.rglob("test_*.py") if re.search(r"environ.*SOAK", path.read_text())
    ]
    assert len(asking) > 5
    assert [path.name for path in asking if "mark.grows" not in path.read_text()] == []
