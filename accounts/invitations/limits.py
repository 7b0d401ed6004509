"""How many invitations may go out (I13). Counted in the database, under the organization's lock."""

from collections import defaultdict, deque
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Q

from accounts.addresses import budget_key
from accounts.invitations import kinds
from accounts.models import Invitation, Organization, Sending
from core import clock
from core.errors import LimitReached

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
_LOCK = 0x1A13  # the namespace of our advisory locks on budgets


class RoomEnded(LimitReached):
    """What the organization as a whole may send is used up, whoever the next one goes to."""


def day_budget(organization: Organization, at: datetime | None = None) -> int:
    """How many invitations this organization may send in the 24 hours before `at`, or now."""
    age = (at or clock.now()) - _began(organization)
    if age < DAY:
        return FIRST_DAY
    return PER_ORGANIZATION_TRUSTED if age >= TRUSTED_AGE else PER_ORGANIZATION


def pending_limit(organization: Organization, at: datetime | None = None) -> int:
    trusted = day_budget(organization, at) == PER_ORGANIZATION_TRUSTED
    return PENDING_TRUSTED if trusted else PENDING


def _began(organization: Organization) -> datetime:
    return organization.activated_at or organization.created_at


class Room:
    """What the limits leave to one organization now, for any number of addresses.

    `keys` are the budgets of those addresses. With `model`, the open invitations of that kind
    count, too. Reads two statements at most, whatever is asked. The caller holds the lock of
    the organization where the answer is acted upon, so that its counts cannot be overrun.
    """

    def __init__(
        self,
        organization: Organization,
        keys: Iterable[str],
        *,
        model: type[Invitation] | None = None,
        asked_for: bool = False,
    ) -> None:
        self.organization, self.now = organization, clock.now()
        self.ends = _open_ends(organization, model) if model else None
        self.sent: deque[datetime] = deque()
        self.pairs: dict[str, list[datetime]] = defaultdict(list)
        self.others: dict[str, list[datetime]] = defaultdict(list)
        counted = Q(organization=organization)
        if not asked_for:
            counted |= Q(budget_key__in=set(keys))
        recent = Sending.objects.filter(counted, at__gt=self.now - DAY).order_by("at")
        for sender, key, at in recent.values_list("organization_id", "budget_key", "at"):
            if sender == organization.pk:
                self.sent.append(at)
                self.pairs[key].append(at)
            else:
                self.others[key].append(at)

    def take(self, key: str) -> None:
        """Raises RoomEnded when nobody can be invited, else LimitReached, with a time."""
        self._check_organization()
        self.check_address(key)
        self.sent.append(self.now)
        self.pairs[key].append(self.now)
        if self.ends is not None:
            self.ends.append(self._end(self.now))

    def dates(self, count: int) -> list[datetime]:
        """When so many further ones may go, one after the other, if nobody answers before."""
        sent, ends, at, found = deque(self.sent), deque(self.ends or ()), self.now, []
        for _ in range(count):
            at = self._next(sent, ends, at)
            found.append(at)
            sent.append(at)
            if self.ends is not None:
                ends.append(self._end(at))
        return found

    def _end(self, sent: datetime) -> datetime:
        return clock.end_after(settings.INVITATION_DAYS, self.organization.zone, since=sent)

    def check_address(self, key: str) -> None:
        often = "This address has been invited often enough in the last 24 hours."
        _check(self.pairs[key], PER_PAIR, often)
        strangers = "This address cannot be invited now. Try again tomorrow."
        _check(self.others[key], PER_ADDRESS, strangers)

    def _check_organization(self) -> None:
        if self.ends is not None and len(self.ends) >= pending_limit(self.organization):
            raise RoomEnded(
                f"There are {pending_limit(self.organization)} open invitations. "
                "Take back what nobody will answer, or wait."
            )
        sentence = "This account has sent as many invitations as it may in 24 hours."
        _check(self.sent, day_budget(self.organization), sentence, RoomEnded)

    def _next(self, sent: deque[datetime], ends: deque[datetime], at: datetime) -> datetime:
        """The first moment from `at` on that leaves room; forgets what has run out by then."""
        while True:
            while sent and sent[0] <= at - DAY:
                sent.popleft()
            while ends and ends[0] <= at:
                ends.popleft()
            budget = day_budget(self.organization, at)
            open_limit = pending_limit(self.organization, at)
            waits = []
            if len(sent) >= budget:
                waits.append(sent[len(sent) - budget] + DAY)
            if len(ends) >= open_limit:
                # Room comes with the next day, whose end is that of what is sent then.
                waits.append(ends[len(ends) - open_limit] + timedelta(microseconds=1))
            if not waits:
                return at
            grows = (_began(self.organization) + age for age in (DAY, TRUSTED_AGE))
            at = min([max(waits), *(moment for moment in grows if moment > at)])


def _check(
    sendings: Any, limit: int, sentence: str, refusal: type[LimitReached] = LimitReached
) -> None:
    if len(sendings) >= limit:
        raise refusal(sentence, retry_at=sendings[len(sendings) - limit] + DAY)


def _open_ends(organization: Organization, model: type[Invitation]) -> deque[datetime]:
    rows = model.objects.for_organization(organization).open(clock.now()).order_by("expires_at")
    return deque(rows.values_list("expires_at", flat=True)[: PENDING_TRUSTED * 2])


def hold(addresses: Iterable[str]) -> None:
    """Until the transaction ends, nobody else counts for them: budgets are shared by accounts."""
    # SQLite's writers are serial.
    if connection.vendor != "postgresql":
        return
    keys = [budget_key(address) for address in addresses]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, number) FROM (SELECT DISTINCT hashtext(key) AS "
            "number FROM unnest(%s) AS key ORDER BY number) AS numbers",
            [_LOCK, keys],
        )


def check_open(invitation: Invitation) -> None:
    """Raise LimitReached when the account's open invitations, of all kinds together, are enough."""
    organization, now = invitation.organization, clock.now()
    limit = pending_limit(organization)
    rows = [
        model.objects.for_organization(organization)
        .open(now)
        .exclude(pk=invitation.pk if model is type(invitation) else 0)
        .order_by()
        .values_list("expires_at", flat=True)
        for model in (kind.model for kind in kinds.all_kinds())
        if issubclass(model, Invitation)
    ]
    open_ones = rows[0].union(*rows[1:], all=True)
    if open_ones[:limit].count() >= limit:
        raise LimitReached(
            f"There are {limit} open invitations. Take back what nobody will answer, or wait.",
            retry_at=min(open_ones),
        )


def count(organization: Organization, key: str, *, about: str, asked_for: bool = False) -> None:
    """What the recipient `asked_for` does not use up what strangers share. Raises LimitReached."""
    Room(organization, [key], asked_for=asked_for).take(key)
    note(organization, [(key, about)])


def note(organization: Organization, sendings: Iterable[tuple[str, str]]) -> None:
    Sending.objects.bulk_create(
        [Sending(organization=organization, budget_key=key, about=about) for key, about in sendings]
    )


def check_resend(invitation: Invitation) -> None:
    again = invitation.sent_at + RESEND_GAP
    if clock.now() < again:
        raise LimitReached(
            "This invitation was sent less than ten minutes ago. Wait a little.", retry_at=again
        )
