"""Opening accounts, identity, people, invitations to colleagues."""

from typing import Any

from tests.sweep.table.rows import EVERYBODY, RELATED, Row, portal
from tests.sweep.world import PDF, Tenant

FINAL = (302, 409)


def _register(country: str = "US", **more: Any) -> Any:
    return lambda t: {"name": "Fresh Business", "country": country, **more}


def _ask(t: Tenant) -> dict[str, Any]:
    return {"country": "US", "registration_number": t["provider"].registration_number}


def _invite(t: Tenant) -> dict[str, Any]:
    return {"address": "fresh@mail.example", "name": "Fresh Colleague", "role": "employee"}


def people(portal_name: str, page: str, kind: str) -> list[Row]:
    """The pages about one organization's people; alike in every portal."""
    admin = {f"{kind}_admin"}
    member, suspended = f"{kind}_staff_membership", f"{kind}_suspended_membership"
    pending = f"{kind}_pending_invitation"

    def row(name: str, what: str = "", **fields: Any) -> Row:
        at = {"public_id": what} if what else {}
        return portal(f"{portal_name}:{name}", may=admin, at=at, **fields)

    def act(name: str, what: str, **fields: Any) -> Row:
        return row(name, what, get=None, post=302, body=lambda t: {}, **fields)

    access = {"role": "administrator", "seen": "employee"}
    return [
        row(
            page, post=422, body=_invite,
            query=("find", "members", "employee-show", "employee-find", "employee-page"),
        ),
        row("refusals", query=("page",)),
        portal(
            f"{portal_name}:refusal-lift", may=admin, at={"pk": f"{kind}_refusal"}, get=None,
            post=302, body=lambda t: {},
        ),
        row("member", member, post=422, body=lambda t: access),
        act("member-suspend", member),
        row("member-vouch", member, get=None, post=409),
        act("member-resume", suspended),
        row("member-remove", member, post=302, body=lambda t: {}),
        row("member-hand-over", f"{kind}_second_admin_membership", post=302),
        act("employee-resend", f"{kind}_expired_invitation"),
        act("employee-revoke", pending),
        row("employee-link", pending, get=None, post=200, body=lambda t: {}, then=200),
        row("settings", post=422, body=lambda t: {"time_zone": "Asia/Kathmandu"}),
        portal(
            f"{portal_name}:leave",
            may=RELATED[portal_name] - ({"provider_admin", "provider_employee"}
            if portal_name == "seller" else set()),
            post=302, by=f"{kind}_admin", body=lambda t: {},
        ),
    ]  # fmt: skip


def _pasted(t: Tenant) -> dict[str, Any]:
    return {"pasted": "Fresh <fresh@mail.example>", "all-role": "employee"}


def lists(portal_name: str, kind: str, purpose: str) -> list[Row]:
    """Many invitations at once; alike in every portal."""

    def row(name: str, what: str = "", **fields: Any) -> Row:
        at = {"purpose": f"={purpose}"} | ({"public_id": what} if what else {})
        return portal(f"{portal_name}:{name}", may={f"{kind}_admin"}, at=at, **fields)

    def act(name: str, **fields: Any) -> Row:
        return row(name, f"{kind}_list", get=None, **{"post": 302, "body": lambda t: {}} | fields)

    return [
        row("invite-start", post=422, body=_pasted, query=("page", "mend")),
        row("invite-list", f"{kind}_list", query=("page", "show")),
        row("invite-wrong", f"{kind}_list"),
        act("invite-confirm"),
        act("invite-rows", post=422, body=lambda t: {"act": "out", "rows": ["1"]}),
        act("invite-discard"),
    ]


def _identity(t: Tenant) -> dict[str, Any]:
    from django.core.files.uploadedfile import SimpleUploadedFile

    return {
        "legal_name": "Vera Stranger",
        "birth_date": "1980-05-17",
        "country": "US",
        "street_address": "1 Main Street, Springfield",
        "government_id": SimpleUploadedFile("id.pdf", PDF),
        "proof_of_address": SimpleUploadedFile("proof.pdf", PDF),
    }


def _register_row(kind: str, **more: Any) -> Row:
    return Row(f"{kind}-register", post=422, by="verified", body=_register(**more))


DRAFT = {"public_id": "draft"}
ONLY_DRAFT = frozenset({"draft_admin"})
INVITED = frozenset({"provider_pending_invited"})
INVITATION = {"public_id": "provider_pending_invitation"}
VERIFIED = {"provider_admin", "provider_employee", "provider_staff", "seller_admin"}
VERIFIED |= {"provider_suspended", "other_provider_admin", "other_seller_admin"}

ROWS = [
    Row("start", may=EVERYBODY),
    _register_row("provider", registration_number="98-7654321"),
    _register_row("seller"),
    _register_row("supplier", supplier_kind="manufacturer"),
    Row(
        "provider-ask", get=None, post=302, by="verified", body=_ask, but={"unverified": (302, 403)}
    ),
    Row("registration-hint", query=("country",)),
    Row("provider-draft", DRAFT, ONLY_DRAFT),
    Row("provider-draft-activate", DRAFT, ONLY_DRAFT, get=None, post=(302, 409, 403)),
    Row("provider-draft-close", DRAFT, ONLY_DRAFT, post=302, by="draft_admin", body=lambda t: {}),
    Row(
        "identity",
        post=422,
        by="verified",
        body=_identity,
        but=dict.fromkeys(VERIFIED, (200, 409)),
    ),
    Row(
        "identity-document",
        {"public_id": "provider_admin_document"},
        frozenset({"provider_admin"}),
    ),
    Row("sign-up-forget", may=EVERYBODY, get=None, post=302),
    Row("session-end", {"pk": "=0"}, get=None, post=404),
    Row("time-zone", post=422, body=lambda t: {"time_zone": "Asia/Kathmandu"}),
    Row("second-factor", get=(200, 302)),
    # Who has asked before may stop it; the others are led elsewhere.
    Row("second-factor-lost", may=EVERYBODY, get=(200, 302), post=302),
    Row("invitation-current", may=EVERYBODY, get=(200, 302, 404)),
    Row("invitation-switch", may=EVERYBODY, get=None, post=302),
    Row("invitation-set-aside", may=EVERYBODY, get=None, post=302),
    Row("employee-invitation", INVITATION, INVITED),
    Row("employee-invitation-accept", INVITATION, INVITED, get=None, post=302, body=lambda t: {}),
    Row(
        "employee-invitation-decline",
        INVITATION,
        INVITED,
        get=None,
        post=302,
        body=lambda t: {"reason": "No time"},
    ),
    Row(
        "invitation-ask",
        {"purpose": "=employee", **INVITATION},
        INVITED | {"link_holder"},
        get=None,
        post=(302, 409, 410),
        signed_out=404,
    ),
    Row("refusals", query=("page",)),
    Row(
        "refusal-lift",
        {"pk": "guest_refusal"},
        frozenset({"supplier_guest"}),
        get=None,
        post=302,
        body=lambda t: {},
    ),
    Row("invitation-open", {"purpose": "=employee", "token": "=forged"}, EVERYBODY, get=404),
    *people("seller", "members", "seller"),
    *people("provider", "employees", "provider"),
    *people("supply", "members", "supplier"),
    *lists("seller", "seller", "supplier"),
    *lists("provider", "provider", "employee"),
    *lists("supply", "supplier", "employee"),
]
