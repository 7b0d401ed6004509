"""What this app knows about mail that waits: what is over, or answered, meanwhile."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from connections.models import Connection, ConnectionReview, PartnerLink, Renewal, RoleRequest
from core import clock
from core.outbox.objections import Item

# What the key of a mail begins with -> the rows that it may still be about. Answers to what has
# ended have a beginning in common with the question: only these kinds are asked about.
_ABOUT: Mapping[str, tuple[Callable[[], Any], tuple[str, ...]]] = {
    "connection": (
        lambda: Connection.objects.live(clock.now()),
        ("connections.connection_",),
    ),
    "assignment": (
        lambda: Connection.objects.live(clock.now()),
        ("connections.assignment_changed",),
    ),
    "review": (lambda: ConnectionReview.objects.open(), ("connections.review_",)),
    "renewal": (
        lambda: Renewal.objects.open(clock.now()),
        ("connections.renewal_proposed",),
    ),
    "role-request": (
        lambda: RoleRequest.objects.open(clock.now()),
        ("connections.role_request_requested", "connections.role_request_ends"),
    ),
    "partner-link": (
        lambda: PartnerLink.objects.open(clock.now()),
        ("connections.partner_link_expiring",),
    ),
}


def over(items: Sequence[Item]) -> Mapping[int, str]:
    """What asks for something that is over, or tells of what has ended since; one statement for
    each kind of thing."""
    asked: dict[str, list[Item]] = {}
    for item in items:
        word, _ = item.about
        if word in _ABOUT and item.kind.startswith(_ABOUT[word][1]):
            asked.setdefault(word, []).append(item)
    reasons: dict[int, str] = {}
    for word, found in asked.items():
        rows = _ABOUT[word][0]().filter(public_id__in={item.about[1] for item in found})
        live = set(rows.values_list("public_id", flat=True))
        reasons |= {
            item.number: "what it is about is over" for item in found if item.about[1] not in live
        }
    return reasons
