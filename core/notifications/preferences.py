"""What people want by mail, by group of kinds. Security mail is not theirs to switch off."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Q

from core import clock
from core.notifications.mail_kinds import DAILY
from core.notifications.models import Choice, Notification, Preference
from core.outbox import kinds
from core.outbox.kinds import Group
from core.outbox.objections import Item

Reader = tuple[int | None, str]


def switchable(*, staff: bool) -> list[Group]:
    return [group for group in kinds.GROUPS if not group.locked and (staff or not group.staff)]


def choices_in(group: Group) -> list[Choice]:
    return [choice for choice in Choice if choice != Choice.DAILY or group.daily]


def of_person(user: Any) -> dict[str, str]:
    """What this person chose: group name -> choice; what they never chose is missing."""
    return dict(Preference.objects.filter(user=user).values_list("group", "choice"))


def choices_of(readers: Iterable[Reader], group: Group) -> Mapping[Reader, str]:
    """What each reader (account id or None, address) chose for `group`, in one query at most."""
    if group.locked:
        return {}
    readers = list(readers)
    people = {user for user, _ in readers if user}
    # Without an account one can only unsubscribe, and only from what repeats.
    strangers = {address for user, address in readers if not user and group.repeating}
    if not people and not strangers:
        return {}
    condition = Q(user__in=people)
    if strangers:
        condition |= Q(user=None, address__in=strangers)
    rows = Preference.objects.filter(condition, group=group.name)
    chosen = {(user or address): kept for user, address, kept in rows.values_list(
        "user_id", "address", "choice"
    )}  # fmt: skip
    return {
        (user, address): chosen[user or address]
        for user, address in readers
        if (user or address) in chosen
    }


def unwanted(items: Sequence[Item]) -> dict[int, str]:
    """What its reader has switched off since it was queued; what they want once a day goes into the
    next daily mail. Two statements, one more when something goes there."""
    readers: dict[Group, set[Reader]] = {}
    for item in items:
        readers.setdefault(kinds.group_of(item.kind), set()).add((item.person_id, item.address))
    chosen = {group: choices_of(people, group) for group, people in readers.items()}
    reasons, lines = {}, []
    for item in items:
        kind = kinds.get(item.kind)
        wanted = chosen[kind.group].get((item.person_id, item.address))
        if wanted == Choice.PORTAL:
            reasons[item.number] = "its reader has switched it off"
        elif wanted == Choice.DAILY and not (kind.urgent or kind.name == DAILY or item.line):
            reasons[item.number] = "its reader wants it in the daily mail"
            event = item.key.removesuffix(f":{item.address}")
            lines.append(f"{event}:{item.person_id}"[:250])
    if lines:
        Notification.objects.filter(key__in=lines).update(held=True)
    return reasons


@transaction.atomic
def choose(user: Any, wanted: Mapping[str, str]) -> None:
    """Store choices by group name. What waited for a daily mail that is no longer wanted is not
    mailed. Raises ValueError for a group or a choice that is not theirs to make."""
    allowed = {group.name: group for group in switchable(staff=user.is_staff)}
    for name, choice in wanted.items():
        if name not in allowed or choice not in choices_in(allowed[name]):
            raise ValueError(f"{name} cannot be switched to {choice}.")
        _store({"user": user}, name, choice)
        if choice != Choice.DAILY and allowed[name].daily:
            _release(user.pk, allowed[name])


@transaction.atomic
def no_more_mail(reader: Reader, group: Group) -> None:
    """This reader pressed "unsubscribe": the group is no longer mailed to them (RFC 8058)."""
    user_id, address = reader
    owner = {"user_id": user_id} if user_id else {"user": None, "address": address}
    _store(owner, group.name, Choice.PORTAL)
    if user_id:
        _release(user_id, group)


def _store(owner: dict[str, Any], group: str, choice: str) -> None:
    values = {"choice": choice, "changed_at": clock.now()}
    if not Preference.objects.filter(**owner, group=group).update(**values):
        row = Preference(group=group, **owner, **values)
        Preference.objects.bulk_create([row], ignore_conflicts=True)


def _release(user_id: int, group: Group) -> None:
    held = Notification.objects.filter(user_id=user_id, held=True, kind__in=kinds.names_in(group))
    held.update(held=False)
