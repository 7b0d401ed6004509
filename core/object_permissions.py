"""The only module that imports guardian.

guardian holds what people assign by hand and nothing else. Its tables have real foreign keys, so
no right outlives its object; codenames come from a closed list per model.
"""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import models
from guardian.managers import GroupObjectPermissionManager, UserObjectPermissionManager
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase


class ClosedQuerySet(models.QuerySet[Any]):
    """Keeps the closed list where rows are written without being saved one by one."""

    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> list[Any]:
        rows = list(objs)
        for row in rows:
            row.check_codename()
        return super().bulk_create(rows, *args, **kwargs)

    def update(self, **kwargs: Any) -> int:
        """Raises ValidationError for whose right it is, to what, on what: another right is another
        row, which is checked."""
        names = {name.removesuffix("_id") for name in kwargs}
        if names & {"user", "group", "permission", "content_object"}:
            raise ValidationError("Take the right away and assign another one.")
        return super().update(**kwargs)


class ClosedCodenames(models.Model):
    """Refuses every codename that is not in `allowed`."""

    allowed: ClassVar[frozenset[str]] = frozenset()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.check_codename()
        super().save(*args, **kwargs)

    def check_codename(self) -> None:
        """Raise ValidationError for a codename outside the closed list, or of another model."""
        permission: Permission = self.permission  # type: ignore[attr-defined]
        if permission.codename not in self.allowed:
            raise ValidationError(f"{permission.codename} cannot be assigned")


class UserGrantBase(ClosedCodenames, UserObjectPermissionBase):
    """A person's right on one object; subclasses add `content_object` as a foreign key."""

    objects: ClassVar = UserObjectPermissionManager.from_queryset(ClosedQuerySet)()

    class Meta(UserObjectPermissionBase.Meta):
        abstract = True


class GroupGrantBase(ClosedCodenames, GroupObjectPermissionBase):
    objects: ClassVar = GroupObjectPermissionManager.from_queryset(ClosedQuerySet)()

    class Meta(GroupObjectPermissionBase.Meta):
        abstract = True


def permission_for(model: type[models.Model], codename: str) -> Permission:
    """The Permission row of `model` called `codename`; raises Permission.DoesNotExist."""
    content_type = ContentType.objects.get_for_model(model)
    return Permission.objects.get(content_type=content_type, codename=codename)


def grant(table: Any, *, user: Any, codename: str, obj: models.Model) -> None:
    """Give `user` the right `codename` on `obj` in `table`; giving twice is giving once. Raises
    ValidationError for a codename outside the table's closed list, and for nobody: rights are
    people's."""
    if not user.is_authenticated:
        raise ValidationError("Nobody can be assigned a right without an account.")
    _give(table, codename, obj, user=user)


def grant_to_group(table: Any, *, group: Any, codename: str, obj: models.Model) -> None:
    _give(table, codename, obj, group=group)


def _give(table: Any, codename: str, obj: models.Model, **holder: Any) -> None:
    right = {"permission": permission_for(type(obj), codename), "content_object": obj, **holder}
    if not table.objects.filter(**right).exists():
        table.objects.create(**right)


def grant_many(
    table: Any, model: type[models.Model], rows: Iterable[tuple[int, str, models.Model]]
) -> None:
    """Give each (user id, codename, object of `model`) its right, which may not stand yet, in one
    statement. Raises ValidationError for a codename outside the closed list."""
    rows = list(rows)
    permissions = {codename: permission_for(model, codename) for codename in {r[1] for r in rows}}
    table.objects.bulk_create(
        table(user_id=user, permission=permissions[codename], content_object=obj)
        for user, codename, obj in rows
    )


def clear_grants(table: Any, **lookup: Any) -> int:
    deleted, _ = table.objects.filter(**lookup).delete()
    return int(deleted)
