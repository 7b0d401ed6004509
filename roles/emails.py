"""One function for each mail about applications and approved roles."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from accounts.portals import page
from accounts.tenancy import administrators
from core import hooks
from core.notifications.services import Recipient, tell
from core.outbox.rendering import Mail, inert, subject_line
from core.outbox.services import queue_fan_out
from core.web.access import Level
from core.web.formats import mail_day, mail_ending
from roles.models import ApplicationLine, ApplicationMessage, ApprovedRole, RoleApplication
from roles.states import ApplicationStatus, LineDecision


def _application_mail(
    application: RoleApplication, event: str, heading: str, button: str, **parts: Any
) -> Mail:
    provider, category = application.provider, application.category.title
    return Mail(
        subject=subject_line(provider.name, f"Role application {category}", event),
        heading=f"{heading}: {category}",
        button=(button, page(provider, "application", application.public_id)),
        **{"organization": settings.MARKETPLACE_NAME} | parts,
    )


def _approval_mail(
    provider: Organization, thing: str, event: str, heading: str, button: str, **parts: Any
) -> Mail:
    return Mail(
        subject=subject_line(provider.name, thing, event),
        heading=heading,
        button=(button, page(provider, "applications")),
        organization=settings.MARKETPLACE_NAME,
        **parts,
    )


def _tell(provider: Organization, *, key: str, kind: str, mail: Mail, by: User | None) -> None:
    # Who administers several accounts reads which one it is about.
    account = ("Account", inert(provider.name))
    tell(
        Recipient.administrators(administrators(provider), provider),
        key=key,
        kind=f"roles.{kind}",
        mail=replace(mail, facts=(account, *mail.facts)),
        organization=provider,
        caused_by=by,
    )


def application_submitted(application: RoleApplication, *, by: User) -> None:
    provider, lines = application.provider, application.lines.select_related("role")
    text = (
        f"{inert(by.name)} submitted an application for {inert(provider.name)}. "
        f"It is decided within {settings.REVIEW_PROMISE_DAYS} days."
    )
    mail = _application_mail(
        application,
        "submitted",
        "Role application submitted",
        "See the application",
        paragraphs=(text,),
        facts=(
            ("Decided by", mail_ending(application.review_due_at)),
            *((line.role.name, Level(line.level).word) for line in lines),
        ),
        organization=inert(provider.name),
    )
    key = f"role-application:{application.public_id}:submitted"
    _tell(provider, key=key, kind="application_submitted", mail=mail, by=by)


def information_requested(
    application: RoleApplication, *, message: ApplicationMessage, by: User | None
) -> None:
    text = (
        f"Without an answer by {mail_ending(application.answer_due_at)} the application lapses. "
        "The review clock rests until you answer."
    )
    mail = _application_mail(
        application,
        "question",
        "A question about your role application",
        "Answer the question",
        paragraphs=("The reviewer asks:", inert(message.text, 1000)),
        after=(text,),
    )
    key = f"role-application:{application.public_id}:asked:{message.public_id}"
    kind = "application_information_requested"
    _tell(application.provider, key=key, kind=kind, mail=mail, by=by)


def answer_due(application: RoleApplication) -> None:
    end = mail_ending(application.answer_due_at)
    text = _("Without an answer by %(day)s the application lapses.") % {"day": end}
    mail = _application_mail(
        application,
        _("question"),
        _("A question about your role application still waits"),
        _("Answer the question"),
        paragraphs=(text,),
    )
    asked = application.asked_at.isoformat() if application.asked_at else ""
    key = f"role-application:{application.public_id}:answer-due:{asked}"
    _tell(application.provider, key=key, kind="application_answer_due", mail=mail, by=None)


def outcome(line: ApplicationLine) -> str:
    note = f" {inert(line.note, 500)}" if line.note else ""
    if line.decision == LineDecision.REFUSED:
        return f"not approved. {line.get_reason_display()}.{note}"
    approved, asked = Level(line.decided_level or 0), Level(line.level)
    less = f" (you asked for {asked.word})" if approved < asked else ""
    return f"approved: {approved.word}{less}.{note}"


_DECIDED = {
    ApplicationStatus.APPROVED: ("approved", "All roles of your application are approved"),
    ApplicationStatus.PARTLY_APPROVED: (
        "partly approved",
        "Some roles of your application are approved",
    ),
    ApplicationStatus.REJECTED: ("not approved", "No role of your application is approved"),
}


def decided_mail(
    application: RoleApplication, lines: Sequence[ApplicationLine], status: str
) -> Mail:
    """The one mail with every line's outcome; the review desk shows it before it is sent."""
    word, heading = _DECIDED[ApplicationStatus(status)]
    refused = any(line.decision == LineDecision.REFUSED for line in lines)
    return _application_mail(
        application,
        word,
        heading,
        "See the decision",
        paragraphs=(
            f"Your application of {mail_day(application.submitted_at)} is decided, role by role:",
        ),
        facts=tuple((line.role.name, outcome(line)) for line in lines),
        after=("You can apply again for the roles that were not approved.",) if refused else (),
    )


def application_decided(
    application: RoleApplication, lines: Sequence[ApplicationLine], *, by: User | None
) -> None:
    key = f"role-application:{application.public_id}:decided"
    mail = decided_mail(application, lines, application.status)
    _tell(application.provider, key=key, kind="application_decided", mail=mail, by=by)


def application_lapsed(application: RoleApplication) -> None:
    text = (
        f"The reviewer's question was not answered within "
        f"{settings.APPLICATION_ANSWER_DAYS} days. You can apply again: "
        "what you wrote is taken over."
    )
    mail = _application_mail(
        application,
        "lapsed",
        "Your role application has lapsed",
        "Apply again",
        paragraphs=(text,),
    )
    key = f"role-application:{application.public_id}:lapsed"
    _tell(application.provider, key=key, kind="application_lapsed", mail=mail, by=None)


_CHANGED = {
    "lowered": "lowered to {level}",
    "revoked": "revoked",
    "restored": "restored: {level}",
}


def approved_role_changed(approved_role: ApprovedRole, change: str, *, by: User | None) -> None:
    provider, role = approved_role.provider, approved_role.role
    what = _CHANGED[change].format(level=Level(approved_role.level).word)
    effect = (
        "What sellers granted above it has no effect from now on."
        if change != "restored"
        else "What sellers granted within it has effect again."
    )
    mail = _approval_mail(
        provider,
        f"Approved role {role.name}",
        change,
        f"{role.name}: approval {what}",
        "See your approved roles",
        paragraphs=(effect, f"The reason: {inert(approved_role.reason, 500)}"),
    )
    key = f"approved-role:{approved_role.public_id}:{change}:{approved_role.version}"
    _tell(provider, key=key, kind=f"approved_role_{change}", mail=mail, by=by)
    tell_sellers(approved_role, change)


def approved_roles_lapsing(
    provider: Organization, approved_roles: Sequence[ApprovedRole], *, days: int
) -> None:
    """The yearly end is near: one mail for all roles of the provider that reached this stage."""
    first = approved_roles[0]
    text = (
        f"These approvals of {inert(provider.name)} end within {days} days. After "
        "that, what sellers granted has no effect until they are approved again."
    )
    mail = _approval_mail(
        provider,
        "Approved roles",
        f"{len(approved_roles)} end soon",
        "Approved roles end soon: renew them",
        "Renew",
        paragraphs=(text,),
        facts=tuple(
            (row.role.name, f"until {mail_ending(row.expires_at)}") for row in approved_roles
        ),
    )
    key = f"approved-roles:{first.public_id}:{first.version}:lapsing:{days}"
    _tell(provider, key=key, kind="approved_role_lapsing", mail=mail, by=None)
    for row in approved_roles:
        tell_sellers(row, "lapsing", stage=str(days))


def approved_roles_lapsed(provider: Organization, approved_roles: Sequence[ApprovedRole]) -> None:
    """The year is over: one mail for all roles of the provider that ended together."""
    first = approved_roles[0]
    text = (
        "What sellers granted in these roles has no effect from now on. It comes back by "
        "itself when the role is approved again."
    )
    mail = _approval_mail(
        provider,
        "Approved roles",
        f"{len(approved_roles)} have lapsed",
        "Approved roles have lapsed",
        "Apply again",
        paragraphs=(text,),
        facts=tuple(
            (row.role.name, f"ended {mail_ending(row.expires_at)}") for row in approved_roles
        ),
    )
    key = f"approved-roles:{first.public_id}:{first.version}:lapsed"
    _tell(provider, key=key, kind="approved_role_lapsed", mail=mail, by=None)
    for row in approved_roles:
        tell_sellers(row, "lapsed")


def tell_sellers(approved_role: ApprovedRole, change: str, *, stage: str = "") -> None:
    """One row for the mails to every seller whose grants rest on this approval (X3)."""
    parts = [change, stage, str(approved_role.version)]
    queue_fan_out(
        key=f"approved-role:{approved_role.public_id}:sellers:{':'.join(filter(None, parts))}",
        expander=approval_changed_drafts,
        approved_role_id=approved_role.pk,
        change=change,
    )


def approval_changed_drafts(
    *, after: int, limit: int, approved_role_id: int, change: str
) -> int | None:
    """A piece of the mails to sellers; the app above knows them."""
    return hooks.approval_drafts(after, limit, approved_role_id, change)


def reviews_waiting(
    reviewers: Iterable[Any], facts: tuple[tuple[str, str], ...], *, today: date
) -> None:
    """`today` is the day it is for these reviewers."""
    tell(
        map(Recipient.of, reviewers),
        key=f"reviews:{today.isoformat()}",
        kind="roles.reviews_waiting",
        mail=Mail(
            subject=subject_line("PartnerHub", "Review", "what waits for a decision"),
            heading=f"What waits for review on {mail_day(today)}",
            paragraphs=("Every applicant was told a date by which we decide.",),
            facts=facts,
            button=("Open the desk", reverse("admin:index")),
            why="You get this because you are a reviewer.",
        ),
    )
