"""Applications and approved roles in words, for the provider's pages and the review desk."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from accounts.portals import page
from core import clock
from core.web.access import Level
from core.web.formats import ago, day, ending, minute
from roles.catalogue import RESTRICTIONS, questions_for
from roles.models import ApplicationLine, ApplicationMessage, ApprovedRole, Role, RoleApplication
from roles.states import (
    ApplicationStatus,
    ApprovedRoleStatus,
    LineDecision,
)


def restrictions_of(role: Role) -> list[str]:
    return [RESTRICTIONS[word] for word in role.restricted_because.split()]


def start_of(application: RoleApplication) -> datetime:
    """Since when it counts: handed in, or begun while it is a draft."""
    return application.submitted_at or application.created_at


def next_step(application: RoleApplication) -> str:
    marketplace, due = settings.MARKETPLACE_NAME, ending(application.review_due_at)
    promise = f"decided within {settings.REVIEW_PROMISE_DAYS} days: by {due}"
    if application.review_due_at and application.review_due_at < clock.now():
        promise = f"promised by {due}, and late: write to support"
    return {
        ApplicationStatus.DRAFT: "Your turn: complete and submit it.",
        ApplicationStatus.SUBMITTED: f"{marketplace} takes it up; {promise}.",
        ApplicationStatus.IN_REVIEW: f"{marketplace} reviews it; {promise}.",
        ApplicationStatus.INFORMATION_REQUESTED: "Your turn: answer the question by "
        f"{ending(application.answer_due_at)}.",
        ApplicationStatus.APPROVED: "Done: sellers can grant these roles.",
        ApplicationStatus.PARTLY_APPROVED: "Read what to fix, then apply again for the rest.",
        ApplicationStatus.REJECTED: "Read what to fix, then apply again.",
        ApplicationStatus.WITHDRAWN: "You can apply again.",
        ApplicationStatus.LAPSED: "Not answered in time: you can apply again.",
    }[ApplicationStatus(application.status)]


def is_late(application: RoleApplication) -> bool:
    waiting = application.status in (ApplicationStatus.SUBMITTED, ApplicationStatus.IN_REVIEW)
    due = application.review_due_at
    return waiting and due is not None and due < clock.now()


def promised_by(application: RoleApplication) -> str:
    """The promised date; while a question waits for its answer, the clock rests."""
    if application.status == ApplicationStatus.INFORMATION_REQUESTED:
        return "The clock rests until the answer"
    return ending(application.review_due_at)


@dataclass(frozen=True)
class ApplicationCard:
    application: RoleApplication
    url: str
    age: str
    next_step: str
    submitted: str
    decided: str


def application_cards(rows: Iterable[RoleApplication]) -> list[ApplicationCard]:
    return [
        ApplicationCard(
            row,
            page(row.provider, "application", row.public_id),
            ago(start_of(row)),
            next_step(row),
            day(row.submitted_at),
            day(row.decided_at),
        )
        for row in rows
    ]


@dataclass(frozen=True)
class ApprovedCard:
    name: str
    level: str
    until: str
    state: str
    label: str
    note: str


@dataclass
class ApprovedGroup:
    title: str
    slug: str
    roles: list[ApprovedCard] = field(default_factory=list)
    renewable: bool = False


def approval_state(row: ApprovedRole) -> tuple[str, str]:
    """State and label of an approved role at this moment, for a pill (needs `line`)."""
    now = clock.now()
    soon = now + timedelta(days=max(settings.APPROVAL_REMINDER_DAYS))
    approved = row.line.decided_level if row.line else None
    if row.status != ApprovedRoleStatus.ACTIVE:
        return row.status, str(row.get_status_display())
    if row.expires_at <= now:
        return str(ApprovedRoleStatus.LAPSED), "Lapsed"
    if row.expires_at <= soon:
        return "lapsing", "Ends soon"
    if approved and row.level < approved:
        return "lowered", f"Lowered from {Level(approved).word}"
    return row.status, str(row.get_status_display())


def _approved_card(row: ApprovedRole) -> ApprovedCard:
    state, label = approval_state(row)
    note = row.reason if row.status != ApprovedRoleStatus.LAPSED else ""
    until = day(row.ended_at if row.status == ApprovedRoleStatus.REVOKED else row.expires_at)
    return ApprovedCard(row.role.name, Level(row.level).word, until, state, label, note)


def approved_groups(rows: Iterable[ApprovedRole], open_categories: set[int]) -> list[ApprovedGroup]:
    """Approved roles by category in catalogue order; a category with an open application waits."""
    groups: dict[int, ApprovedGroup] = {}
    for row in rows:
        category, card = row.role.category, _approved_card(row)
        group = groups.setdefault(category.pk, ApprovedGroup(category.title, category.slug))
        group.roles.append(card)
        if card.state in ("lapsing", "lapsed") and category.pk not in open_categories:
            group.renewable = True
    return list(groups.values())


@dataclass(frozen=True)
class LineCard:
    name: str
    level: str
    use_case: str
    restrictions: Sequence[str]
    answers: Sequence[tuple[str, str]]
    state: str = ""
    outcome: str = ""
    fix: str = ""
    note: str = ""


def line_card(line: ApplicationLine, *, decided: bool) -> LineCard:
    """The role with use case and answers; its outcome only once everything is decided."""
    answers = [
        (question.text, line.answers.get(question.slug, ""))
        for question in questions_for(line.role.restricted_because)
    ]
    state, outcome = _outcome(line) if decided else ("", "")
    refused = decided and line.decision == LineDecision.REFUSED
    return LineCard(
        line.role.name,
        Level(line.level).word,
        line.use_case,
        restrictions_of(line.role),
        [(question, answer) for question, answer in answers if answer],
        state,
        outcome,
        str(line.get_reason_display()) if refused else "",
        line.note if decided else "",
    )


def _outcome(line: ApplicationLine) -> tuple[str, str]:
    if line.decision == LineDecision.REFUSED:
        return "refused", "Not approved"
    level = Level(line.decided_level or 0).word
    if line.decided_level == line.level:
        return "approved", f"Approved: {level}"
    return "partly_approved", f"Approved: {level}, less than you asked for"


def thread(
    messages: Iterable[ApplicationMessage], *, for_reviewers: bool = False
) -> list[dict[str, Any]]:
    """The messages for the timeline component; to providers, reviewers speak as the marketplace."""
    return [
        {
            "when": minute(message.created_at),
            "who": f"{settings.MARKETPLACE_NAME} (review)"
            if message.from_reviewer and not for_reviewers
            else str(message.author or "Somebody"),
            "text": message.text,
            "tone": "waiting" if message.from_reviewer else "info",
            "detail": "",
        }
        for message in messages
    ]
