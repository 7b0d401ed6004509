"""Role applications on the desk: the queue, the page of one, and each step on it (U24)."""

from collections.abc import Callable, Mapping
from functools import partial, wraps
from http import HTTPStatus
from typing import Any, ClassVar

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.html import format_html
from django.views.decorators.http import require_safe

from core import clock
from core.errors import Conflict, Invalid
from core.web.access import Level
from core.web.desk_pages import DeskRequest
from core.web.formats import ago, day, ending
from core.web.forms import apply, status_of, typed
from core.web.templatetags.ui import status_pill
from roles.admin import pages
from roles.admin.filters import AgeFilter, CategoryFilter, MineFilter, WaitingFilter
from roles.forms import DecisionForm, MessageForm, RefusalForm, SeenForm
from roles.models import ApplicationLine, RoleApplication
from roles.permissions import why_not_decide
from roles.reads import applications
from roles.reads.availability import approved_levels
from roles.states import ApplicationStatus, LineDecision
from roles.transitions import decisions

# What was typed on the page: into the question, or into one of a line's forms.
QUESTION = (0, "question")
Forms = Mapping[tuple[int, str], Form]


def _lines(**lookup: Any) -> Coalesce:
    """How many lines of an application match, as a subquery: filters on lines multiply nothing."""
    rows = ApplicationLine.objects.filter(application=OuterRef("pk"), **lookup).order_by()
    return Coalesce(Subquery(rows.values("application").annotate(n=Count("pk")).values("n")), 0)


@admin.register(RoleApplication)
class RoleApplicationAdmin(pages.ReviewAdmin):
    list_display = ("firm", "category", "state", "age", "promised", "restricted")
    list_display_links = ("firm",)
    list_filter = (WaitingFilter, MineFilter, AgeFilter, CategoryFilter)
    search_fields = ("provider",)
    search_help_text = pages.SEARCH_HELP
    ordering: ClassVar = ("submitted_at", "id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return (
            RoleApplication.objects.submitted()
            .with_list_data()
            .annotate(
                restricted_lines=_lines(role__restricted_because__gt=""),
                awaiting_lines=_lines(decision=LineDecision.AWAITING_SECOND),
            )
        )

    def matching(self, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        return rows.filter(pages.about(term))

    def desk_urls(self) -> list[tuple[str, Any, str]]:
        steps = (self.start, self.ask, self.finish)
        on_lines = (self.decide, self.agree, self.refuse, self.reopen)
        return [
            ("<int:pk>/change/", require_safe(self.page), "change"),
            *((f"<int:pk>/{do.__name__}/", _step(self, do), do.__name__) for do in steps),
            *(
                (f"<int:pk>/lines/<int:line>/{do.__name__}/", _step(self, do), do.__name__)
                for do in on_lines
            ),
        ]

    @admin.display(description="Age")
    def age(self, row: RoleApplication) -> str:
        return format_html('<span class="nowrap">{}</span>', ago(applications.start_of(row)))

    @admin.display(description="Promised by")
    def promised(self, row: RoleApplication) -> str:
        due = format_html('<span class="nowrap">{}</span>', applications.promised_by(row))
        late = applications.is_late(row)
        return format_html("{} {}", due, status_pill("failed", "Late")) if late else due

    @admin.display(description="Restricted")
    def restricted(self, row: Any) -> str:
        if not row.awaiting_lines:
            return str(row.restricted_lines or "")
        pill = status_pill("waiting", f"{row.awaiting_lines} awaits second")
        return format_html("{} {}", row.restricted_lines, pill)

    def page(self, request: DeskRequest, pk: int) -> HttpResponse:
        return self._page(request, self.find(request, pk), {})

    def _page(
        self, request: DeskRequest, application: RoleApplication, forms: Forms, **context: Any
    ) -> HttpResponse:
        application.refresh_from_db(
            fields=["status", "review_due_at", "answer_due_at", "decided_at"]
        )
        provider = application.provider
        rows = application.lines.select_related("role", "decided_by", "seconded_by")
        lines = list(rows)
        blocked = why_not_decide(
            request.user, provider_id=provider.pk, category_id=application.category_id
        )
        in_review = application.status == ApplicationStatus.IN_REVIEW
        may_decide = in_review and not blocked
        held = approved_levels(provider, clock.now())
        return self.desk_page(
            request,
            "review",
            f"{provider.name}: {application.category.title}",
            **context,
            application=application,
            blocked=blocked,
            late=applications.is_late(application),
            dates=_dates(application),
            facts=pages.provider_facts(provider),
            warnings=pages.name_warnings(provider),
            desks=pages.line_desks(
                lines, request.user, may_decide=may_decide, held=held, bound=forms
            ),
            thread=applications.thread(
                application.messages.select_related("author"), for_reviewers=True
            ),
            question=forms.get(QUESTION) or _question_form(),
            preview=pages.mail_preview(application, lines),
            stands=[("seen", decisions.lines_seen(lines))],
            history=pages.history_of(application),
            can_start=application.status == ApplicationStatus.SUBMITTED and not blocked,
            may_decide=may_decide,
        )

    def _line(self, request: DeskRequest, pk: int, line: int) -> ApplicationLine:
        application = self.find(request, pk)
        rows = ApplicationLine.objects.select_related("role").filter(application=application)
        found: ApplicationLine = get_object_or_404(rows, pk=line)
        found.application = application
        return found

    def _step(
        self,
        request: DeskRequest,
        application: RoleApplication,
        action: Callable[[], object],
        done: str,
        form: Form | None = None,
        key: tuple[int, str] = QUESTION,
    ) -> HttpResponse:
        """Take a step; a refusal shows the page as it stands now, with what was typed."""
        try:
            if form is None:
                action()
            elif not form.is_valid() or not apply(form, action):
                status, told = status_of(form), {}
                if status == HTTPStatus.CONFLICT:
                    # The form may have no place on the page any more: what was typed is shown.
                    told = {
                        "alert": " ".join(map(str, form.non_field_errors())),
                        "typed": typed(form),
                    }
                return self._page(request, application, {key: form}, status=status, **told)
        except (Conflict, Invalid) as error:
            return self._page(request, application, {}, alert=error.message, status=error.status)
        messages.success(request, done)
        return redirect("admin:roles_roleapplication_change", application.pk)

    def start(self, request: DeskRequest, pk: int) -> HttpResponse:
        row = self.find(request, pk)
        action = partial(decisions.start_review, application=row, by=request.user)
        return self._step(request, row, action, "The review has started.")

    def ask(self, request: DeskRequest, pk: int) -> HttpResponse:
        row, form = self.find(request, pk), _question_form(request.POST)
        return self._step(
            request,
            row,
            lambda: decisions.request_information(
                application=row, text=form.cleaned_data["text"], by=request.user
            ),
            "The question is on its way.",
            form,
        )

    def finish(self, request: DeskRequest, pk: int) -> HttpResponse:
        row = self.find(request, pk)
        seen = request.POST.get("seen", "")
        action = partial(decisions.finish_application, application=row, by=request.user, seen=seen)
        return self._step(request, row, action, "Decided. The provider's administrators are told.")

    def decide(self, request: DeskRequest, pk: int, line: int) -> HttpResponse:
        row = self._line(request, pk, line)
        form = DecisionForm(request.POST, line=row)

        def action() -> ApplicationLine:
            data = form.cleaned_data
            return decisions.decide_line(
                line=row,
                level=Level(data["level"]),
                reason=data["reason"],
                note=data["note"],
                by=request.user,
            )

        done = f"{row.role.name}: recorded."
        return self._step(request, row.application, action, done, form, (row.pk, "decide"))

    def agree(self, request: DeskRequest, pk: int, line: int) -> HttpResponse:
        row = self._line(request, pk, line)
        action = partial(
            decisions.second_line, line=row, seen_level=_seen(request), agree=True, by=request.user
        )
        done = f"{row.role.name}: approved by two reviewers."
        return self._step(request, row.application, action, done)

    def refuse(self, request: DeskRequest, pk: int, line: int) -> HttpResponse:
        row = self._line(request, pk, line)
        form = RefusalForm(request.POST, line=row)

        def action() -> ApplicationLine:
            data = form.cleaned_data
            return decisions.second_line(
                line=row,
                seen_level=_seen(request),
                agree=False,
                reason=data["reason"],
                note=data["note"],
                by=request.user,
            )

        done = f"{row.role.name}: refused."
        return self._step(request, row.application, action, done, form, (row.pk, "refuse"))

    def reopen(self, request: DeskRequest, pk: int, line: int) -> HttpResponse:
        row = self._line(request, pk, line)
        seen = request.POST.get("seen", "")
        action = partial(decisions.reopen_line, line=row, by=request.user, seen=seen)
        return self._step(request, row.application, action, f"{row.role.name}: open again.")


def _step(
    desk: RoleApplicationAdmin, do: Callable[..., HttpResponse]
) -> Callable[..., HttpResponse]:
    """A step that is posted. A refusal is told on the page, under the step's address: reloaded,
    it leads to the page."""

    @wraps(do)
    def answer(request: DeskRequest, pk: int, **names: int) -> HttpResponse:
        if request.method == "POST":
            return do(request, pk, **names)
        desk.find(request, pk)
        return redirect("admin:roles_roleapplication_change", pk)

    return answer


def _dates(application: RoleApplication) -> list[tuple[str, str]]:
    dates = [
        (
            "Handed in",
            (f"{day(application.submitted_at)} ({ago(applications.start_of(application))})"),
        ),
        ("Promised by", applications.promised_by(application)),
        ("Answer due", ending(application.answer_due_at)),
        ("Decided", day(application.decided_at)),
    ]
    return [(term, value) for term, value in dates if value]


def _question_form(data: Any = None) -> MessageForm:
    days = settings.APPLICATION_ANSWER_DAYS
    return MessageForm(
        data,
        label="Your question",
        help_text=f"Goes to the provider's administrators, who have {days} days. "
        "The review clock rests until they answer.",
    )


def _seen(request: DeskRequest) -> int:
    form = SeenForm(request.POST)
    return form.cleaned_data["seen_level"] if form.is_valid() else 0
