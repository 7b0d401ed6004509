"""What the pages of this app's desk share."""

from typing import Any

from django.http import Http404, HttpRequest

SHOWN = 20


def find(desk: Any, request: HttpRequest, pk: int) -> Any:
    """The row of a page; Http404 for none, and for people who may not look at such rows."""
    row = desk.get_queryset(request).filter(pk=pk).first()
    if row is None or not desk.has_view_permission(request, row):
        raise Http404
    return row


def frame(desk: Any, request: HttpRequest, title: str, **more: Any) -> dict[str, Any]:
    """The context of a page: what the desk shows around it, its title, and `more`.

    `blocked` in `more` says why this reviewer may look, but not decide.
    """
    around = desk.admin_site.each_context(request)
    own = {"opts": desk.opts, "title": title, "subtitle": None, "alert": "", "blocked": ""}
    return {**around, **own, **more}
