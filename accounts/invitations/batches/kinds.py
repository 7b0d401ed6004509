"""What a kind of invitation says about many at once."""

import uuid
from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict

from accounts.invitations import kinds
from accounts.invitations.batches.reading import Column
from accounts.invitations.kinds import InvitationKind
from accounts.models import Invitation, Organization, User


@dataclass(frozen=True)
class Plan:
    """An invitation to be. A row keeps its `public_id`: it can never become two invitations."""

    address: str
    name: str
    values: Mapping[str, Any]
    public_id: uuid.UUID


class BatchKind[R: Invitation](InvitationKind[R]):
    @abstractmethod
    def many(self, organization: Organization) -> str:
        """Whom the organization invites, as in "suppliers"."""

    @abstractmethod
    def list_title(self, organization: Organization) -> str:
        """What the page at `list_url` is called."""

    def offered(self, organization: Organization) -> bool:
        """Whether this kind of organization sends such invitations at all."""
        return True

    @abstractmethod
    def columns(self, organization: Organization) -> Sequence[Column]:
        """What a row may say."""

    @abstractmethod
    def form(self, organization: Organization, data: QueryDict | None) -> forms.Form:
        """What holds for all rows; its cleaned data are kept as plain JSON."""

    def crossing(self, organization: Organization, addresses: Iterable[str]) -> set[int]:
        """Ids of organizations to lock beside, because their own invitations could cross these."""
        return set()

    @abstractmethod
    def known(self, organization: Organization, addresses: Iterable[str]) -> dict[str, str]:
        """Why an address needs no invitation, for each that needs none."""

    @abstractmethod
    def invite(self, *, by: User, organization: Organization, plans: Sequence[Plan]) -> Sequence[R]:
        """Make rows and mails in a fixed number of statements. The caller has checked all."""


def get(purpose: str) -> BatchKind[Any]:
    """The kind of this purpose; raises LookupError where there are no lists of such."""
    kind = kinds.get(purpose)
    if not isinstance(kind, BatchKind):
        raise LookupError(purpose)
    return kind


def offered_to(organization: Organization, purpose: str) -> BatchKind[Any] | None:
    kind = kinds.get(purpose)
    return kind if isinstance(kind, BatchKind) and kind.offered(organization) else None
