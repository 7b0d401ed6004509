"""Samples of the mails about partner links, invitations, connections and assignments."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from connections.emails import (
    approvals,
    assignments,
    connections,
    invitations,
    pauses,
    renewals,
    requests,
    reviews,
)
from connections.models import ConnectionInvitation, ConnectionReview, PartnerLink, RoleRequest
from connections.states import CONNECTION
from core.state_tables import advance
from core.web.access import Level
from partnerhub.samples.world import ROLES, World

BEFORE, AFTER = {ROLES[0]: "view"}, {ROLES[0]: "edit", ROLES[1]: "view"}


def _link(world: World) -> PartnerLink:
    reason = world.typed("We take no new clients this season.", 300)
    return world.make.partner_link(world.seller, world.provider, mailed_at=world.now, reason=reason)


def _invitation(world: World) -> ConnectionInvitation:
    reason = world.typed("Not now, thank you.", 300)
    return world.make.invitation(world.seller, world.provider, reason=reason)


def _levels(world: World) -> dict[str, Level]:
    return dict(zip(ROLES, (Level.EDIT, Level.VIEW, Level.VIEW), strict=True))


def _ended(world: World) -> None:
    ended: dict[str, Any] = {"ended_at": world.now, "ended_side": "seller"}
    ended["reason"] = world.typed("The season is over.", 300)
    advance(world.connection, CONNECTION, "terminated", **ended)
    connections.connection_ended(world.connection, by=world.sam)


def _request(world: World, status: str = "open") -> RoleRequest:
    why = world.typed("We prepare your shipments and cannot change them.", 500)
    return RoleRequest(
        connection=world.connection, status=status, message=why, expires_at=world.in_days(14)
    )


def _renewal(write: Callable[..., Any], by: str, actor: str = "") -> Callable[[World], None]:
    """What somebody (`by`) does about the provider's proposal, for the side `actor`."""

    def sample(world: World) -> None:
        reason = world.typed("We end it with the season.", 300)
        renewal = world.make.renewal(world.connection, days=730, reason=reason)
        side = {"actor": getattr(world, actor)} if actor else {}
        write(world.connection, renewal, by=getattr(world, by), **side)

    return sample


def _review(world: World) -> ConnectionReview:
    return ConnectionReview(connection=world.connection, due_at=world.in_days(30))


def _paused(world: World) -> None:
    connection = world.connection
    connection.paused_at, connection.paused_until = world.now, world.in_days(14)
    connection.reason = world.typed("We are moving house.", 300)
    pauses.connection_paused(connection, by=world.sam)


def _pause_ends(world: World) -> None:
    world.connection.paused_until = world.in_days(1)
    pauses.pause_ending(world.connection)


def _roles_end(world: World) -> None:
    grant = world.connection.grants.select_related("role").get()
    grant.ends_at = world.in_days(7)
    connections.roles_ending(world.connection, [grant], [world.emery], days=7)


def _moved(world: World) -> None:
    connection = world.connection
    connection.paused_until = world.in_days(21)
    pauses.connection_pause_moved(connection, before=world.in_days(14), by=world.sam)


def _approval(change: str, world: World) -> None:
    assert world.connection
    over = change if change in ("revoked", "lapsed") else "active"
    [approved] = world.approved(status=over)
    approvals.approval_changed_drafts(after=0, limit=9, approved_role_id=approved.pk, change=change)


SAMPLES: Mapping[str, Callable[[World], None]] = {
    "connections.partner_link_sent": lambda w: invitations.partner_link_sent(_link(w), by=w.sam),
    "connections.partner_link_declined": lambda w: invitations.partner_link_declined(_link(w)),
    "connections.partner_link_expiring": lambda w: invitations.partner_link_expiring(_link(w)),
    "connections.invitation_sent": lambda w: invitations.connection_invitation_sent(_invitation(w)),
    "connections.invitation_rejected": lambda w: invitations.connection_invitation_rejected(
        _invitation(w)
    ),
    "connections.invitation_expired": lambda w: invitations.connection_invitation_expired(
        _invitation(w)
    ),
    "connections.connection_started": lambda w: connections.connection_started(
        w.connection, _levels(w), by=w.sam
    ),
    "connections.connection_roles": lambda w: connections.roles_changed(
        w.connection, AFTER, BEFORE, actor=w.seller, by=w.sam
    ),
    "connections.connection_ends": lambda w: connections.connection_ending(w.connection, days=7),
    "connections.connection_roles_end": _roles_end,
    "connections.connection_pause_ends": _pause_ends,
    "connections.connection_paused": _paused,
    "connections.connection_pause_moved": _moved,
    "connections.connection_resumed": lambda w: pauses.connection_resumed(
        w.connection, since=w.now, by=w.sam
    ),
    "connections.connection_ended": _ended,
    "connections.connection_roles_ended": lambda w: connections.roles_ended(
        w.connection, BEFORE, [w.emery]
    ),
    "connections.role_request_requested": lambda w: requests.roles_requested(
        w.connection, _request(w), BEFORE, AFTER, by=w.pat
    ),
    "connections.role_request_answered": lambda w: requests.request_consented(
        w.connection, _request(w, "consented"), BEFORE, AFTER, by=w.sam
    ),
    "connections.role_request_withdrawn": lambda w: requests.request_withdrawn(
        w.connection, _request(w), by=w.pat
    ),
    "connections.role_request_ends": lambda w: requests.request_ending(w.connection, _request(w)),
    "connections.role_request_lapsed": lambda w: requests.request_lapsed(w.connection, _request(w)),
    "connections.renewal_proposed": _renewal(renewals.renewal_proposed, "pat"),
    "connections.renewal_declined": _renewal(renewals.renewal_declined, "sam", "seller"),
    "connections.renewal_withdrawn": _renewal(renewals.renewal_withdrawn, "pat", "provider"),
    "connections.connection_renewed": _renewal(renewals.renewal_agreed, "sam", "seller"),
    "connections.review_opened": lambda w: reviews.review_opened(_review(w)),
    "connections.review_waiting": lambda w: reviews.review_waiting(_review(w), days=7),
    "connections.assignment_changed": lambda w: assignments.assignments_changed(
        w.connection, w.emery, _levels(w), by=w.pat
    ),
    **{
        f"connections.approval_{change}": partial(_approval, change)
        for change in ("lowered", "revoked", "lapsing", "lapsed", "restored")
    },
}
