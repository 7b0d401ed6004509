"""One world for this package; each test finds it as it was made."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.storage import FileSystemStorage

from tests.sweep import engine


@pytest.fixture(scope="package")
def sweep(django_db_setup: None, django_db_blocker: Any) -> Iterator[engine.Sweep]:
    """The world and its personas, undone with the package."""
    with django_db_blocker.unblock(), engine.outer():
        yield engine.prepare()


@pytest.fixture(autouse=True)
def files_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test writes is taken back in the database: a deleted file would not come back."""
    monkeypatch.setattr(FileSystemStorage, "delete", lambda self, name: None)


@pytest.fixture(autouse=True)
def nothing_is_limited(settings: Any) -> None:
    """Thousands of requests from one address: the limits have tests of their own."""
    nothing = {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}
    settings.CACHES = {"default": nothing, "quick": nothing}
