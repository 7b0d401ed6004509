"""What reviewers do with an application: look, ask, decide line by line, finish."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from core import clock
from core.audit.services import record
from core.db import lock, lock_all, move
from core.edits import fingerprint
from core.errors import Conflict, Invalid, NotPermitted
from core.state_tables import advance
from core.web.access import Level
from core.web.formats import minute
from roles import emails
from roles.models import ApplicationLine, ApplicationMessage, ApprovedRole, RoleApplication
from roles.permissions import require_reviewer
from roles.states import (
    APPLICATION,
    LINE,
    ApplicationStatus,
    LineDecision,
    RefusalReason,
)
from roles.transitions.applications import note_application
from roles.transitions.approvals import approve
from roles.transitions.locks import lock_application


def _lock_for_review(application: RoleApplication, by: User) -> RoleApplication:
    application = lock_application(application)
    require_reviewer(by, provider_id=application.provider_id, category_id=application.category_id)
    return application


def _require_in_review(application: RoleApplication) -> None:
    if application.status != ApplicationStatus.IN_REVIEW:
        state = application.get_status_display().lower()
        raise Conflict(f"This application is {state}: nothing can be decided on it now.")


@transaction.atomic
def start_review(*, application: RoleApplication, by: User) -> RoleApplication:
    """Starting twice changes nothing. Raises NotPermitted for one's own company, Conflict."""
    application = _lock_for_review(application, by)
    if application.status != ApplicationStatus.SUBMITTED:
        _require_in_review(application)
        return application
    advance(application, APPLICATION, ApplicationStatus.IN_REVIEW)
    note_application(application, "review_started", by=by, before="submitted")
    return application


@transaction.atomic
def request_information(*, application: RoleApplication, text: str, by: User) -> ApplicationMessage:
    """The review clock rests until the answer (U22). Raises Invalid, else as start_review."""
    application = _lock_for_review(application, by)
    _require_in_review(application)
    if not text.strip():
        raise Invalid("Write what you need to know.", field="text")
    message = ApplicationMessage.objects.create(
        application=application, author=by, from_reviewer=True, text=text.strip()
    )
    now = clock.now()
    advance(
        application,
        APPLICATION,
        ApplicationStatus.INFORMATION_REQUESTED,
        asked_at=now,
        answer_due_at=clock.end_after(settings.APPLICATION_ANSWER_DAYS, application.provider.zone),
        reminded_at=None,
    )
    note_application(application, "information_requested", by=by, before="in_review")
    emails.information_requested(application, message=message, by=by)
    return message


@transaction.atomic
def decide_line(
    *, line: ApplicationLine, level: Level, reason: str = "", note: str = "", by: User
) -> ApplicationLine:
    """Approve a line at `level`, or refuse it with level NONE and a reason (U24).

    The approval of a restricted role awaits a second reviewer; a refusal needs one. Raises Invalid
    for a level above the request or the role's highest and for a missing reason, Conflict (who,
    when, what) when the line is decided, NotPermitted as start_review.
    """
    line = _lock_line(line, by)
    if line.decision != LineDecision.PENDING:
        raise Conflict(who_decided(line))
    if level == Level.NONE:
        return _refuse(line, reason, note, by, second=False)
    highest = min(line.level, line.role.highest_level)
    if level > highest:
        raise Invalid(f"At most {Level(highest).word} can be approved.", field="level")
    restricted = line.role.restricted
    decision = LineDecision.AWAITING_SECOND if restricted else LineDecision.APPROVED
    _decide(
        line,
        decision,
        decided_level=level,
        decided_by=by,
        decided_at=clock.now(),
        needs_second=restricted,
        note=note.strip(),
    )
    _note_line(line, "line_decided", by)
    return line


@transaction.atomic
def second_line(
    *,
    line: ApplicationLine,
    seen_level: int,
    agree: bool,
    reason: str = "",
    by: User,
    note: str = "",
) -> ApplicationLine:
    """The second reviewer's word on a restricted line: agree to the level they saw, or refuse.

    Raises NotPermitted for the first reviewer, Conflict when the line no longer awaits anybody or
    the level has changed, Invalid for a refusal without a reason.
    """
    line = _lock_line(line, by)
    if line.decision != LineDecision.AWAITING_SECOND or line.decided_level != seen_level:
        raise Conflict(who_decided(line))
    if line.decided_by_id == by.pk:
        raise NotPermitted("You gave the first approval: another reviewer has to agree.")
    if not agree:
        return _refuse(line, reason, note, by, second=True)
    _decide(line, LineDecision.APPROVED, seconded_by=by, seconded_at=clock.now())
    _note_line(line, "line_seconded", by)
    return line


@transaction.atomic
def reopen_line(*, line: ApplicationLine, by: User, seen: str | None = None) -> ApplicationLine:
    """`seen` is what lines_seen() said of the line as the page showed it, None for a caller who has
    just read it. Raises NotPermitted for somebody else's decision, Conflict for a line that is open
    or stands differently."""
    line = _lock_line(line, by)
    if line.decision == LineDecision.PENDING:
        raise Conflict("This role is not decided.")
    if by.pk not in (line.decided_by_id, line.seconded_by_id):
        raise NotPermitted("Only a reviewer who decided this role can open it again.")
    if seen is not None and seen != lines_seen([line]):
        raise Conflict(who_decided(line))
    _decide(
        line,
        LineDecision.PENDING,
        decided_level=None,
        decided_by=None,
        decided_at=None,
        needs_second=False,
        seconded_by=None,
        seconded_at=None,
        reason="",
        note="",
    )
    _note_line(line, "line_reopened", by)
    return line


def _lock_line(line: ApplicationLine, by: User) -> ApplicationLine:
    application = _lock_for_review(line.application, by)
    rows = ApplicationLine.objects.select_related("role", "decided_by", "seconded_by")
    line = lock(rows, pk=line.pk)
    line.application = application
    _require_in_review(application)
    return line


def _decide(line: ApplicationLine, decision: str, **values: Any) -> None:
    LINE.check(line.decision, decision)
    move(line, expect={"decision": line.decision}, decision=decision, **values)


def _refuse(
    line: ApplicationLine, reason: str, note: str, by: User, *, second: bool
) -> ApplicationLine:
    if reason not in RefusalReason.values:
        raise Invalid("Choose why this role is refused.", field="reason")
    now = clock.now()
    who = (
        {"seconded_by": by, "seconded_at": now} if second else {"decided_by": by, "decided_at": now}
    )
    _decide(
        line,
        LineDecision.REFUSED,
        decided_level=None,
        reason=reason,
        note=note.strip(),
        **who,
    )
    _note_line(line, "line_refused_second" if second else "line_decided", by)
    return line


def who_decided(line: ApplicationLine) -> str:
    """The sentence for whoever came second: who, when, what (C8)."""
    if line.decision == LineDecision.PENDING:
        return f"The decision on {line.role.name} was taken back in the meantime."
    who = line.seconded_by or line.decided_by
    when = line.seconded_at or line.decided_at
    assert when is not None
    result = line.get_decision_display().lower()
    level = f" ({Level(line.decided_level).word})" if line.decided_level else ""
    return f"{who or 'Somebody'} decided on {line.role.name} on {minute(when)}: {result}{level}."


@transaction.atomic
def finish_application(
    *, application: RoleApplication, by: User, seen: str | None = None
) -> RoleApplication:
    """Close the review: approved roles take effect, and one mail tells every line (S0.5).

    `seen` is what lines_seen() said of the lines whose mail the reviewer read, None for a caller
    who has just read them: what was seen is what is sent. Raises Conflict otherwise, while a line
    is open, once the application has left review, when the account is no longer active or a role
    can no longer be granted; NotPermitted as start_review.
    """
    application = _lock_for_review(application, by)
    if application.decided_at:
        state = application.get_status_display().lower()
        when = minute(application.decided_at)
        raise Conflict(f"This application was decided on {when}: {state}.")
    _require_in_review(application)
    lines = lock_all(application.lines.select_related("role", "decided_by", "seconded_by"))
    _require_finishable(application, lines)
    if seen is not None and seen != lines_seen(lines):
        raise Conflict(
            _("A decision has changed since you read the mail. Nothing is sent: read it again.")
        )
    advance(application, APPLICATION, status_after(lines), decided_at=clock.now())
    approved = [line for line in lines if line.decision == LineDecision.APPROVED]
    _take_effect(application, approved)
    levels = {line.role.code: Level(line.decided_level or 0).word for line in approved}
    note_application(application, "decided", by=by, before="in_review", roles=levels)
    emails.application_decided(application, lines, by=by)
    return application


def _require_finishable(application: RoleApplication, lines: Sequence[ApplicationLine]) -> None:
    if not all_decided(lines):
        raise Conflict("Not every role of this application is decided.")
    approved = [line for line in lines if line.decision == LineDecision.APPROVED]
    if approved and not application.provider.is_active:
        state = application.provider.get_status_display().lower()
        raise Conflict(f"This account is {state}: no role can be approved for it.")
    for line in approved:
        if not line.role.grantable or (line.decided_level or 0) > line.role.highest_level:
            raise Conflict(f"{line.role.name} can no longer be granted at this level.")


def _take_effect(application: RoleApplication, lines: Sequence[ApplicationLine]) -> None:
    held = ApprovedRole.objects.for_provider(application.provider).select_related("role")
    rows = {row.role_id: row for row in lock_all(held.filter(role__in=[x.role_id for x in lines]))}
    for line in lines:
        approve(application.provider, line, rows.get(line.role_id))


def lines_seen(lines: Sequence[ApplicationLine]) -> str:
    """One word for how these lines are decided, as the mail to the provider tells it."""
    names = ("pk", "decision", "decided_level", "reason", "note", "decided_by_id", "seconded_by_id")
    ordered = sorted(lines, key=lambda line: line.pk)
    return fingerprint(*(tuple(str(getattr(x, name)) for name in names) for x in ordered))


def all_decided(lines: Sequence[ApplicationLine]) -> bool:
    open_lines = (LineDecision.PENDING, LineDecision.AWAITING_SECOND)
    return bool(lines) and all(line.decision not in open_lines for line in lines)


def status_after(lines: Sequence[ApplicationLine]) -> ApplicationStatus:
    """What the application becomes: approved only when nothing was refused or cut."""
    approved = [line for line in lines if line.decision == LineDecision.APPROVED]
    if not approved:
        return ApplicationStatus.REJECTED
    full = len(approved) == len(lines) and all(x.decided_level == x.level for x in approved)
    return ApplicationStatus.APPROVED if full else ApplicationStatus.PARTLY_APPROVED


def _note_line(line: ApplicationLine, event: str, by: User) -> None:
    # No organization: what one reviewer thinks is not the provider's to read before the end.
    after: dict[str, Any] = {"role": line.role.code, "decision": str(line.decision)}
    if line.decided_level:
        after["level"] = Level(line.decided_level).word
    record(f"role_application.{event}", by=by, subject=line.application, after=after)
