"""Who and when: people with addresses and factors, and moving to a day of the story."""

import io
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from reportlab.pdfgen.canvas import Canvas

from accounts.documents import inspect
from accounts.models import IdentityCheck, IdentityDocument, Organization, User
from accounts.transitions import employees, identity, organizations
from partnerhub.demo import clock as demo_clock
from partnerhub.demo.people import PASSWORD, PEOPLE, Person
from partnerhub.samples.rows import Rows

_make = Rows("demo.example", PASSWORD)


@dataclass(frozen=True)
class Tenant:
    firm: Organization
    admin: User

    @property
    def acts(self) -> dict[str, Any]:
        return {"organization": self.firm, "by": self.admin}


def at(days_ago: float) -> None:
    demo_clock.put(timedelta(days=-days_ago))


def _join(person: Person) -> User:
    user = _make.person(person.name, email=person.address)
    if person.secret:
        TOTP.activate(user, person.secret)
        if not Authenticator.objects.filter(user=user, type="recovery_codes").exists():
            RecoveryCodes.activate(user)
    return user


def lead_part(key: str) -> User:
    """Join as one of the people on the demo's sign-in page."""
    return _join(next(one for one in PEOPLE if one.key == key))


def extra(key: str, name: str) -> User:
    """Somebody who fills a list; signs in with the common password, has no second factor."""
    return _join(Person(key, name, ""))


def _document(title: str, name: str) -> io.BytesIO:
    out = io.BytesIO()
    canvas = Canvas(out, invariant=1)
    canvas.drawString(72, 760, f"{title} (specimen)")
    canvas.drawString(72, 740, name)
    canvas.save()
    out.seek(0)
    return out


def submit_identity(user: User) -> IdentityCheck:
    documents = {}
    for kind in IdentityDocument.Kind:
        file = _document(kind.label, user.name)
        documents[str(kind)] = (file, inspect(file))
    return identity.submit_identity(
        by=user,
        legal_name=user.name,
        birth_date=date(1984, 2, 29),
        country="US",
        street_address="12 Harbor Street, Portland, OR 97201",
        documents=documents,
    )


def identify(user: User, reviewer: User) -> None:
    identity.decide_identity(by=reviewer, check=submit_identity(user), verified=True)


def register(user: User, kind: str, name: str, **fields: Any) -> Tenant:
    firm = organizations.register_organization(
        by=user, kind=kind, name=name, country="US", **fields
    )
    return Tenant(firm, user)


def hire(of: Tenant, user: User, *, role: str = "employee", rights: tuple[str, ...] = ()) -> User:
    invitation = employees.invite(
        **of.acts, address=user.email, name=user.name, role=role, rights=rights
    )
    employees.accept(by=user, public_id=invitation.public_id)
    return user
