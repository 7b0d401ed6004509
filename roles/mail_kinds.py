"""The kinds of mail this app sends, in the groups that people can switch."""

from collections.abc import Mapping

from django.utils.translation import gettext_noop as _

from core.outbox.kinds import APPLICATIONS, REMINDERS, REVIEWS, SECURITY, Group

KINDS: Mapping[Group, Mapping[str, str]] = {
    APPLICATIONS: {
        "roles.application_submitted": "Application submitted",
        "roles.application_information_requested": "Question of a reviewer",
        "roles.application_decided": "Application decided",
        "roles.application_lapsed": "Application lapsed",
    },
    SECURITY: {
        "roles.approved_role_lowered": "Approved role lowered",
        "roles.approved_role_revoked": "Approved role revoked",
        "roles.approved_role_restored": "Approved role restored",
        "roles.approved_role_lapsed": "Approved roles lapsed",
    },
    REMINDERS: {
        "roles.approved_role_lapsing": "Approved roles end soon",
        "roles.application_answer_due": _("Question of a reviewer still waits"),
    },
    REVIEWS: {"roles.reviews_waiting": "What waits for review"},
}
# What announces an end goes even to those who are out of it: core.outbox.objections.
ENDS = frozenset({"roles.approved_role_lapsed", "roles.approved_role_revoked"})
