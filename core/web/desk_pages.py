"""What the reviewers' desk has in common: lists to read, and pages of our own to decide on.

The admin's own forms are not used: nothing is added, edited or deleted here (A7). Lists
count up to a cap, sort one way, and let no lookup through but the filters they show.
"""

from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.views.main import PAGE_VAR, ChangeList
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from core.web import pagination
from core.web.pagination import capped_count, paginate
from core.web.templatetags.ui import status_pill

# How many rows a list on a page of our own has at most.
SHOWN = 20


class DeskRequest(HttpRequest):
    """A request on the desk: somebody is signed in."""

    user: Any


class KeysetList(ChangeList):
    """A list that is leafed through to its end by key, and counted no further than the cap."""

    def get_results(self, request: HttpRequest) -> None:
        order: Any = self.model_admin.ordering
        self.result_count = capped_count(self.queryset)
        page = paginate(
            self.queryset,
            request,
            order=order,
            size=self.list_per_page,
            parameter=PAGE_VAR,
        )
        self.result_list, self.page = page.items, page
        self.full_result_count, self.show_full_result_count = None, False
        self.can_show_all = self.multi_page = self.show_admin_actions = False

    @property
    def counted(self) -> str:
        """How many there are, in words: "1,000+" beyond the cap."""
        if self.result_count > pagination.COUNT_CAP:
            return f"{pagination.COUNT_CAP:,}+"
        return f"{self.result_count:,}"


class ChoiceFilter(admin.SimpleListFilter):
    """By one of the fixed values of the column `parameter_name`."""

    options: ClassVar[Sequence[tuple[Any, Any]]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[Any, Any]]:
        return self.options

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        column = str(self.parameter_name)
        return queryset.filter(**{column: self.value()}) if self.value() else queryset


class QueueFilter(admin.SimpleListFilter):
    """What waits is shown first, under the name `queued`; everything else on demand."""

    queue: ClassVar[Sequence[str]]
    queued: ClassVar[str]
    options: ClassVar[Sequence[tuple[Any, Any]]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[Any, Any]]:
        return [("all", "All"), *self.options]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        return [first | {"display": self.queued}, *others]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "all":
            return queryset
        return queryset.filter(status__in=self.queue if self.value() is None else [self.value()])


class DeskAdmin(admin.ModelAdmin):
    """A list that can only be looked at; subclasses add pages in desk_urls(). The last name of
    `ordering` is unique, and none of its columns is empty: pages go on by them."""

    actions = None
    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    sortable_by = ()

    def _never(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    has_add_permission = has_change_permission = has_delete_permission = _never

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whether the desk's start page shows the list: to whoever may look at it."""
        return self.has_view_permission(request)

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """From the address only what a filter of the list reads itself."""
        return any(getattr(item, "parameter_name", "") == lookup for item in self.list_filter)

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[ChangeList]:
        return KeysetList

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        title = str(self.opts.verbose_name_plural).capitalize()
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def desk_urls(self) -> list[tuple[str, Any, str]]:
        """(path, view taking request, name's ending) of the subclass's own pages."""
        return []

    def matching(self, rows: QuerySet[Any], term: str) -> QuerySet[Any] | None:
        """The rows that `term` finds, where that is not a word anywhere in the search fields."""
        return None

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        found = self.matching(queryset, term) if term else queryset
        if found is None:
            return super().get_search_results(request, queryset, search_term)
        return found, False

    @admin.display(description="State")
    def state(self, row: Any) -> str:
        return status_pill(row.status, row.get_status_display())

    def find(self, request: HttpRequest, pk: int, rows: QuerySet[Any] | None = None) -> Any:
        """The row of a page, out of `rows` or of the list. Raises Http404 for none, and for people
        who may not look at such rows."""
        rows = self.get_queryset(request) if rows is None else rows
        row = rows.filter(pk=pk).first()
        if row is None or not self.has_view_permission(request, row):
            raise Http404
        return row

    def desk_page(
        self,
        request: HttpRequest,
        template: str,
        title: str,
        *,
        status: int = HTTPStatus.OK,
        **context: Any,
    ) -> HttpResponse:
        """A page that extends admin/desk_page.html; `template` is its name without folder and end.
        `alert` in the context says what was refused, `typed` what was entered in vain, `blocked`
        why this reviewer may look, but not decide."""
        around = self.admin_site.each_context(request)
        own = {"opts": self.opts, "title": title, "subtitle": None}
        own |= {"alert": "", "typed": (), "blocked": ""}
        name = f"admin/{self.opts.app_label}/{self.opts.model_name}/{template}.html"
        return TemplateResponse(request, name, {**around, **own, **context}, status=status)

    def get_urls(self) -> list[URLPattern]:
        start = f"{self.opts.app_label}_{self.opts.model_name}"
        pages = [("", self.changelist_view, "changelist"), *self.desk_urls()]
        return [
            path(route, self.admin_site.admin_view(view), name=f"{start}_{name}")
            for route, view, name in pages
        ]
