"""The one rule, as an SQL view that both databases read.

effective level = min(approved, granted, assigned) while person, memberships, organizations,
identity, connection, grant and approval are in force; a provider's administrators count as
assigned at the granted level. Dates are columns: callers pass the time in. The joins stand in the
order in which they are walked: the person, their firm, its connection, and only then the roles.

A view standing during a migration breaks SQLite's table remakes and PostgreSQL's type changes, so
it is dropped before migrating and created afterwards. On PostgreSQL functions over the view keep
their plans for the life of a connection: planning ten tables costs more than reading them.
"""

from typing import Any

from django.db import connections

VIEW = "connections_effectiveright"

TABLES = (
    "accounts_user",
    "accounts_organization",
    "accounts_membership",
    "accounts_identitycheck",
    "roles_role",
    "roles_approvedrole",
    "connections_connection",
    "connections_rolegrant",
    "connections_assignment",
    "accounts_membershipright",
    "auth_permission",
)

_LEAST = """CASE WHEN {a} <= {b} THEN {a} ELSE {b} END"""
_ASSIGNED = """CASE WHEN m.role = 'administrator' THEN g.level
    WHEN p.codename = 'assigned_admin' THEN 3
    WHEN p.codename = 'assigned_edit' THEN 2
    WHEN p.codename = 'assigned_view' THEN 1
    ELSE 0 END"""

SELECT = f"""
SELECT g.id AS grant_id, m.user_id AS user_id, c.seller_id AS organization_id,
  c.provider_id AS provider_id, c.id AS connection_id, g.role_id AS role_id, r.code AS role_code,
  {_LEAST.format(a=f"({_LEAST.format(a='a.level', b='g.level')})", b=f"({_ASSIGNED})")} AS level,
  (m.role = 'administrator') AS administrator,
  i.expires_at AS identity_until, a.expires_at AS approval_until, g.ends_at AS grant_until,
  c.ends_at AS connection_until, (c.status = 'paused') AS paused, c.paused_until AS paused_until,
  s.name AS organization_name, s.handle AS organization_handle, o.name AS provider_name,
  r.name AS role_name
FROM accounts_membership m
JOIN accounts_user u ON u.id = m.user_id AND u.is_active
JOIN accounts_identitycheck i ON i.user_id = m.user_id AND i.status = 'verified'
JOIN accounts_organization o ON o.id = m.organization_id AND o.status = 'active'
JOIN connections_connection c ON c.provider_id = m.organization_id
JOIN accounts_organization s ON s.id = c.seller_id AND s.status = 'active'
JOIN connections_rolegrant g ON g.connection_id = c.id AND g.status = 'active'
JOIN roles_role r ON r.id = g.role_id AND r.grantable
JOIN roles_approvedrole a
  ON a.provider_id = g.provider_id AND a.role_id = g.role_id AND a.status = 'active'
LEFT JOIN connections_assignment x ON x.content_object_id = g.id AND x.user_id = m.user_id
LEFT JOIN auth_permission p ON p.id = x.permission_id
WHERE m.status = 'active' AND c.status IN ('active', 'paused')
  AND (m.role = 'administrator' OR x.id IS NOT NULL)
"""


# Which rows count at a moment; the same words in SQL wherever a statement is written by hand.
IN_FORCE = """e.identity_until > {at} AND e.approval_until > {at} AND e.connection_until > {at}
  AND (e.grant_until IS NULL OR e.grant_until > {at})
  AND (NOT e.paused OR e.paused_until <= {at})"""

# Everything one request needs to know about one person in one organization.
ACCESS = f"""
SELECT 'member' AS kind, CAST(m.role AS text) AS word, 0 AS level, CAST(0 AS bigint) AS connection,
  CAST(0 AS bigint) AS provider, CAST('' AS text) AS provider_name
FROM accounts_membership m JOIN accounts_user u ON u.id = m.user_id AND u.is_active
WHERE m.user_id = {{user}} AND m.organization_id = {{organization}} AND m.status = 'active'
UNION ALL
SELECT 'right', CAST(p.codename AS text), 0, 0, 0, '' FROM accounts_membershipright x
JOIN auth_permission p ON p.id = x.permission_id
WHERE x.user_id = {{user}} AND x.content_object_id = {{organization}}
UNION ALL
SELECT 'level', CAST(e.role_code AS text), e.level, e.connection_id, e.provider_id,
  CAST(e.provider_name AS text)
FROM {VIEW} e
WHERE e.user_id = {{user}} AND e.organization_id = {{organization}} AND e.level > 0
  AND {IN_FORCE.format(at="{at}")}
"""  # noqa: S608 - only names of our own stand in it

LEVEL = f"""
SELECT COALESCE(MAX(e.level), 0) FROM {VIEW} e
WHERE e.user_id = {{user}} AND e.organization_id = {{organization}} AND e.role_code = {{role}}
  AND {IN_FORCE.format(at="{at}")}
"""  # noqa: S608

# A plan for these very values is never worth the time it takes. The order of the joins stands as
# written: among so many tables the planner looks at some orders only, and in small databases took
# one that cost ten times as much.
_KEEP = "SET plan_cache_mode = force_generic_plan SET join_collapse_limit = 1"
_FUNCTIONS = f"""
CREATE OR REPLACE FUNCTION connections_access(bigint, bigint, timestamptz)
RETURNS TABLE(f_kind text, f_word text, f_level integer, f_connection bigint, f_provider bigint,
  f_provider_name text) LANGUAGE plpgsql STABLE {_KEEP} AS $$
BEGIN RETURN QUERY {ACCESS.format(user="$1", organization="$2", at="$3")}; END $$;
CREATE OR REPLACE FUNCTION connections_level(bigint, bigint, text, timestamptz)
RETURNS integer LANGUAGE plpgsql STABLE {_KEEP} AS $$
BEGIN RETURN ({LEVEL.format(user="$1", organization="$2", role="$3", at="$4")}); END $$;
"""

# Who could be a client, in the order of sellers: an administrator walks the live connections, an
# employee what is assigned. The view then says who is one.
_CONNECTED = """SELECT c.seller_id FROM connections_connection c
  WHERE c.provider_id = $2 AND c.status IN ('active', 'paused') AND c.seller_id {compare} start"""
_ASSIGNED_TO = """SELECT DISTINCT g.seller_id FROM connections_assignment x
  JOIN connections_rolegrant g ON g.id = x.content_object_id AND g.status = 'active'
  WHERE x.user_id = $1 AND g.provider_id = $2 AND g.seller_id {compare} start"""


def _candidates() -> str:
    lines = []
    for who, walk in (("administrator", _CONNECTED), ("NOT administrator", _ASSIGNED_TO)):
        for way, compare, order in (("$5", "<", "DESC"), ("NOT $5", ">", "ASC")):
            query = f"{walk.format(compare=compare)} ORDER BY 1 {order} LIMIT $6"
            lines.append(f"IF {who} AND {way} THEN batch := ARRAY({query}); END IF;")
    return "\n    ".join(lines)


# One page of the sellers for whom a person may act as one of a provider's people, in walking
# order, a row for each role. Arguments: person, provider, time, seller to start behind, backwards,
# how many sellers (a few more may come).
_CLIENTS = f"""
CREATE OR REPLACE FUNCTION connections_clients(
  bigint, bigint, timestamptz, bigint, boolean, integer)
RETURNS TABLE(f_seller bigint, f_name text, f_handle text, f_role text, f_level integer)
LANGUAGE plpgsql STABLE {_KEEP} AS $$
DECLARE batch bigint[]; start bigint := $4; last bigint := 0; found integer := 0;
  administrator boolean;
BEGIN
  administrator := EXISTS (SELECT 1 FROM accounts_membership m WHERE m.user_id = $1
    AND m.organization_id = $2 AND m.status = 'active' AND m.role = 'administrator');
  LOOP
    {_candidates()}
    EXIT WHEN batch = '{{}}';
    FOR f_seller, f_name, f_handle, f_role, f_level IN
      SELECT e.organization_id, e.organization_name, e.organization_handle, e.role_name, e.level
      FROM {VIEW} e
      WHERE e.user_id = $1 AND e.provider_id = $2 AND e.organization_id = ANY(batch)
        AND {IN_FORCE.format(at="$3")}
      ORDER BY CASE WHEN $5 THEN -e.organization_id ELSE e.organization_id END, e.role_id
    LOOP
      IF f_seller <> last THEN found := found + 1; last := f_seller; END IF;
      RETURN NEXT;
    END LOOP;
    EXIT WHEN found >= $6 OR cardinality(batch) < $6;
    start := batch[cardinality(batch)];
  END LOOP;
END $$;
"""  # noqa: S608
# Arguments: person, time, how many for each firm.
_SELLERS = """
CREATE OR REPLACE FUNCTION connections_sellers(bigint, timestamptz, integer)
RETURNS TABLE(f_seller bigint, f_name text, f_handle text, f_provider text)
LANGUAGE plpgsql STABLE AS $$
DECLARE firm record;
BEGIN
  FOR firm IN SELECT o.id, CAST(o.name AS text) AS name FROM accounts_membership m
    JOIN accounts_organization o ON o.id = m.organization_id AND o.kind = 'provider'
    WHERE m.user_id = $1 AND m.status = 'active' ORDER BY o.id
  LOOP
    RETURN QUERY SELECT DISTINCT c.f_seller, c.f_name, c.f_handle, firm.name
      FROM connections_clients($1, firm.id, $2, 0, false, $3) c;
  END LOOP;
END $$;
"""
_DROP_FUNCTIONS = """
DROP FUNCTION IF EXISTS connections_sellers(bigint, timestamptz, integer);
DROP FUNCTION IF EXISTS connections_clients(
  bigint, bigint, timestamptz, bigint, boolean, integer);
DROP FUNCTION IF EXISTS connections_access(bigint, bigint, timestamptz);
DROP FUNCTION IF EXISTS connections_level(bigint, bigint, text, timestamptz);
"""


def drop(using: str = "default", **kwargs: Any) -> None:
    """Also before migrations: no view may stand while tables change."""
    connection = connections[using]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_DROP_FUNCTIONS)
        cursor.execute(f"DROP VIEW IF EXISTS {VIEW}")


def create(using: str = "default", **kwargs: Any) -> None:
    """Also after migrations; does nothing until every table the view reads is there."""
    connection = connections[using]
    if not set(TABLES) <= set(connection.introspection.table_names()):
        return
    drop(using)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE VIEW {VIEW} AS {SELECT}")
        if connection.vendor == "postgresql":
            cursor.execute(_FUNCTIONS + _CLIENTS + _SELLERS)
