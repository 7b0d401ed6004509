"""What a person may do in an organization, computed from live rows in one statement.

Asked by every page, list, export, task and template; nothing is kept across requests, so that what
was taken away counts on the next one (A5).
"""

from datetime import datetime
from typing import Any

from django.db import connection

from accounts.models import Organization
from accounts.states import MembershipRole
from accounts.tenancy import require_active
from connections import effective
from partnerhub import clock
from partnerhub.errors import NotRelated
from partnerhub.web.access import Access, Acting, Level, Need

# PostgreSQL keeps the plans of its functions; SQLite plans in no time and takes the text itself.
_POSTGRES = {
    "access": "SELECT * FROM connections_access(%(user)s, %(organization)s, %(at)s)",
    "level": "SELECT connections_level(%(user)s, %(organization)s, %(role)s, %(at)s)",
}
_NAMED = {name: f"%({name})s" for name in ("user", "organization", "role", "at")}
_SQLITE = {
    "access": effective.ACCESS.format(**_NAMED),
    "level": effective.LEVEL.format(**_NAMED),
}


def _rows(statement: str, at: datetime, **values: Any) -> list[Any]:
    postgres = connection.vendor == "postgresql"
    moment = at if postgres else at.replace(tzinfo=None).isoformat(" ")
    with connection.cursor() as cursor:
        cursor.execute((_POSTGRES if postgres else _SQLITE)[statement], values | {"at": moment})
        return cursor.fetchall()


def access_for(user: Any, organization: Organization) -> Access:
    """The access of `user` in `organization` now, as member or as delegate.

    One statement. Raises NotRelated when there is neither a membership nor a right in force.
    """
    rows = _rows("access", clock.now(), user=user.pk, organization=organization.pk)
    role = next((word for kind, word, *_ in rows if kind == "member"), None)
    if role is not None:
        return Access(
            user_id=user.pk,
            organization=organization,
            member=True,
            administrator=role == MembershipRole.ADMINISTRATOR,
            rights=frozenset(word for kind, word, *_ in rows if kind == "right"),
        )
    levels: dict[str, Level] = {}
    acting: dict[str, Acting] = {}
    for _, code, level, connection_id, provider_id, name in sorted(
        row for row in rows if row[0] == "level"
    ):
        if level > levels.get(code, Level.NONE):
            levels[code] = Level(level)
            acting[code] = Acting(provider_id, name, connection_id)
    if not levels:
        raise NotRelated("There is no such page.")
    return Access(user_id=user.pk, organization=organization, levels=levels, acting_by_role=acting)


def check(user: Any, organization: Organization, need: Need) -> Access:
    """The access, when it satisfies `need` now; for transitions, under their lock.

    Raises NotRelated without any relation, NotPermitted when the need is not satisfied or the
    organization may not act.
    """
    access = access_for(user, organization)
    access.check(need)
    if access.member:
        require_active(organization)
    return access


def effective_level(user: Any, organization: Organization, role_code: str) -> Level:
    """One check: the level `user` has on one role for a seller now, NONE without any."""
    rows = _rows("level", clock.now(), user=user.pk, organization=organization.pk, role=role_code)
    return Level(rows[0][0])
