"""Samples of the mails about applications and approved roles."""

from collections.abc import Callable, Mapping
from functools import partial

from core import clock
from core.web.formats import mail_day, mail_ending
from partnerhub.samples.world import ROLES, World
from roles import emails


def _asked(world: World) -> None:
    application = world.application("information_requested")
    question = application.messages.get()
    emails.information_requested(application, message=question, by=world.reviewer)


def _decided(world: World) -> None:
    first, *others = ROLES
    application = world.make.decided(
        world.provider, {first: "edit"}, dict.fromkeys(others, "edit"), by=world.pat
    )
    lines = list(application.lines.select_related("role").order_by("role__position"))
    emails.application_decided(application, lines, by=world.reviewer)


def _changed(change: str, world: World) -> None:
    [role] = world.approved(status="revoked" if change == "revoked" else "active")
    emails.approved_role_changed(role, change, by=world.reviewer)


def _waiting(world: World) -> None:
    facts = (
        ("Role applications", "12"),
        ("Past the promised date", "1"),
        ("First promised date", mail_ending(world.in_days(-1))),
        ("Identity checks", "4"),
        ("Oldest identity check", f"of {mail_day(world.in_days(-3))}"),
    )
    today = clock.today(world.reviewer.zone)
    emails.reviews_waiting([world.reviewer], facts, today=today)


SAMPLES: Mapping[str, Callable[[World], None]] = {
    "roles.application_submitted": lambda w: emails.application_submitted(
        w.application("submitted"), by=w.pat
    ),
    "roles.application_information_requested": _asked,
    "roles.application_answer_due": lambda w: emails.answer_due(
        w.application("information_requested")
    ),
    "roles.application_decided": _decided,
    "roles.application_lapsed": lambda w: emails.application_lapsed(
        w.application("information_requested")
    ),
    "roles.approved_role_lowered": partial(_changed, "lowered"),
    "roles.approved_role_revoked": partial(_changed, "revoked"),
    "roles.approved_role_restored": partial(_changed, "restored"),
    "roles.approved_role_lapsing": lambda w: emails.approved_roles_lapsing(
        w.provider, w.approved(3), days=30
    ),
    "roles.approved_role_lapsed": lambda w: emails.approved_roles_lapsed(
        w.provider, w.approved(2, "lapsed")
    ),
    "roles.reviews_waiting": _waiting,
}
