"""Mails of this app: one function for each message; the caller's transaction carries it."""

from connections.emails.approvals import approval_changed_drafts
from connections.emails.connections import (
    assignments_changed,
    connection_ended,
    connection_ending,
    connection_started,
    roles_changed,
)
from connections.emails.invitations import (
    connection_invitation_expired,
    connection_invitation_rejected,
    connection_invitation_sent,
    partner_link_declined,
    partner_link_expiring,
    partner_link_sent,
)
from connections.emails.pausing import connection_paused, connection_resumed

__all__ = [
    "approval_changed_drafts",
    "assignments_changed",
    "connection_ended",
    "connection_ending",
    "connection_invitation_expired",
    "connection_invitation_rejected",
    "connection_invitation_sent",
    "connection_paused",
    "connection_resumed",
    "connection_started",
    "partner_link_declined",
    "partner_link_expiring",
    "partner_link_sent",
    "roles_changed",
]
