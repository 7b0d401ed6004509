"""Reading notifications, choosing what is mailed, and stopping repeating mail by its link."""

from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from core import clock
from core.db import key_in
from core.errors import NotRelated
from core.notifications import preferences
from core.notifications.forms import PreferencesForm
from core.notifications.models import Notification
from core.outbox import kinds, tokens
from core.outbox.bounces import is_marked
from core.outbox.models import Message
from core.web.access import AuthenticatedRequest
from core.web.forms import posted, status_of
from core.web.redirects import safe_next


@require_POST
def mark_read(request: AuthenticatedRequest) -> HttpResponse:
    """One line counts as read, or everything so far; "open" leads on to what it is about."""
    rows = Notification.objects.filter(user=request.user)
    page = reverse("notification-list")
    if "notice" not in request.POST:
        rows.filter(read_at=None).update(read_at=clock.now())
        return redirect(page)
    notice = rows.filter(pk=key_in(request.POST["notice"]) or 0).first()
    if notice is None:
        raise NotRelated
    rows.filter(pk=notice.pk, read_at=None).update(read_at=clock.now())
    if "open" in request.POST and notice.path:
        return redirect(notice.path)
    return redirect(safe_next(request, page))


def settings_page(request: AuthenticatedRequest) -> HttpResponse:
    groups = preferences.switchable(staff=request.user.is_staff)
    form = PreferencesForm(
        posted(request), groups=groups, chosen=preferences.of_person(request.user)
    )
    if form.is_bound and form.is_valid():
        meant = form.groups if form.meant is None else form.meant
        chosen = {name: form.cleaned_data[name] for name in meant}
        preferences.choose(request.user, chosen)
        messages.success(request, "Saved. What you were told keeps standing here in any case.")
        return redirect("notification-preferences")
    locked = [group for group in kinds.GROUPS if group.locked]
    address = request.user.email
    context = {"form": form, "locked": locked, "address": address, "marked": is_marked(address)}
    return render(request, "notifications/settings.html", context, status=status_of(form))


@csrf_exempt  # The mail program posts on its own; the signed link is all that is needed (RFC 8058).
@login_not_required
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Stop a group of repeating mail for the address it was sent to. GET changes nothing: filters
    open every link of a mail."""
    number = tokens.unsubscribed(token)
    message = Message.objects.filter(pk=number).first() if number else None
    group = kinds.group_of(message.kind) if message else None
    if message is None or group is None or not group.repeating:
        return render(
            request, "notifications/unsubscribe.html", {"group": None}, status=HTTPStatus.NOT_FOUND
        )
    if request.method == "POST":
        preferences.no_more_mail((message.recipient_id, message.to), group)
    context = {"group": group, "done": request.method == "POST"}
    response = render(request, "notifications/unsubscribe.html", context)
    response["Referrer-Policy"] = "no-referrer"
    return response
