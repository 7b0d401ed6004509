"""The reviewers' desk."""

from typing import Any

from tests.sweep.table.rows import EVERYBODY, Row

LEAD = frozenset({"lead", "superuser"})
STAFF = LEAD | {"reviewer"}
# Who decides is what a group was given, in writing: a superuser may look, and is no reviewer.
DECIDING = frozenset({"lead", "reviewer"})
# Who is not staff is led to the sign-in, which refuses them.
ELSEWHERE = 302


# A page to look at shows itself again, or refuses the method.
LOOK = (200, 405)


def _row(name: str, at: dict[str, str] | None = None, **fields: Any) -> Row:
    may = fields.pop("may", STAFF)
    others = STAFF - may
    defaults: dict[str, Any] = {"missing": ELSEWHERE, "post": LOOK, "refused": frozenset(others)}
    if code := fields.pop("refused_as", 0):
        defaults["but"] = dict.fromkeys(others, code)
    return Row(f"admin:{name}", at or {}, frozenset(may), **(defaults | fields))


def _steps(model: str, pk: str, names: str, **fields: Any) -> list[Row]:
    """The rows of pages below one object, which answer alike."""
    return [_row(f"{model}_{name}", {"pk": pk}, **fields) for name in names.split()]


REASON = {"reason": "Complaints of sellers."}

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
    _row(
        "outbox_message_changelist",
        may=LEAD,
        post=(200, 302, 405),
        query=("q", "p", "status", "all"),
    ),
    _row("outbox_message_change", {"pk": "message"}, may=LEAD, refused_as=404),
    _row(
        "outbox_message_send_again", {"pk": "message"}, may=LEAD, get=(302, 405), post=302,
        refused_as=(404, 405),
    ),
    _row("chores_failure_changelist", may=LEAD, post=(200, 302, 405), query=("p", "all")),
    _row("chores_failure_change", {"pk": "failure"}, may=LEAD, refused_as=404),
    _row(
        "chores_failure_try_again", {"pk": "failure"}, may=LEAD, get=(302, 405), post=302,
        refused_as=(404, 405),
    ),
    _row("outbox_message_kinds"),
    _row("outbox_message_kind", {"name": "=accounts.employee_invited"}),
    _row("outbox_message_kind_body", {"name": "=accounts.employee_invited"}),
    _row(
        "outbox_markedaddress_changelist",
        may=LEAD,
        post=(200, 302, 405),
        query=("q", "p", "reason", "all"),
    ),
    _row("outbox_markedaddress_change", {"pk": "mark"}, may=LEAD, post=302, refused_as=404),
    _row(
        "accounts_identitycheck_changelist",
        post=(200, 302, 405),
        query=("state", "p", "all"),
    ),
    _row("accounts_identitycheck_change", {"pk": "identity_submitted"}),
    _row(
        "accounts_identitycheck_decide",
        {"pk": "identity_submitted"},
        get=(302, 405),
        post=422,
        by="lead",
        body=lambda t: {"decision": "verify"},
    ),
    _row(
        "accounts_identitycheck_document",
        {"pk": "identity_submitted", "public_id": "identity_document"},
    ),
    _row(
        "accounts_organization_changelist",
        post=(200, 302, 405),
        query=("q", "kind", "status", "p"),
    ),
    _row("accounts_organization_change", {"pk": "seller"}),
    *_steps(
        "accounts_organization", "seller", "suspend close", post=422, by="lead",
        body=lambda t: REASON,
    ),
    _row("accounts_organization_resume", {"pk": "seller"}, post=(302, 409)),
    # People are the operator's alone.
    _row(
        "accounts_person_changelist", may={"superuser"}, post=(200, 302, 405),
        query=("q", "p", "all"),
    ),
    _row("accounts_person_change", {"pk": "person"}, may={"superuser"}, refused_as=404),
    *_steps(
        "accounts_person", "person", "deactivate erase", may={"superuser"}, refused_as=404,
        post=302, body=lambda t: {},
    ),
    _row(
        "accounts_person_reactivate", {"pk": "person"}, may={"superuser"}, refused_as=404, post=409
    ),
    # Reporting what carriers say takes permissions that no reviewer is given.
    _row("supplychain_shipment_changelist", may={"superuser"}, post=(200, 302, 405)),
    _row(
        "supplychain_shipment_change", {"pk": "shipment"}, may={"superuser"}, post=(302, 409, 422),
        refused_as=404,
    ),
    _row(
        "roles_roleapplication_changelist",
        may=STAFF,
        post=(200, 302, 405),
        query=("q", "status", "mine", "age", "category", "p"),
    ),
    _row("roles_roleapplication_change", {"pk": "application_submitted"}, may=STAFF),
    _row(
        "roles_roleapplication_start", {"pk": "application_submitted"}, may=DECIDING, get=None,
        post=302, body=lambda t: {},
    ),
    _row(
        "roles_roleapplication_ask", {"pk": "application_in_review"}, may=STAFF, get=None,
        post=422, body=lambda t: {"text": "Which sellers?"},
    ),
    _row(
        "roles_roleapplication_finish", {"pk": "application_in_review"}, may=DECIDING, get=None,
        post=409,
    ),
    _row(
        "roles_roleapplication_decide", {"pk": "application_in_review", "line": "line"},
        may=STAFF, get=None, post=422,
        body=lambda t: {f"line-{t['line'].pk}-level": "1"},
    ),
    *(
        _row(
            f"roles_roleapplication_{name}", {"pk": "application_in_review", "line": "line"},
            may=may, get=None, post=(409, 422),
        )
        for name, may in (("agree", DECIDING), ("refuse", STAFF), ("reopen", DECIDING))
    ),
    _row("roles_servicecategory_changelist", post=(403, 409)),
    _row(
        "roles_approvedrole_changelist", may=STAFF, post=(200, 302, 405),
        query=("q", "state", "category", "p"),
    ),
    _row("roles_approvedrole_change", {"pk": "approved_role"}, may=STAFF),
    _row(
        "roles_approvedrole_lower", {"pk": "approved_role"}, may=STAFF, post=422,
        body=lambda t: {"version": "1", "level": "1", "confirmed": "1", **REASON},
    ),
    _row(
        "roles_approvedrole_revoke", {"pk": "approved_role"}, may=STAFF, post=422,
        body=lambda t: {"version": "1", **REASON},
    ),
    _row("roles_approvedrole_restore", {"pk": "approved_role"}, may=STAFF, post=(409, 422)),
]  # fmt: skip
