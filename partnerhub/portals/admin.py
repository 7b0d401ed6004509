"""What people said about the help pages, on the desk: to read."""

from typing import Any, ClassVar

from django.contrib import admin
from django.utils.html import format_html

from core.web.desk_pages import ChoiceFilter, DeskAdmin
from core.web.formats import short_minute
from partnerhub.portals.help import PAGES
from partnerhub.portals.models import HelpFeedback


class PageFilter(ChoiceFilter):
    title = "page"
    parameter_name = "page_name"
    options = tuple(PAGES.items())

    def queryset(self, request: Any, queryset: Any) -> Any:
        return queryset.filter(page=self.value()) if self.value() else queryset


class AnswerFilter(ChoiceFilter):
    title = "answer"
    parameter_name = "helpful"
    options = (("1", "It helped"), ("0", "It did not help"))


@admin.register(HelpFeedback)
class HelpFeedbackAdmin(DeskAdmin):
    """Answers, newest first; who gave one is not shown: it is no support case (S1.19)."""

    list_display = ("answered", "page_title", "answer", "words")
    list_display_links = None
    list_filter = (AnswerFilter, PageFilter)
    ordering: ClassVar = ("-id",)

    @admin.display(description="When")
    def answered(self, feedback: HelpFeedback) -> str:
        return short_minute(feedback.created_at)

    @admin.display(description="Page")
    def page_title(self, feedback: HelpFeedback) -> str:
        return PAGES.get(feedback.page, feedback.page)

    @admin.display(description="Did it help?")
    def answer(self, feedback: HelpFeedback) -> str:
        return "Yes" if feedback.helpful else "No"

    @admin.display(description="In their words")
    def words(self, feedback: HelpFeedback) -> str:
        return format_html("<bdi>{}</bdi>", feedback.text)
