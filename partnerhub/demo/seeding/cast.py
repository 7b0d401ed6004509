"""Who and when: people with addresses and factors, and moving to a day of the story."""

import io
from datetime import date, timedelta
from functools import cache
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.hashers import make_password
from reportlab.pdfgen.canvas import Canvas

from accounts.documents import inspect
from accounts.invitations.batches import kinds
from accounts.invitations.batches.reading import read
from accounts.invitations.batches.transitions import lists, sending
from accounts.models import IdentityCheck, IdentityDocument, Organization, User
from accounts.transitions import employees, identity, organizations
from partnerhub.demo import clock as demo_clock
from partnerhub.demo.people import PASSWORD, Person, person


def at(days_ago: float) -> None:
    """Continue the story so many days before today."""
    demo_clock.put(timedelta(days=-days_ago))


@cache
def _hashed() -> str:
    """Everybody's password, hashed once: hashing is slow on purpose."""
    return make_password(PASSWORD)


def join(person: Person) -> User:
    """An account with a confirmed address and, where the person needs one, a second factor."""
    user = User.objects.create(email=person.address, name=person.name, password=_hashed())
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    if person.secret:
        TOTP.activate(user, person.secret)
        if not Authenticator.objects.filter(user=user, type="recovery_codes").exists():
            RecoveryCodes.activate(user)
    return user


def lead_part(key: str) -> User:
    """Join as one of the people on the demo's sign-in page; raises LookupError for others."""
    found = person(key)
    if found is None:
        raise LookupError(key)
    return join(found)


def extra(key: str, name: str) -> User:
    """Somebody who fills a list; signs in with the common password, has no second factor."""
    return join(Person(key, name, ""))


def _document(title: str, name: str) -> io.BytesIO:
    out = io.BytesIO()
    canvas = Canvas(out, invariant=1)
    canvas.drawString(72, 760, f"{title} (specimen)")
    canvas.drawString(72, 740, name)
    canvas.save()
    out.seek(0)
    return out


def submit_identity(user: User, country: str = "US") -> IdentityCheck:
    """The person sends data and two specimen documents."""
    documents = {}
    for kind in IdentityDocument.Kind:
        file = _document(kind.label, user.name)
        documents[str(kind)] = (file, inspect(file))
    return identity.submit_identity(
        by=user,
        legal_name=user.name,
        birth_date=date(1984, 2, 29),
        country=country,
        street_address="12 Harbor Street, Portland, OR 97201",
        documents=documents,
    )


def identify(user: User, reviewer: User) -> None:
    """Submit and verify."""
    identity.decide_identity(by=reviewer, check=submit_identity(user), verified=True)


def register(user: User, kind: str, name: str, **fields: Any) -> Organization:
    """The person registers a business in the United States."""
    return organizations.register_organization(
        by=user, kind=kind, name=name, country="US", **fields
    )


def give_list(
    by: tuple[Organization, User], purpose: str, source: str, text: str, *, confirmed: bool = False
) -> None:
    """Upload a list of invitations; a confirmed one is sent at once."""
    organization, user = by
    kind = kinds.get(purpose)
    if kind is None:
        raise LookupError(purpose)
    batch = lists.keep(
        by=user,
        organization=organization,
        purpose=purpose,
        source=source,
        reading=read(text, kind.columns(organization), header=True),
        options={"role": "employee", "rights": []},
    )
    if confirmed:
        lists.confirm(by=user, batch=batch)
        sending.send_due()


def hire(
    administrator: User,
    organization: Organization,
    user: User,
    *,
    role: str = "employee",
    rights: tuple[str, ...] = (),
) -> None:
    """Invite somebody who accepts."""
    invitation = employees.invite(
        by=administrator,
        organization=organization,
        address=user.email,
        name=user.name,
        role=role,
        rights=rights,
    )
    employees.accept(by=user, public_id=invitation.public_id)
