"""The database refuses update and delete on events and seals, whoever asks."""

from typing import Any

from django.db import connections

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


def install(alias: str = "default") -> None:
    connection = connections[alias]
    with connection.cursor() as cursor:
        for table in set(TABLES) & set(connection.introspection.table_names(cursor)):
            if connection.vendor == "postgresql":
                cursor.execute(_POSTGRES.format(table=table))
            else:
                for verb in ("UPDATE", "DELETE"):
                    cursor.execute(_SQLITE.format(table=table, verb=verb))


def remove(alias: str = "default") -> None:
    """Drop the triggers: only for a test database that is about to be emptied."""
    connection = connections[alias]
    with connection.cursor() as cursor:
        for table in TABLES:
            if connection.vendor == "postgresql":
                for suffix in ("keep", "keep_all"):
                    cursor.execute(f"DROP TRIGGER IF EXISTS {table}_{suffix} ON {table}")
            else:
                for verb in ("UPDATE", "DELETE"):
                    cursor.execute(f"DROP TRIGGER IF EXISTS {table}_keep_{verb}")


def missing(alias: str = "default") -> list[str]:
    connection = connections[alias]
    if connection.vendor == "postgresql":
        query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
        wanted = {f"{table}_{suffix}" for table in TABLES for suffix in ("keep", "keep_all")}
    else:
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        wanted = {f"{table}_keep_{verb}" for table in TABLES for verb in ("UPDATE", "DELETE")}
    with connection.cursor() as cursor:
        cursor.execute(query)
        return sorted(wanted - {row[0] for row in cursor.fetchall()})


def after_migrate(using: str = "default", **kwargs: Any) -> None:
    """post_migrate: install what the migrations cannot keep through a table remake."""
    install(using)
