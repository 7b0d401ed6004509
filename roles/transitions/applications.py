"""What a provider does with an application: draft, submit, answer, withdraw, apply again."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from accounts.models import Organization, User
from accounts.tenancy import is_identified, require_administrator
from core import clock
from core.audit.services import record
from core.db import constraint_as, move
from core.edits import Words, merge
from core.errors import Conflict, Invalid, NotPermitted
from core.state_tables import advance
from core.web.access import Level
from roles import emails
from roles.drafts import Entry, check_complete, check_entries, line_of
from roles.models import (
    ApplicationLine,
    ApplicationMessage,
    ApprovedRole,
    RoleApplication,
    ServiceCategory,
)
from roles.states import APPLICATION, DECIDED_APPLICATION, ApplicationStatus, LineDecision
from roles.transitions.locks import lock_application, lock_provider

ONE_OPEN = "There is an open application in this category already: change or withdraw that one."
IDENTITY_FIRST = (
    "Your identity has to be verified before you can submit an application. "
    "Open your identity check to see what is missing."
)


@transaction.atomic
def create_draft(*, provider: Organization, category: ServiceCategory, by: User) -> RoleApplication:
    """Raises NotRelated, NotPermitted, and Conflict while one in this category is open."""
    return _draft(provider, category, by)


@transaction.atomic
def apply_again(*, application: RoleApplication, by: User) -> RoleApplication:
    """After a lapse or a withdrawal, everything is taken over (X17). Raises Conflict."""
    lines = application.lines.select_related("role")
    if application.status in DECIDED_APPLICATION:
        lines = lines.filter(decision=LineDecision.REFUSED)
    elif application.status not in (ApplicationStatus.LAPSED, ApplicationStatus.WITHDRAWN):
        raise Conflict("This application is still open.")
    entries = [Entry.of(line) for line in lines if line.role.grantable]
    if not entries:
        raise Conflict("Nothing in this application was refused.")
    return _draft(application.provider, application.category, by, entries)


@transaction.atomic
def renew(*, provider: Organization, category: ServiceCategory, by: User) -> RoleApplication:
    """For approved roles that end soon or have lapsed (U25). Raises Conflict without any."""
    soon = clock.now() + timedelta(days=max(settings.APPROVAL_REMINDER_DAYS))
    rows = (
        ApprovedRole.objects.for_provider(provider)
        .renewable(soon)
        .filter(role__category=category, role__grantable=True)
        .select_related("role", "line")
    )
    entries = [
        Entry(
            row.role,
            Level(row.level),
            row.line.use_case if row.line else "",
            row.line.answers if row.line else {},
        )
        for row in rows
    ]
    if not entries:
        raise Conflict("No approved role in this category ends soon.")
    return _draft(provider, category, by, entries)


def _draft(
    provider: Organization, category: ServiceCategory, by: User, entries: Sequence[Entry] = ()
) -> RoleApplication:
    provider = lock_provider(provider.pk)
    require_administrator(by, provider)
    with constraint_as(roles_roleapplication_one_open_per_category=Conflict(ONE_OPEN)):
        application = RoleApplication.objects.create(
            provider=provider, category=category, created_by=by
        )
    ApplicationLine.objects.bulk_create(line_of(application, entry) for entry in entries)
    record(
        "role_application.drafted",
        by=by,
        subject=application,
        organization=provider,
        after={"status": ApplicationStatus.DRAFT, "category": category.title},
    )
    return application


@transaction.atomic
def save_lines(
    *,
    application: RoleApplication,
    entries: Iterable[Entry],
    by: User,
    shown: Words | None = None,
) -> RoleApplication:
    """Only what differs from `shown`, the words that the form carried, is written. Raises Invalid,
    Overtaken, and Conflict for anything but a draft."""
    application = lock_application(application)
    require_administrator(by, application.provider)
    _require_draft(application)
    wanted = list(entries)
    stored = {line.role_id: Entry.of(line) for line in application.lines.select_related("role")}
    now = _facts(stored.get(each.role.pk, Entry(each.role, Level.NONE)) for each in wanted)
    changed = merge(now, _facts(wanted), shown)
    if not changed:
        return application
    merged = [Entry.from_facts(each.role, now | changed) for each in wanted]
    entries = [entry for entry in merged if not entry.is_empty]
    check_entries(entries, application.category_id)
    version = application.version
    move(application, expect={"version": version, "status": "draft"}, version=version + 1)
    application.lines.all().delete()
    ApplicationLine.objects.bulk_create(line_of(application, entry) for entry in entries)
    record(
        "role_application.saved",
        by=by,
        subject=application,
        organization=application.provider,
        after={"roles": sum(bool(entry.level) for entry in entries)},
    )
    return application


def _facts(entries: Iterable[Entry]) -> dict[str, Any]:
    return {name: value for entry in entries for name, value in entry.facts.items()}


def _require_draft(application: RoleApplication) -> None:
    if application.status != ApplicationStatus.DRAFT:
        state = application.get_status_display().lower()
        raise Conflict(f"This application is {state} and can no longer be changed.")


@transaction.atomic
def submit_application(*, application: RoleApplication, by: User) -> RoleApplication:
    """Hand the draft to the reviewers; from now on it is locked, and the clock runs (S0.5).

    Raises NotPermitted unless `by` administers the active provider and has a verified identity
    (the sentence says which step is missing), Invalid for an incomplete draft, Conflict for
    anything but a draft.
    """
    application = lock_application(application)
    require_administrator(by, application.provider)
    if not is_identified(by):
        raise NotPermitted(IDENTITY_FIRST)
    _require_draft(application)
    entries = [Entry.of(line) for line in application.lines.select_related("role")]
    chosen = [entry for entry in entries if entry.level]
    check_entries(chosen, application.category_id)
    check_complete(chosen)
    application.lines.filter(level=0).delete()
    now = clock.now()
    advance(
        application,
        APPLICATION,
        ApplicationStatus.SUBMITTED,
        submitted_at=now,
        review_due_at=clock.end_after(settings.REVIEW_PROMISE_DAYS, application.provider.zone),
    )
    note_application(
        application,
        "submitted",
        by=by,
        before="draft",
        roles={entry.role.code: entry.level.word for entry in chosen},
    )
    emails.application_submitted(application, by=by)
    return application


@transaction.atomic
def withdraw_application(*, application: RoleApplication, by: User) -> RoleApplication:
    """Doing it twice is doing it once (N29). Raises Conflict when it is decided or lapsed."""
    application = lock_application(application)
    require_administrator(by, application.provider)
    if application.status == ApplicationStatus.WITHDRAWN:
        return application
    before = application.status
    advance(application, APPLICATION, ApplicationStatus.WITHDRAWN)
    note_application(application, "withdrawn", by=by, before=before)
    return application


@transaction.atomic
def answer_question(*, application: RoleApplication, text: str, by: User) -> ApplicationMessage:
    """The clock goes on (U22). Raises Conflict without an open question, or too late."""
    application = lock_application(application)
    require_administrator(by, application.provider)
    if not text.strip():
        raise Invalid("Write an answer.", field="text")
    now = clock.now()
    if application.status != ApplicationStatus.INFORMATION_REQUESTED:
        raise Conflict("No question is open in this application.")
    assert application.answer_due_at
    assert application.asked_at
    assert application.review_due_at
    if application.answer_due_at <= now:
        raise Conflict("The time for an answer is over: apply again.")
    waited = now - application.asked_at
    message = ApplicationMessage.objects.create(
        application=application, author=by, from_reviewer=False, text=text.strip()
    )
    advance(
        application,
        APPLICATION,
        ApplicationStatus.IN_REVIEW,
        # To the end of the day, as the promise was.
        review_due_at=clock.end_after(
            0, application.provider.zone, since=application.review_due_at + waited
        ),
        asked_at=None,
        answer_due_at=None,
    )
    note_application(application, "answered", by=by, before="information_requested")
    return message


@transaction.atomic
def remind_of_question(*, application: RoleApplication) -> bool:
    """Tell the provider once that a question waits for an answer; False when that was done, or it
    was answered."""
    untold = RoleApplication.objects.to_remind(clock.now()).filter(pk=application.pk)
    if not untold.update(reminded_at=clock.now()):
        return False
    emails.answer_due(application)
    return True


@transaction.atomic
def lapse_application(*, application: RoleApplication) -> bool:
    """End an application whose question was not answered in time; False when it was after all."""
    application = lock_application(application)
    if application.status != ApplicationStatus.INFORMATION_REQUESTED:
        return False
    assert application.answer_due_at is not None
    if application.answer_due_at > clock.now():
        return False
    advance(application, APPLICATION, ApplicationStatus.LAPSED)
    note_application(application, "lapsed", by=None, before="information_requested")
    emails.application_lapsed(application)
    return True


def note_application(
    application: RoleApplication, event: str, *, by: User | None, before: str, **after: Any
) -> None:
    record(
        f"role_application.{event}",
        by=by,
        subject=application,
        organization=application.provider,
        before={"status": before},
        after={"status": str(application.status), **after},
    )
