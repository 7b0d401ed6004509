"""What support does with a person's whole account: deactivate, reactivate, erase (A9, D6).

`by` is in support or a lead reviewer, or None for a command on the machine. Nobody does it to
themselves, only leads do it to people of the desk, and an account that would be left without an
administrator needs a successor named first.
"""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core.files.storage import default_storage
from django.db import transaction

from accounts.addresses import budget_key
from accounts.emails import people as emails
from accounts.invitations.erasure import addresses_of, forget_invited
from accounts.models import (
    EmployeeInvitation,
    IdentityCheck,
    IdentityDocument,
    Membership,
    Organization,
    Refusal,
    Sending,
    User,
)
from accounts.reviewers import SUPERVISE, SUPERVISE_PEOPLE, require
from accounts.sessions import end_all_sessions, forget_sessions_of
from accounts.signals import person_erased
from accounts.states import OrganizationStatus
from accounts.tenancy import needs_successor, others_administer, successor_field
from accounts.transitions.members import end_for_good, succeed
from accounts.transitions.organizations import close_for_good
from core import clock
from core.audit import services as audit
from core.db import lock, lock_all, move
from core.errors import Conflict, Invalid, NotPermitted
from core.notifications import erasure as notifications
from core.outbox.erasure import Forgotten, forget_person

# Organization id -> id of the membership that administers it from now on.
Successors = Mapping[int, int]


@transaction.atomic
def change_time_zone(*, person: User, time_zone: str) -> User:
    """What a person chose for what they read; nobody else's business, so no history."""
    person = lock(User.objects.all(), pk=person.pk)
    move(person, expect={"time_zone": person.time_zone}, time_zone=time_zone)
    return person


@transaction.atomic
def deactivate_person(*, by: User | None, person: User, successors: Successors) -> User:
    """Nobody gets in with this account any more, everywhere and at once (A5).

    Memberships and assignments stay and count again after `reactivate_person`. Raises Invalid at
    the field of an account without a successor, Conflict for one that does not work already,
    NotPermitted for everybody but support and leads, and for oneself.
    """
    person = _lock(person, by)
    if not person.is_active:
        raise Conflict("This person's account is deactivated already.")
    _hand_over(person, successors, by=by)
    move(person, expect={"is_active": True}, is_active=False)
    end_all_sessions(person)
    _note("person.deactivated", person, by=by, before="active", after="deactivated")
    emails.person_deactivated(person)
    return person


@transaction.atomic
def reactivate_person(*, by: User | None, person: User) -> User:
    """Let the person in again. Raises Conflict for one who works, or was erased, NotPermitted."""
    person = _lock(person, by)
    if person.is_active or person.erased_at:
        state = "erased" if person.erased_at else "active"
        raise Conflict(f"This person's account is {state}.")
    move(person, expect={"is_active": False, "erased_at": None}, is_active=True)
    _note("person.reactivated", person, by=by, before="deactivated", after="active")
    emails.person_reactivated(person)
    return person


@transaction.atomic
def erase_person(*, by: User | None, person: User, successors: Successors) -> User:
    """Forget who this was: name, address and documents go from every table.

    Memberships end with everything that was assigned, sessions end, the address is free again and
    inherits nothing. History keeps an alias, so that its chains stay whole. Drafts that nobody
    else administers are closed. Raises as deactivate_person does.
    """
    person = _lock(person, by)
    if person.erased_at:
        raise Conflict("This person is erased already.")
    _hand_over(person, successors, by=by)
    _note("person.erased", person, by=by, before="known", after="erased")
    _end_memberships(person, by=by)
    alias = f"Erased person {secrets.token_hex(3).upper()}"
    audit.forget_person(person, alias)
    person_erased.send(sender=User, user=person)
    _forget(person, alias)
    return person


def _lock(person: User, by: User | None) -> User:
    """The person, locked before their organizations, when the operator may decide about them."""
    row = lock(User.objects.all(), pk=person.pk)
    lock_all(Organization.objects.filter(pk__in=_live(row).values("organization_id")))
    if by is None:
        return row
    require(by, SUPERVISE_PEOPLE)
    if row.is_staff:
        require(by, SUPERVISE)
    if row.pk == by.pk:
        raise NotPermitted("This is your own account: another operator has to do it.")
    return row


def _live(person: User) -> Any:
    return Membership.objects.live().filter(user=person)


def _hand_over(person: User, successors: Successors, *, by: User | None) -> None:
    """Make each named successor an administrator where nobody else would be one."""
    for organization in needs_successor(person):
        others = Membership.objects.active().filter(organization=organization).exclude(user=person)
        wanted = others.filter(pk=successors.get(organization.pk, 0))
        rows = lock_all(wanted.select_related("user", "organization"))
        if not rows:
            raise Invalid(
                f"{person.name} is the only administrator of {organization.name}. Choose who "
                "administers it from now on, or close that account first.",
                field=successor_field(organization),
            )
        succeed(row=rows[0], by=by)


def _end_memberships(person: User, *, by: User | None) -> None:
    rows = lock_all(_live(person).select_related("user", "organization"))
    for row in rows:
        draft = row.organization.status == OrganizationStatus.DRAFT and row.is_administrator
        if draft and not others_administer(row.organization, without=person):
            close_for_good(organization=row.organization, by=by)
        end_for_good(row=row, by=by)


def _forget(person: User, alias: str) -> None:
    forgotten = Forgotten(person.pk, tuple(addresses_of(person)), person.name, alias)
    # It stands for them from now on: nobody can sign up with it.
    address = f"erased-{person.public_id.hex}@erased.invalid"
    _forget_invitations(person, forgotten.addresses, address)
    forget_sessions_of(person)
    forget_person(forgotten)
    notifications.forget_person(forgotten)
    for table in (EmailAddress, Authenticator):
        table.objects.filter(user=person).delete()
    person.groups.clear()
    person.user_permissions.clear()
    person.set_unusable_password()
    move(
        person,
        expect={"erased_at": None},
        erased_at=clock.now(),
        email=address,
        name=alias,
        password=person.password,
        last_login=None,
        is_active=False,
        is_staff=False,
        is_superuser=False,
    )
    _delete_documents(person)


def _forget_invitations(person: User, addresses: Sequence[str], instead: str) -> None:
    forget_invited(EmployeeInvitation, person)
    Refusal.objects.filter(address__in=addresses).delete()
    keys = [budget_key(address) for address in addresses]
    Sending.objects.filter(budget_key__in=keys).update(budget_key=instead)


def _delete_documents(person: User) -> None:
    """Last of all, so that a file is gone only when nothing before it has failed."""
    documents = IdentityDocument.objects.filter(check_of__user=person)
    names = [document.file.name for document in documents if document.file.name]
    IdentityCheck.objects.filter(user=person).delete()
    for name in names:
        default_storage.delete(name)


def _note(verb: str, person: User, *, by: User | None, before: str, after: str) -> None:
    audit.record(verb, by=by, subject=person, before={"status": before}, after={"status": after})
