"""What every model and every transition shares: base model, locks, guarded writes."""

import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError, connection, models, transaction

from core import clock
from core.errors import Conflict, DomainError, NotRelated

M = TypeVar("M", bound=models.Model)
LONGEST_KEY = 18


class BaseModel(models.Model):
    """Numeric key inside, random public id in every URL."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        abstract = True


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
