"""What a kind of invitation says about many at once. Each app registers its own."""

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from accounts.invitations.batches.reading import Column


@dataclass(frozen=True)
class Plan:
    """One invitation to be: a canonical address, a name, and what the kind needs besides.

    It is made under `public_id`: no row of a list can become two invitations.
    """

    address: str
    name: str
    values: Mapping[str, Any]
    public_id: uuid.UUID


@dataclass(frozen=True)
class BatchKind:
    """How one purpose is invited in a list.

    `many(organization)` is whom it invites, as in "suppliers". `offered(organization)` tells
    whether this organization invites that way at all, `columns(organization)` what a row may say,
    and `form(organization, data)` asks what holds for all rows; its cleaned data are kept as plain
    JSON. `list_url(organization)` is where the invitations are looked after, and `list_title` what
    that page is called.

    `check(by, organization)` raises when this person may not invite. `parties(organization,
    addresses)` are ids of organizations to lock beside. `known(organization, addresses)` says why
    an address needs no invitation. `invite(by=…, organization=…, plans=…)` makes the rows and
    their mails in a fixed number of statements; everything was checked under the lock.
    """

    purpose: str
    model: type[Any]
    many: Callable[[Any], str]
    offered: Callable[[Any], bool]
    columns: Callable[[Any], Sequence[Column]]
    form: Callable[[Any, Any], Any]
    list_url: Callable[[Any], str]
    list_title: Callable[[Any], str]
    check: Callable[[Any, Any], Any]
    parties: Callable[[Any, Iterable[str]], set[int]]
    known: Callable[[Any, Iterable[str]], dict[str, str]]
    invite: Callable[..., Sequence[Any]]


_KINDS: dict[str, BatchKind] = {}


def register(kind: BatchKind) -> None:
    """Make a kind known; called from AppConfig.ready."""
    _KINDS[kind.purpose] = kind


def get(purpose: str) -> BatchKind | None:
    """The kind of this purpose, or None."""
    return _KINDS.get(purpose)


def offered_to(organization: Any, purpose: str) -> BatchKind | None:
    """The kind of this purpose when the organization may use it, or None."""
    kind = _KINDS.get(purpose)
    return kind if kind and kind.offered(organization) else None
