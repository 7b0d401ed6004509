"""Addresses of this app in the Solution Provider Portal."""

from django.urls import URLPattern, path

from connections.views import (
    assignments,
    clients,
    endings,
    plans,
    provider,
    receipts,
    renewals,
    requests,
    unused_rights,
)

LINK = "partner-links/<uuid:public_id>"
INVITATION = "clients/invitations/<uuid:public_id>"
CLIENT = "clients/<uuid:public_id>"

urlpatterns: list[URLPattern] = [
    path(f"{LINK}/", provider.partner_link, name="partner-link"),
    path(f"{LINK}/answer/", provider.partner_link_answer, name="partner-link-answer"),
    path(f"{LINK}/decline/", provider.partner_link_decline, name="partner-link-decline"),
    path("clients/", clients.client_list, name="clients"),
    path("clients/unused/", unused_rights.unused_rights, name="clients-unused"),
    path("clients/unused/<uuid:public_id>/", unused_rights.lower_role, name="client-unused-role"),
    path(
        "clients/unused/<uuid:public_id>/<uuid:person_id>/",
        unused_rights.lower_person,
        name="client-unused-person",
    ),
    path("clients/invitations/", clients.client_invitations, name="client-invitations"),
    path("clients/assignments/", assignments.overview, name="assignments"),
    path("clients/assignments/many/", plans.assign_many, name="assignments-bulk"),
    path("clients/assignments/copy/", plans.copy_assignments, name="assignments-copy"),
    path(f"{INVITATION}/", provider.client_invitation, name="client-invitation"),
    *provider.InvitationActs().urls(INVITATION, "client-invitation"),
    path(f"{CLIENT}/", clients.client, name="client"),
    path(f"{CLIENT}/roles/", clients.client_roles, name="client-roles"),
    path(f"{CLIENT}/assignments/", assignments.client_assignments, name="client-assignments"),
    path(f"{CLIENT}/request/", requests.client_request, name="client-request"),
    path(
        f"{CLIENT}/request/withdraw/",
        requests.client_request_withdraw,
        name="client-request-withdraw",
    ),
    path(f"{CLIENT}/renewal/", renewals.renewal, name="client-renewal"),
    path(f"{CLIENT}/renewal/agree/", renewals.renewal_agree, name="client-renewal-agree"),
    path(f"{CLIENT}/renewal/decline/", renewals.renewal_decline, name="client-renewal-decline"),
    path(f"{CLIENT}/renewal/withdraw/", renewals.renewal_withdraw, name="client-renewal-withdraw"),
    path(f"{CLIENT}/end/", endings.connection_end, name="client-end"),
    path(f"{CLIENT}/receipt/", receipts.receipt, name="client-receipt"),
    path(f"{CLIENT}/after/", receipts.off_boarding, name="client-offboarding"),
    path(
        "employees/<uuid:public_id>/clients/", assignments.employee_clients, name="employee-clients"
    ),
]
