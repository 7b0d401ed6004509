"""The inviting side's list, one for every kind of one-time link: filters, search, acts (U1, X15).

Filters stand in the query, under names that begin with the kind's purpose, so that several lists
fit on one page. The acts' addresses carry them along: whoever sends again or revokes comes back to
the list as it was.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.invitations.kinds import Kind
from accounts.models import Invitation, Organization
from accounts.states import InvitationStatus
from core import clock
from core.db import matching
from core.outbox.models import Message
from core.outbox.services import Delivery, latest_delivery
from core.outbox.states import MessageStatus
from core.spellings import shown
from core.web.access import PortalRequest
from core.web.formats import short_day, short_ending
from core.web.pagination import Page, paginate

SIZE = 25
LONGEST_SEARCH = 100
MOST_FAILED = 500
OPEN, EXPIRED, UNDELIVERED, ENDED = "", "expired", "undelivered", "ended"
TABS = {
    OPEN: _("Open"),
    EXPIRED: _("Expired"),
    UNDELIVERED: _("Could not be delivered"),
    ENDED: _("Ended"),
}
COPY_HELP = (
    "Hand it to nobody but the invited person. It works for them only; that you looked is in the "
    "history."
)


@dataclass(frozen=True)
class Choice:
    purpose: str
    show: str
    text: str

    @classmethod
    def of(cls, purpose: str, request: HttpRequest) -> "Choice":
        """Read from the query of any request, posts included."""
        show = request.GET.get(f"{purpose}-show", OPEN)
        text = request.GET.get(f"{purpose}-find", "").strip()[:LONGEST_SEARCH]
        return cls(purpose, show if show in TABS else OPEN, text)

    def query(self, **other: str) -> str:
        """The choice as a query, "" or "?…"; `other` replaces show or text."""
        chosen = {"show": self.show, "find": self.text} | other
        pairs = {f"{self.purpose}-{key}": value for key, value in chosen.items() if value}
        return f"?{urlencode(pairs)}" if pairs else ""


def back(purpose: str, request: HttpRequest, page: str) -> str:
    """Where an act on the list returns to: `page`, with the list as the reader had it."""
    path, _, anchor = page.partition("#")
    return f"{path}{Choice.of(purpose, request).query()}#{anchor or f'{purpose}-list'}"


def listing(
    kind: Kind[Any],
    organization: Organization,
    request: PortalRequest,
    *,
    home: str,
    rows: Any = None,
    problem: str = "",
    copied: str = "",
    link: str = "",
) -> dict[str, Any]:
    """What accounts/invitations/_list.html shows: one page, newest first; three queries.

    `home` is the page it stands on, which the answer to an act is not. `rows` are those to choose
    from, where not all that the organization sent. `problem` is what an act was refused for;
    `link` the one-time link to hand to `copied`.
    """
    choice = Choice.of(kind.purpose, request)
    path = home.partition("#")[0] if request.method == "POST" else request.path
    rows = kind.sent_by(organization) if rows is None else rows
    page = paginate(
        _chosen(kind, rows, organization, choice),
        request,
        order=(f"-{kind.sent}", "-id"),
        size=SIZE,
        parameter=f"{kind.purpose}-page",
    )
    return {
        "id": f"{kind.purpose}-list",
        "title": kind.title,
        "tabs": [
            {
                "label": label,
                "url": f"{path}{choice.query(show=show) or '?'}#{kind.purpose}-list",
                "current": show == choice.show,
                "count": 0,
            }
            for show, label in TABS.items()
        ],
        "path": path,
        "find": choice.text,
        "find_name": f"{kind.purpose}-find",
        "kept": [(f"{kind.purpose}-show", choice.show)] if choice.show else [],
        "chosen": bool(choice.text or choice.show),
        "page": replace(
            page,
            items=_rows(kind, page, organization, request.user, choice),
            next_url=page.next_url and path + page.next_url,
            previous_url=page.previous_url and path + page.previous_url,
        ),
        "problem": problem,
        "copied": copied,
        "link": link,
        "copy_help": COPY_HELP,
        "fields": [("list", "1")],
    }


def _chosen(kind: Kind[Any], rows: Any, organization: Organization, choice: Choice) -> Any:
    """The rows the reader wants. What ran out is apart from what has ended for good: sending it
    again renews it. By the clock, since the sweep may come later."""
    if choice.show == ENDED:
        rows = rows.exclude(status__in=kind.resendable)
    else:
        rows = rows.filter(status__in=kind.resendable)
    live = Q(status__in=kind.model.open_statuses, expires_at__gt=clock.now())
    if choice.show == OPEN:
        rows = rows.filter(live)
    elif choice.show == EXPIRED:
        rows = rows.exclude(live)
    elif choice.show == UNDELIVERED:
        rows = rows.filter(_undelivered(kind, organization))
    return matching(rows, choice.text, *kind.search)


def _undelivered(kind: Kind[Any], organization: Organization) -> Q:
    """Those whose latest mail was refused for good: invitations carry it as their state."""
    if issubclass(kind.model, Invitation):
        return Q(status=InvitationStatus.UNDELIVERABLE)
    failed = Message.objects.filter(
        organization_id=organization.pk,
        status=MessageStatus.FAILED,
        about__startswith=f"{kind.purpose}:",
    )
    abouts = failed.order_by("-id").values_list("about", flat=True)[:MOST_FAILED]
    latest = latest_delivery(abouts)
    return Q(
        public_id__in=[
            UUID(about.partition(":")[2])
            for about, delivery in latest.items()
            if delivery.status == MessageStatus.FAILED
        ]
    )


def _rows(
    kind: Kind[Any], page: Page[Any], organization: Organization, user: Any, choice: Choice
) -> list[dict[str, Any]]:
    deliveries = latest_delivery(row.about for row in page)
    inviting = kind.inviters(organization)
    return [_row(kind, row, user, deliveries, inviting, choice) for row in page]


def _row(
    kind: Kind[Any],
    row: Any,
    user: Any,
    deliveries: Mapping[str, Delivery],
    inviting: set[int],
    choice: Choice,
) -> dict[str, Any]:
    state = row.current_status
    sender = getattr(row, kind.sender)
    name, more = map(shown, kind.recipient(row))
    gone = row.is_open and getattr(sender, "pk", None) not in inviting
    return {
        "public_id": row.public_id,
        "name": name,
        "more": more,
        "url": kind.urls(row).get("page", ""),
        "sent": short_day(getattr(row, kind.sent)),
        "by": sender.name if sender else "Somebody who left",
        "until": short_ending(row.expires_at),
        "state": state,
        "label": dict(row._meta.get_field("status").flatchoices)[state],
        "inviter_gone": gone,
        "delivery": ""
        if gone or not (row.is_open and kind.mailed(row))
        else delivery_words(deliveries.get(row.about), state),
        "reason": row.reason,
        "acts": list(_acts(kind, row, state, user, name, choice)),
    }


def delivery_words(delivery: Delivery | None, state: str) -> str:
    """Mail that was not wanted reads as if it was sent: the inviter must not know (I18)."""
    if delivery is None:
        unknown = state == InvitationStatus.UNDELIVERABLE
        return "" if unknown else str(MessageStatus.SENT.label)
    return delivery.reason or ("" if state == InvitationStatus.UNDELIVERABLE else delivery.label)


def _acts(
    kind: Kind[Any], row: Any, state: str, user: Any, name: str, choice: Choice
) -> Iterable[dict[str, str]]:
    """The buttons of a row, from the same table that the guards read."""
    urls = {act: url + choice.query() for act, url in kind.urls(row).items()}
    if state in kind.resendable and "resend" in urls:
        yield {"label": "Send again", "url": urls["resend"], "about": name, "confirm": ""}
    if row.is_open and getattr(row, f"{kind.sender}_id") == user.pk:
        yield {"label": "Show link", "url": urls["link"], "about": name, "confirm": ""}
    if row.table.allows(row.status, kind.revoked):
        question = "Take this back? Its link stops working at once." if row.is_open else ""
        yield {"label": kind.take_back, "url": urls["revoke"], "about": name, "confirm": question}
