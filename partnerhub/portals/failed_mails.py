"""Mail that could not be delivered: whom it concerns sees why, and sends it again (X15)."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.addresses import budget_key, masked
from accounts.invitations import kinds as invitations
from accounts.invitations import limits
from accounts.models import Organization
from accounts.tenancy import administered
from core import clock
from core.db import lock
from core.errors import Conflict, LimitReached, NotRelated
from core.outbox import bounces
from core.outbox import services as outbox
from core.outbox.models import BLANK, Message
from core.outbox.states import MessageStatus, plain_reason
from core.outbox.tasks import KEEP_TEXT
from core.web.access import AuthenticatedRequest
from core.web.pagination import paginate_merged
from core.web.redirects import safe_next

AGAIN = timedelta(minutes=10)
LONGEST_ID = 120


def failed_messages(user: Any) -> list[Any]:
    """Two querysets without common rows: what this person caused, and what others caused in the
    accounts they administer; while the text is kept."""
    failed = Message.objects.filter(
        status=MessageStatus.FAILED, created_at__gt=clock.real_now() - KEEP_TEXT
    ).defer(*BLANK)
    houses = list(administered(user).values_list("organization_id", flat=True))
    others = failed.filter(organization_id__in=houses).exclude(caused_by=user)
    return [failed.filter(caused_by=user), others]


@require_safe
def undelivered(request: AuthenticatedRequest) -> HttpResponse:
    page = paginate_merged(failed_messages(request.user), request, order=("-id",), size=25)
    houses = {message.organization_id for message in page if message.organization_id}
    names = dict(Organization.objects.filter(pk__in=houses).values_list("pk", "name"))
    rows = [_row(message, names.get(message.organization_id or 0, "")) for message in page]
    return render(request, "notifications/undelivered.html", {"page": page, "rows": rows})


def _row(message: Message, organization: str) -> dict[str, Any]:
    """One line. The whole address shows only where the account typed it itself (I15)."""
    typed = bool(invitation_of(message))
    return {
        "message": message,
        "to": message.to if typed else masked(message.to),
        "organization": organization,
        "reason": plain_reason(message.error),
        "marked": message.error.startswith(("bounced", "complained")),
    }


def invitation_of(message: Message) -> tuple[invitations.Kind, str] | None:
    """The kind and the public id of the invitation or link that this mail carries, if it does."""
    purpose, _, public_id = message.about.partition(":")
    kind = invitations.get(purpose)
    return (kind, public_id) if kind and public_id else None


@require_POST
def send_undelivered_again(request: AuthenticatedRequest) -> HttpResponse:
    send_again(message_id=request.POST.get("message", ""), by=request.user)
    messages.success(request, "It is on its way again. Should it fail again, it comes back here.")
    return redirect(safe_next(request, reverse("undelivered")))


@transaction.atomic
def send_again(*, message_id: str, by: Any) -> Message:
    """Under its own Message-ID and with its own link. Raises NotRelated for somebody else's,
    Conflict when it did not fail, is too old or its address is marked, LimitReached within ten
    minutes of the failure and beyond the limits that invitations have (I13)."""
    if len(message_id) > LONGEST_ID or not message_id.isprintable():
        raise NotRelated
    allowed = [rows.filter(message_id=message_id).first() for rows in _concerning(by)]
    found = next((message for message in allowed if message), None)
    if found is None:
        raise NotRelated
    house = None
    if found.organization_id and invitation_of(found):
        house = lock(Organization.objects.all(), pk=found.organization_id)
    message = lock(Message.objects.all(), pk=found.pk)
    _check(message)
    if house:
        limits.count(house, budget_key(message.to), about=message.about)
    if not outbox.send_again(message):
        raise Conflict("This mail is on its way already.")
    return message


def _concerning(user: Any) -> list[Any]:
    houses = administered(user)
    return [
        Message.objects.filter(caused_by=user),
        Message.objects.filter(organization_id__in=houses),
    ]


def _check(message: Message) -> None:
    if message.status != MessageStatus.FAILED:
        raise Conflict("This mail did not fail, or is on its way already.")
    if not message.text:
        raise Conflict("This mail is too old to be sent again.")
    if bounces.is_marked(message.to):
        raise Conflict(
            "Mail to this address came back or was reported as unwanted. Its owner can prove the "
            "address again, or support can help."
        )
    if clock.real_now() < message.due_at + AGAIN:
        raise LimitReached(
            "This mail failed less than ten minutes ago. Wait a little.",
            retry_at=message.due_at + AGAIN,
        )
