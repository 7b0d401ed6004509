"""What a person may do in an organization, computed from live rows in one statement.

Asked by every page, list, export, task and template; nothing is kept across requests, so that what
was taken away counts on the next one (A5).
"""

from typing import Any

from django.db import connection

from accounts.models import Organization
from accounts.states import MembershipRole
from accounts.tenancy import require_active
from connections.rights.effective_rights import ACCESS, LEVEL
from core import clock
from core.errors import NotRelated
from core.web.access import Access, Acting, Level, Need

# PostgreSQL keeps the plans of its functions; SQLite plans in no time and takes the text itself.
_NAMED = {name: f"%({name})s" for name in ("user", "organization", "role", "at")}
_ACCESS = "SELECT * FROM connections_access(%s, %s, %s)"
_LEVEL = "SELECT connections_level(%s, %s, %s, %s)"
_SQLITE = {_ACCESS: ACCESS.format(**_NAMED), _LEVEL: LEVEL.format(**_NAMED)}


def _rows(statement: str, user: Any, organization: Organization, *role: str) -> list[Any]:
    at = clock.now()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(statement, (user.pk, organization.pk, *role, at))
        else:
            moment = at.replace(tzinfo=None).isoformat(" ")
            named = {"user": user.pk, "organization": organization.pk, "at": moment}
            cursor.execute(_SQLITE[statement], named | ({"role": role[0]} if role else {}))
        return cursor.fetchall()


def access_for(user: Any, organization: Organization) -> Access:
    """The access of `user` in `organization` now, as member or as delegate.

    One statement. Raises NotRelated when there is neither a membership nor a right in force.
    """
    rows = _rows(_ACCESS, user, organization)
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
        raise NotRelated
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
    rows = _rows(_LEVEL, user, organization, role_code)
    return Level(rows[0][0])
