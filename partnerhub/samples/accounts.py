"""Samples of the mails about people, accounts and signing in."""

from collections.abc import Callable, Mapping
from functools import partial

from accounts.adapter import AccountAdapter
from accounts.emails import employees, identity, members, organizations, people, security
from accounts.invitation_kinds import EMPLOYEE
from accounts.invitations import emails
from accounts.invitations.batches import emails as list_emails
from accounts.models import BatchRow, EmployeeInvitation, InvitationBatch
from partnerhub.samples.rows import READERS, World

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
CODE = "K7QM-4XPD"


def _code(prefix: str, world: World) -> None:
    """What the sign-in library sends, with a code of the usual shape."""
    AccountAdapter().render_mail(prefix, f"reader{READERS}", {"code": CODE}).send()


def _changed(change: str, world: World) -> None:
    security.security_changed(world.pat, change, BROWSER)


def _invitation(world: World) -> EmployeeInvitation:
    return EmployeeInvitation.objects.create(
        organization=world.provider,
        address=f"invited{READERS}",
        name=world.typed("Ira Invited"),
        role="employee",
        invited_by=world.pat,
        expires_at=world.in_days(14),
        reason=world.typed("I already work with another account.", 300),
    )


def _expiring(world: World) -> None:
    identity.identity_expiring(world.check("verified"), 30)


def _suspended(world: World) -> None:
    reason = world.typed("The registration number could not be checked.", 300)
    assert world.pat
    organizations.organization_suspended(world.provider, reason, by=world.reviewer, event="sample")


def _resumed(world: World) -> None:
    assert world.pat
    organizations.organization_resumed(world.provider, by=world.reviewer, event="sample")


def _closed(world: World) -> None:
    assert world.pat
    reason = world.typed("On the firm's own wish.", 300)
    organizations.organization_closed(world.provider, reason, by=world.reviewer)


def _active(world: World) -> None:
    assert world.pat
    organizations.organization_active(world.provider)


def _rights(world: World) -> None:
    members.member_access_changed(world.membership, by=world.pat, rights=())


def _renewal(world: World) -> None:
    emails.renewal_asked(EMPLOYEE, _invitation(world))


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


def _left(world: World) -> None:
    assert world.pat
    members.member_left(world.membership)


def _join(world: World) -> None:
    assert world.pat
    organizations.join_asked(world.provider, world.emery)


SAMPLES: Mapping[str, Callable[[World], None]] = {
    **{
        f"account.{name}": partial(_code, f"account/email/{name}")
        for name in ("email_confirmation", "login_code", "password_reset_code")
    },
    "accounts.account_exists": lambda world: security.account_exists(world.pat.email),
    "accounts.password_changed": partial(_changed, "account/email/password_changed"),
    "accounts.address_changed": partial(_changed, "account/email/email_changed"),
    "accounts.second_factor_changed": partial(_changed, "mfa/email/totp_activated"),
    "accounts.new_sign_in": lambda world: security.new_sign_in(world.pat, BROWSER),
    "accounts.identity_submitted": lambda world: identity.identity_submitted(
        world.check("submitted")
    ),
    "accounts.identity_verified": lambda world: identity.identity_verified(world.check("verified")),
    "accounts.identity_failed": lambda world: identity.identity_failed(world.check("failed")),
    "accounts.identity_expiring": _expiring,
    "accounts.identity_expired": lambda world: identity.identity_expired(world.check("expired")),
    "accounts.organization_active": _active,
    "accounts.organization_resumed": _resumed,
    "accounts.organization_suspended": _suspended,
    "accounts.organization_closed": _closed,
    "accounts.organization_taken": lambda world: organizations.organization_taken(
        world.provider, world.pat
    ),
    "accounts.organization_join_asked": _join,
    "accounts.member_access_changed": _rights,
    "accounts.member_suspended": lambda world: members.member_suspended(
        world.membership, by=world.pat
    ),
    "accounts.member_resumed": lambda world: members.member_resumed(world.membership, by=world.pat),
    "accounts.member_removed": lambda world: members.member_removed(world.membership, by=world.pat),
    "accounts.member_left": _left,
    "accounts.person_deactivated": lambda world: people.person_deactivated(world.emery),
    "accounts.person_reactivated": lambda world: people.person_reactivated(world.emery),
    "accounts.employee_invited": lambda world: employees.employees_invited([_invitation(world)]),
    "accounts.employee_accepted": lambda world: employees.employee_accepted(_invitation(world)),
    "accounts.employee_declined": lambda world: employees.employee_declined(_invitation(world)),
    "accounts.employee_expired": lambda world: employees.employee_expired(_invitation(world)),
    "accounts.renewal_asked": _renewal,
    "accounts.list_done": lambda world: list_emails.list_done(_list(world)),
    "accounts.list_stopped": lambda world: list_emails.list_stopped(
        _list(world, stopped=4), "Who confirmed this list could no longer invite."
    ),
}
