"""A person's identity check: asking for it, its state, and their own documents."""

from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from accounts.documents import document_response
from accounts.forms.identity import IdentityForm
from accounts.models import IdentityCheck, IdentityDocument, Organization
from accounts.states import OrganizationStatus
from accounts.tenancy import administered
from accounts.transitions.identity import obstacle, submit_identity
from core.errors import Conflict
from core.web.bodies import MEGABYTE, takes
from core.web.forms import apply, status_of

HISTORY = 20


# Two documents, and room for one that is told to be too large.
@takes(32 * MEGABYTE)
def identity(request: HttpRequest) -> HttpResponse:
    person: Any = request.user
    rows = IdentityCheck.objects.filter(user=person).prefetch_related("documents")
    checks = list(rows.order_by("-created_at", "-id")[:HISTORY])
    why_not = obstacle(checks[0] if checks else None)
    if request.method != "POST":
        form = IdentityForm(zone=person.zone)
    elif why_not:
        raise Conflict(why_not)
    else:
        form = IdentityForm(request.POST, request.FILES, zone=person.zone)
    if form.is_valid():
        submit = partial(submit_identity, by=person, **form.values())
        if apply(form, submit):
            messages.success(request, "Your documents are with a reviewer now.")
            return redirect("identity")
    drafts = Organization.objects.filter(
        status=OrganizationStatus.DRAFT, pk__in=administered(person)
    )
    context = {
        "checks": checks,
        "latest": checks[0] if checks else None,
        "drafts": list(drafts.order_by("id")),
        "kept_days": settings.IDENTITY_DOCUMENT_DAYS,
        "form": form,
        "can_submit": not why_not,
    }
    return render(request, "accounts/identity.html", context, status=status_of(form))


@require_safe
def identity_document(request: HttpRequest, public_id: UUID) -> FileResponse:
    document = get_object_or_404(
        IdentityDocument.objects.filter(check_of__user=request.user),  # type: ignore[misc]
        public_id=public_id,
    )
    return document_response(document)
