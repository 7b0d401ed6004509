"""Lost second factors on the desk: support compares, and another confirms."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from django.views.decorators.http import require_POST, require_safe

from accounts.models import FactorReset, IdentityCheck, Membership
from accounts.reviewers import SUPERVISE_PEOPLE, may, stake_in_person
from accounts.states import OPEN_RESET, ResetStatus
from accounts.transitions import factor_resets
from core import clock
from core.errors import Conflict
from core.spellings import search_key
from core.web.desk_pages import SHOWN, DeskAdmin, QueueFilter
from core.web.formats import day, minute, short_minute


class StatusFilter(QueueFilter):
    title = "state"
    parameter_name = "state"
    queue = OPEN_RESET
    queued = gettext_noop("To decide")
    options = [pair for pair in ResetStatus.choices if pair[0] not in OPEN_RESET]


class FactorResetAdmin(DeskAdmin):
    """Oldest first: whoever has waited longest comes next."""

    list_display = ("user", "asked", "state")
    list_select_related = ("user",)
    list_filter = (StatusFilter,)
    ordering: ClassVar = ("created_at", "id")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request.user, SUPERVISE_PEOPLE)

    @admin.display(description=gettext_lazy("Asked"))
    def asked(self, reset: FactorReset) -> str:
        return short_minute(reset.created_at)

    def desk_urls(self) -> list[tuple[str, Any, str]]:
        steps = (self.agree, self.confirm, self.refuse)
        return [
            ("<int:pk>/change/", require_safe(self.page), "change"),
            *((f"<int:pk>/{do.__name__}/", require_POST(do), do.__name__) for do in steps),
        ]

    def page(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._page(request, self.find(request, pk))

    def agree(self, request: HttpRequest, pk: int) -> HttpResponse:
        done = _("Agreed. Another of support or a lead reviewer has to confirm it.")
        return self._step(request, pk, factor_resets.agree, done)

    def confirm(self, request: HttpRequest, pk: int) -> HttpResponse:
        done = _("Reset. The person is told, and sets up a new one.")
        return self._step(request, pk, factor_resets.confirm_reset, done)

    def refuse(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._step(request, pk, factor_resets.refuse, _("Refused. The person is told."))

    def _step(
        self, request: HttpRequest, pk: int, transition: Callable[..., FactorReset], done: str
    ) -> HttpResponse:
        reset = self.find(request, pk)
        try:
            transition(by=request.user, reset=reset)
        except Conflict as error:
            fresh = self.find(request, pk)
            return self._page(request, fresh, alert=error.message, status=error.status)
        messages.success(request, done)
        return redirect("admin:accounts_factorreset_change", pk)

    def _page(self, request: HttpRequest, reset: FactorReset, **context: Any) -> HttpResponse:
        user: Any = request.user
        stake = stake_in_person(user, reset.user_id)
        waits = reset.status in OPEN_RESET
        asked = reset.status == ResetStatus.ASKED
        not_yet = factor_resets.why_not_yet(reset) if asked else ""
        members = Membership.objects.active().filter(user=reset.user)
        return self.desk_page(
            request,
            "page",
            reset.user.name,
            reset=reset,
            blocked=stake if waits else "",
            not_yet=not_yet,
            compared=_compared(reset),
            facts=_facts(reset),
            memberships=members.select_related("organization").order_by("id")[:SHOWN],
            can_agree=asked and not stake and not not_yet,
            can_confirm=reset.status == ResetStatus.AGREED
            and not stake
            and reset.agreed_by_id != user.pk,
            can_refuse=waits and not stake,
            **context,
        )


def _compared(reset: FactorReset) -> list[dict[str, Any]]:
    """What the person typed beside what their identity check says; never a document."""
    check = IdentityCheck.objects.in_force(clock.now()).filter(user=reset.user).first()
    if check is None:
        return []
    return [
        {
            "what": _("Legal name"),
            "typed": reset.legal_name,
            "known": check.legal_name,
            "same": search_key(reset.legal_name) == search_key(check.legal_name),
        },
        {
            "what": _("Date of birth"),
            "typed": day(reset.birth_date),
            "known": day(check.birth_date),
            "same": reset.birth_date == check.birth_date,
        },
    ]


def _facts(reset: FactorReset) -> list[tuple[str, str]]:
    facts = [
        ("Address", reset.user.email),
        (_("Account since"), day(reset.user.created_at)),
        (_("Asked"), minute(reset.created_at)),
        (_("Vouched for"), _who(reset.vouched_by, reset.vouched_at)),
        ("Agreed", _who(reset.agreed_by, reset.agreed_at)),
        ("Decided", _who(reset.decided_by, reset.decided_at)),
        (_("New one set up"), minute(reset.renewed_at)),
    ]
    return [(term, value) for term, value in facts if value]


def _who(person: Any, at: Any) -> str:
    return f"{person or 'Somebody'}, {minute(at)}" if at else ""
