"""The database refuses update and delete on events and seals, whoever asks."""

from typing import Any

from django.db import connection, connections

TABLES = ("audit_event", "audit_seal")

_POSTGRES = """
CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'history is append-only'; END $$;
DROP TRIGGER IF EXISTS {table}_keep ON {table};
CREATE TRIGGER {table}_keep BEFORE UPDATE OR DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION audit_refuse();
DROP TRIGGER IF EXISTS {table}_keep_all ON {table};
CREATE TRIGGER {table}_keep_all BEFORE TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
"""
_SQLITE = """
CREATE TRIGGER IF NOT EXISTS {table}_keep_{verb} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, 'history is append-only'); END
"""


def install(using: str = "default", **kwargs: Any) -> None:
    """Create what is missing: migrations cannot keep it through a table remake."""
    database = connections[using]
    with database.cursor() as cursor:
        for table in set(TABLES) & set(database.introspection.table_names(cursor)):
            if database.vendor == "postgresql":
                cursor.execute(_POSTGRES.format(table=table))
            else:
                for verb in ("UPDATE", "DELETE"):
                    cursor.execute(_SQLITE.format(table=table, verb=verb))


def _wanted() -> dict[str, str]:
    """Name of each trigger -> the table it guards."""
    postgres = connection.vendor == "postgresql"
    ends = ("keep", "keep_all") if postgres else ("keep_UPDATE", "keep_DELETE")
    return {f"{table}_{end}": table for table in TABLES for end in ends}


def remove() -> None:
    """Drop the triggers: only for a test database that is about to be emptied."""
    with connection.cursor() as cursor:
        for name, table in _wanted().items():
            place = f" ON {table}" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{place}")


def missing() -> list[str]:
    query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    if connection.vendor == "postgresql":
        query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
    with connection.cursor() as cursor:
        cursor.execute(query)
        return sorted(_wanted().keys() - {row[0] for row in cursor.fetchall()})
