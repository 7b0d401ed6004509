"""The reviewers' desk."""

from typing import Any

from tests.sweep.table.rows import EVERYBODY, Row

LEAD = frozenset({"lead", "superuser"})
SUPPORT = LEAD | {"support"}
# Who looks after mail and shipments, and who looks at them.
HELP = SUPPORT | {"auditor"}
REVIEWS = LEAD | {"reviewer", "auditor"}
STAFF = REVIEWS | SUPPORT
# Who decides is what a group was given, in writing: a superuser may look, and is no reviewer.
DECIDING = frozenset({"lead", "reviewer"})
# Whoever may only look is led to the page.
READING = frozenset({"superuser", "auditor"})
# Who is not staff is led to the sign-in, which refuses them.
ELSEWHERE = 302


# A page to look at shows itself again, or refuses the method.
LOOK = (200, 405)


def _row(name: str, at: dict[str, str] | None = None, **fields: Any) -> Row:
    may = fields.pop("may", STAFF)
    others = STAFF - may
    defaults: dict[str, Any] = {"missing": ELSEWHERE, "post": LOOK, "refused": frozenset(others)}
    but = dict(fields.pop("but", {}))
    if code := fields.pop("refused_as", 0):
        but = dict.fromkeys(others, code) | but
    defaults["but"] = but
    return Row(f"admin:{name}", at or {}, frozenset(may), **(defaults | fields))


def _steps(model: str, pk: str, names: str, **fields: Any) -> list[Row]:
    """The rows of pages below one object, which answer alike."""
    return [_row(f"{model}_{name}", {"pk": pk}, **fields) for name in names.split()]


REASON = {"reason": "Complaints of sellers."}

# Looks at the page, and is refused what it does.
LOOKS = (200, 302, 403, 405)
AUDITOR = {"auditor": LOOKS}

ROWS = [
    _row("index", post=(200, 405)),
    Row("admin:login", may=EVERYBODY, get=(200, 302, 403), post=(200, 302, 403, 422)),
    Row("admin:logout", get=(302, 405), post=(200, 302, 405)),
    _row("password_change", get=302, post=302),
    _row("password_change_done", get=(200, 302), post=(200, 302, 405)),
    _row("autocomplete", get=(403, 404), post=(403, 404, 405)),
    _row("jsi18n", post=(200, 405)),
    _row("view_on_site", {"content_type_id": "=1", "object_id": "=1"}, get=404, post=(404, 405)),
    _row("app_list", {"app_label": "=accounts"}, post=(200, 405)),
    _row("audit_event_changelist", post=(200, 302, 405), query=("q", "p", "all", "o")),
    # Reviewers see what failed of their own cases.
    _row(
        "outbox_message_changelist",
        post=(200, 302, 405),
        query=("q", "p", "status", "all"),
    ),
    _row("outbox_message_change", {"pk": "message"}, may=HELP, refused_as=404),
    _row(
        "outbox_message_send_again", {"pk": "message"}, may=HELP, get=(302, 405), post=302,
        refused_as=(404, 405), but=AUDITOR,
    ),
    _row("chores_failure_changelist", may=HELP, post=(200, 302, 405), query=("p", "all")),
    _row("chores_failure_change", {"pk": "failure"}, may=HELP, refused_as=404),
    _row(
        "chores_failure_try_again", {"pk": "failure"}, may=HELP, get=(302, 405), post=302,
        refused_as=(404, 405), but=AUDITOR,
    ),
    _row("outbox_message_kinds"),
    _row("outbox_message_kind", {"name": "=accounts.employee_invited"}),
    _row("outbox_message_kind_body", {"name": "=accounts.employee_invited"}),
    _row(
        "outbox_markedaddress_changelist",
        may=HELP,
        post=(200, 302, 405),
        query=("q", "p", "reason", "all"),
    ),
    _row(
        "outbox_markedaddress_change", {"pk": "mark"}, may=HELP, post=302, refused_as=404,
        but=AUDITOR,
    ),
    _row("portals_helpfeedback_changelist", may=HELP, post=(200, 302, 405), query=("p", "all")),
    _row(
        "accounts_identitycheck_changelist",
        may=REVIEWS,
        post=(200, 302, 405),
        query=("state", "p", "all"),
    ),
    _row(
        "accounts_identitycheck_change", {"pk": "identity_submitted"}, may=REVIEWS, refused_as=404
    ),
    _row(
        "accounts_identitycheck_decide",
        {"pk": "identity_submitted"},
        may=REVIEWS,
        get=(302, 405),
        post=422,
        by="lead",
        body=lambda t: {"decision": "verify"},
        refused_as=(404, 405),
        but={"auditor": (302, 403, 405, 422)},
    ),
    _row(
        "accounts_identitycheck_document",
        {"pk": "identity_submitted", "public_id": "identity_document"},
        may=DECIDING | {"superuser"},
        refused_as=(403, 404),
        logged=True,
    ),
    _row(
        "accounts_identitycheck_original",
        {"pk": "identity_submitted", "public_id": "identity_document"},
        may=LEAD,
        get=302,
        by="lead",
        body=lambda t: {"reason": "The picture cannot be read."},
        post=302,
        then=200,
        refused_as=(403, 404),
        logged=True,
    ),
    _row(
        "accounts_organization_changelist",
        may=REVIEWS,
        post=(200, 302, 405),
        query=("q", "kind", "status", "p"),
    ),
    _row("accounts_organization_change", {"pk": "seller"}, may=REVIEWS, refused_as=404),
    *_steps(
        "accounts_organization", "seller", "suspend close", may=LEAD, post=422, by="lead",
        body=lambda t: REASON, refused_as=(403, 404),
    ),
    _row(
        "accounts_organization_resume", {"pk": "seller"}, may=LEAD, post=(302, 409),
        refused_as=(403, 404),
    ),
    _row(
        "accounts_person_changelist", may=SUPPORT, post=(200, 302, 405),
        query=("q", "p", "all"),
    ),
    _row("accounts_person_change", {"pk": "person"}, may=SUPPORT, refused_as=404),
    *_steps(
        "accounts_person", "person", "deactivate erase", may=SUPPORT, refused_as=404,
        post=302, body=lambda t: {},
    ),
    _row("accounts_person_reactivate", {"pk": "person"}, may=SUPPORT, refused_as=404, post=409),
    _row(
        "accounts_factorreset_changelist", may=SUPPORT, post=(200, 302, 405), query=("p", "state")
    ),
    _row("accounts_factorreset_change", {"pk": "factor_reset"}, may=SUPPORT, refused_as=(404, 405)),
    *(
        _row(
            f"accounts_factorreset_{name}", {"pk": "factor_reset"}, may=SUPPORT, refused_as=404,
            get=None, post=code,
        )
        for name, code in (("agree", 302), ("confirm", 409), ("refuse", 302))
    ),
    _row("supplychain_shipment_changelist", may=HELP, post=(200, 302, 405)),
    _row(
        "supplychain_shipment_change", {"pk": "shipment"}, may=HELP, post=(302, 409, 422),
        refused_as=404, but={"auditor": (200, 302, 403, 409, 422)},
    ),
    _row(
        "roles_roleapplication_changelist",
        may=REVIEWS,
        post=(200, 302, 405),
        query=("q", "status", "mine", "age", "category", "p"),
    ),
    _row(
        "roles_roleapplication_change", {"pk": "application_submitted"}, may=REVIEWS,
        refused_as=(403, 405),
    ),
    _row(
        "roles_roleapplication_start", {"pk": "application_submitted"}, may=DECIDING,
        get=302, readers=READING,
        post=302, body=lambda t: {},
    ),
    _row(
        "roles_roleapplication_ask", {"pk": "application_in_review"}, may=REVIEWS, get=302,
        post=422, by="lead", body=lambda t: {"text": "Which sellers?"},
    ),
    _row(
        "roles_roleapplication_finish", {"pk": "application_in_review"}, may=DECIDING,
        get=302, readers=READING,
        post=409,
    ),
    _row(
        "roles_roleapplication_decide", {"pk": "application_in_review", "line": "line"},
        may=REVIEWS, get=302, post=422, by="lead",
        body=lambda t: {f"line-{t['line'].pk}-level": "1"},
    ),
    *(
        _row(
            f"roles_roleapplication_{name}", {"pk": "application_in_review", "line": "line"},
            may=may, get=302, post=(409, 422), readers=READING,
        )
        for name, may in (("agree", DECIDING), ("refuse", REVIEWS), ("reopen", DECIDING))
    ),
    _row("roles_servicecategory_changelist", may=REVIEWS, post=(403, 409)),
    _row(
        "roles_approvedrole_changelist", may=REVIEWS, post=(200, 302, 405),
        query=("q", "state", "category", "p"),
    ),
    _row(
        "roles_approvedrole_change", {"pk": "approved_role"}, may=REVIEWS, refused_as=(403, 405)
    ),
    _row(
        "roles_approvedrole_lower", {"pk": "approved_role"}, may=REVIEWS, post=422, by="lead",
        body=lambda t: {"version": "1", "level": "1", "confirmed": "1", **REASON},
    ),
    _row(
        "roles_approvedrole_revoke", {"pk": "approved_role"}, may=REVIEWS, post=422, by="lead",
        body=lambda t: {"version": "1", **REASON},
    ),
    _row("roles_approvedrole_restore", {"pk": "approved_role"}, may=REVIEWS, post=(409, 422)),
    *(
        _row(
            f"roles_approvedrole_{name}", {"pk": "approved_role"}, may=DECIDING, get=None,
            post=409,
        )
        for name in ("confirm", "decline")
    ),
]  # fmt: skip
