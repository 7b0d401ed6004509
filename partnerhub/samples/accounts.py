"""Samples of the mails about people, accounts and signing in."""

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from typing import Any

from allauth.account.models import EmailAddress

from accounts.adapter import AccountAdapter
from accounts.emails import (
    employees,
    factor_resets,
    identity,
    members,
    organizations,
    people,
    security,
)
from accounts.invitation_kinds import EMPLOYEE
from accounts.invitations import emails
from accounts.invitations.batches import emails as list_emails
from accounts.models import BatchRow, EmployeeInvitation, FactorReset, InvitationBatch
from partnerhub.samples.world import READERS, World

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
CODE = "K7QM-4XPD"


def _code(prefix: str, world: World) -> None:
    AccountAdapter().render_mail(prefix, f"reader{READERS}", {"code": CODE}).send()


def _changed(change: str, world: World) -> None:
    security.security_changed(world.pat, change, BROWSER)


def _invitation(world: World) -> EmployeeInvitation:
    reason = world.typed("I already work with another account.", 300)
    return world.make.employee_invitation(
        world.provider, f"invited{READERS}", name=world.typed("Ira Invited"), reason=reason
    )


def _unmailed(world: World) -> EmployeeInvitation:
    """One whose mail did not arrive: only the inviting side can be told."""
    return world.make.employee_invitation(
        world.provider, f"invited{READERS}", status="undeliverable"
    )


def _lost(world: World, **fields: Any) -> FactorReset:
    """Of a member, whose proved addresses are told."""
    EmailAddress.objects.update_or_create(
        user=world.membership.user, email=world.emery.email, defaults={"verified": True}
    )
    decided = dict.fromkeys(("agreed_at", "decided_at"), world.now if fields else None)
    typed = {"legal_name": world.emery.name, "birth_date": date(1984, 2, 29)}
    return FactorReset.objects.create(user=world.emery, **typed, **fields, **decided)


def _suspended(world: World) -> None:
    reason = world.typed("The registration number could not be checked.", 300)
    organizations.organization_suspended(world.provider, reason, by=world.reviewer, event="sample")


def _closed(world: World) -> None:
    reason = world.typed("On the firm's own wish.", 300)
    organizations.organization_closed(world.provider, reason, by=world.reviewer)


def _list(world: World, stopped: int = 0) -> InvitationBatch:
    batch = InvitationBatch.objects.create(
        organization=world.provider,
        purpose=EMPLOYEE.purpose,
        source=world.typed("colleagues.csv", 100),
        status="done",
        confirmed_at=world.now,
        confirmed_by=world.pat,
    )
    statuses = ["sent"] * 60 + ["known"] * 2 + ["stopped"] * stopped
    BatchRow.objects.bulk_create(
        BatchRow(batch=batch, number=number, line=number, status=status, decided_at=world.now)
        for number, status in enumerate(statuses, start=1)
    )
    return batch


SAMPLES: Mapping[str, Callable[[World], None]] = {
    **{
        f"account.{name}": partial(_code, f"account/email/{name}")
        for name in ("email_confirmation", "login_code", "password_reset_code")
    },
    "accounts.account_exists": lambda w: security.account_exists(w.pat.email),
    "accounts.password_changed": partial(_changed, "account/email/password_changed"),
    "accounts.address_changed": partial(_changed, "account/email/email_changed"),
    "accounts.second_factor_changed": partial(_changed, "mfa/email/totp_activated"),
    "accounts.new_sign_in": lambda w: security.new_sign_in(w.pat, BROWSER),
    "accounts.factor_reset_code": lambda w: factor_resets.code(w.pat, "123456", minutes=10),
    "accounts.factor_reset_asked": lambda w: factor_resets.asked(_lost(w)),
    "accounts.factor_reset_of_member": lambda w: factor_resets.asked_of_administrators(
        _lost(w), w.provider
    ),
    "accounts.factor_reset_ended": lambda w: factor_resets.ended(_lost(w, status="done")),
    "accounts.identity_submitted": lambda w: identity.identity_submitted(w.check("submitted")),
    "accounts.identity_verified": lambda w: identity.identity_verified(w.check("verified")),
    "accounts.employee_verified": lambda w: identity.employee_verified(
        w.check("verified"), w.provider
    ),
    "accounts.identity_failed": lambda w: identity.identity_failed(w.check("failed")),
    "accounts.identity_expiring": lambda w: identity.identity_expiring(w.check("verified"), 30),
    "accounts.identity_expired": lambda w: identity.identity_expired(w.check("expired")),
    "accounts.organization_active": lambda w: organizations.organization_active(w.provider),
    "accounts.organization_resumed": lambda w: organizations.organization_resumed(
        w.provider, by=w.reviewer, event="sample"
    ),
    "accounts.organization_suspended": _suspended,
    "accounts.organization_closed": _closed,
    "accounts.organization_taken": lambda w: organizations.organization_taken(w.provider, w.pat),
    "accounts.organization_join_asked": lambda w: organizations.join_asked(w.provider, w.emery),
    "accounts.member_access_changed": lambda w: members.member_access_changed(
        w.membership, by=w.pat, rights=()
    ),
    "accounts.member_suspended": lambda w: members.member_suspended(w.membership, by=w.pat),
    "accounts.member_resumed": lambda w: members.member_resumed(w.membership, by=w.pat),
    "accounts.member_removed": lambda w: members.member_removed(w.membership, by=w.pat),
    "accounts.member_left": lambda w: members.member_left(w.membership),
    "accounts.person_deactivated": lambda w: people.person_deactivated(w.emery),
    "accounts.person_reactivated": lambda w: people.person_reactivated(w.emery),
    "accounts.employee_invited": lambda w: employees.employees_invited([_invitation(w)]),
    "accounts.employee_accepted": lambda w: employees.employee_accepted(_invitation(w)),
    "accounts.employee_declined": lambda w: employees.employee_declined(_invitation(w)),
    "accounts.employee_expired": lambda w: employees.employee_expired(_invitation(w)),
    "accounts.invitation_ending": lambda w: emails.invitation_ending(_invitation(w), inviter=False),
    "accounts.invitation_unanswered": lambda w: emails.invitation_ending(_unmailed(w)),
    "accounts.renewal_asked": lambda w: emails.renewal_asked(_invitation(w)),
    "accounts.list_done": lambda w: list_emails.list_done(_list(w)),
    "accounts.list_stopped": lambda w: list_emails.list_stopped(
        _list(w, stopped=4), "Who confirmed this list could no longer invite."
    ),
}
