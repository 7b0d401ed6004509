"""Asking to join the account that one's company has already (X18)."""

from datetime import timedelta

from django.db import transaction

from accounts.emails import organizations as emails
from accounts.models import Organization, User
from accounts.registration import RegistrationError, business_key
from accounts.states import OrganizationStatus
from accounts.tenancy import verified_addresses
from core import clock
from core.audit.services import record
from core.db import lock
from core.errors import LimitReached, NotPermitted
from core.outbox.models import Message

ASKED_PER_DAY = 5
DAY = timedelta(hours=24)


@transaction.atomic
def ask_to_join(*, by: User, country: str, registration_number: str) -> None:
    """Pass the wish to join on to the administrators of the account that holds this business.

    The asker learns nothing: without such an account, or when they have asked already today,
    nothing happens. Raises NotPermitted without a verified address, LimitReached for too many.
    """
    by = lock(User.objects.all(), pk=by.pk)
    if not by.is_active or not verified_addresses(by):
        raise NotPermitted("Confirm your e-mail address first.")
    recent = Message.objects.filter(
        caused_by=by, kind=emails.JOIN_ASKED, created_at__gt=clock.real_now() - DAY
    )
    asked = set(recent.values_list("organization_id", flat=True))
    if len(asked) >= ASKED_PER_DAY:
        raise LimitReached("You have asked often enough for today.")
    try:
        key = business_key(country, registration_number)
    except RegistrationError:
        return
    found = Organization.objects.of_business(key).filter(status=OrganizationStatus.ACTIVE)
    organization = found.exclude(memberships__user=by, memberships__removed_at=None).first()
    if organization is None or organization.pk in asked:
        return
    record("organization.join_asked", by=by, subject=organization, organization=organization)
    emails.join_asked(organization, by)
