"""Writing history: one INSERT for each transition, in the transition's own transaction."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.crypto import salted_hmac

from core.audit import presenters
from core.audit.models import Actor, Event
from core.db import require_atomic
from core.origin import NOWHERE, Origin, origin


@dataclass(frozen=True)
class Pseudonym:
    """Somebody without an account: the name that history shows, and a key that tells them apart.
    `pk` is None, because there is no row of a person."""

    key: str
    name: str
    pk: None = None


def _actor_ref(user: Any) -> uuid.UUID | None:
    if user is None:
        return None
    ip = origin.get().ip
    if not isinstance(user, Pseudonym):
        return Actor.objects.get_or_create(user=user, ip=ip, defaults={"name": user.name})[0].ref
    # A pseudonym's reference can be made again, but not read.
    digest = salted_hmac("partnerhub.audit.pseudonym", f"{user.key}:{ip}", algorithm="sha256")
    ref = uuid.UUID(bytes=digest.digest()[:16])
    Actor.objects.get_or_create(ref=ref, defaults={"name": user.name[:150], "ip": ip})
    return ref


def forget_pseudonym(name: str) -> None:
    """Empty what history shows for this pseudonym, wherever it acted from (D6)."""
    Actor.objects.filter(user=None, name=name[:150]).update(name="", ip="")


def record(
    verb: str,
    *,
    by: Any,
    subject: models.Model,
    organization: Any = None,
    counterparty: Any = None,
    acting: Any = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Append one event about `subject` (a BaseModel). `by` is the person who acted, or a Pseudonym,
    None for the scheduler; `organization`, `counterparty` and `acting`, the firm of a delegate, are
    the parties that will see it, as rows or ids. `before` and `after` hold plain JSON without names
    or addresses. Raises RuntimeError outside a transaction and KeyError for a verb that no app
    registered."""
    change = Change(subject, counterparty, before or {}, after or {})
    record_changes(verb, [change], by=by, organization=organization, acting=acting)


@dataclass(frozen=True)
class Change:
    """One of several events of the same verb: about what, told to whom, from what to what."""

    subject: models.Model
    counterparty: Any
    before: dict[str, Any]
    after: dict[str, Any]


def record_changes(
    verb: str, changes: Iterable[Change], *, by: Any, organization: Any = None, acting: Any = None
) -> None:
    """Append one event for each change, all in one statement. Raises as `record` does."""
    require_atomic()
    presenters.sentence_for(verb)
    actor = _actor_ref(by)
    Event.objects.bulk_create(
        Event(
            verb=verb,
            actor_ref=actor,
            organization_id=getattr(organization, "pk", organization),
            counterparty_id=getattr(change.counterparty, "pk", change.counterparty),
            acting_id=getattr(acting, "pk", acting),
            **_named(change.subject),
            before=change.before,
            after=change.after,
            request_id=origin.get().request_id,
        )
        for change in changes
    )


def record_each(
    verb: str,
    subjects: Iterable[tuple[models.Model, Any]],
    *,
    by: Any,
    organization: Any = None,
    acting: Any = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Append the same event about pairs of a row and its counterparty in one statement. Raises as
    `record` does."""
    changes = [Change(subject, other, {}, after or {}) for subject, other in subjects]
    record_changes(verb, changes, by=by, organization=organization, acting=acting)


def _named(subject: models.Model) -> dict[str, str]:
    key = getattr(subject, "public_id", subject.pk)
    return {"object_type": subject._meta.label_lower, "object_id": str(key)}


def origin_of(subject: models.Model, verb: str) -> Origin:
    """From where `verb` was last done to `subject`: work that it set off carries on under it."""
    event = Event.objects.filter(**_named(subject), verb=verb).order_by("-id").first()
    if event is None or event.actor_ref is None:
        return NOWHERE
    ip = Actor.objects.filter(ref=event.actor_ref).values_list("ip", flat=True).first()
    return Origin(ip or "", event.request_id)


def forget_person(user: Any, alias: str = "") -> None:
    """Put `alias` in the place of a person's name and forget where they came from. The events stay
    as they are, and with them every chain."""
    Actor.objects.filter(user=user).update(user=None, name=alias, ip="")
