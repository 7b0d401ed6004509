"""Where days begin and end: for a person, and for the rules of an account."""

from functools import partial

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts import portals
from accounts.forms.people import TimeZoneForm
from accounts.transitions import organizations, people
from core import clock
from core.web.access import ADMINISTRATOR, AuthenticatedRequest, PortalRequest, require
from core.web.forms import apply, posted, status_of


def of_person(request: AuthenticatedRequest) -> HttpResponse:
    person = request.user
    form = TimeZoneForm(posted(request), initial={"time_zone": person.time_zone})
    if form.is_valid():
        people.change_time_zone(person=person, time_zone=form.cleaned_data["time_zone"])
        messages.success(request, _("Saved. Days and times are shown in this zone."))
        return redirect("time-zone")
    context = {"form": form, "now": clock.now()}
    return render(request, "accounts/time_zone.html", context, status=status_of(form))


@require(ADMINISTRATOR)
def of_account(request: PortalRequest) -> HttpResponse:
    organization = request.organization
    form = TimeZoneForm(posted(request), initial={"time_zone": organization.time_zone})
    change = partial(organizations.change_time_zone, by=request.user, organization=organization)
    if form.is_valid() and apply(form, partial(change, **form.cleaned_data)) is not None:
        messages.success(request, _("Saved. It counts for days that are chosen from now on."))
        return redirect(portals.page(organization, "settings"))
    context = {"form": form}
    return render(request, "accounts/settings.html", context, status=status_of(form))
