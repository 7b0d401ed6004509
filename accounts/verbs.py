"""The verbs of this app's history, and their words after the actor's name."""

SENTENCES = {
    "identity_check.submitted": "asked for an identity check",
    "identity_check.verified": "verified an identity",
    "identity_check.failed": "did not accept an identity check",
    "identity_check.expired": "ended an identity check that was too old",
    "identity_document.viewed": "looked at an identity document",
    "organization.registered": "registered the account",
    "organization.activated": "activated the account",
    "organization.suspended": "suspended the account",
    "organization.resumed": "lifted the suspension of the account",
    "organization.closed": "closed the account",
    "organization.join_asked": "asked to join the account",
    "membership.joined": "joined the account",
    "membership.role_changed": "changed a member's role",
    "membership.rights_changed": "changed a member's rights",
    "membership.suspended": "suspended a member",
    "membership.resumed": "lifted a member's suspension",
    "membership.removed": "removed a member",
    "membership.left": "left the account",
    "person.deactivated": "deactivated a person's account",
    "person.reactivated": "reactivated a person's account",
    "person.erased": "erased a person",
    "refusal.set": "wants no invitations from an account any more",
    "refusal.lifted": "wants to hear from an account again",
    "employee_invitation.sent": "invited a colleague",
    "employee_invitation.resent": "sent an invitation to a colleague again",
    "employee_invitation.revoked": "took back an invitation to a colleague",
    "employee_invitation.accepted": "accepted the invitation to join",
    "employee_invitation.declined": "declined the invitation to join",
    "employee_invitation.expired": "let an invitation to a colleague expire",
    "employee_invitation.link_copied": "was shown an invitation link",
    "employee_invitation.undeliverable": "could not deliver an invitation",
    "employee_invitation.delivered": "delivered an invitation after all",
}

# The group of what stands before the dot, in the filter of the history.
GROUPS = {
    "identity_check": "people",
    "organization": "people",
    "membership": "people",
    "employee_invitation": "people",
}
