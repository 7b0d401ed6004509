"""What a request may do in one organization, and the decorator that asks for it.

`connections.rights.access` computes an Access from live rows once for each request; pages, lists,
exports and templates ask only this object. Nothing here knows a domain model.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse

from core.errors import NotPermitted


class Level(IntEnum):
    """none < view < edit < admin."""

    NONE = 0
    VIEW = 1
    EDIT = 2
    ADMIN = 3

    @property
    def word(self) -> str:
        return self.name.lower()

    @classmethod
    def of(cls, word: str) -> "Level":
        """The level called `word`; raises KeyError for any other word."""
        return cls[word.upper()]


@dataclass(frozen=True)
class Need:
    """What a page asks for. A member of the organization passes as administrator, or with one of
    `rights`, or as any member when `any_member` is set. A delegate passes with `level` on `role`,
    or with any role in force when `any_delegate` is set; a need with neither is closed to
    delegates."""

    rights: frozenset[str] = frozenset()
    any_member: bool = False
    any_delegate: bool = False
    role: str = ""
    level: Level = Level.NONE
    sentence: str = "Only an administrator of this account can do this."


ADMINISTRATOR = Need()
ANY_MEMBER = Need(any_member=True)


@dataclass(frozen=True)
class Acting:
    """For whom a delegate acts from where: the firm, and the connection it rests on."""

    provider_id: int
    provider_name: str
    connection_id: int


@dataclass(frozen=True)
class Access:
    """One person in one organization, now. A delegate's levels come with the firm and connection
    each of them rests on."""

    user_id: int
    organization: Any
    administrator: bool = False
    member: bool = False
    rights: frozenset[str] = frozenset()
    levels: Mapping[str, Level] = field(default_factory=dict)
    acting_by_role: Mapping[str, Acting] = field(default_factory=dict)

    @property
    def acting(self) -> Acting | None:
        """For a delegate: the firm they act from (the first, should there be several)."""
        return next(iter(self.acting_by_role.values()), None)

    def acting_firm(self, need: Need) -> int | None:
        """For a delegate: the id of the firm whose right satisfies `need`, for the history."""
        acting = self.acting_by_role.get(need.role)
        return acting.provider_id if acting else None

    def allows(self, need: Need) -> bool:
        """Whether this access satisfies `need`; denies whatever is not said."""
        if self.member:
            return self.administrator or need.any_member or bool(self.rights & need.rights)
        if need.any_delegate:
            return bool(self.levels)
        if not need.role or need.level == Level.NONE:
            return False
        return self.levels.get(need.role, Level.NONE) >= need.level

    def check(self, need: Need) -> None:
        if not self.allows(need):
            raise NotPermitted(need.sentence)


class AuthenticatedRequest(HttpRequest):
    """Somebody is signed in: the page asks for it."""

    user: Any


class PortalRequest(HttpRequest):
    """A request inside a portal: somebody is signed in, and the middleware has put these on it."""

    access: Access
    organization: Any
    user: Any


View = Callable[..., HttpResponse]


def require(need: Need) -> Callable[[View], View]:
    """Let a portal view run only when `request.access` satisfies `need`. The portal middleware
    refuses portal views without this decorator: forgetting is a refusal."""

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(request: PortalRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            request.access.check(need)
            return view(request, *args, **kwargs)

        checked.need = need  # type: ignore[attr-defined]
        return checked

    return decorate
