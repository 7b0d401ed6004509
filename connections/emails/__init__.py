"""Mails of this app: one function for each message; the caller's transaction carries it."""

from connections.emails.approvals import approval_changed_drafts
from connections.emails.assignments import assignments_changed, many_assignments_changed
from connections.emails.connections import (
    connection_ended,
    connection_ending,
    connection_started,
    roles_changed,
    roles_ended,
)
from connections.emails.invitations import (
    connection_invitation_expired,
    connection_invitation_rejected,
    connection_invitation_sent,
    partner_link_declined,
    partner_link_expiring,
    partner_link_sent,
)
from connections.emails.pausing import (
    connection_pause_moved,
    connection_paused,
    connection_resumed,
)
from connections.emails.renewals import (
    renewal_agreed,
    renewal_declined,
    renewal_proposed,
    renewal_withdrawn,
)
from connections.emails.requests import (
    request_consented,
    request_lapsed,
    request_refused,
    request_withdrawn,
    roles_requested,
)
from connections.emails.reviews import review_opened, review_waiting

__all__ = [
    "approval_changed_drafts",
    "assignments_changed",
    "connection_ended",
    "connection_ending",
    "connection_invitation_expired",
    "connection_invitation_rejected",
    "connection_invitation_sent",
    "connection_pause_moved",
    "connection_paused",
    "connection_resumed",
    "connection_started",
    "many_assignments_changed",
    "partner_link_declined",
    "partner_link_expiring",
    "partner_link_sent",
    "renewal_agreed",
    "renewal_declined",
    "renewal_proposed",
    "renewal_withdrawn",
    "request_consented",
    "request_lapsed",
    "request_refused",
    "request_withdrawn",
    "review_opened",
    "review_waiting",
    "roles_changed",
    "roles_ended",
    "roles_requested",
]
