"""The partner link: made, sent, renewed and cancelled by the seller; declined by the provider."""

from typing import Any

from django.conf import settings
from django.db import transaction

from accounts.addresses import budget_key
from accounts.invitations import kinds, limits
from accounts.invitations import transitions as mechanism
from accounts.invitations.refusals import refuse, take_back
from accounts.models import Organization, User
from accounts.states import OrganizationKind
from accounts.tenancy import owns_address, require_administrator
from connections import emails
from connections.models import ConnectionInvitation, PartnerLink
from connections.states import OPEN_LINK, PARTNER_LINK, PartnerLinkStatus
from connections.transitions.rules import (
    AlreadyThere,
    connected_already,
    live_connection,
    lock_parties,
)
from core import clock
from core.audit.services import record
from core.db import constraint_as, lock, move
from core.errors import Conflict, Ended, Invalid, LimitReached, NotRelated
from core.outbox import services as outbox
from core.state_tables import advance

MAX_OPEN = 50
ENDED = {
    PartnerLinkStatus.ANSWERED: "This link has been answered already.",
    PartnerLinkStatus.DECLINED: "This link was declined.",
    PartnerLinkStatus.CANCELLED: "The seller cancelled this link.",
    PartnerLinkStatus.EXPIRED: "This link has expired.",
}


def _exists(link: PartnerLink | None) -> AlreadyThere:
    return AlreadyThere("There is an open link for this partner already.", link)


@transaction.atomic
def issue(
    *, seller: Organization, by: User, provider: Organization | None = None, address: str = ""
) -> PartnerLink:
    """Make the one-time link for a provider, or for the address of one's administrator (S0.10).

    Nothing here tells whether an address has an account (I15). Raises AlreadyThere for an open
    link, an open invitation or a connection, Invalid for an account that cannot be a partner,
    LimitReached with too many open links, NotPermitted.
    """
    lock_parties(seller.pk, provider.pk if provider else None)
    kinds.of(PartnerLink).check(by, seller)
    if provider:
        _check_partner(seller, provider)
        take_back(inviter=provider, by=by, organization=seller)
    target = {"provider": provider, "address": "" if provider else address}
    _check_room(seller, target)
    with constraint_as(connections_partnerlink_one_open=_exists(None)):
        link = PartnerLink.objects.create(
            seller=seller,
            issued_by=by,
            expires_at=clock.end_after(settings.PARTNER_LINK_DAYS, seller.zone),
            **target,
        )
    _note("issued", link, by=by, after={"until": link.expires_at.isoformat()})
    return link


def _check_partner(seller: Organization, provider: Organization) -> None:
    if provider.kind != OrganizationKind.PROVIDER or provider.status not in ("active", "draft"):
        raise Invalid("There is no active provider with this handle.", field="partner")
    connection = live_connection(seller.pk, provider.pk)
    if connection and connection.is_live:
        raise connected_already(connection)
    waiting = (
        ConnectionInvitation.objects.open(clock.now())
        .filter(organization=provider, seller=seller)
        .first()
    )
    if waiting:
        raise AlreadyThere(f"{provider.name} has invited you already: accept here.", waiting)


def _check_room(seller: Organization, target: dict[str, Any]) -> None:
    """Raise for an open link to the same target; one past its end makes room."""
    links = PartnerLink.objects.with_list_data()
    for link in links.filter(seller=seller, status__in=OPEN_LINK, **target):
        if link.is_open:
            raise _exists(link)
        mechanism.expire(row=link)
    if PartnerLink.objects.for_seller(seller).open(clock.now()).count() >= MAX_OPEN:
        raise LimitReached(f"You have {MAX_OPEN} open partner links. Cancel one first.")


@transaction.atomic
def send(*, link: PartnerLink, by: User) -> PartnerLink:
    """Mail the link: to its address, or to the administrators of its provider (S0.11).

    Counts against the limits (I13). Raises Ended, LimitReached, NotPermitted.
    """
    link, _ = kinds.of(link).enter(link, by)
    _require_open(link)
    _check_gap(link)
    _mail(link, by=by)
    _note("sent", link, by=by)
    return link


def _mail(link: PartnerLink, *, by: User) -> None:
    if link.provider_id:
        limits.count(link.seller, f"provider:{link.provider_id}", about=link.about, asked_for=True)
    else:
        limits.hold([link.address])
        limits.count(link.seller, budget_key(link.address), about=link.about)
    # Who sends it stands behind it: an issuer who has left would make the link dead (I10).
    move(link, expect={"status": link.status}, mailed_at=clock.now(), issued_by=by)
    emails.invitations.partner_link_sent(link, by=by)


def _check_gap(link: PartnerLink) -> None:
    if link.mailed_at and clock.now() < link.mailed_at + limits.RESEND_GAP:
        raise LimitReached(
            "This link was sent less than ten minutes ago. Wait a little.",
            retry_at=link.mailed_at + limits.RESEND_GAP,
        )


@transaction.atomic
def renew(*, link: PartnerLink, by: User) -> PartnerLink:
    """A new token and end date for a link that expired; the old one stays dead (U2).

    Raises Conflict for a link in any other state, AlreadyThere, NotPermitted.
    """
    link, _ = kinds.of(link).enter(link, by)
    if link.current_status != PartnerLinkStatus.EXPIRED:
        raise Conflict("This link has not expired.")
    link = _renew(link, by=by)
    _note("renewed", link, by=by, after={"until": link.expires_at.isoformat()})
    return link


def mail_anew(link: PartnerLink, *, by: User) -> PartnerLink:
    """Mail a locked, unanswered link anew: new token, new end date, every older one is dead.

    Raises Conflict once it was answered or cancelled, AlreadyThere, LimitReached.
    """
    if link.current_status not in (*OPEN_LINK, PartnerLinkStatus.EXPIRED):
        raise Conflict("This link has been answered: add the partner again instead.")
    _check_gap(link)
    _mail(_renew(link, by=by), by=by)
    _note("resent", link, by=by, after={"until": link.expires_at.isoformat()})
    return link


def _renew(link: PartnerLink, *, by: User) -> PartnerLink:
    if not link.is_open:
        mechanism.expire(row=link)
        link.refresh_from_db()
    if link.provider:
        _check_partner(link.seller, link.provider)
    if link.status == PartnerLinkStatus.EXPIRED:
        _check_room(link.seller, {"provider": link.provider, "address": link.address})
    outbox.cancel(link.about)
    with constraint_as(connections_partnerlink_one_open=_exists(None)):
        advance(
            link,
            link.table,
            PartnerLinkStatus.ISSUED,
            expect={"generation": link.generation},
            stay=True,
            generation=link.generation + 1,
            issued_by=by,
            issued_at=clock.now(),
            mailed_at=None,
            reminded_at=None,
            expires_at=clock.end_after(settings.PARTNER_LINK_DAYS, link.seller.zone),
        )
    return link


@transaction.atomic
def decline(
    *,
    link: PartnerLink,
    provider: Organization,
    by: User,
    reason: str = "",
    never_again: bool = False,
) -> PartnerLink:
    """The provider does not want to be added (U4); the seller is told.

    With `never_again` no later link of this seller is mailed to the provider (I18). Raises
    NotRelated unless the link is for this provider, Ended, NotPermitted.
    """
    link = lock_for_answer(link, provider=provider, by=by)
    answer(link, PartnerLinkStatus.DECLINED, by=by, reason=reason, provider=provider)
    if never_again:
        refuse(inviter=link.seller, by=by, organization=provider)
    emails.invitations.partner_link_declined(link)
    return link


@transaction.atomic
def note_opened(*, link: PartnerLink, provider: Organization, by: User) -> PartnerLink:
    """Who may answer it has it before them: the seller reads so. Again, it changes nothing.

    Raises what `lock_for_answer` does.
    """
    link = lock_for_answer(link, provider=provider, by=by)
    if link.status == PartnerLinkStatus.ISSUED:
        advance(link, PARTNER_LINK, PartnerLinkStatus.OPENED, opened_at=clock.now())
        _note(
            "opened",
            link,
            by=by,
            before={"status": PartnerLinkStatus.ISSUED},
            after={"status": PartnerLinkStatus.OPENED},
        )
    return link


def lock_for_answer(link: PartnerLink, *, provider: Organization, by: User) -> PartnerLink:
    """The link, locked after both parties, when `by` may answer it for `provider` (I12).

    Raises NotRelated when it is bound to somebody else, Ended, NotPermitted.
    """
    lock_parties(link.seller_id, provider.pk)
    row: PartnerLink = lock(PartnerLink.objects.select_related("seller", "provider"), pk=link.pk)
    require_administrator(by, provider)
    bound_here = row.provider_id == provider.pk
    if not bound_here and (row.provider_id or not owns_address(by, row.address)):
        raise NotRelated
    _require_open(row)
    return row


def answer(link: PartnerLink, status: PartnerLinkStatus, *, by: User, **values: Any) -> PartnerLink:
    """Close the locked link as the provider wishes, which has opened it."""
    opened_at = link.opened_at or clock.now()
    return mechanism.close(link, status, by=by, opened_at=opened_at, **values)


def _require_open(link: PartnerLink) -> None:
    if not link.is_open:
        raise Ended(ENDED.get(PartnerLinkStatus(link.current_status), "This link has ended."))


def _note(event: str, link: PartnerLink, *, by: User, **values: Any) -> None:
    record(
        f"partner_link.{event}",
        by=by,
        subject=link,
        organization=link.seller_id,
        counterparty=link.provider_id,
        **values,
    )
