"""What the provider portal's pages of this app share."""

import uuid

from django.shortcuts import get_object_or_404
from django.urls import reverse

from accounts.portals import page
from accounts.tenancy import is_identified
from core.web.access import PortalRequest
from roles.models import RoleApplication


def own_application(request: PortalRequest, public_id: uuid.UUID) -> RoleApplication:
    rows = RoleApplication.objects.for_provider(request.access.organization).with_list_data()
    return get_object_or_404(rows, public_id=public_id)


def application_url(application: RoleApplication) -> str:
    return page(application.provider, "application", application.public_id)


def missing_step(request: PortalRequest) -> dict[str, str] | None:
    """What has to come first before this person can submit: for the alert component (I11)."""
    provider = request.access.organization
    if not is_identified(request.user):
        return {
            "title": "Your identity comes first",
            "text": "You can submit an application once a reviewer has verified your identity.",
            "url": reverse("identity"),
            "label": "Open your identity check",
        }
    if not provider.is_active:
        state = provider.get_status_display().lower()
        text = f"The account is {state}: applications can be made while it is active."
        return {"title": "The account is not active", "text": text, "url": "", "label": ""}
    return None
