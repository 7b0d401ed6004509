"""Samples of the mails about applications and approved roles."""

from collections.abc import Callable, Mapping
from functools import partial

from partnerhub.samples.rows import World
from roles import emails


def _submitted(world: World) -> None:
    emails.application_submitted(world.application("submitted"), by=world.pat)


def _asked(world: World) -> None:
    application = world.application("information_requested")
    question = world.question(application)
    emails.information_requested(application, message=question, by=world.reviewer)


def _decided(world: World) -> None:
    application = world.application("partly_approved")
    lines = list(application.lines.select_related("role").order_by("role__position"))
    emails.application_decided(application, lines, by=world.reviewer)


def _lapsed(world: World) -> None:
    emails.application_lapsed(world.application("information_requested"))


def _changed(change: str, world: World) -> None:
    assert world.pat
    status = "revoked" if change == "revoked" else "active"
    [role] = world.approved(status=status)
    emails.approved_role_changed(role, change, by=world.reviewer)


def _lapsing(world: World) -> None:
    assert world.pat
    emails.approved_roles_lapsing(world.provider, world.approved(3), days=30)


def _over(world: World) -> None:
    assert world.pat
    emails.approved_roles_lapsed(world.provider, world.approved(2, "lapsed"))


def _waiting(world: World) -> None:
    facts = (
        ("Role applications", "12"),
        ("Past the promised date", "1"),
        ("First promised date", emails.day(world.in_days(-1))),
        ("Identity checks", "4"),
        ("Oldest identity check", f"of {emails.day(world.in_days(-3))}"),
    )
    emails.reviews_waiting([world.reviewer], facts)


SAMPLES: Mapping[str, Callable[[World], None]] = {
    "roles.application_submitted": _submitted,
    "roles.application_information_requested": _asked,
    "roles.application_decided": _decided,
    "roles.application_lapsed": _lapsed,
    "roles.approved_role_lowered": partial(_changed, "lowered"),
    "roles.approved_role_revoked": partial(_changed, "revoked"),
    "roles.approved_role_restored": partial(_changed, "restored"),
    "roles.approved_role_lapsing": _lapsing,
    "roles.approved_role_lapsed": _over,
    "roles.reviews_waiting": _waiting,
}
