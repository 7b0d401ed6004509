"""Addresses of this app outside of the portals."""

from django.urls import path, register_converter

from accounts.invitations import views as invitations
from accounts.views import (
    employees,
    factor_resets,
    identity,
    organizations,
    refusals,
    second_factors,
    sessions,
    sign_ups,
    time_zones,
)


class TokenConverter:
    """Whatever stands in a token's place; a public id is no token, it names an answer page."""

    regex = r"(?![0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/)[^/]+"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(TokenConverter, "token")

urlpatterns = [
    path("start/", organizations.start, name="start"),
    *(
        path(f"start/{door.kind}/", organizations.register, {"door": door}, name=door.url_name)
        for door in organizations.DOORS
    ),
    path("start/provider/ask/", organizations.provider_ask, name="provider-ask"),
    path("start/provider/hint/", organizations.registration_hint, name="registration-hint"),
    path("start/drafts/<uuid:public_id>/", organizations.provider_draft, name="provider-draft"),
    path(
        "start/drafts/<uuid:public_id>/activate/",
        organizations.provider_draft_activate,
        name="provider-draft-activate",
    ),
    path(
        "start/drafts/<uuid:public_id>/close/",
        organizations.provider_draft_close,
        name="provider-draft-close",
    ),
    path("identity/", identity.identity, name="identity"),
    path(
        "identity/documents/<uuid:public_id>/",
        identity.identity_document,
        name="identity-document",
    ),
    path("start/forget/", sign_ups.forget, name="sign-up-forget"),
    path("sessions/<int:pk>/end/", sessions.end, name="session-end"),
    path("time-zone/", time_zones.of_person, name="time-zone"),
    path("second-factor/", second_factors.second_factor, name="second-factor"),
    path("second-factor/lost/", factor_resets.lost, name="second-factor-lost"),
    path("invitations/", invitations.current, name="invitation-current"),
    path("invitations/switch/", invitations.switch, name="invitation-switch"),
    path("invitations/set-aside/", invitations.set_aside, name="invitation-set-aside"),
    path("invitations/refused/", refusals.own, name="refusals"),
    path("invitations/refused/<int:pk>/lift/", refusals.lift_own, name="refusal-lift"),
    path(
        "invitations/employee/<uuid:public_id>/", employees.invitation, name="employee-invitation"
    ),
    path(
        "invitations/employee/<uuid:public_id>/accept/",
        employees.accept,
        name="employee-invitation-accept",
    ),
    path(
        "invitations/employee/<uuid:public_id>/decline/",
        employees.decline,
        name="employee-invitation-decline",
    ),
    path(
        "invitations/<slug:purpose>/<uuid:public_id>/ask/", invitations.ask, name="invitation-ask"
    ),
    path("invitations/<str:purpose>/<token:token>/", invitations.open_link, name="invitation-open"),
]
