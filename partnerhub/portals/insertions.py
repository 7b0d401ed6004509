"""Making many rows with one statement, on both databases: INSERT … SELECT from a run of numbers."""

from dataclasses import dataclass
from typing import Any

from django.core.management.color import no_style
from django.db import connection, models


@dataclass(frozen=True)
class Sql:
    """An SQL expression over the running number `n.i`, and what takes its placeholders' places."""

    text: str
    values: tuple[Any, ...] = ()


def numbers(count: int) -> str:
    """A FROM item `n` with one column `i`, from 1 to `count`."""
    if connection.vendor == "postgresql":
        return f"generate_series(1, {int(count)}) AS n(i)"
    return (
        f"(WITH RECURSIVE run(i) AS (SELECT 1 WHERE {int(count)} > 0 UNION ALL "  # noqa: S608
        f"SELECT i + 1 FROM run WHERE i < {int(count)}) SELECT i FROM run) AS n"
    )


def padded(expression: str, width: int) -> str:
    if connection.vendor == "postgresql":
        return f"lpad(({expression})::text, {width}, '0')"
    return f"printf('%%0{width}d', {expression})"


def earlier(moment: Any, seconds: str) -> Sql:
    """The moment that lies `seconds` (an SQL expression) before `moment`."""
    if connection.vendor == "postgresql":
        return Sql(f"%s::timestamptz - ({seconds}) * interval '1 second'", (moment,))
    plain = moment.replace(tzinfo=None).isoformat(" ")
    form = "%%Y-%%m-%%d %%H:%%M:%%f000"
    return Sql(f"strftime('{form}', %s, '-' || ({seconds}) || ' seconds')", (plain,))


def last_id(model: type[models.Model]) -> int:
    return int(model._default_manager.aggregate(last=models.Max("pk"))["last"] or 0)


def insert(model: type[models.Model], source: str, **columns: Any) -> int:
    """Run `statement`; returns how many rows. Raises IntegrityError as any insert does."""
    with connection.cursor() as cursor:
        cursor.execute(*statement(model, source, **columns))
        return int(cursor.rowcount)


def statement(model: type[models.Model], source: str, **columns: Any) -> tuple[str, list[Any]]:
    """INSERT … SELECT for one row of `model` for each row of the FROM clause `source`. `columns`
    are field names with an Sql or a plain value. Fields that are not named take their default, a
    random one each where that is a random id; the database gives a key that is not named, and
    its own defaults."""
    names: list[str] = []
    expressions: list[str] = []
    values: list[Any] = []
    for field in model._meta.local_concrete_fields:
        named = {field.name, field.attname} & set(columns)
        given = field.primary_key or (field.has_db_default() and not field.has_default())
        if given and not named:
            continue
        expression = _expression(field, columns)
        names.append(connection.ops.quote_name(str(field.column)))
        expressions.append(expression.text)
        values.extend(expression.values)
    table = connection.ops.quote_name(model._meta.db_table)
    selected = f"({', '.join(names)}) SELECT {', '.join(expressions)} FROM {source}"
    return f"INSERT INTO {table} {selected}", values


def _expression(field: Any, columns: dict[str, Any]) -> Sql:
    value = columns.get(field.name, columns.get(field.attname, field))
    if isinstance(value, Sql):
        return value
    if value is not field:
        plain = value.pk if isinstance(value, models.Model) else value
        return Sql("%s", (field.get_db_prep_save(plain, connection),))
    if isinstance(field, models.UUIDField) and field.has_default():
        postgres = connection.vendor == "postgresql"
        return Sql("gen_random_uuid()" if postgres else "lower(hex(randomblob(16)))")
    default = None if field.null and not field.has_default() else field.get_default()
    return Sql("%s", (field.get_db_prep_save(default, connection),))


def continue_keys(*tables: type[models.Model]) -> None:
    """Let the database give out keys above those that were given here."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(tables)):
            cursor.execute(statement)


def analyze() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
