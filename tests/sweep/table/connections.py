"""Partner links, connection invitations, connections, grants, assignments."""

from datetime import UTC, timedelta
from typing import Any

from connections.field_names import cell_field, grant_field
from connections.transitions.assignments import state_of
from connections.transitions.plans import Copy, SetLevel, digest, lines_of
from core import clock
from core.web.access import Level
from tests.sweep.table.rows import PROVIDERS, Row, portal
from tests.sweep.world import Tenant

SELLER, PROVIDER = {"seller_admin"}, {"provider_admin"}
FBA = "inventory.fba_shipments"


def _seller(name: str, what: str, **fields: Any) -> Row:
    return portal(f"seller:{name}", may=SELLER, at={"public_id": what}, **fields)


def _provider(name: str, what: str, **fields: Any) -> Row:
    return portal(f"provider:{name}", may=PROVIDER, at={"public_id": what}, **fields)


def _act(make: Any, name: str, what: str, **fields: Any) -> Row:
    return make(name, what, **({"get": None, "post": 302, "body": lambda t: {}} | fields))


def _partner(t: Tenant) -> dict[str, Any]:
    return {"partner": "fresh@mail.example"}


def _accept(t: Tenant) -> dict[str, Any]:
    return {grant_field(FBA): "2"}


def _roles(t: Tenant) -> dict[str, Any]:
    return {grant_field(FBA): "1", "version": "1", "confirmed": "1"}


def _lower(t: Tenant) -> dict[str, Any]:
    return {"level": "1", "version": "1"}


def _assign(t: Tenant) -> dict[str, Any]:
    cell = cell_field(t["grant_edit"].pk, t["provider_staff_membership"].pk)
    return {"state": state_of(t["connection"]), cell: "1"}


def _ask(t: Tenant) -> dict[str, Any]:
    return {grant_field(FBA): "2", "message": "The season begins."}


def _later(t: Tenant) -> dict[str, Any]:
    return {"until": (clock.today(UTC) + timedelta(days=200)).isoformat()}


def _next_week(t: Tenant) -> dict[str, Any]:
    return {"until": (clock.today(UTC) + timedelta(days=7)).isoformat()}


def _consent(t: Tenant) -> dict[str, Any]:
    return {grant_field("inventory.manage"): "2"}


def _assign_many(t: Tenant) -> dict[str, Any]:
    role = t["grant_edit"].role
    wish = SetLevel(
        role=role,
        level=Level.VIEW,
        clients=frozenset([t["connection"].public_id]),
        employees=frozenset([t["provider_staff_membership"].public_id]),
    )
    return {
        "client": t["connection"].public_id,
        "employee": t["provider_staff_membership"].public_id,
        "role": role.code,
        "level": "1",
        "seen": digest(lines_of(t["provider"], wish)),
        "step": "save",
    }


def _copy(t: Tenant) -> dict[str, Any]:
    source, other = t["provider_employee_membership"], t["provider_staff_membership"]
    wish = Copy(source.public_id, frozenset([other.public_id]), exactly=False)
    return {
        "source": source.public_id,
        "employee": other.public_id,
        "seen": digest(lines_of(t["provider"], wish)),
        "step": "save",
    }


REASON = {"post": 302, "body": lambda t: {"reason": "No need."}}

ROWS = [
    portal("seller:partners", may=SELLER, query=("page", "find", "state")),
    portal("seller:partner-add", may=SELLER, post=422, body=_partner),
    portal(
        "seller:partner-links", may=SELLER,
        query=("partner-link-show", "partner-link-find", "partner-link-page"),
    ),
    _seller("partner-link", "link_out"),
    _act(_seller, "partner-link-copy", "link_out", post=200, then=200),
    _act(_seller, "partner-link-send", "link_out"),
    _act(_seller, "partner-link-resend", "link_out"),
    _act(_seller, "partner-link-cancel", "link_out"),
    _act(_seller, "partner-link-renew", "link_out", post=(302, 409), body=None),
    _seller("partner-link-roles", "link_out"),
    _seller("connection-accept", "connection_in", post=422, body=_accept),
    _seller("connection-reject", "connection_in", **REASON),
    _seller("connection", "connection"),
    _seller("connection-roles", "connection", post=(302, 409, 422), body=_roles),
    _seller("connection-request", "connection", post=422, body=_consent),
    _seller(
        "connection-request-refuse", "connection", post=422, body=lambda t: {"reason": "Too much."}
    ),
    _seller("connection-renewal", "connection_ending", post=422, body=_later),
    _act(_seller, "connection-renewal-agree", "connection"),
    _seller("connection-renewal-decline", "connection", **REASON),
    _act(_seller, "connection-renewal-withdraw", "connection_paused"),
    _seller("connection-pause", "connection", **REASON),
    _seller("connection-pause-day", "connection_paused", post=422, body=_next_week),
    _act(_seller, "connection-resume", "connection_paused"),
    _seller("connection-end", "connection", **REASON),
    portal("seller:partners-unused", may=SELLER, query=("page", "days", "show")),
    _seller("partner-unused-role", "grant_edit", post=422, body=_lower, query=("from",)),
    portal("seller:partner-reviews", may=SELLER, query=("page",)),
    _seller("connection-review", "connection", post=409, body=lambda t: {"version": "1"}),
    _act(_seller, "connection-receipt", "connection", post=200, then=200),
    _seller("connection-offboarding", "connection_left", query=("page",)),
    _provider("partner-link", "link_in", logged=True),
    _act(_provider, "partner-link-answer", "link_in"),
    _provider("partner-link-decline", "link_in", **REASON),
    portal("provider:clients", may=PROVIDERS, query=("page", "find", "state", "client")),
    portal(
        "provider:client-invitations", may=PROVIDER,
        query=("connection-show", "connection-find", "connection-page"),
    ),
    portal(
        "provider:assignments",
        may=PROVIDER,
        query=("page", "people", "person", "client", "role", "level", "show"),
    ),
    portal(
        "provider:assignments-bulk",
        may=PROVIDER,
        post=200,
        then=200,
        body=_assign_many,
        query=("client", "employee", "role", "level", "find_client", "find_person"),
    ),
    portal(
        "provider:assignments-copy",
        may=PROVIDER,
        post=200,
        then=200,
        body=_copy,
        query=("employee", "source", "find_person"),
    ),
    _provider("client-invitation", "connection_out"),
    _act(_provider, "client-invitation-resend", "connection_out"),
    _act(_provider, "client-invitation-withdraw", "connection_out"),
    _act(_provider, "client-invitation-copy", "connection_out", post=200, then=200),
    _provider("client", "connection"),
    _provider("client-roles", "connection", post=(302, 409, 422), body=_roles),
    portal(
        "provider:employee-clients",
        may=PROVIDER,
        at={"public_id": "provider_employee_membership"},
        query=("page",),
    ),
    _provider(
        "client-assignments", "connection", post=409, body=_assign, query=("person", "only", "page")
    ),
    _provider("client-request", "client_renewing", post=422, body=_ask),
    _act(_provider, "client-request-withdraw", "connection"),
    _provider("client-renewal", "client_ending", post=422, body=_later),
    _act(_provider, "client-renewal-agree", "client_renewing"),
    _provider("client-renewal-decline", "client_renewing", **REASON),
    _act(_provider, "client-renewal-withdraw", "connection"),
    _provider("client-end", "connection", **REASON),
    portal("provider:clients-unused", may=PROVIDER, query=("page", "days", "show")),
    _provider("client-unused-role", "grant_edit", post=422, body=_lower),
    portal(
        "provider:client-unused-person",
        may=PROVIDER,
        at={"public_id": "grant_edit", "person_id": "provider_employee_membership"},
        post=422,
        body=lambda t: {"level": "0"},
    ),
    _act(_provider, "client-receipt", "connection", post=200, then=200),
    _provider("client-offboarding", "connection_ended", query=("page",)),
]  # fmt: skip
