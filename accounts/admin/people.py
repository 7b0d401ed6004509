"""People on the desk, for support and lead reviewers: to deactivate, to reactivate, to erase.

Nothing here shows or changes how somebody signs in, and reviewers do not get here (A7, N11).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from accounts.forms.people import SuccessorForm
from accounts.models import Membership, Person
from accounts.reviewers import SUPERVISE, SUPERVISE_PEOPLE, may
from accounts.transitions import people
from core.db import matching
from core.errors import Conflict
from core.web.desk_pages import SHOWN, DeskAdmin
from core.web.formats import day, minute, short_day
from core.web.forms import apply, posted, status_of
from core.web.templatetags.ui import status_pill


@dataclass(frozen=True)
class Act:
    name: str
    run: Callable[..., Any]
    states: tuple[str, ...]
    label: str
    done: str
    text: str
    consequences: tuple[str, ...]


ACTS = (
    Act(
        "deactivate",
        people.deactivate_person,
        ("active",),
        "Deactivate",
        "is deactivated now",
        "The account can be reactivated.",
        (
            "Every session ends at once, and nobody can sign in with this account.",
            "Memberships and assignments stay, but count for nothing.",
            "The person gets a mail.",
        ),
    ),
    Act(
        "reactivate",
        people.reactivate_person,
        ("deactivated",),
        "Reactivate",
        "is active again",
        "Everything counts again as before.",
        ("The person can sign in again, and gets a mail.",),
    ),
    Act(
        "erase",
        people.erase_person,
        ("active", "deactivated"),
        "Erase",
        "is erased now",
        "This cannot be undone, and nobody is told.",
        (
            "Name, addresses and identity documents are deleted everywhere.",
            "Every session, membership and assignment ends at once.",
            "History keeps an alias in the person's place.",
            "Whoever signs up with the address later inherits nothing.",
        ),
    ),
)


def state_of(person: Any) -> str:
    if person.erased_at:
        return "erased"
    return "active" if person.is_active else "deactivated"


class PersonAdmin(DeskAdmin):
    list_display = ("name", "email", "state", "joined")
    ordering: ClassVar = ("-id",)
    search_fields = ("email", "name")
    search_help_text = "Part of the address or of the name"

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request.user, SUPERVISE_PEOPLE)

    def matching(self, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        return matching(rows, term)

    @staticmethod
    def state(person: Person) -> str:
        word = state_of(person)
        return status_pill({"deactivated": "suspended", "erased": "removed"}.get(word, word), word)

    @staticmethod
    def joined(person: Person) -> str:
        return short_day(person.created_at)

    def desk_urls(self) -> list[tuple[str, Any, str]]:
        acts = [(f"<int:pk>/{act.name}/", partial(self.act, act=act), act.name) for act in ACTS]
        return [("<int:pk>/change/", self.page, "change"), *acts]

    def page(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._page(request, self.find(request, pk))

    def _page(
        self, request: HttpRequest, person: Person, *, alert: str = "", status: int = 200
    ) -> HttpResponse:
        state = state_of(person)
        mine = person.pk == request.user.pk
        blocked = "This is your own account: another operator has to do it." if mine else ""
        if person.is_staff and not may(request.user, SUPERVISE):
            blocked = "This person works at the desk: only lead reviewers can do this."
        rows = Membership.objects.live().filter(user=person).select_related("organization")
        facts = [
            ("Name", person.name),
            ("Address", person.email),
            ("Account since", day(person.created_at)),
        ]
        if person.erased_at:
            facts.append(("Erased", minute(person.erased_at)))
        return self.desk_page(
            request,
            "detail",
            person.name,
            status=status,
            person=person,
            state=self.state(person),
            alert=alert,
            blocked=blocked,
            acts=[
                (act.label, _url(act, person.pk))
                for act in ACTS
                if state in act.states and not blocked
            ],
            facts=facts,
            memberships=rows.order_by("organization__search_key", "id")[:SHOWN],
            may_see_accounts=request.user.has_perm("accounts.view_organization"),
        )

    def act(self, request: HttpRequest, pk: int, *, act: Act) -> HttpResponse:
        person = self.find(request, pk)
        if person.pk == request.user.pk:
            raise PermissionDenied
        form = SuccessorForm(person, posted(request))
        if act.name == "reactivate":
            form.fields.clear()
        try:
            if form.is_valid() and apply(form, lambda: _run(request, act, person, form)):
                messages.success(request, f"{person.name} {act.done}.")
                return redirect("admin:accounts_person_changelist")
        except Conflict as error:
            person.refresh_from_db()
            return self._page(request, person, alert=error.message, status=error.status)
        return self.desk_page(
            request,
            "act",
            f"{act.label}: {person.name}",
            status=status_of(form),
            person=person,
            act=act,
            form=form,
            cancel_url=reverse("admin:accounts_person_change", args=[pk]),
            organizations=form.organizations if form.fields else [],
        )


def _run(request: HttpRequest, act: Act, person: Person, form: SuccessorForm) -> Any:
    more = {} if act.name == "reactivate" else {"successors": form.successors()}
    return act.run(by=request.user, person=person, **more)


def _url(act: Act, pk: int) -> str:
    return reverse(f"admin:accounts_person_{act.name}", args=[pk])
