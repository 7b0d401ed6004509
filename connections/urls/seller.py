"""Addresses of this app in Seller Central."""

from django.urls import URLPattern, path

from connections.views import (
    endings,
    links,
    receipts,
    renewals,
    requests,
    reviews,
    seller,
    unused_rights,
)

LINK = "partners/links/<uuid:public_id>"
INVITATION = "partners/invitations/<uuid:public_id>"
CONNECTION = "partners/<uuid:public_id>"

urlpatterns: list[URLPattern] = [
    path("partners/", seller.partners, name="partners"),
    path("partners/add/", links.partner_add, name="partner-add"),
    path("partners/unused/", unused_rights.unused_rights, name="partners-unused"),
    path("partners/unused/<uuid:public_id>/", unused_rights.lower_role, name="partner-unused-role"),
    path("partners/reviews/", reviews.partner_reviews, name="partner-reviews"),
    path("partners/links/", links.partner_links, name="partner-links"),
    path(f"{LINK}/", links.partner_link, name="partner-link"),
    path(f"{LINK}/send/", links.partner_link_send, name="partner-link-send"),
    *links.ACTS.urls(LINK, "partner-link"),
    path(f"{LINK}/renew/", links.partner_link_renew, name="partner-link-renew"),
    path(f"{LINK}/roles/", links.partner_link_roles, name="partner-link-roles"),
    path(f"{INVITATION}/", seller.connection_accept, name="connection-accept"),
    path(f"{INVITATION}/reject/", seller.connection_reject, name="connection-reject"),
    path(f"{CONNECTION}/", seller.connection, name="connection"),
    path(f"{CONNECTION}/roles/", seller.connection_roles, name="connection-roles"),
    path(f"{CONNECTION}/request/", requests.connection_request, name="connection-request"),
    path(
        f"{CONNECTION}/request/refuse/",
        requests.connection_request_refuse,
        name="connection-request-refuse",
    ),
    path(f"{CONNECTION}/renewal/", renewals.renewal, name="connection-renewal"),
    path(f"{CONNECTION}/renewal/agree/", renewals.renewal_agree, name="connection-renewal-agree"),
    path(
        f"{CONNECTION}/renewal/decline/",
        renewals.renewal_decline,
        name="connection-renewal-decline",
    ),
    path(
        f"{CONNECTION}/renewal/withdraw/",
        renewals.renewal_withdraw,
        name="connection-renewal-withdraw",
    ),
    path(f"{CONNECTION}/pause/", endings.connection_pause, name="connection-pause"),
    path(f"{CONNECTION}/pause/day/", endings.connection_pause_day, name="connection-pause-day"),
    path(f"{CONNECTION}/resume/", endings.connection_resume, name="connection-resume"),
    path(f"{CONNECTION}/end/", endings.connection_end, name="connection-end"),
    path(f"{CONNECTION}/receipt/", receipts.receipt, name="connection-receipt"),
    path(f"{CONNECTION}/after/", receipts.off_boarding, name="connection-offboarding"),
    path(f"{CONNECTION}/review/", reviews.connection_review, name="connection-review"),
]
