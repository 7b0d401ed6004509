"""Two providers, their people, and two reviewers."""

from types import SimpleNamespace
from typing import Any

import pytest

from core import hooks
from tests.factories import accounts, roles
from tests.support import signed_in


def no_sellers(*arguments: Any) -> None:
    """Stands for the app above, which writes the mails to sellers."""


@pytest.fixture
def provider() -> Any:
    """An active provider account."""
    return accounts.organization("provider", "Blue Harbor")


@pytest.fixture
def administrator(provider: Any) -> Any:
    """Its administrator, identity verified."""
    return accounts.administrator(provider, accounts.person("Ada Admin"))


@pytest.fixture
def portal(provider: Any, administrator: Any) -> Any:
    """The administrator's browser: get and post below the provider's address."""
    return portal_of(provider, administrator)


def portal_of(provider: Any, user: Any) -> Any:
    """A browser of `user` in the portal of `provider`."""
    client = signed_in(user)
    base = f"/provider/{provider.handle}/"
    return SimpleNamespace(
        client=client,
        get=lambda path="applications/": client.get(base + path),
        post=lambda path, data=None: client.post(base + path, data or {}),
        base=base,
    )


@pytest.fixture
def reviewer(db: Any) -> Any:
    """Decides every category."""
    return roles.reviewer("Rita Reviewer")


@pytest.fixture
def second_reviewer(db: Any) -> Any:
    """Another one."""
    return roles.reviewer("Sam Second")


@pytest.fixture(autouse=True)
def sellers_are_told_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the app above writes is its own tests' business."""
    monkeypatch.setattr(hooks.approval_drafts, "answer", no_sellers)
