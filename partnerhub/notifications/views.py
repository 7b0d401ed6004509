"""The notification centre."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from partnerhub import clock
from partnerhub.notifications.models import Notification
from partnerhub.web.access import AuthenticatedRequest
from partnerhub.web.pagination import paginate


@require_safe
def notification_list(request: AuthenticatedRequest) -> HttpResponse:
    """What the person was told, newest first; one query for the page."""
    rows = Notification.objects.filter(user=request.user)
    return render(request, "notifications/list.html", {"page": paginate(rows, request)})


@require_POST
def mark_all_read(request: AuthenticatedRequest) -> HttpResponse:
    """Everything so far counts as read."""
    Notification.objects.filter(user=request.user, read_at=None).update(read_at=clock.now())
    return redirect("notification-list")
