"""A form that is sent twice makes one thing: the second is led to what came of the first.

A page writes {% once %} into a form; whoever sends it sends the key along. The key is taken in the
transaction of what the form does, so that of two that run at the same time the second waits for the
first. A program will send its key in the same field.
"""

import hashlib
import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _

from core.errors import DomainError
from core.submissions.models import Submission
from core.web.middleware import refusal
from core.web.templatetags.ui import ONCE

Handler = Callable[[HttpRequest], HttpResponse]
_KEY = re.compile(r"[0-9a-f]{32}")
_CHUNK = 65_536


def once(get_response: Handler) -> Handler:
    """Stands last: the request knows its person and organization."""

    def handle(request: HttpRequest) -> HttpResponse:
        return get_response(request)

    def process_view(
        request: HttpRequest, view: Any, args: Any, kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        key = request.POST.get(ONCE, "") if request.method == "POST" else ""
        if not _KEY.fullmatch(key):
            return None
        return _once(request, key, lambda: view(request, *args, **kwargs))

    handle.process_view = process_view  # type: ignore[attr-defined]
    return handle


def _once(request: HttpRequest, key: str, act: Callable[[], HttpResponse]) -> HttpResponse:
    facts = _facts(request)
    with transaction.atomic():
        try:
            with transaction.atomic():
                row = Submission.objects.create(key=key, **facts)
        except IntegrityError:
            return _again(request, facts, Submission.objects.filter(key=key).first())
        try:
            response = act()
        except DomainError as error:
            response = refusal(request, error)
        # What was refused, or only shown, may be sent again.
        if HTTPStatus.MULTIPLE_CHOICES <= response.status_code < HTTPStatus.BAD_REQUEST:
            row.location = response["Location"]
            row.save(update_fields=["location"])
        else:
            row.delete()
        return response


def _again(request: HttpRequest, facts: dict[str, Any], row: Submission | None) -> HttpResponse:
    if row is not None and all(getattr(row, name) == value for name, value in facts.items()):
        messages.info(request, _("This was sent twice, and done once."))
        return HttpResponseRedirect(row.location)
    text = _(
        "This form was sent before, with other content. Nothing was done now: open the form again "
        "to send a second one."
    )
    mine = row is not None and row.person_id == facts["person_id"]
    context = {"message": text, "url": row.location if row and mine else ""}
    return render(request, "409.html", context, status=HTTPStatus.CONFLICT)


def _facts(request: HttpRequest) -> dict[str, Any]:
    match = request.resolver_match
    return {
        "person_id": request.user.pk,
        "organization_id": getattr(getattr(request, "organization", None), "pk", None),
        "route": match.view_name[:100] if match else "",
        "content": _content(request),
    }


def _content(request: HttpRequest) -> str:
    """A hash of where the form goes and of everything that was filled in, files included."""
    sums = hashlib.sha256(request.get_full_path().encode())
    for name, values in sorted(request.POST.lists()):
        if name not in (ONCE, "csrfmiddlewaretoken"):
            sums.update(repr((name, values)).encode())
    for name, files in sorted(request.FILES.lists()):
        for file in files:
            sums.update(repr((name, file.name, file.size)).encode())
            for chunk in file.chunks(_CHUNK):
                sums.update(chunk)
            file.seek(0)
    return sums.hexdigest()
