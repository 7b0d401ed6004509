"""Mails of this app: one function for each message; the caller's transaction carries it."""

from connections.emails import (
    approvals,
    assignments,
    connections,
    invitations,
    pauses,
    renewals,
    requests,
    reviews,
)
from connections.emails.approvals import approval_changed_drafts

__all__ = [
    "approval_changed_drafts",
    "approvals",
    "assignments",
    "connections",
    "invitations",
    "pauses",
    "renewals",
    "requests",
    "reviews",
]
