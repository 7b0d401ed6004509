"""History on the desk: to read and to search, never to change."""

from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest

from core.audit import objects, presenters, seals
from core.audit.models import Actor, Event
from core.web.desk_pages import DeskAdmin
from core.web.formats import second

LOOK, LOOK_AT_OWN = "audit.view_event", "audit.view_own_event"
DOCUMENTS = "audit.view_document_event"


@admin.register(Event)
class EventAdmin(DeskAdmin):
    list_display = (
        "when",
        "actor",
        "what",
        "object_type",
        "object_id",
        "values",
        "organization_id",
    )
    list_display_links = None
    ordering: ClassVar = ("-id",)
    search_fields = ("object_id", "organization_id")
    search_help_text = "Public id of an object, or number of an organization."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        names = Actor.objects.filter(ref=OuterRef("actor_ref")).values("name")[:1]
        return self._visible(request).annotate(actor_name=Subquery(names))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        user: Any = request.user
        return bool(user.has_perm(LOOK) or user.has_perm(LOOK_AT_OWN))

    def _visible(self, request: HttpRequest) -> QuerySet[Any]:
        """All, without documents, or what happened to the cases in which the person has acted."""
        user: Any = request.user
        rows = Event.objects.all()
        if not user.has_perm(LOOK):
            mine = Actor.objects.filter(user=user).values("ref")
            cases = Event.objects.filter(object_type__in=objects.CASES)
            acted = cases.filter(actor_ref__in=mine).values("object_id")
            return cases.filter(object_id__in=acted)
        if not user.has_perm(DOCUMENTS):
            rows = rows.exclude(object_type__in=objects.DOCUMENTS)
        return rows

    def matching(self, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        """Whole ids only: each is found by an index."""
        if term.isascii() and term.isdigit() and len(term) < 19:
            return rows.filter(seals.events_of(int(term)))
        try:
            return rows.filter(object_id=str(UUID(term)))
        except ValueError:
            return rows.none()

    @admin.display(description="When")
    def when(self, event: Event) -> str:
        return second(event.at)

    @admin.display(description="Who")
    def actor(self, event: Any) -> str:
        """The person, or PartnerHub itself; erased people have no name any more."""
        if event.actor_ref is None:
            return "PartnerHub"
        return event.actor_name or "Somebody"

    @admin.display(description="What")
    def what(self, event: Event) -> str:
        return presenters.sentence_for(event.verb)

    @admin.display(description="Values")
    def values(self, event: Event) -> str:
        return presenters.detail(event)
