"""Mails about a provider's request for more, and its answer (X2)."""

from dataclasses import replace
from typing import Any

from django.urls import reverse

from accounts.models import Organization
from connections.emails.parts import difference, reason_facts, tell_administrators
from connections.models import Connection, RoleRequest
from core.audit.presenters import Values
from core.outbox.rendering import Mail, inert, subject_line
from core.web.formats import day


def roles_requested(
    connection: Connection, request: RoleRequest, before: Values, after: Values, *, by: Any
) -> None:
    provider = inert(connection.provider.name)
    _to_seller(
        connection,
        request,
        "requested",
        Mail(
            subject=subject_line(connection.provider.name, "Roles", "asks for more"),
            heading=f"{provider} asks for more roles",
            paragraphs=(
                f"{inert(by.name)} of {provider} asks you to raise what they may do for you.",
                "What you granted stays as it is. You decide on the difference: all, part, or no.",
            ),
            facts=(
                *difference(before, after),
                ("Why", inert(request.message, 500)),
                ("Answer until", day(request.expires_at)),
            ),
            button=("Look at the request", ""),
            organization=provider,
        ),
        by=by,
    )


def request_consented(
    connection: Connection, request: RoleRequest, before: Values, after: Values, *, by: Any
) -> None:
    seller, provider = inert(connection.seller.name), inert(connection.provider.name)
    part = "" if request.status == "consented" else " in part"
    facts = difference(before, after)
    subject = subject_line(connection.seller.name, "Roles", f"request granted{part}")
    _to_provider(
        connection,
        request,
        "answered",
        Mail(
            subject=subject,
            heading=f"{seller} granted what you asked for{part}",
            paragraphs=("It counts at once. Assign your people to what is new.",),
            facts=facts,
            organization=seller,
        ),
        by=by,
    )
    _to_seller(
        connection,
        request,
        "answered",
        Mail(
            subject=subject,
            heading=f"{provider} was granted what it asked for{part}",
            paragraphs=(f"{inert(by.name)} consented to this difference, and to nothing else.",),
            facts=facts,
            organization=seller,
        ),
        by=by,
    )


def request_refused(connection: Connection, request: RoleRequest, *, by: Any) -> None:
    seller = inert(connection.seller.name)
    _to_provider(
        connection,
        request,
        "answered",
        Mail(
            subject=subject_line(connection.seller.name, "Roles", "request refused"),
            heading=f"{seller} refused your request for more roles",
            paragraphs=("What is granted stays as it is.",),
            facts=reason_facts(request.reason),
            organization=seller,
        ),
        by=by,
    )


def request_withdrawn(connection: Connection, request: RoleRequest, *, by: Any) -> None:
    provider = inert(connection.provider.name)
    _to_seller(
        connection,
        request,
        "withdrawn",
        Mail(
            subject=subject_line(connection.provider.name, "Roles", "request withdrawn"),
            heading=f"{provider} withdrew its request for more roles",
            paragraphs=("You need not do anything.",),
            organization=provider,
        ),
        by=by,
    )


def request_lapsed(connection: Connection, request: RoleRequest) -> None:
    _to_provider(
        connection,
        request,
        "lapsed",
        Mail(
            subject=subject_line(connection.seller.name, "Roles", "request lapsed"),
            heading=f"{inert(connection.seller.name)} did not answer your request",
            paragraphs=("What is granted stays as it is. You can ask again.",),
        ),
    )


def _to_seller(
    connection: Connection, request: RoleRequest, event: str, mail: Mail, *, by: Any = None
) -> None:
    page = "connection-request" if event == "requested" else "connection"
    _tell(connection.seller, f"seller:{page}", connection, request, event, mail, by)


def _to_provider(
    connection: Connection, request: RoleRequest, event: str, mail: Mail, *, by: Any = None
) -> None:
    _tell(connection.provider, "provider:client", connection, request, event, mail, by)


def _tell(
    organization: Organization,
    page: str,
    connection: Connection,
    request: RoleRequest,
    event: str,
    mail: Mail,
    by: Any,
) -> None:
    path = reverse(page, args=[organization.handle, connection.public_id])
    label = mail.button[0] if mail.button else "Look at the connection"
    tell_administrators(
        organization,
        key=f"role-request:{request.public_id}:{event}:{organization.kind}",
        kind=f"connections.role_request_{event}",
        mail=replace(mail, button=(label, path)),
        caused_by=by,
    )
