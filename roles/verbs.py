"""The verbs of this app's history, and their words after the actor's name."""

SENTENCES: dict[str, str] = {
    "role_application.drafted": "started a role application",
    "role_application.saved": "changed the draft of a role application",
    "role_application.submitted": "submitted a role application",
    "role_application.withdrawn": "withdrew a role application",
    "role_application.review_started": "started to review a role application",
    "role_application.information_requested": "asked a question about a role application",
    "role_application.answered": "answered a question about a role application",
    "role_application.line_decided": "decided a role of an application",
    "role_application.line_seconded": "agreed as second reviewer on a role of an application",
    "role_application.line_refused_second": "refused as second reviewer a role of an application",
    "role_application.line_reopened": "opened the decision on a role of an application again",
    "role_application.decided": "decided a role application",
    "role_application.lapsed": "let a role application lapse without an answer",
    "approved_role.lowered": "lowered an approved role",
    "approved_role.revoked": "revoked an approved role",
    "approved_role.restore_asked": "asked for an approved role to be restored",
    "approved_role.restore_declined": "left an approved role as it was",
    "approved_role.restored": "restored an approved role",
    "approved_role.lapsed": "let an approved role lapse",
    "reviewer_group.categories_changed": "changed which categories a group of reviewers decides",
}

# The group of what stands before the dot, in the filter of the history.
GROUPS = {
    "role_application": "roles",
    "approved_role": "roles",
}
