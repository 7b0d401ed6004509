"""What the portal layouts show around a page: one query, for the unread count."""

from functools import cache
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from accounts.portals import BY_NAMESPACE
from core.notifications.models import Notification
from core.web.access import ANY_MEMBER, Access
from partnerhub.portals.navigation import entries_for
from roles.catalogue import role_names

UNREAD_CAP = 100


def _unread(request: HttpRequest) -> int:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return 0
    rows = Notification.objects.filter(user_id=user.pk, read_at=None)
    return rows.order_by()[:UNREAD_CAP].count()


def _acting_for(request: HttpRequest, access: Access) -> dict[str, Any] | None:
    acting = access.acting
    if acting is None:
        return None
    names = role_names()
    # First the role that opens the page: it is the one that counts here.
    need = getattr(request.resolver_match.func, "need", ANY_MEMBER)  # type: ignore[union-attr]
    levels = sorted(access.levels.items(), key=lambda pair: pair[0] != need.role)
    return {
        "seller_name": access.organization.name,
        "provider_name": acting.provider_name,
        "roles": [{"name": names.get(code, code), "level": level.word} for code, level in levels],
        "leave_url": reverse("account-chooser"),
    }


def portal(request: HttpRequest) -> dict[str, Any]:
    """Portal, layout, organization, navigation, banner, unread count; empty outside of a portal."""
    access: Access | None = getattr(request, "access", None)
    match = request.resolver_match
    here = BY_NAMESPACE.get(match.namespaces[0]) if match and match.namespaces else None
    context: dict[str, Any] = {
        "portal": None,
        "layout": "layouts/public.html",
        "organization": None,
        "access": None,
        "navigation": [],
        "switcher": [],
        "acting_for": None,
        # Called by the first template that asks; a lazy object is no number to gettext.
        "unread_count": cache(lambda: _unread(request)),
    }
    if access is None or here is None:
        return context
    organization, chooser = access.organization, reverse("account-chooser")
    return context | {
        "portal": {"key": here.namespace, "title": here.label},
        "layout": here.layout,
        "organization": organization,
        "access": access,
        "navigation": entries_for(request, here.namespace, access),
        "switcher": [
            {"label": organization.name, "sublabel": here.label, "url": "", "current": True},
            {"label": "All accounts and clients", "sublabel": "Switch", "url": chooser},
        ],
        "acting_for": _acting_for(request, access),
    }
