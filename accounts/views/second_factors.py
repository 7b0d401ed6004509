"""Why a second factor is needed, and the way to one and back (U28)."""

from allauth.account.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from accounts.middleware import has_second_factor, needs_second_factor
from accounts.sessions import FACTORS
from core.web.redirects import safe_next

# Where the person wanted to go, kept while they set it up on the sign-in library's pages.
NEXT = "second_factor_next"


@require_safe
def second_factor(request: HttpRequest) -> HttpResponse:
    """Explain, lead to the set-up or to the confirmation, and go back where one came from."""
    if target := safe_next(request, ""):
        request.session[NEXT] = target
    if has_second_factor(request):
        return redirect(request.session.pop(NEXT, "/"))
    owned = Authenticator.objects.filter(user=request.user, type__in=FACTORS)
    context = {
        "required": NEXT in request.session or needs_second_factor(request.user),
        "confirmations": _confirmations(request) if owned.exists() else [],
    }
    return render(request, "accounts/second_factor.html", context)


def _confirmations(request: HttpRequest) -> list[dict[str, str]]:
    back = urlencode({"next": reverse("second-factor")})
    return [
        {"label": str(method["description"]), "url": f"{method['url']}?{back}"}
        for method in get_adapter().get_reauthentication_methods(request.user)
        if method["id"].startswith("mfa_")
    ]
