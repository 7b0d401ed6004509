"""Addresses of many invitations at once, alike in every portal."""

from django.urls import URLPattern, path

from accounts.invitations.batches import views

_START = "invite-several/<slug:purpose>"
_LIST = f"{_START}/<uuid:public_id>"

urlpatterns: list[URLPattern] = [
    path(f"{_START}/", views.start, name="invite-start"),
    path(f"{_LIST}/", views.show, name="invite-list"),
    path(f"{_LIST}/confirm/", views.confirm, name="invite-confirm"),
    path(f"{_LIST}/rows/", views.choose, name="invite-rows"),
    path(f"{_LIST}/discard/", views.discard, name="invite-discard"),
    path(f"{_LIST}/to-mend/", views.wrong_rows, name="invite-wrong"),
]
