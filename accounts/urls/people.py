"""Addresses of an organization's people, alike in every portal."""

from django.urls import URLPattern, path

from accounts.views import people, refusals


def people_urls(name: str) -> list[URLPattern]:
    """The patterns below `name` ("employees"), which also names the list page itself."""
    return [
        path(f"{name}/", people.people_page, name=name),
        path(f"{name}/<uuid:public_id>/", people.member, name="member"),
        path(f"{name}/<uuid:public_id>/suspend/", people.suspend, name="member-suspend"),
        path(f"{name}/<uuid:public_id>/resume/", people.resume, name="member-resume"),
        path(f"{name}/<uuid:public_id>/vouch/", people.vouch, name="member-vouch"),
        path(f"{name}/<uuid:public_id>/remove/", people.remove, name="member-remove"),
        path(f"{name}/<uuid:public_id>/hand-over/", people.hand_over, name="member-hand-over"),
        *people.EmployeeActs().urls(f"{name}/invitations/<uuid:public_id>", "employee"),
        path("refusals/", refusals.of_account, name="refusals"),
        path("refusals/<int:pk>/lift/", refusals.lift_of_account, name="refusal-lift"),
        path("leave/", people.leave, name="leave"),
    ]
