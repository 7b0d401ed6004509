"""Whether a mail that waits is still wanted: asked for a whole batch at once, right before it
leaves, and for the lines of a daily mail before they go into one.

Each app registers what it knows: who is still a member, what was switched off, what is over. A
mail that announces an end always goes, and so does what a person asked for.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _

from core import clock
from core.outbox import kinds
from core.outbox.models import Message
from core.outbox.rendering import Mail
from core.outbox.tokens import Claim

# Rights that a reader has to have in an account, beside those of members: to administer it, or to
# work in it for a partner.
ADMINISTRATOR, DELEGATE = "administrator", "delegate"


@dataclass(frozen=True)
class Item:
    """What is known about one mail, or one line of a daily mail; `number` tells them apart. `key`
    names the event ("share:<uuid>:due:…"), `account_id` and `account_right` as whose member, with
    which right, the reader gets it."""

    number: int
    kind: str
    key: str
    address: str
    person_id: int | None
    account_id: int | None
    account_right: str
    claim: Claim | None = None
    # It is a line of a daily mail.
    line: bool = False

    @classmethod
    def of(cls, message: Message) -> "Item":
        return cls(
            message.pk, message.kind, message.key, message.to, message.recipient_id,
            message.account_id, message.account_right, message.claim,
        )  # fmt: skip

    @property
    def about(self) -> tuple[str, UUID | None]:
        """What it is about, from its key: ("share", its public id)."""
        word, _, rest = self.key.partition(":")
        try:
            return word, UUID(rest.partition(":")[0])
        except ValueError:
            return word, None


# The reason why each of these must not go, by number; those that may are missing. It takes a number
# of statements that does not depend on how many are asked about.
type Check = Callable[[Sequence[Item]], Mapping[int, str]]
_CHECKS: list[Check] = []


def register(check: Check) -> None:
    """Called from AppConfig.ready."""
    if check not in _CHECKS:
        _CHECKS.append(check)


def against(items: Iterable[Item]) -> dict[int, str]:
    """Why each of these must not go any more, by number."""
    left = [item for item in items if not kinds.get(item.kind).always]
    reasons: dict[int, str] = {}
    for check in (_deactivated, *_CHECKS):
        if left:
            found = check(left)
            reasons |= found
            left = [item for item in left if item.number not in found]
    return reasons


# What is left of a mail that was put together from several things, by key: None when it is nothing,
# a mail when it is less. What stays as it is, is missing.
type Revision = Callable[[Sequence[Message]], Mapping[int, Mail | None]]
_REVISIONS: dict[str, Revision] = {}


def register_revision(kind: str, revise: Revision) -> None:
    """Called from AppConfig.ready."""
    _REVISIONS[kind] = revise


def revised(messages: Sequence[Message]) -> dict[int, Mail | None]:
    """What to say instead, by key, and None for what need not be said at all. A code that has ended
    becomes the advice to ask for another."""
    now = clock.now()
    changed: dict[int, Mail | None] = {
        m.pk: late_code() if m.secret else None
        for m in messages
        if m.useful_until is not None and m.useful_until <= now
    }
    for kind, revise in _REVISIONS.items():
        if found := [m for m in messages if m.kind == kind and m.pk not in changed]:
            changed |= revise(found)
    return changed


def late_code() -> Mail:
    return Mail(
        subject=_("Your code came too late: please ask for a new one"),
        heading=_("Your code came too late"),
        paragraphs=(
            _("You asked for a code. Our mail was held up, and the code has ended meanwhile."),
            _("Ask for a new one on the page where you asked for the first."),
        ),
        not_you=_("Did not ask for a code? You need not do anything."),
    )


def present_addresses(messages: Sequence[Message]) -> dict[int, str]:
    """Where each of these is to go instead, by key: its reader has another address now. What is
    bound to an address, an invitation or a word about that very change, stays with it."""
    moving = [
        m for m in messages if m.recipient_id and not m.link_id and not kinds.get(m.kind).asked
    ]
    known = _people(m.recipient_id for m in moving)
    present = {m.pk: known[m.recipient_id][0] for m in moving if m.recipient_id in known}
    return {m.pk: present[m.pk] for m in moving if present.get(m.pk) not in (None, "", m.to)}


def _deactivated(items: Sequence[Item]) -> dict[int, str]:
    bound = [item for item in items if item.person_id and not item.claim]
    known = _people(item.person_id for item in bound)
    gone = {person for person, (_, active) in known.items() if not active}
    return {item.number: "its reader is deactivated" for item in bound if item.person_id in gone}


def _people(numbers: Iterable[int | None]) -> dict[Any, tuple[str, bool]]:
    """Address, and whether they are active, by person; one statement, or none."""
    asked = {number for number in numbers if number}
    if not asked:
        return {}
    rows = get_user_model().objects.filter(pk__in=asked).values_list("pk", "email", "is_active")
    return {pk: (email, active) for pk, email, active in rows}
