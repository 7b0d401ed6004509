"""Samples of the mails about partner links, invitations, connections and assignments."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from connections.emails import (
    approvals,
    assignments,
    connections,
    invitations,
    pausing,
    renewals,
    requests,
    reviews,
)
from connections.models import (
    ConnectionInvitation,
    ConnectionReview,
    PartnerLink,
    Renewal,
    RoleRequest,
)
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


def _started(world: World) -> None:
    connections.connection_started(world.connection, _levels(world), by=world.sam)


def _roles(world: World) -> None:
    connections.roles_changed(world.connection, AFTER, BEFORE, actor=world.seller, by=world.sam)


def _ended(world: World) -> None:
    connection = world.connection
    ended: dict[str, Any] = {
        "ended_at": world.now,
        "ended_side": "seller",
        "reason": world.typed("The season is over.", 300),
    }
    advance(connection, CONNECTION, "terminated", **ended)
    connections.connection_ended(connection, by=world.sam)


def _request(world: World, status: str = "open") -> RoleRequest:
    why = world.typed("We prepare your shipments and cannot change them.", 500)
    return RoleRequest(
        connection=world.connection, status=status, message=why, expires_at=world.in_days(14)
    )


def _requested(world: World) -> None:
    requests.roles_requested(world.connection, _request(world), BEFORE, AFTER, by=world.pat)


def _answered(world: World) -> None:
    answered = _request(world, "consented")
    requests.request_consented(world.connection, answered, BEFORE, AFTER, by=world.sam)


def _roles_over(world: World) -> None:
    connections.roles_ended(world.connection, BEFORE, [world.emery])


def _renewal(world: World) -> Renewal:
    return Renewal(
        connection=world.connection,
        side="provider",
        ends_at=world.in_days(730),
        reason=world.typed("We end it with the season.", 300),
    )


def _proposed(world: World) -> None:
    renewals.renewal_proposed(world.connection, _renewal(world), by=world.pat)


def _renewed(world: World) -> None:
    renewal = _renewal(world)
    renewals.renewal_agreed(world.connection, renewal, by=world.sam, actor=world.seller)


def _not_renewed(world: World) -> None:
    renewal = _renewal(world)
    renewals.renewal_declined(world.connection, renewal, by=world.sam, actor=world.seller)


def _taken_back(world: World) -> None:
    renewal = _renewal(world)
    renewals.renewal_withdrawn(world.connection, renewal, by=world.pat, actor=world.provider)


def _review(world: World) -> ConnectionReview:
    return ConnectionReview(connection=world.connection, due_at=world.in_days(30))


def _paused(world: World) -> None:
    connection = world.connection
    connection.paused_at, connection.paused_until = world.now, world.in_days(14)
    connection.reason = world.typed("We are moving house.", 300)
    pausing.connection_paused(connection, by=world.sam)


def _moved(world: World) -> None:
    connection = world.connection
    connection.paused_until = world.in_days(21)
    pausing.connection_pause_moved(connection, before=world.in_days(14), by=world.sam)


def _assigned(world: World) -> None:
    assignments.assignments_changed(world.connection, world.emery, _levels(world), by=world.pat)


def _approval(change: str, world: World) -> None:
    assert world.connection
    over = {"revoked": "revoked", "lapsed": "lapsed"}
    [approved] = world.approved(status=over.get(change, "active"))
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
    "connections.connection_started": _started,
    "connections.connection_roles": _roles,
    "connections.connection_ends": lambda w: connections.connection_ending(w.connection, days=7),
    "connections.connection_paused": _paused,
    "connections.connection_pause_moved": _moved,
    "connections.connection_resumed": lambda w: pausing.connection_resumed(
        w.connection, since=w.now, by=w.sam
    ),
    "connections.connection_ended": _ended,
    "connections.connection_roles_ended": _roles_over,
    "connections.role_request_requested": _requested,
    "connections.role_request_answered": _answered,
    "connections.role_request_withdrawn": lambda w: requests.request_withdrawn(
        w.connection, _request(w), by=w.pat
    ),
    "connections.role_request_lapsed": lambda w: requests.request_lapsed(w.connection, _request(w)),
    "connections.renewal_proposed": _proposed,
    "connections.renewal_declined": _not_renewed,
    "connections.renewal_withdrawn": _taken_back,
    "connections.connection_renewed": _renewed,
    "connections.review_opened": lambda w: reviews.review_opened(_review(w)),
    "connections.review_waiting": lambda w: reviews.review_waiting(_review(w), days=7),
    "connections.assignment_changed": _assigned,
    **{
        f"connections.approval_{change}": partial(_approval, change)
        for change in ("lowered", "revoked", "lapsing", "lapsed", "restored")
    },
}
