"""The notification centre: it names organizations, so it stands above the apps (U29)."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import Organization
from core.notifications.models import Notification
from core.notifications.preferences import switchable
from core.outbox import kinds
from core.web.access import AuthenticatedRequest
from core.web.pagination import Page, paginate

MOST_SENDERS = 50
STATES = (("", "Read and unread"), ("unread", "Unread only"))


class FilterForm(forms.Form):
    about = forms.ChoiceField(label="About", required=False)
    sender = forms.ChoiceField(label="From", required=False)
    state = forms.ChoiceField(label="State", required=False, choices=STATES)

    def __init__(self, data: Any, groups: list[kinds.Group], senders: list[Organization]) -> None:
        super().__init__(data)
        about, sender = self.fields["about"], self.fields["sender"]
        assert isinstance(about, forms.ChoiceField)
        assert isinstance(sender, forms.ChoiceField)
        about.choices = [("", "Everything"), *((group.name, group.title) for group in groups)]
        sender.choices = [("", "Everybody"), *((one.handle, one.name) for one in senders)]


@require_safe
def notification_list(request: AuthenticatedRequest) -> HttpResponse:
    rows = Notification.objects.filter(user=request.user)
    senders = _senders(rows)
    groups = [group for group in kinds.GROUPS if group.locked]
    groups += switchable(staff=request.user.is_staff)
    form = FilterForm(request.GET, groups, senders)
    page = paginate(_chosen(rows, form, senders), request)
    context = {
        "page": page,
        "lines": _lines(page, {one.pk: one.name for one in senders}),
        "form": form,
        "filtered": any(form.data.get(name) for name in form.fields),
        "here": request.get_full_path(),
    }
    return render(request, "notifications/list.html", context)


def _senders(rows: Any) -> list[Organization]:
    ids = rows.exclude(organization_id=None).order_by().values("organization_id").distinct()
    found = Organization.objects.filter(pk__in=list(
        ids.values_list("organization_id", flat=True)[:MOST_SENDERS]
    ))  # fmt: skip
    return list(found.only("pk", "handle", "name").order_by("search_key", "pk"))


def _chosen(rows: Any, form: FilterForm, senders: list[Organization]) -> Any:
    """The rows that the filter leaves; a value that is not offered filters nothing."""
    form.is_valid()
    wanted = form.cleaned_data
    if name := wanted.get("about"):
        group = next(group for group in kinds.GROUPS if group.name == name)
        rows = rows.filter(kind__in=kinds.names_in(group))
    if handle := wanted.get("sender"):
        rows = rows.filter(organization_id=next(o.pk for o in senders if o.handle == handle))
    return rows.filter(read_at=None) if wanted.get("state") else rows


def _lines(page: Page[Notification], names: dict[int, str]) -> list[dict[str, Any]]:
    return [
        {
            "notice": notice,
            "sender": names.get(notice.organization_id or 0, ""),
            "group": kinds.group_of(notice.kind).title,
        }
        for notice in page
    ]
