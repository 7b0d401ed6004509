"""The rows of a grant form: what can be granted, what is greyed and why (S0.15, S0.19, X1)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from accounts.models import Organization
from connections.models import Connection, RoleGrant
from core import clock
from core.web.access import Level
from roles.models import Role
from roles.reads.availability import Availability, AvailabilityState, why_not

UNANSWERED = "Nobody has answered this link yet: there is no account to grant this to."
ANSWER_FIRST = "The firm it is meant for answers it; you need not do anything."


@dataclass(frozen=True)
class Offer:
    """One role of a grant form. `highest` is what can be chosen now, `held` what is granted."""

    role: Role
    highest: Level
    held: Level = Level.NONE
    sentence: str = ""
    who: str = ""
    # What can be chosen begins here, and ends then where the role has an end of its own.
    lowest: Level = Level.NONE
    ends_at: datetime | None = None

    @property
    def is_locked(self) -> bool:
        return self.highest == Level.NONE


def offers(
    provider: Organization | None,
    held: Mapping[str, Level] | None = None,
    ends: Mapping[str, datetime] | None = None,
) -> list[Offer]:
    """All roles in catalogue order, as a seller may grant them to `provider` now.

    What is `held` can stay or be lowered even when it is no longer approved so highly. A provider
    of None greys everything: nobody has answered.
    """
    held, ends = held or {}, ends or {}
    rows = why_not(provider, clock.now()).values()
    if provider is None:
        return [_unanswered(row) for row in rows]
    return [
        Offer(
            row.role,
            max(row.level, held.get(row.role.code, Level.NONE)),
            held.get(row.role.code, Level.NONE),
            row.sentence,
            row.who,
            ends_at=ends.get(row.role.code),
        )
        for row in rows
    ]


def requestable(provider: Organization, held: Mapping[str, Level]) -> list[Offer]:
    """The roles of which a provider may ask for more: approved more highly than granted (X2)."""
    return [
        Offer(row.role, row.level, now, lowest=now)
        for row in why_not(provider, clock.now()).values()
        if row.level > (now := held.get(row.role.code, Level.NONE))
    ]


def at_least_view(offer: Offer) -> Offer:
    return replace(offer, held=min(offer.highest, Level.VIEW))


def returnable(grants: Iterable[RoleGrant]) -> list[Offer]:
    return [Offer(grant.role, Level(grant.level), Level(grant.level)) for grant in grants]


def held_levels(connection: Connection) -> dict[str, Level]:
    """Role code -> granted level; one query."""
    rows = RoleGrant.objects.in_force(clock.now()).filter(connection=connection)
    return {code: Level(level) for code, level in rows.values_list("role__code", "level")}


def own_ends(connection: Connection) -> dict[str, datetime]:
    """Role code -> when its grant ends, where it has an end of its own; one query."""
    rows = RoleGrant.objects.in_force(clock.now()).filter(connection=connection)
    dated = rows.exclude(ends_at=None).values_list("role__code", "ends_at")
    return {code: ends_at for code, ends_at in dated if ends_at}


def _unanswered(row: Availability) -> Offer:
    if row.state == AvailabilityState.NEVER:
        return Offer(row.role, Level.NONE, sentence=row.sentence, who=row.who)
    return Offer(row.role, Level.NONE, sentence=UNANSWERED, who=ANSWER_FIRST)
