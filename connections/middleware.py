"""The portal middleware: who is this person in the organization that the URL names?"""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from accounts.middleware import has_second_factor, to_second_factor
from accounts.models import Organization
from accounts.portals import BY_NAMESPACE, Portal
from connections.rights.access import access_for
from connections.rights.uses import note_use
from core.errors import DomainError, NotPermitted, NotRelated
from core.web.middleware import refusal

Handler = Callable[[HttpRequest], HttpResponse]


def _resolve(request: HttpRequest, portal: Portal, handle: str, view: Any) -> None:
    organization = Organization.objects.filter(handle=handle, kind=portal.kind).first()
    if organization is None:
        raise NotRelated
    access = access_for(request.user, organization)
    if not organization.is_active:
        if not access.member:
            raise NotRelated
        if request.method == "POST":
            raise NotPermitted(f"This account is {organization.get_status_display().lower()}.")
    if not hasattr(view, "need"):
        raise NotPermitted("This page does not say who may open it.")
    request.access = access  # type: ignore[attr-defined]
    request.organization = organization  # type: ignore[attr-defined]


def portal(get_response: Handler) -> Handler:
    """Put `request.access` and `request.organization` on every request inside a portal.

    No relation is 404, the wrong kind of organization too; a view without a need is refused. The
    handle is taken out of the view's arguments. What a delegate used is noted once a day (X4).
    """

    def handle(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        note_use(request, response)
        return response

    def process_view(
        request: HttpRequest, view: Any, args: Any, kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        match = request.resolver_match
        here = BY_NAMESPACE.get(match.namespaces[0]) if match and match.namespaces else None
        if here is None or not request.user.is_authenticated:
            return None
        try:
            _resolve(request, here, kwargs.pop("org"), view)
        except DomainError as error:
            return refusal(request, error)
        # Administrators and reviewers were asked before; this is for those who act for a seller.
        access = request.access  # type: ignore[attr-defined]
        if not access.member and not has_second_factor(request):
            return to_second_factor(request)
        return None

    handle.process_view = process_view  # type: ignore[attr-defined]
    return handle
