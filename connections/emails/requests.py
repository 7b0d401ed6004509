"""Mails about a provider's request for more, and its answer (X2)."""

from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Organization, User
from connections.emails.parts import difference, reason_facts, tell_side
from connections.models import Connection, RoleRequest
from core.audit.presenters import Values
from core.outbox.rendering import Mail, inert, subject_line
from core.web.formats import mail_ending


def roles_requested(
    connection: Connection, request: RoleRequest, before: Values, after: Values, *, by: User
) -> None:
    provider = inert(connection.provider.name)
    _tell(
        connection,
        connection.seller,
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
                ("Answer until", mail_ending(request.expires_at)),
            ),
            organization=provider,
        ),
        page="request",
        label="Look at the request",
        by=by,
    )


def request_consented(
    connection: Connection, request: RoleRequest, before: Values, after: Values, *, by: User
) -> None:
    seller, provider = inert(connection.seller.name), inert(connection.provider.name)
    part = "" if request.status == "consented" else " in part"
    facts = difference(before, after)
    subject = subject_line(connection.seller.name, "Roles", f"request granted{part}")
    _tell(
        connection,
        connection.provider,
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
    _tell(
        connection,
        connection.seller,
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


def request_refused(connection: Connection, request: RoleRequest, *, by: User) -> None:
    seller = inert(connection.seller.name)
    _tell(
        connection,
        connection.provider,
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


def request_withdrawn(connection: Connection, request: RoleRequest, *, by: User) -> None:
    provider = inert(connection.provider.name)
    _tell(
        connection,
        connection.seller,
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


def request_ending(connection: Connection, request: RoleRequest) -> None:
    provider = inert(connection.provider.name)
    _tell(
        connection,
        connection.seller,
        request,
        "ends",
        Mail(
            subject=subject_line(connection.provider.name, _("Roles"), _("waits for your answer")),
            heading=_("%(name)s still waits for your answer") % {"name": provider},
            paragraphs=(_("Without an answer the request lapses; what is granted stays."),),
            facts=((_("Answer until"), mail_ending(request.expires_at)),),
            organization=provider,
        ),
        page="request",
        label=_("Look at the request"),
    )


def request_lapsed(connection: Connection, request: RoleRequest) -> None:
    _tell(
        connection,
        connection.provider,
        request,
        "lapsed",
        Mail(
            subject=subject_line(connection.seller.name, "Roles", "request lapsed"),
            heading=f"{inert(connection.seller.name)} did not answer your request",
            paragraphs=("What is granted stays as it is. You can ask again.",),
        ),
    )


def _tell(
    connection: Connection,
    reader: Organization,
    request: RoleRequest,
    event: str,
    mail: Mail,
    **options: Any,
) -> None:
    tell_side(
        connection,
        reader,
        mail,
        key=f"role-request:{request.public_id}:{event}:{reader.kind}",
        kind=f"connections.role_request_{event}",
        **options,
    )
