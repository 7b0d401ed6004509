"""Identity checks: asked for by a person, decided by a reviewer, ended by the scheduler."""

import logging
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, BinaryIO

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction

from accounts.documents import DocumentKind, stored_name
from accounts.emails import identity as emails
from accounts.models import (
    IdentityCheck,
    IdentityDocument,
    Membership,
    User,
    document_path,
)
from accounts.reviewers import DECIDE_IDENTITIES, require, stake_in_person
from accounts.states import (
    IDENTITY,
    IdentityReason,
    IdentityStatus,
    MembershipRole,
    OrganizationKind,
    OrganizationStatus,
)
from accounts.tenancy import verified_addresses
from accounts.transitions.organizations import activate_drafts, lock_drafts
from core import clock
from core.audit.services import record
from core.db import lock, move
from core.errors import Conflict, Invalid, LimitReached, NotPermitted
from core.state_tables import advance
from core.web.formats import ending, minute

logger = logging.getLogger(__name__)

RENEWAL = timedelta(days=90)
TRIES_PER_DAY = 5
DAY = timedelta(hours=24)
REMINDERS = (7, 30)

Documents = Mapping[str, tuple[BinaryIO, DocumentKind]]


def obstacle(latest: IdentityCheck | None) -> str:
    """Why nobody with this newest check can send another now; "" when they can."""
    if latest is None or latest.status in (IdentityStatus.FAILED, IdentityStatus.EXPIRED):
        return ""
    if latest.status == IdentityStatus.SUBMITTED:
        return "Your identity check is being reviewed."
    if latest.expires_at and latest.expires_at > clock.now() + RENEWAL:
        return f"Your identity is verified until {ending(latest.expires_at)}."
    return ""


def submit_identity(
    *,
    by: User,
    legal_name: str,
    birth_date: date,
    country: str,
    street_address: str,
    documents: Documents,
) -> IdentityCheck:
    """Ask for an identity check with one file for each kind of document (S0.4, S0.8).

    `documents` maps IdentityDocument.Kind to an inspected file. Raises Conflict while a check is
    open or verified, LimitReached for too many in a day, NotPermitted without a verified address,
    Invalid when the files cannot be stored. Nothing stays behind, on disk either, when it fails.
    """
    written: list[str] = []
    try:
        with transaction.atomic():
            by = lock(User.objects.all(), pk=by.pk)
            _check_person(by)
            check = IdentityCheck.objects.create(
                user=by,
                legal_name=legal_name,
                birth_date=birth_date,
                country=country,
                street_address=street_address,
            )
            for kind, (file, found) in documents.items():
                _store(check, kind, file, found, written)
            record("identity_check.submitted", by=by, subject=check)
            emails.identity_submitted(check)
    except BaseException as error:
        for name in written:
            default_storage.delete(name)
        if isinstance(error, OSError):
            logger.exception("identity documents could not be stored")
            raise Invalid("Your documents could not be stored. Try again later.") from error
        raise
    return check


def _check_person(by: User) -> None:
    if not by.is_active or not verified_addresses(by):
        raise NotPermitted("Confirm your e-mail address first.")
    if why_not := obstacle(IdentityCheck.objects.latest_of(by)):
        raise Conflict(why_not)
    recent = IdentityCheck.objects.filter(user=by, created_at__gt=clock.now() - DAY)
    times = list(recent.order_by("created_at").values_list("created_at", flat=True))
    if len(times) >= TRIES_PER_DAY:
        raise LimitReached(
            "You have sent as many checks as one person may in 24 hours.", retry_at=times[0] + DAY
        )


def _store(
    check: IdentityCheck, kind: str, file: BinaryIO, found: DocumentKind, written: list[str]
) -> None:
    document = IdentityDocument(
        check_of=check,
        kind=kind,
        stored_name=stored_name(found),
        mime=found.mime,
        size=file.seek(0, 2),
    )
    file.seek(0)
    # Before it is written: a full disk leaves half a file, which goes as well.
    written.append(document_path(document, ""))
    document.file.save(document.stored_name, File(file), save=False)
    document.save()


@transaction.atomic
def decide_identity(
    *, by: User, check: IdentityCheck, verified: bool, reason: str = ""
) -> IdentityCheck:
    """A reviewer verifies a person, or refuses with a reason from the fixed list (X17).

    Verifying activates the drafts that waited for it. Raises NotPermitted for people who may not
    decide, Invalid without a reason, Conflict naming the first decision for the second (C8).
    """
    person = lock(User.objects.all(), pk=check.user_id)
    drafts = lock_drafts(person)
    check = lock(IdentityCheck.objects.all(), pk=check.pk)
    require(by, DECIDE_IDENTITIES)
    if stake := stake_in_person(by, check.user_id):
        raise NotPermitted(stake)
    if check.status != IdentityStatus.SUBMITTED:
        raise Conflict(decided_sentence(check))
    if verified:
        return _verify(check, person, drafts, by=by)
    if reason not in IdentityReason.values:
        raise Invalid("Choose what the person has to fix.", field="reason")
    return _decide(check, IdentityStatus.FAILED, by=by, decided_at=clock.now(), reason=reason)


def _verify(check: IdentityCheck, person: User, drafts: list[Any], *, by: User) -> IdentityCheck:
    for older in IdentityCheck.objects.filter(user=person, status=IdentityStatus.VERIFIED):
        _expire(older)
    now = clock.now()
    until = clock.end_after(settings.IDENTITY_DAYS, person.zone)
    _decide(check, IdentityStatus.VERIFIED, by=by, decided_at=now, expires_at=until)
    if not activate_drafts(drafts, check):
        emails.identity_verified(check)
    employed = Membership.objects.active().filter(
        user=person,
        role=MembershipRole.EMPLOYEE,
        organization__kind=OrganizationKind.PROVIDER,
        organization__status=OrganizationStatus.ACTIVE,
    )
    for membership in employed.select_related("organization").order_by("organization_id"):
        emails.employee_verified(check, membership.organization)
    return check


def _decide(check: IdentityCheck, status: str, *, by: User, **values: Any) -> IdentityCheck:
    advance(check, IDENTITY, status, decided_by=by, **values)
    record(
        f"identity_check.{status}",
        by=by,
        subject=check,
        before={"status": "submitted"},
        after={"status": str(status), "reason": check.reason},
    )
    if status == IdentityStatus.FAILED:
        emails.identity_failed(check)
    return check


def decided_sentence(check: IdentityCheck) -> str:
    who = check.decided_by.name if check.decided_by else "Somebody"
    when = minute(check.decided_at)
    outcome = "did not accept" if check.status == IdentityStatus.FAILED else "verified"
    return f"{who} {outcome} this check on {when}."


def _expire(check: IdentityCheck) -> None:
    advance(check, IDENTITY, IdentityStatus.EXPIRED)
    record(
        "identity_check.expired",
        by=None,
        subject=check,
        before={"status": "verified"},
        after={"status": "expired"},
    )


@transaction.atomic
def expire_identity(*, check: IdentityCheck) -> bool:
    """End a check whose time is over; False when it was ended or replaced meanwhile."""
    check = lock(IdentityCheck.objects.all(), pk=check.pk)
    over = check.expires_at is not None and check.expires_at <= clock.now()
    if check.status != IdentityStatus.VERIFIED or not over:
        return False
    _expire(check)
    emails.identity_expired(check)
    return True


@transaction.atomic
def remind_identity(check: IdentityCheck, *, days: int) -> bool:
    """Tell the person that the check ends within `days`; False when that was done already."""
    check = lock(IdentityCheck.objects.all(), pk=check.pk)
    told = check.reminded_days
    if check.status != IdentityStatus.VERIFIED or (told is not None and told <= days):
        return False
    move(check, expect={"reminded_days": told}, reminded_days=days)
    emails.identity_expiring(check, days)
    return True


@transaction.atomic
def note_view(*, by: User, document: IdentityDocument, reason: str = "") -> None:
    """Each look of the desk at a document stands in the history; nobody's other look does. With a
    `reason` it was the file itself, not the picture of it."""
    values = {"kind": document.kind, "check": str(document.check_of.public_id)}
    verb = "identity_document.downloaded" if reason else "identity_document.viewed"
    record(verb, by=by, subject=document, after=values | ({"reason": reason} if reason else {}))


def sweep_orphans() -> int:
    """Delete files of documents that no row names and that are a day old; how many.

    A process that died between the file and its row leaves one.
    """
    folder = document_path(IdentityDocument(stored_name=""), "").rstrip("/")
    try:
        names = default_storage.listdir(folder)[1]
    except FileNotFoundError:
        return 0
    known = set(IdentityDocument.objects.exclude(file="").values_list("file", flat=True))
    before, gone = clock.real_now() - DAY, 0
    for path in (f"{folder}/{name}" for name in names):
        if path not in known and default_storage.get_modified_time(path) < before:
            default_storage.delete(path)
            gone += 1
    if gone:
        logger.warning("identity documents without a row were deleted: %s", gone)
    return gone


@transaction.atomic
def delete_document(*, document: IdentityDocument) -> None:
    """The file goes first: what fails afterwards is tried again, and twice is harmless (D7)."""
    document = lock(IdentityDocument.objects.all(), pk=document.pk)
    if document.file.name:
        default_storage.delete(document.file.name)
    move(document, expect={"deleted_at": None}, file="", deleted_at=clock.now())
