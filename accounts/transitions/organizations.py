"""Registering an organization, and what happens to it afterwards."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts import signals
from accounts.emails import organizations as emails
from accounts.models import IdentityCheck, Membership, Organization, User
from accounts.names import handle_for, skeleton
from accounts.registration import RegistrationError, business_key, kept_number
from accounts.reviewers import SUPERVISE, require, stake_in_organization
from accounts.states import (
    ORGANIZATION,
    MembershipRole,
    OrganizationKind,
    OrganizationStatus,
)
from accounts.tenancy import (
    administered,
    is_identified,
    membership_of,
    require_administrator,
    verified_addresses,
)
from core import clock, time_zones
from core.audit.services import record
from core.db import constraint_as, lock, lock_all, move
from core.edits import Words, merge
from core.errors import Conflict, Invalid, LimitReached, NotPermitted, NotRelated
from core.state_tables import advance

MAX_DRAFTS = 3
NEW_PER_DAY = 5
DAY = timedelta(hours=24)
HANDLE_TRIES = 5


class AlreadyRegistered(Conflict):
    """Another solution provider account holds this business (S0.16). Says nothing about it."""

    def __init__(self) -> None:
        super().__init__("Your company already has an account.")


@transaction.atomic
def register_organization(
    *,
    by: User,
    kind: str,
    name: str,
    country: str,
    registration_number: str = "",
    supplier_kind: str = "",
) -> Organization:
    """A new account with `by` as its administrator.

    Sellers and suppliers are active at once. A provider is a draft until its administrator's
    identity is verified, and active at once when it already is (S0.4). Raises AlreadyRegistered
    when the business has a provider account (S0.16), Invalid at the field in question,
    NotPermitted without a verified address, LimitReached for too many in a day.
    """
    by = lock(User.objects.all(), pk=by.pk)
    _check_person(by, kind, name)
    begins = {"status": OrganizationStatus.ACTIVE, "activated_at": clock.now()}
    if kind == OrganizationKind.PROVIDER:
        begins = _draft(by, country, registration_number)
    organization = Organization(
        kind=kind,
        name=name,
        name_skeleton=skeleton(name)[:120],
        country=country,
        time_zone=by.time_zone,
        supplier_kind=supplier_kind,
        created_by=by,
        **begins,
    )
    _save_with_handle(organization)
    Membership.objects.create(user=by, organization=organization, role=MembershipRole.ADMINISTRATOR)
    record(
        "organization.registered",
        by=by,
        subject=organization,
        organization=organization,
        after={"kind": str(kind), "status": str(organization.status)},
    )
    if organization.is_active:
        emails.organization_active(organization)
    elif is_identified(by):
        _activate(organization)
    return organization


def _check_person(by: User, kind: str, name: str) -> None:
    if not by.is_active or not verified_addresses(by):
        raise NotPermitted("Confirm your e-mail address first.")
    mine = Organization.objects.filter(created_by=by)
    recent = mine.filter(created_at__gt=clock.now() - DAY).order_by("created_at")
    times = list(recent.values_list("created_at", flat=True)[:NEW_PER_DAY])
    if len(times) >= NEW_PER_DAY:
        raise LimitReached(
            "You have opened as many accounts as one person may in 24 hours.",
            retry_at=times[0] + DAY,
        )
    same = mine.filter(kind=kind, name_skeleton=skeleton(name)[:120])
    if same.exclude(status=OrganizationStatus.CLOSED).exists():
        raise Invalid("You have opened an account with this name already.", field="name")


def _draft(by: User, country: str, registration_number: str) -> dict[str, Any]:
    """What a provider's draft begins with; drafts block nobody, a working account does (S0.16)."""
    try:
        key = business_key(country, registration_number)
    except RegistrationError as error:
        raise Invalid(str(error), field="registration_number") from error
    if Organization.objects.of_business(key).exists():
        raise AlreadyRegistered
    drafts = Organization.objects.filter(
        created_by=by,
        kind=OrganizationKind.PROVIDER,
        status=OrganizationStatus.DRAFT,
    )
    if drafts.filter(business_key=key).exists():
        raise Invalid(
            "You have started an account for this business already.", field="registration_number"
        )
    if drafts.count() >= MAX_DRAFTS:
        raise Invalid(
            f"You have {MAX_DRAFTS} solution provider drafts already: finish or close one first."
        )
    return {
        "status": OrganizationStatus.DRAFT,
        "registration_number": kept_number(registration_number),
        "business_key": key,
    }


def _save_with_handle(organization: Organization) -> None:
    """Save under a free handle; when somebody takes it at the same moment, under the next one."""
    for _try in range(HANDLE_TRIES):
        organization.handle = handle_for(
            organization.name, lambda handle: Organization.objects.filter(handle=handle).exists()
        )
        try:
            with transaction.atomic():
                organization.save(force_insert=True)
        except IntegrityError as error:
            if "handle" not in str(error):
                raise
        else:
            return
    raise Conflict("Many accounts with this name are being opened right now. Try again.")


def _activate(organization: Organization, *, verified: IdentityCheck | None = None) -> None:
    """Raises AlreadyRegistered; the constraint decides between two at once."""
    with constraint_as(accounts_organization_one_per_business=AlreadyRegistered()):
        advance(organization, ORGANIZATION, OrganizationStatus.ACTIVE, activated_at=clock.now())
    _note(organization, "organization.activated", by=None, before="draft")
    emails.organization_active(organization, verified=verified)


def lock_drafts(user: User) -> list[Organization]:
    drafts = Organization.objects.filter(
        kind=OrganizationKind.PROVIDER, status=OrganizationStatus.DRAFT
    )
    return lock_all(drafts.filter(pk__in=administered(user)))


def activate_drafts(drafts: list[Organization], check: IdentityCheck) -> bool:
    """One whose business is taken stays a draft, and the person reads what to do (S0.4). Whether
    one was activated: then its mail has told of the check."""
    opened = False
    # In this order two people with the same businesses never wait for each other.
    for draft in sorted(drafts, key=lambda draft: draft.business_key):
        try:
            with transaction.atomic():
                _activate(draft, verified=check)
        except AlreadyRegistered:
            emails.organization_taken(draft, check.user)
        else:
            opened = True
    return opened


@transaction.atomic
def activate_organization(*, by: User, organization: Organization) -> Organization:
    """Raises AlreadyRegistered, NotPermitted without a verified identity, NotRelated."""
    organization = _own_draft(by, organization)
    if not is_identified(by):
        raise NotPermitted("Your identity has to be verified first.")
    _activate(organization)
    return organization


@transaction.atomic
def close_draft(*, by: User, organization: Organization) -> Organization:
    """An administrator gives up a draft. Raises NotRelated for others, Conflict for no draft."""
    organization = _own_draft(by, organization)
    if organization.status != OrganizationStatus.DRAFT:
        raise Conflict(f"This account is {organization.status}.")
    return _close(organization, by=by, reason="")


@transaction.atomic
def change_time_zone(
    *, by: User, organization: Organization, time_zone: str, shown: Words | None = None
) -> Organization:
    """Another zone for the days of this account's rules. Ends that were given stay the moments they
    are. `shown` is what the form carried. Raises Overtaken, Invalid for a zone that nobody knows,
    NotPermitted, NotRelated."""
    organization = lock(Organization.objects.all(), pk=organization.pk)
    require_administrator(by, organization)
    if not time_zones.is_known(time_zone):
        raise Invalid(_("Choose a zone from the list."), field="time_zone")
    before = {"time_zone": organization.time_zone}
    if not (after := merge(before, {"time_zone": time_zone}, shown)):
        return organization
    move(organization, expect=before, **after)
    record(
        "organization.time_zone_changed",
        by=by,
        subject=organization,
        organization=organization,
        before=before,
        after=after,
    )
    return organization


def close_for_good(*, organization: Organization, by: User | None) -> None:
    """Close the locked draft of somebody who is erased: nobody else administers it."""
    _close(organization, by=by, reason="")


def _own_draft(by: User, organization: Organization) -> Organization:
    organization = lock(Organization.objects.all(), pk=organization.pk)
    membership = membership_of(by, organization)
    if membership is None or not membership.is_administrator:
        raise NotRelated
    return organization


@transaction.atomic
def suspend_organization(*, by: User, organization: Organization, reason: str) -> Organization:
    """Raises NotPermitted for others and for reviewers who belong to it, Conflict."""
    organization = _lock_supervised(by, organization)
    advance(organization, ORGANIZATION, OrganizationStatus.SUSPENDED, status_reason=reason)
    _note(organization, "organization.suspended", by=by, before="active")
    emails.organization_suspended(organization, reason, by=by, event=uuid4().hex)
    return organization


@transaction.atomic
def resume_organization(*, by: User, organization: Organization) -> Organization:
    """A reviewer lifts a suspension. Raises as suspend_organization does."""
    organization = _lock_supervised(by, organization)
    if organization.status != OrganizationStatus.SUSPENDED:
        raise Conflict(f"This account is {organization.status}.")
    advance(organization, ORGANIZATION, OrganizationStatus.ACTIVE, status_reason="")
    _note(organization, "organization.resumed", by=by, before="suspended")
    emails.organization_resumed(organization, by=by, event=uuid4().hex)
    return organization


@transaction.atomic
def close_organization(*, by: User, organization: Organization, reason: str) -> Organization:
    """Upper apps end what rests on it. Raises as suspend_organization does."""
    organization = _lock_supervised(by, organization)
    return _close(organization, by=by, reason=reason)


def _close(organization: Organization, *, by: User | None, reason: str) -> Organization:
    before = str(organization.status)
    advance(organization, ORGANIZATION, OrganizationStatus.CLOSED, status_reason=reason)
    _note(organization, "organization.closed", by=by, before=before)
    signals.organization_closed.send(sender=Organization, organization=organization, by=by)
    if before != OrganizationStatus.DRAFT:
        emails.organization_closed(organization, reason, by=by)
    return organization


def _lock_supervised(by: User, organization: Organization) -> Any:
    organization = lock(Organization.objects.all(), pk=organization.pk)
    require(by, SUPERVISE)
    if stake := stake_in_organization(by, organization):
        raise NotPermitted(stake)
    return organization


def _note(organization: Organization, verb: str, *, by: User | None, before: str) -> None:
    record(
        verb,
        by=by,
        subject=organization,
        organization=organization,
        before={"status": before},
        after={"status": str(organization.status)},
    )
