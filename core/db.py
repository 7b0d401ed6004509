"""What every model and every transition shares: base model, locks, guarded writes."""

import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError, connection, models, transaction
from django.db.models import Q

from core import clock
from core.errors import Conflict, DomainError, NotRelated
from core.spellings import search_key

M = TypeVar("M", bound=models.Model)
LONGEST_KEY = 18
KEYS_AT_ONCE = 500


class BaseModel(models.Model):
    """Numeric key inside, random public id in every URL."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        abstract = True


class SearchKeyField(models.TextField):
    """What a row is found and sorted by: the search keys of its columns `of`, a tab between them.

    Compared byte by byte on both databases, so that a list has the same order everywhere.
    """

    def __init__(self, *of: str, **options: Any) -> None:
        self.of = of
        always: dict[str, Any] = {"editable": False, "default": "", "db_default": ""}
        super().__init__(**always | options)

    def deconstruct(self) -> Any:
        name, path, _, options = super().deconstruct()
        return name, path, list(self.of), options

    def db_parameters(self, connection: Any) -> dict[str, Any]:
        found: dict[str, Any] = dict(super().db_parameters(connection))
        return found | ({"collation": "C"} if connection.vendor == "postgresql" else {})

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        key = self.made_of({name: getattr(model_instance, name) for name in self.of})
        setattr(model_instance, self.attname, key)
        return key

    def made_of(self, values: Mapping[str, Any]) -> str:
        return "\t".join(search_key(values[name] or "") for name in self.of)


class FindableQuerySet(models.QuerySet[Any]):
    """Keeps the search keys true where rows are written without being saved."""

    def update(self, **values: Any) -> int:
        field = search_key_of(self.model)
        if field is None or not set(values) & set(field.of) or field.name in values:
            return super().update(**values)
        if all(isinstance(values.get(name), str) for name in field.of):
            return super().update(**values, **{field.name: field.made_of(values)})
        with transaction.atomic():
            keys = list(self.values_list("pk", flat=True))
            changed = super().update(**values)
            make_search_keys(self.model._base_manager.filter(pk__in=keys))
        return changed


class Findable(models.Model):
    """Has a SearchKeyField `search_key`, and FindableQuerySet in its manager."""

    class Meta:
        abstract = True

    def save(self, *args: Any, update_fields: Any = None, **options: Any) -> None:
        field = search_key_of(type(self))
        if update_fields is not None and field and set(update_fields) & set(field.of):
            update_fields = {*update_fields, field.name}
        super().save(*args, update_fields=update_fields, **options)


def search_key_of(model: type[models.Model]) -> SearchKeyField | None:
    fields = (f for f in model._meta.concrete_fields if isinstance(f, SearchKeyField))
    return next(fields, None)


def make_search_keys(rows: Any) -> None:
    """Write the search keys of these rows anew, some hundred at a time."""
    field = search_key_of(rows.model)
    assert field is not None, rows.model
    rest = rows.order_by("pk").only(*field.of)
    while found := list(rest[:KEYS_AT_ONCE]):
        for row in found:
            field.pre_save(row, add=False)
        rows.model._base_manager.bulk_update(found, [field.name])
        rest = rest.filter(pk__gt=found[-1].pk)


def matching(rows: Any, text: str, *through: str) -> Any:
    """The rows that `text` is found in, however it is spelt; all of them for an empty text. In
    their own search keys, or in those of the rows that the relations `through` lead to."""
    key = search_key(text)
    if not key:
        return rows
    found = Q()
    for relation in through or ("",):
        found |= Q(**{f"{relation}__search_key__contains".removeprefix("__"): key})
    return rows.filter(found)


def key_in(text: str) -> int | None:
    """The numeric key that words from outside name; None for what cannot be one."""
    known = text.isascii() and text.isdigit() and len(text) <= LONGEST_KEY
    return int(text) if known else None


def require_atomic() -> None:
    """Raise RuntimeError outside a transaction: what follows must commit or vanish as one."""
    if not connection.in_atomic_block:
        raise RuntimeError("This belongs into the transaction of the change that causes it")


def lock[M: models.Model](queryset: models.QuerySet[M], **lookup: Any) -> M:
    """The one row that `lookup` names, locked until the transaction ends, in the order that
    docs/decisions/0002 gives, so that two transitions never wait for each other. Raises NotRelated
    when there is no such row. SQLite ignores the lock (its writers are serial); `move` guards on
    both databases."""
    require_atomic()
    try:
        return queryset.select_for_update(of=("self",), no_key=True).get(**lookup)
    except ObjectDoesNotExist:
        raise NotRelated from None


def lock_all[M: models.Model](queryset: models.QuerySet[M]) -> list[M]:
    """All rows of `queryset`, locked in key order."""
    require_atomic()
    return list(queryset.order_by("pk").select_for_update(of=("self",), no_key=True))


def move[M: models.Model](row: M, *, expect: Mapping[str, Any], **values: Any) -> M:
    """Write `values`, to the row in hand too, only while it still holds `expect`; the loser of a
    race gets Conflict. The UPDATE has the expected state in its WHERE, which is right even where
    row locks do nothing."""
    require_atomic()
    changed = type(row)._default_manager.filter(pk=row.pk, **expect).update(**values)
    if changed != 1:
        raise Conflict("This has changed in the meantime. Reload the page to see its state.")
    for name, value in values.items():
        setattr(row, name, value)
    return row


def rehearse[T](action: Callable[[], T]) -> T:
    """The result of `action`, which is undone at once: a dry run (X5). Raises what it raises."""
    with transaction.atomic():
        result = action()
        transaction.set_rollback(True)
    return result


@contextmanager
def constraint_as(**errors: DomainError) -> Iterator[None]:
    """Turn the violation of a named constraint into the given error. SQLite reports columns instead
    of the name of a unique index, so a single mapping also serves any unique violation there. What
    was done before in the same transaction goes, too: the error is to leave it."""
    try:
        with transaction.atomic(savepoint=False):
            yield
    except IntegrityError as error:
        text = str(error)
        for name, replacement in errors.items():
            if name in text:
                raise replacement from error
        if connection.vendor == "sqlite" and "UNIQUE" in text and len(errors) == 1:
            raise next(iter(errors.values())) from error
        raise
