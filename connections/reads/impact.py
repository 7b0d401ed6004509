"""Who loses what, told before it happens: the dry run (X5)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from connections.models import Connection, EffectiveRight, RoleGrant
from connections.states import LIVE_CONNECTION
from core import clock, hooks
from core.db import rehearse
from core.hooks import Loss
from core.web.access import Level

NAMED = 10
MOST_LOSSES = 50

# (user id, role code) -> (name, role name, level)
Rights = dict[tuple[int, str], tuple[str, str, Level]]


@dataclass(frozen=True)
class Impact:
    """What a confirm page lists: losses (fifty at most), how many more, and the work affected."""

    losses: list[Loss]
    more: int
    work: list[str]


def of_ending(connection: Connection) -> Impact:
    """What everybody loses when nothing of the connection counts any more, or for a while."""
    return _impact(connection, rights_through(connection), {})


def of_change(connection: Connection, action: Callable[[], Any]) -> Impact:
    """What people lose by `action`: it is done, compared, and undone. Raises what it raises."""

    def then() -> Rights:
        action()
        return rights_through(connection)

    return _impact(connection, rights_through(connection), rehearse(then))


def rights_through(connection: Connection) -> Rights:
    """What the provider's people may do through the connection, or may again after a pause."""
    rows = (
        EffectiveRight.objects.standing(clock.now())
        .filter(connection=connection, provider_id=connection.provider_id, level__gt=0)
        .order_by("-administrator", "user__search_key", "user_id", "role__position")
        .values_list("user_id", "user__name", "role_code", "role__name", "level")
    )
    return {(user, code): (name, role, Level(level)) for user, name, code, role, level in rows}


def _impact(connection: Connection, before: Rights, after: Rights) -> Impact:
    losses = []
    for key, (name, role, level) in before.items():
        left = after[key][2] if key in after else Level.NONE
        if left < level:
            losses.append(Loss(key[0], name, key[1], role, level, left))
    return Impact(
        losses[:MOST_LOSSES], max(0, len(losses) - MOST_LOSSES), _work(connection, losses)
    )


def _work(connection: Connection, losses: list[Loss]) -> list[str]:
    kept: dict[str, dict[int, Level]] = {}
    for loss in losses:
        kept.setdefault(loss.role_code, {})[loss.user_id] = loss.after
    return hooks.open_work(connection.seller_id, kept)


def sellers_relying_on(provider_id: int, role_id: int) -> tuple[list[str], int]:
    """Names of up to ten sellers who granted this role to the provider now, and how many there are.

    One grant per live connection, so grants are sellers.
    """
    now = clock.now()
    grants = RoleGrant.objects.in_force(clock.now()).filter(
        provider_id=provider_id,
        role_id=role_id,
        connection__status__in=LIVE_CONNECTION,
        connection__ends_at__gt=now,
    )
    names = grants.order_by("seller__search_key", "pk").values_list("seller__name", flat=True)
    return list(names[:NAMED]), grants.count()


def people_relying_on(provider_id: int, role_id: int, level: Level) -> tuple[list[Loss], bool]:
    """Who loses what when the approval falls to `level`: fifty at most, and whether there are more.

    No count and no order over everything: a provider may act for thousands of sellers.
    """
    rows = (
        EffectiveRight.objects.standing(clock.now())
        .filter(provider_id=provider_id, role_id=role_id, level__gt=level)
        .order_by("grant_id", "user_id")
        .values_list(
            "user_id", "user__name", "role_code", "role__name", "level", "organization__name"
        )[: MOST_LOSSES + 1]
    )
    losses = [
        Loss(user, name, code, role, Level(before), level, seller)
        for user, name, code, role, before, seller in rows
    ]
    return losses[:MOST_LOSSES], len(losses) > MOST_LOSSES
