"""The demo's own pages: its people, its mail, its clock, its components."""

import time
from collections.abc import Callable
from datetime import timedelta

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django import forms
from django.contrib import messages
from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from core import clock
from core.numbers import WholeField
from core.outbox import kinds
from core.web.formats import minute
from core.web.forms import posted, status_of
from core.web.mail_frames import framed, mail_frame, mail_page, sample_of
from partnerhub.demo import clock as demo_clock
from partnerhub.demo import mailbox
from partnerhub.demo.components import gallery_context
from partnerhub.demo.people import GUEST, PASSWORD, PEOPLE, person
from partnerhub.demo.sweeps import run_sweeps

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
TOTP_SECONDS = 30


def open_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    return login_not_required(require_GET(view))


def _code(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // TOTP_SECONDS))


@open_page
def people(request: HttpRequest) -> HttpResponse:
    rows = [{"person": one, "code": _code(one.secret) if one.secret else ""} for one in PEOPLE]
    context = {"rows": rows, "password": PASSWORD, "guest": GUEST}
    return render(request, "demo/people.html", context)


@login_not_required
@require_POST
def sign_in(request: HttpRequest) -> HttpResponse:
    one = person(request.POST.get("person", ""))
    if one is None:
        raise Http404
    user = get_object_or_404(User, email=one.address)
    logout(request)
    login(request, user, backend=BACKEND)
    record_authentication(request, user, method="password", email=user.email)
    if one.secret:
        record_authentication(request, user, method="mfa", type="totp")
    return redirect("/admin/" if user.is_staff else "/")


@open_page
def mail_list(request: HttpRequest) -> HttpResponse:
    to = request.GET.get("to", "")
    return render(request, "demo/mail_list.html", {"letters": mailbox.letters(to), "to": to})


@mail_page
@open_page
def mail_detail(request: HttpRequest, name: str) -> HttpResponse:
    letter = mailbox.letter(name)
    if letter is None:
        raise Http404
    return render(request, "demo/mail_detail.html", {"letter": letter})


@mail_frame
@open_page
def mail_body(request: HttpRequest, name: str) -> HttpResponse:
    letter = mailbox.letter(name)
    if letter is None or not letter.html:
        raise Http404
    return framed(letter.html)


@open_page
def mail_kinds(request: HttpRequest) -> HttpResponse:
    groups = kinds.links_to("demo-mail-kind")
    return render(request, "demo/mail_kinds.html", {"groups": groups})


@mail_page
@open_page
def mail_kind(request: HttpRequest, name: str) -> HttpResponse:
    return render(request, "demo/mail_kind.html", {"sample": sample_of(name)})


@mail_frame
@open_page
def mail_kind_body(request: HttpRequest, name: str) -> HttpResponse:
    return framed(sample_of(name).html)


class ClockForm(forms.Form):
    days = WholeField(min_value=0, max_value=3650, initial=1, label="Days ahead")


@login_not_required
def clock_page(request: HttpRequest) -> HttpResponse:
    """Show the demo's time and move it; moving runs the sweeps."""
    if request.method == "POST" and "reset" in request.POST:
        demo_clock.reset()
        return redirect("demo-clock")
    form = ClockForm(posted(request))
    if form.is_valid():
        demo_clock.put(demo_clock.offset() + timedelta(days=form.cleaned_data["days"]))
        run_sweeps()
        messages.success(request, f"It is now {minute(clock.now())} in the demo.")
        return redirect("demo-clock")
    context = {"form": form, "now": clock.now(), "offset": demo_clock.offset()}
    return render(request, "demo/clock.html", context, status=status_of(form))


@open_page
def gallery(request: HttpRequest) -> HttpResponse:
    return render(request, "components/gallery.html", gallery_context(request))
