"""The only module that imports guardian.

guardian holds what people assign by hand and nothing else. Its tables have real foreign keys, so
no right outlives its object; codenames come from a closed list per model.
"""

from typing import Any, ClassVar

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import models
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

__all__ = [
    "GroupGrantBase",
    "UserGrantBase",
    "clear_grants",
    "grant",
    "grant_to_group",
    "permission_for",
]


class ClosedCodenames(models.Model):
    """Refuses every codename that is not in `allowed`."""

    allowed: ClassVar[frozenset[str]] = frozenset()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, or raise ValidationError for a codename outside the closed list."""
        if self.permission.codename not in self.allowed:  # type: ignore[attr-defined]
            raise ValidationError(f"{self.permission.codename} cannot be assigned")  # type: ignore[attr-defined]
        super().save(*args, **kwargs)


class UserGrantBase(ClosedCodenames, UserObjectPermissionBase):
    """A person's right on one object; subclasses add `content_object` as a foreign key."""

    class Meta(UserObjectPermissionBase.Meta):
        abstract = True


class GroupGrantBase(ClosedCodenames, GroupObjectPermissionBase):
    """A group's right on one object; subclasses add `content_object` as a foreign key."""

    class Meta(GroupObjectPermissionBase.Meta):
        abstract = True


def permission_for(model: type[models.Model], codename: str) -> Permission:
    """The Permission row of `model` called `codename`; raises Permission.DoesNotExist."""
    content_type = ContentType.objects.get_for_model(model)
    return Permission.objects.get(content_type=content_type, codename=codename)


def grant(table: Any, *, user: Any, codename: str, obj: models.Model) -> None:
    """Give `user` the right `codename` on `obj` in `table`; giving twice is giving once."""
    permission = permission_for(type(obj), codename)
    if not table.objects.filter(user=user, permission=permission, content_object=obj).exists():
        table.objects.create(user=user, permission=permission, content_object=obj)


def grant_to_group(table: Any, *, group: Any, codename: str, obj: models.Model) -> None:
    """Give `group` the right `codename` on `obj` in `table`; giving twice is giving once."""
    permission = permission_for(type(obj), codename)
    if not table.objects.filter(group=group, permission=permission, content_object=obj).exists():
        table.objects.create(group=group, permission=permission, content_object=obj)


def clear_grants(table: Any, **lookup: Any) -> int:
    """Delete the rows of `table` that `lookup` names; returns how many there were."""
    deleted, _ = table.objects.filter(**lookup).delete()
    return int(deleted)
