"""The kinds of mail this app sends, in the groups that people can switch."""

from collections.abc import Mapping

from django.utils.translation import gettext_noop as _

from core.outbox.kinds import ANSWERS, INVITATIONS, REMINDERS, SECURITY, Group

KINDS: Mapping[Group, Mapping[str, str]] = {
    SECURITY: {
        "connections.connection_started": "Connection started",
        "connections.connection_roles": "Granted roles changed",
        "connections.connection_pause_moved": "Connection paused until another day",
        "connections.connection_paused": "Connection paused",
        "connections.connection_resumed": "Connection resumed",
        "connections.connection_roles_ended": "Granted roles ended",
        "connections.connection_renewed": "Connection renewed",
        "connections.connection_ended": "Connection ended",
        "connections.role_request_answered": "Request for roles answered",
        "connections.assignment_changed": "What you may do for a client changed",
        "connections.approval_lowered": "Partner's approval lowered",
        "connections.approval_revoked": "Partner's approval revoked",
        "connections.approval_lapsed": "Partner's approval lapsed",
        "connections.approval_restored": "Partner's approval restored",
    },
    INVITATIONS: {
        "connections.partner_link_sent": "Partner link",
        "connections.invitation_sent": "Provider's invitation to a seller",
        "connections.role_request_requested": "Request for more roles",
        "connections.renewal_proposed": "Later end date proposed",
    },
    ANSWERS: {
        "connections.partner_link_declined": "Partner link declined",
        "connections.invitation_rejected": "Invitation to a seller rejected",
        "connections.invitation_expired": "Invitation to a seller expired",
        "connections.role_request_withdrawn": "Request for more roles withdrawn",
        "connections.role_request_lapsed": "Request for more roles lapsed",
        "connections.renewal_declined": "Later end date declined",
        "connections.renewal_withdrawn": "Proposed end date taken back",
    },
    REMINDERS: {
        "connections.partner_link_expiring": "Partner link about to expire",
        "connections.connection_ends": "Connection ends soon",
        "connections.connection_roles_end": _("Granted roles end soon"),
        "connections.connection_pause_ends": _("Pause ends soon"),
        "connections.role_request_ends": _("Request for more roles about to lapse"),
        "connections.review_opened": "Yearly review of a partner",
        "connections.review_waiting": "Review of a partner is due",
        "connections.approval_lapsing": "Partner's approval ends soon",
    },
}
# What announces an end goes even to those who are out of it: core.outbox.objections.
ENDS = frozenset(
    {
        "connections.approval_lapsed",
        "connections.approval_revoked",
        "connections.connection_ended",
        "connections.connection_roles_ended",
    }
)
