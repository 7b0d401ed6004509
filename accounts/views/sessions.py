"""A person's own sessions, ended one by one; the sign-in library ends all others at once."""

from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST


@require_POST
def end(request: HttpRequest, pk: int) -> HttpResponse:
    person: Any = request.user
    session = get_object_or_404(UserSession.objects.filter(user=person), pk=pk)
    session.end()
    messages.success(request, _("That browser is signed out."))
    return redirect("usersessions_list")
