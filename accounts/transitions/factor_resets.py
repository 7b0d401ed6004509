"""A lost second factor: the person asks, the desk resets it by two, and a new one is set first.

Without an identity check somebody who knows the person has to vouch, or seven days pass in which
the person and all administrators of their accounts were told.
"""

import secrets
from datetime import datetime, timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.emails import factor_resets as emails
from accounts.models import FactorReset, Membership, Organization, User
from accounts.reviewers import SUPERVISE, SUPERVISE_PEOPLE, require, stake_in_person
from accounts.sessions import FACTORS, end_all_sessions
from accounts.states import OPEN_RESET, RESET, ResetStatus
from accounts.tenancy import is_identified, require_administrator
from core import clock
from core.audit.services import record
from core.db import lock, move
from core.errors import Conflict, LimitReached, NotPermitted, NotRelated
from core.outbox.models import Message
from core.state_tables import advance
from core.web.formats import minute

CODE_MINUTES = 10
CODE_GAP = timedelta(minutes=1)
CODES_A_DAY = 5
DAY = timedelta(hours=24)


def open_reset(person: Any) -> FactorReset | None:
    return FactorReset.objects.filter(user=person, status__in=OPEN_RESET).first()


def has_to_set_anew(person: Any) -> bool:
    """Whether the person's second factor was reset, and no new one is there yet."""
    rows = FactorReset.objects.filter(user=person, status=ResetStatus.DONE)
    return rows.filter(renewed_at=None).exists()


def opens_at(reset: FactorReset) -> datetime:
    """When the wait is over that stands in for somebody who knows the person."""
    return reset.created_at + timedelta(days=settings.FACTOR_RESET_DAYS)


def why_not_yet(reset: FactorReset) -> str:
    """Why nobody can reset it now; "" when the desk may decide."""
    if is_identified(reset.user) or reset.vouched_at or clock.now() >= opens_at(reset):
        return ""
    return _(
        "There is no identity check: another administrator of the person's account has to say "
        "that it is them, or the wait until %(moment)s has to pass."
    ) % {"moment": minute(opens_at(reset))}


@transaction.atomic
def send_code(*, person: User) -> str:
    """Mail a code to whoever has given the right password; returns it. Raises LimitReached."""
    person = lock(User.objects.all(), pk=person.pk)
    now = clock.real_now()
    recent = Message.objects.filter(kind=emails.CODE, recipient=person)
    if recent.filter(created_at__gt=now - CODE_GAP).exists():
        raise LimitReached(
            _("A code is on its way. Wait a minute before you ask for another."),
            retry_at=now + CODE_GAP,
        )
    if recent.filter(created_at__gt=now - DAY).count() >= CODES_A_DAY:
        raise LimitReached(_("You have had enough codes for today. Try again tomorrow."))
    code = f"{secrets.randbelow(10**6):06d}"
    emails.code(person, code, minutes=CODE_MINUTES)
    return code


@transaction.atomic
def ask(*, person: User, legal_name: str, birth_date: Any) -> FactorReset:
    """Ask for it, with password and mailed code shown. The person and all administrators of their
    accounts are told. Raises Conflict while one is open, NotPermitted without a second factor."""
    person = lock(User.objects.all(), pk=person.pk)
    if not Authenticator.objects.filter(user=person, type__in=FACTORS).exists():
        raise NotPermitted(_("Your account has no second factor."))
    if open_reset(person):
        raise Conflict(_("You have asked for this already: we are looking at it."))
    reset = FactorReset.objects.create(user=person, legal_name=legal_name, birth_date=birth_date)
    record("second_factor.reset_asked", by=person, subject=reset)
    emails.asked(reset)
    for organization in _organizations(person):
        emails.asked_of_administrators(reset, organization)
    return reset


@transaction.atomic
def vouch(*, by: User, reset: FactorReset, organization: Organization, known: bool) -> FactorReset:
    """Another administrator of an account of the person says that it is them, or that it is not,
    which ends it. Raises as require_administrator does, and Conflict when it is over."""
    reset = _lock(reset)
    require_administrator(by, organization)
    member = Membership.objects.active().filter(user=reset.user, organization=organization)
    if reset.user_id == by.pk or not member.exists():
        raise NotRelated
    _require_open(reset)
    if not known:
        return _end(reset, ResetStatus.REFUSED, "refused", by=by, organization=organization)
    move(reset, expect={"status": reset.status}, vouched_by=by, vouched_at=clock.now())
    _note(reset, "vouched", by=by, organization=organization)
    return reset


@transaction.atomic
def withdraw(*, by: User, reset: FactorReset) -> FactorReset:
    """The person has their second factor after all, or never asked. Raises NotRelated."""
    reset = _lock(reset)
    if reset.user_id != by.pk:
        raise NotRelated
    _require_open(reset)
    return _end(reset, ResetStatus.WITHDRAWN, "withdrawn", by=by)


@transaction.atomic
def agree(*, by: User, reset: FactorReset) -> FactorReset:
    """The first of two at the desk. Raises NotPermitted for people who may not or have a stake,
    Conflict when it is not time yet or over."""
    reset = _lock_for_desk(reset, by)
    if reason := why_not_yet(reset):
        raise Conflict(reason)
    advance(reset, RESET, ResetStatus.AGREED, agreed_by=by, agreed_at=clock.now())
    _note(reset, "agreed", by=by)
    return reset


@transaction.atomic
def confirm_reset(*, by: User, reset: FactorReset) -> FactorReset:
    """The second of two: every factor and session goes, and a new factor is set before anything
    else. Raises as agree does, and NotPermitted for the first of the two."""
    reset = _lock_for_desk(reset, by)
    if reset.status != ResetStatus.AGREED:
        raise Conflict(_("Somebody has to agree first."))
    if reset.agreed_by_id == by.pk:
        raise NotPermitted(_("You were the first: another of support or a lead has to confirm."))
    if reset.user.is_staff:
        require(by, SUPERVISE)
    Authenticator.objects.filter(user=reset.user).delete()
    end_all_sessions(reset.user)
    return _end(reset, ResetStatus.DONE, "reset", by=by)


@transaction.atomic
def refuse(*, by: User, reset: FactorReset) -> FactorReset:
    """One is enough to say no. Raises as agree does."""
    reset = _lock_for_desk(reset, by)
    return _end(reset, ResetStatus.REFUSED, "refused", by=by)


@transaction.atomic
def note_renewed(*, person: User) -> None:
    """The person has a second factor again."""
    rows = FactorReset.objects.filter(user=person, status=ResetStatus.DONE, renewed_at=None)
    for reset in rows:
        move(reset, expect={"renewed_at": None}, renewed_at=clock.now())
        _note(reset, "renewed", by=person)


def _lock(reset: FactorReset) -> FactorReset:
    lock(User.objects.all(), pk=reset.user_id)
    return lock(FactorReset.objects.select_related("user"), pk=reset.pk)


def _lock_for_desk(reset: FactorReset, by: User) -> FactorReset:
    reset = _lock(reset)
    require(by, SUPERVISE_PEOPLE)
    if stake := stake_in_person(by, reset.user_id):
        raise NotPermitted(stake)
    _require_open(reset)
    return reset


def _require_open(reset: FactorReset) -> None:
    if reset.status not in OPEN_RESET:
        raise Conflict(_("This is decided already."))


def _end(
    reset: FactorReset, status: str, event: str, *, by: User, organization: Any = None
) -> FactorReset:
    advance(reset, RESET, status, decided_by=by, decided_at=clock.now())
    _note(reset, event, by=by, organization=organization)
    emails.ended(reset)
    return reset


def _note(reset: FactorReset, event: str, *, by: User, organization: Any = None) -> None:
    after = {"status": str(reset.status)}
    record(f"second_factor.{event}", by=by, subject=reset, organization=organization, after=after)


def _organizations(person: User) -> list[Organization]:
    rows = Organization.objects.filter(
        memberships__user=person, memberships__status="active"
    ).distinct()
    return list(rows.order_by("pk"))
