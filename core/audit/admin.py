"""History on the desk: to read and to search, never to change."""

from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest

from core.audit import presenters, seals
from core.audit.models import Actor, Event
from core.web.desk_pages import DeskAdmin
from core.web.formats import desk_second


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
        return Event.objects.annotate(actor_name=Subquery(names))

    def matching(self, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        """Whole ids only: each is found by an index."""
        if term.isascii() and term.isdigit() and len(term) < 19:
            return rows.filter(seals.events_of(int(term)))
        try:
            return rows.filter(object_id=str(UUID(term)))
        except ValueError:
            return rows.none()

    @admin.display(description="When (UTC)")
    def when(self, event: Event) -> str:
        return desk_second(event.at)

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
