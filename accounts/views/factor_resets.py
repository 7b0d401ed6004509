"""A lost second factor: asked for on the way into the account, taken back by whoever has it."""

import time
from typing import Any

from allauth.account.internal.stagekit import get_pending_stage
from allauth.mfa.stages import AuthenticateStage
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from accounts.forms.factor_resets import LostFactorForm
from accounts.middleware import has_second_factor
from accounts.models import User
from accounts.transitions import factor_resets
from core.errors import DomainError
from core.web.forms import apply, refusal_text, status_of

# What this browser was mailed: whose code, its hash, until when, and how often it was mistyped.
MAILED = "factor_reset_code"
TRIES = 5
HERE = "second-factor-lost"


@login_not_required
def lost(request: HttpRequest) -> HttpResponse:
    """Whoever has given the right password asks here; whoever has the factor takes it back here."""
    if request.user.is_authenticated:
        return _own(request)
    stage = get_pending_stage(request)
    if stage is None or stage.key != AuthenticateStage.key or stage.login.user is None:
        return redirect("account_login")
    person: Any = stage.login.user
    if factor_resets.open_reset(person):
        return _page(request, waiting=True)
    if request.method != "POST":
        return _page(request, form=LostFactorForm() if _mailed(request, person) else None)
    if request.POST.get("step") == "code":
        return _send(request, person)
    return _ask(request, person)


def _send(request: HttpRequest, person: User) -> HttpResponse:
    try:
        code = factor_resets.send_code(person=person)
    except DomainError as error:
        form = LostFactorForm() if _mailed(request, person) else None
        return _page(request, form=form, problem=refusal_text(error), status=error.status)
    until = time.time() + factor_resets.CODE_MINUTES * 60
    request.session[MAILED] = {
        "user": person.pk, "hash": _hash(person, code), "until": until, "tries": 0,
    }  # fmt: skip
    return redirect(HERE)


def _ask(request: HttpRequest, person: User) -> HttpResponse:
    form = LostFactorForm(request.POST)
    if form.is_valid() and not _is_right(request, person, form.cleaned_data["code"]):
        form.add_error("code", _("This is not the code we sent last, or its time is over."))
    if form.is_valid():
        values = {key: form.cleaned_data[key] for key in ("legal_name", "birth_date")}
        if apply(form, lambda: factor_resets.ask(person=person, **values)):
            del request.session[MAILED]
            return redirect(HERE)
    return _page(request, form=form, status=status_of(form))


def _own(request: HttpRequest) -> HttpResponse:
    person: Any = request.user
    reset = factor_resets.open_reset(person)
    if not has_second_factor(request) or reset is None:
        return redirect("second-factor" if reset else "mfa_index")
    if request.method == "POST":
        factor_resets.withdraw(by=person, reset=reset)
        messages.success(request, _("Your second factor stays as it is."))
        return redirect("mfa_index")
    return _page(request, reset=reset)


def _page(request: HttpRequest, *, status: int = 200, **context: Any) -> HttpResponse:
    blank = {"form": None, "problem": "", "waiting": False, "reset": None}
    around = {"minutes": factor_resets.CODE_MINUTES}
    return render(
        request, "accounts/second_factor_lost.html", blank | around | context, status=status
    )


def _mailed(request: HttpRequest, person: User) -> dict[str, Any] | None:
    """The code that still works in this browser."""
    mailed: dict[str, Any] = request.session.get(MAILED) or {}
    works = mailed.get("user") == person.pk and mailed["until"] > time.time()
    return mailed if works and mailed["tries"] < TRIES else None


def _is_right(request: HttpRequest, person: User, typed: str) -> bool:
    mailed = _mailed(request, person)
    if mailed is None:
        return False
    request.session[MAILED] = mailed | {"tries": mailed["tries"] + 1}
    return constant_time_compare(mailed["hash"], _hash(person, typed))


def _hash(person: User, code: str) -> str:
    return salted_hmac(
        "accounts.factor_reset", f"{person.pk}:{code}", algorithm="sha256"
    ).hexdigest()
