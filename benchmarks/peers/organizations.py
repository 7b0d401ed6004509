"""django-organizations with its invitations kept in a table, sending to memory.

The package has the form, the check of the inviter, the mail and the page that accepts. Joining them
is left to whoever installs it: its form calls the backend without what this one asks for, its mail
says who sends it by a first and a last name, which our people do not have, and it is not told what
it invites to.
"""

from types import SimpleNamespace
from typing import Any

from django.urls import include, path
from organizations.backends.modeled import ModelInvitation
from organizations.forms import OrganizationUserAddForm
from organizations.views.base import BaseOrganizationUserCreate
from organizations.views.mixins import AdminRequiredMixin


class Backend(ModelInvitation):
    """Sends as the package does, but not into our outbox."""

    def send_invitation(self, invitation: Any, **kwargs: Any) -> Any:
        by = invitation.invited_by
        message = self.email_message(
            invitation.invitee_identifier,
            self.invitation_subject,
            self.invitation_body,
            SimpleNamespace(first_name=by.name, last_name="", email=by.email),
            organization=invitation.organization,
            invitation=invitation.get_absolute_url(),
            **kwargs,
        )
        return message.send(using="memory")


class Form(OrganizationUserAddForm):
    """Invites by the backend above."""

    def save(self, *args: Any, **kwargs: Any) -> Any:
        """The package's form says `sender` where its backend reads `user`."""
        return Backend().invite_by_email(
            self.cleaned_data["email"], self.request.user, self.organization
        )


class Invite(AdminRequiredMixin, BaseOrganizationUserCreate):
    """The package's page for administrators, with that form."""

    form_class = Form


urlpatterns = [
    path("<int:organization_pk>/invite/", Invite.as_view(), name="peer-organization-invite"),
    path("invited/", include(Backend().get_urls())),
    path("", include("organizations.urls")),
]
