"""The kinds of mail this app sends, in the groups that people can switch."""

from collections.abc import Mapping

from django.utils.translation import gettext_noop as _

from core.outbox.kinds import ANSWERS, INVITATIONS, REMINDERS, SECURITY, Group

KINDS: Mapping[Group, Mapping[str, str]] = {
    SECURITY: {
        # Written by the sign-in library, through the outbox's mail backend.
        "account.email_confirmation": "Code to confirm an address",
        "account.login_code": "Code to sign in",
        "account.password_reset_code": "Code for a new password",
        "accounts.account_exists": "Signing up with an address that has an account",
        "accounts.password_changed": "Password changed",
        "accounts.address_changed": "E-mail address changed",
        "accounts.second_factor_changed": "Second factor changed",
        "accounts.new_sign_in": "New sign-in",
        "accounts.factor_reset_code": _("Code for a lost second factor"),
        "accounts.factor_reset_asked": _("Reset of the second factor asked for"),
        "accounts.factor_reset_of_member": _("Colleague lost their second factor"),
        "accounts.factor_reset_ended": _("Reset of the second factor decided"),
        "accounts.identity_submitted": "Identity check received",
        "accounts.identity_verified": "Identity verified",
        "accounts.identity_failed": "Identity not accepted",
        "accounts.identity_expiring": "Identity check ends soon",
        "accounts.identity_expired": "Identity check expired",
        "accounts.organization_active": "Account active",
        "accounts.organization_resumed": "Account active again",
        "accounts.organization_suspended": "Account suspended",
        "accounts.organization_closed": "Account closed",
        "accounts.organization_taken": "Company already has an account",
        "accounts.member_access_changed": "Role or rights changed",
        "accounts.member_suspended": "Membership suspended",
        "accounts.member_resumed": "Membership in force again",
        "accounts.member_removed": "Membership ended",
        "accounts.person_deactivated": "Account deactivated",
        "accounts.person_reactivated": "Account works again",
    },
    INVITATIONS: {"accounts.employee_invited": "Invitation to join an account"},
    REMINDERS: {
        "accounts.invitation_ending": _("Invitation about to end"),
        "accounts.invitation_unanswered": _("Your invitation is about to end"),
    },
    ANSWERS: {
        "accounts.employee_accepted": "Colleague accepted",
        "accounts.employee_verified": _("Employee's identity verified"),
        "accounts.employee_declined": "Colleague declined",
        "accounts.employee_expired": "Invitation to a colleague expired",
        "accounts.renewal_asked": "New invitation asked for",
        "accounts.list_done": "List of invitations done",
        "accounts.list_stopped": "List of invitations stopped",
        "accounts.organization_join_asked": "Somebody asks to join",
        "accounts.member_left": "Member left",
    },
}
# What a person asks for, or the echo of what they did, goes even to an address that is marked.
ASKED = frozenset(
    {
        "account.email_confirmation",
        "account.login_code",
        "account.password_reset_code",
        "accounts.account_exists",
        "accounts.password_changed",
        "accounts.address_changed",
        "accounts.second_factor_changed",
        "accounts.new_sign_in",
        "accounts.factor_reset_code",
        "accounts.factor_reset_asked",
        "accounts.factor_reset_ended",
    }
)
# What announces an end goes even to those who are out of it: core.outbox.objections.
ENDS = frozenset(
    {
        "accounts.member_removed",
        "accounts.member_suspended",
        "accounts.organization_closed",
        "accounts.organization_suspended",
        "accounts.person_deactivated",
    }
)
