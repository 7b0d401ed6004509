"""The pages that every kind of invitation shares. Other apps show an ended one with `ended`."""

from collections.abc import Callable
from http import HTTPStatus
from operator import itemgetter
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.addresses import masked
from accounts.invitations import kinds
from accounts.invitations.kinds import Kind
from accounts.invitations.opening import Opened, forget, newest
from accounts.invitations.wishes import ASKABLE, last_asked
from accounts.models import Organization
from accounts.names import masked_name
from core.errors import Ended

PER_KIND = 10
# What happened, and what now, for each way in which an invitation ends.
ENDED: dict[str, tuple[str, str]] = {
    "accepted": (
        "This invitation has been accepted",
        "An invitation works once. If it was you who accepted, sign in and go on there.",
    ),
    "declined": ("This invitation was declined", "Whoever sent it has been told."),
    "revoked": ("This invitation was taken back", "Its sender does not want an answer any more."),
    "expired": ("This invitation has expired", "It was not answered in time."),
    "superseded": (
        "There is a newer link",
        "This invitation was sent again. Use the link in the latest message, older ones are dead.",
    ),
    "suspended": (
        "This invitation cannot be answered now",
        "The account that sent it is not active at the moment.",
    ),
    "inviter_gone": (
        "This invitation is no longer valid",
        "The person who sent it can no longer invite. Somebody else there can send a new one.",
    ),
}
SETTLED = "There is nothing left to answer. You find what came of it in your accounts."
ENDED |= {"answered": ENDED["accepted"], "cancelled": ENDED["revoked"]}


def ended(
    request: HttpRequest, opened: Opened, *, problem: str = "", status: int = HTTPStatus.GONE
) -> HttpResponse:
    """The friendly page for what can no longer be answered: what happened, and a way on (I4)."""
    user, kind = request.user, opened.kind
    theirs = user.is_authenticated and kind.belongs_to(user, opened.row)
    title, text = ENDED[opened.state]
    if theirs and opened.state in ("accepted", "answered"):
        text = SETTLED
    context = {
        "title": title,
        "text": text,
        "headline": "" if user.is_authenticated and not theirs else kind.headline(opened.row),
        "opened": opened,
        "askable": opened.state in ASKABLE,
        "asked": last_asked(opened),
        "problem": problem,
    }
    return render(request, "accounts/invitations/ended.html", context, status=status)


def answer(
    request: HttpRequest, kind: Kind[Any], public_id: UUID, act: Callable[[], HttpResponse]
) -> HttpResponse:
    """What the answer leads to; the page for ended ones when it came too late."""
    try:
        response = act()
    except Ended:
        user: Any = request.user
        return ended(request, newest(kind.own(user, public_id)))
    if response.status_code < 400:
        forget(response)
    return response


def not_valid(request: HttpRequest) -> HttpResponse:
    """One page for every link that we did not make, whatever is wrong with it (I7)."""
    return render(request, "accounts/invitations/not_valid.html", status=HTTPStatus.NOT_FOUND)


def who_are_you(request: HttpRequest, opened: Opened) -> HttpResponse:
    """Who holds the link reads the address in full, as on the two pages that it leads to."""
    context = {
        "headline": opened.kind.headline(opened.row),
        "hint": opened.kind.account_hint,
        "address": opened.kind.address(opened.row),
        "name": getattr(opened.row, "name", ""),
        "until": opened.row.expires_at,
    }
    return render(request, "accounts/invitations/sign_in.html", context)


def for_somebody_else(request: HttpRequest, opened: Opened) -> HttpResponse:
    """For the wrong person: nothing but whom it was sent to, and the way to switch (U8)."""
    address = opened.kind.address(opened.row)
    invited = Organization.objects.filter(pk__in=[opened.kind.invited(opened.row) or 0]).first()
    context = {
        "masked": masked(address) if address else "",
        "account": masked_name(invited.name) if invited else "",
        "hint": opened.kind.account_hint,
    }
    return render(request, "accounts/invitations/switch.html", context)


def waiting(request: HttpRequest) -> HttpResponse:
    context = {"invitations": pending_for(request.user)}
    return render(request, "accounts/invitations/waiting.html", context)


def pending_for(user: Any) -> list[dict[str, Any]]:
    """What ends first comes first. Proved addresses and administered accounts decide (I1, U7)."""
    found = [
        {
            "headline": kind.headline(row),
            "until": row.expires_at,
            "url": kind.answer_url(user, row),
        }
        for kind in kinds.all_kinds()
        for row in kind.waiting_for(user).order_by("expires_at", "id")[:PER_KIND]
    ]
    return sorted(found, key=itemgetter("until"))
