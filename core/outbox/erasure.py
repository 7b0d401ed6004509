"""Taking a person out of the outbox: their mails, and their name in other people's (D6)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Q
from django.utils.html import escape

from core.db import require_atomic
from core.outbox.models import BLANK, MarkedAddress, Message, ProvenAddress, SoftBounce
from core.outbox.rendering import changed_content, inert
from core.outbox.states import CLAIMABLE, MESSAGE, MessageStatus
from core.state_tables import advance_all

NOWHERE = "erased.invalid"


@dataclass(frozen=True)
class Forgotten:
    """What names a person, and what stands in its place."""

    user_id: int
    addresses: tuple[str, ...]
    name: str
    alias: str

    @cached_property
    def _words(self) -> list[str]:
        """Name and addresses in every form in which a mail may hold them, longest first."""
        plain = {word for word in (self.name, *self.addresses) if word.strip()}
        forms = plain | {inert(word) for word in plain}
        return sorted(forms | {escape(word) for word in forms}, key=len, reverse=True)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        words = "|".join(re.escape(word) for word in self._words)
        return re.compile(rf"(?<!\w)(?:{words})(?!\w)")

    def named_in(self, *columns: str) -> Q:
        """Rows in which one of these columns may name the person: look again with `names`."""
        condition = Q(pk__in=[])
        for column in columns:
            for word in self._words:
                condition |= Q(**{f"{column}__contains": word})
        return condition

    def names(self, *texts: str) -> bool:
        """Whether one of these texts names the person, and not just a longer word."""
        return any(self._pattern.search(text) for text in texts)

    def without(self, text: str) -> str:
        return self._pattern.sub(self.alias, text)


def forget_person(person: Forgotten) -> None:
    """Empty the person's own mails, which are not sent any more, and their name in all others. Keys
    and states stay, so that no reminder comes twice. What others were sent loses its text, as it
    would in time; what still waits for others is sent without the name."""
    require_atomic()
    for model in (MarkedAddress, ProvenAddress, SoftBounce):
        model.objects.filter(address__in=person.addresses).delete()
    rows = [*_own(person), *_about(person)]
    columns = ["key", "to", "recipient", "subject", *BLANK, "error"]
    Message.objects.bulk_update(rows, columns, batch_size=200)


def _own(person: Forgotten) -> Iterator[Message]:
    own = Q(recipient=person.user_id) | Q(to__in=person.addresses)
    waiting = Message.objects.filter(own, status__in=CLAIMABLE)
    advance_all(waiting, MESSAGE, MessageStatus.CANCELLED)
    for row in Message.objects.filter(own):
        row.key = f"{_without_addresses(row.key, person)}:{row.pk}"[-250:]
        row.to, row.recipient = f"{row.pk}@{NOWHERE}", None
        row.subject, row.error = person.without(row.subject), ""
        row.text = row.content = row.html = ""
        yield row


def _about(person: Forgotten) -> Iterator[Message]:
    others = Message.objects.exclude(recipient=person.user_id).exclude(to__in=person.addresses)
    for row in others.filter(person.named_in("subject", *BLANK, "error", "key")):
        if not person.names(row.subject, row.text, row.html_part, row.error, row.key):
            continue
        row.subject, row.error = person.without(row.subject), person.without(row.error)
        if person.names(row.key):
            row.key = f"{_without_addresses(row.key, person)}:{row.pk}"[-250:]
        waits = row.status in (*CLAIMABLE, MessageStatus.SENDING)
        row.text = person.without(row.text) if waits else ""
        row.content = changed_content(row.content, person.without) if waits else ""
        row.html = person.without(row.html) if waits else ""
        yield row


def _without_addresses(key: str, person: Forgotten) -> str:
    for address in person.addresses:
        key = key.replace(address, NOWHERE)
    return key
