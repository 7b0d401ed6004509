"""How many invitations may go out (I13). Counted in the database, under the organization's lock."""

from datetime import timedelta
from typing import Any

from accounts.addresses import budget_key
from accounts.invitations.models import Invitation, Sending
from partnerhub import clock
from partnerhub.errors import LimitReached

DAY = timedelta(hours=24)
PER_ORGANIZATION = 50
PER_ORGANIZATION_TRUSTED = 1000
FIRST_DAY = 10
TRUSTED_AGE = timedelta(days=30)
PER_PAIR = 10
PER_ADDRESS = 5
RESEND_GAP = timedelta(minutes=10)
ASK_GAP = timedelta(hours=24)
PENDING = 50
PENDING_TRUSTED = 1000


def day_budget(organization: Any) -> int:
    """How many invitations this organization may send in 24 hours."""
    age = clock.now() - (organization.activated_at or organization.created_at)
    if age < DAY:
        return FIRST_DAY
    return PER_ORGANIZATION_TRUSTED if age >= TRUSTED_AGE else PER_ORGANIZATION


def check_and_count(invitation: Any) -> None:
    """Count one sending; raises LimitReached with the time when the next one is possible.

    The caller holds the lock of the inviting organization, so that its counts cannot be overrun.
    """
    _check_pending(invitation)
    count(
        invitation.organization,
        budget_key(invitation.address),
        about=invitation.about,
        asked_for=invitation.asked_for,
    )


def count(organization: Any, key: str, *, about: str, asked_for: bool = False) -> None:
    """Count one mail of `organization` to whatever `key` stands for, an address's budget mostly.

    What the recipient `asked_for` is not held against the budget that strangers share. Raises
    LimitReached with the time when the next one is possible.
    """
    recent = Sending.objects.filter(at__gt=clock.now() - DAY)
    _check(
        recent.filter(organization=organization),
        day_budget(organization),
        "This account has sent as many invitations as it may in 24 hours.",
    )
    _check(
        recent.filter(organization=organization, budget_key=key),
        PER_PAIR,
        "This address has been invited often enough in the last 24 hours.",
    )
    if not asked_for:
        others = recent.filter(budget_key=key).exclude(organization=organization)
        _check(others, PER_ADDRESS, "This address cannot be invited now. Try again tomorrow.")
    Sending.objects.create(organization=organization, budget_key=key, about=about)


def _check(sendings: Any, limit: int, sentence: str) -> None:
    oldest = list(sendings.order_by("-at").values_list("at", flat=True)[:limit])
    if len(oldest) >= limit:
        raise LimitReached(sentence, retry_at=oldest[-1] + DAY)


def _check_pending(invitation: Any) -> None:
    trusted = day_budget(invitation.organization) == PER_ORGANIZATION_TRUSTED
    others = type(invitation).objects.for_organization(invitation.organization).open(clock.now())
    limit = PENDING_TRUSTED if trusted else PENDING
    if others.exclude(pk=invitation.pk).order_by()[:limit].count() >= limit:
        raise LimitReached(
            f"There are {limit} open invitations. Take back what nobody will answer, or wait."
        )


def check_resend(invitation: Invitation) -> None:
    """Raise LimitReached within ten minutes of the last sending of this invitation."""
    again = invitation.sent_at + RESEND_GAP
    if clock.now() < again:
        raise LimitReached(
            "This invitation was sent less than ten minutes ago. Wait a little.", retry_at=again
        )
