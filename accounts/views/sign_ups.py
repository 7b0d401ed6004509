"""A sign-up that waits for its mailed code: what the library leaves without a word is said."""

from allauth.account.internal.flows.email_verification_by_code import (
    EMAIL_VERIFICATION_CODE_SESSION_KEY,
)
from allauth.account.views import email_verification_sent
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST


def waiting_address(request: HttpRequest) -> str:
    """The address whose code this browser waits for; "" when it waits for none."""
    state = request.session.get(EMAIL_VERIFICATION_CODE_SESSION_KEY) or {}
    return str(state.get("email", ""))


@login_not_required
def confirm_code(request: HttpRequest) -> HttpResponse:
    """The library's page. A code that is too old leads to the sign-in, and says how to go on."""
    waited = waiting_address(request)
    response: HttpResponse = email_verification_sent(request)
    if waited and not waiting_address(request) and request.user.is_anonymous:
        sentence = _(
            "That code no longer works. Sign in with your address and password, and we send you a "
            "new code."
        )
        messages.warning(request, sentence)
    return response


@login_not_required
@require_POST
def forget(request: HttpRequest) -> HttpResponse:
    """Let go of a sign-up in this browser; the account stays unproved, as if nobody had come."""
    if request.user.is_anonymous:
        request.session.flush()
    return redirect("account_login")
