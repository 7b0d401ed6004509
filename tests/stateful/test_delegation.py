"""N1, N2, N6, N7 and N9 over random histories, through the pages people use.

Each example runs in one transaction that is rolled back. Acts go through HTTP wherever a person of
the story does them; what reviewers, the operator and time do goes through transitions and clock.
"""

import os
from contextlib import ExitStack
from datetime import timedelta

import pytest
from django.db import transaction
from django.test import TestCase
from django.urls import reverse
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from accounts.models import Membership
from accounts.states import MembershipStatus
from accounts.transitions import members, organizations
from connections.access import access_for
from connections.models import Connection, PartnerLink, RoleGrant
from partnerhub import clock
from partnerhub.errors import DomainError, NotRelated
from partnerhub.web.access import Level
from roles.models import ApprovedRole
from roles.transitions import approvals
from tests.factories import accounts as make
from tests.factories import supplychain as ship
from tests.factories.connections import approved, assigned
from tests.factories.connections import connection as connected
from tests.factories.roles import reviewer
from tests.stateful.oracle import Link, Oracle
from tests.support import signed_in

SHIPMENTS, OTHER = "inventory.fba_shipments", "inventory.manage"
ROLES = (SHIPMENTS, OTHER)
SELLERS, PROVIDERS = ("s0", "s1"), ("p0", "p1")
# Person -> (provider, rank). "both" works for two firms.
STAFF = {
    "a0": [("p0", "administrator")],
    "e0": [("p0", "employee")],
    "a1": [("p1", "administrator")],
    "e1": [("p1", "employee")],
    "both": [("p0", "employee"), ("p1", "employee")],
}
EXAMPLES = 400 if os.environ.get("SOAK") == "1" else 12
LEVELS = st.integers(0, 3)
people, sellers = st.sampled_from(sorted(STAFF)), st.sampled_from(SELLERS)
providers, roles = st.sampled_from(PROVIDERS), st.sampled_from(ROLES)


class Delegation(RuleBasedStateMachine):
    """Two sellers, two providers, five of their people, two roles."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.stack.enter_context(transaction.atomic())
        self.stack.callback(transaction.set_rollback, True)
        self.oracle = Oracle()
        self.real_now, self.offset = clock.real_now, timedelta()
        patch = self.stack.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(clock, "now", lambda: self.real_now() + self.offset)
        self._people()
        self._firms()

    def _people(self) -> None:
        self.firms = {
            key: make.organization("seller" if key[0] == "s" else "provider", f"Firm {key}")
            for key in SELLERS + PROVIDERS
        }
        self.users = {key: make.person(f"Person {key}") for key in STAFF}
        self.seller_admins = {key: make.administrator(self.firms[key]) for key in SELLERS}
        for person, jobs in STAFF.items():
            # Dates differ, so that each of them is the first to end for somebody.
            days = {"e0": 30, "a1": 90}.get(person, 700)
            check = make.identity(self.users[person], expires_at=clock.now() + timedelta(days=days))
            left = (check.expires_at - clock.now()).total_seconds() / 86400
            self.oracle.identity_until[person] = left
            for provider, rank in jobs:
                make.member(self.firms[provider], rank, self.users[person])
                self.oracle.members[person, provider] = (rank, "active")
        self.oracle.active_people = set(STAFF)
        self.oracle.active_firms = set(self.firms)
        self.desk = reviewer()

    def _firms(self) -> None:
        self.markers = {}
        for key in SELLERS:
            self.markers[key] = f"marker-{key}-q7x"
            ship.shipment(self.firms[key], name=self.markers[key])
        for provider in PROVIDERS:
            until = clock.now() + timedelta(days={"p0": 365, "p1": 60}[provider])
            row = approved(self.firms[provider], SHIPMENTS, "admin", expires_at=until)
            left = (row.expires_at - clock.now()).total_seconds() / 86400
            self.oracle.approved[provider, SHIPMENTS] = (3, left)
        # Histories begin in the middle: most of what can go wrong needs a connection.
        for seller, provider, level in (("s0", "p0", 2), ("s0", "p1", 1), ("s1", "p0", 3)):
            word = Level(level).word
            ends_at = clock.now() + timedelta(days=150)
            row = connected(
                self.firms[seller], self.firms[provider], {SHIPMENTS: word}, ends_at=ends_at
            )
            left = (row.ends_at - clock.now()).total_seconds() / 86400
            link = self.oracle.links[seller, provider] = Link(left, {SHIPMENTS: level})
            for person, jobs in STAFF.items():
                # "both" begins without: what one employee has must not serve another.
                if (provider, "employee") in jobs and person != "both":
                    assigned(self.users[person], row, word)
                    link.assigned[person, SHIPMENTS] = level

    def teardown(self) -> None:
        self.stack.close()

    # Tools ------------------------------------------------------------------------------------

    def _post(self, user, name, args, data=None):
        with TestCase.captureOnCommitCallbacks(execute=True):
            return signed_in(user).post(reverse(name, args=args), data or {})

    def _connection(self, seller, provider):
        return (
            Connection.objects.filter(seller=self.firms[seller], provider=self.firms[provider])
            .live(clock.now())
            .first()
        )

    # Seller and provider ------------------------------------------------------------------------

    @rule(seller=sellers, provider=providers, level=LEVELS, other=LEVELS)
    def connect(self, seller, provider, level, other):
        """Link, answer, acceptance with some levels, forbidden ones among them."""
        if not {seller, provider} <= self.oracle.active_firms:
            return
        shop, firm = self.firms[seller], self.firms[provider]
        admin = self.seller_admins[seller]
        self._post(admin, "seller:partner-add", [shop.handle], {"partner": firm.handle})
        link = PartnerLink.objects.filter(seller=shop, provider=firm).open(clock.now()).first()
        if link is None:
            assert self.oracle.live(seller, provider) or PartnerLink.objects.filter(seller=shop)
            return
        boss = self.users["a0" if provider == "p0" else "a1"]
        self._post(boss, "provider:partner-link-answer", [firm.handle, link.public_id])
        link.refresh_from_db()
        if link.status != "answered":
            return
        invitation = link.invitation
        wanted = {SHIPMENTS: level, OTHER: other}
        data = {f"grant-{code}": str(value) for code, value in wanted.items()}
        answer = self._post(
            admin, "seller:connection-accept", [shop.handle, invitation.public_id], data
        )
        allowed = any(wanted.values()) and all(
            value <= self.oracle.approved_level(provider, code) for code, value in wanted.items()
        )
        made = self._connection(seller, provider)
        if not allowed:
            assert answer.status_code == 422
            assert made is None
            self._post(admin, "seller:connection-reject", [shop.handle, invitation.public_id])
            return
        assert made is not None, answer.status_code
        left = (made.ends_at - clock.now()).total_seconds() / 86400
        grants = {code: value for code, value in wanted.items() if value}
        self.oracle.links[seller, provider] = Link(self.oracle.now + left, grants)

    @rule(seller=sellers, provider=providers, role=roles, level=LEVELS)
    def change_grant(self, seller, provider, role, level):
        """Raise, lower, add or remove one role; never above the approval (A4)."""
        row, link = self._connection(seller, provider), self.oracle.live(seller, provider)
        assert (row is None) == (link is None)
        if row is None or not {seller, provider} <= self.oracle.active_firms:
            return
        data = {f"grant-{code}": str(value) for code, value in link.grants.items()}
        data |= {f"grant-{role}": str(level), "version": str(row.version), "confirmed": "1"}
        admin = self.seller_admins[seller]
        self._post(admin, "seller:connection-roles", [row.seller.handle, row.public_id], data)
        stored = dict(
            RoleGrant.objects.active().filter(connection=row).values_list("role__code", "level")
        )
        for code, value in stored.items():
            before = link.grants.get(code, 0)
            assert value <= max(before, self.oracle.approved_level(provider, code))
        for code in set(link.grants) - set(stored):
            link.assigned = {k: v for k, v in link.assigned.items() if k[1] != code}
        link.grants = stored

    @rule(seller=sellers, provider=providers, by_provider=st.booleans())
    def end(self, seller, provider, by_provider):
        """Either side ends it; old grants do not return."""
        row = self._connection(seller, provider)
        if row is None:
            return
        if by_provider:
            boss = self.users["a0" if provider == "p0" else "a1"]
            self._post(boss, "provider:client-end", [row.provider.handle, row.public_id])
        else:
            admin = self.seller_admins[seller]
            self._post(admin, "seller:connection-end", [row.seller.handle, row.public_id])
        row.refresh_from_db()
        if row.status == "terminated":
            del self.oracle.links[seller, provider]

    @rule(person=people, seller=sellers, provider=providers, role=roles, level=LEVELS)
    def assign(self, person, seller, provider, role, level):
        """The provider's administrator assigns, never above the grant (U18)."""
        row = self._connection(seller, provider)
        grant = RoleGrant.objects.active().filter(connection=row, role__code=role).first()
        membership = Membership.objects.filter(
            user=self.users[person], organization=self.firms[provider], status="active"
        ).first()
        if row is None or grant is None or membership is None:
            return
        boss = self.users["a0" if provider == "p0" else "a1"]
        client = signed_in(boss)
        page = reverse("provider:client-assignments", args=[row.provider.handle, row.public_id])
        shown = client.get(page)
        if shown.status_code != 200:
            return
        data = {"state": shown.context["state"], f"assign-{grant.pk}-{membership.pk}": str(level)}
        answer = client.post(page, data)
        rank = self.oracle.members[person, provider][0]
        if answer.status_code == 302 and rank == "employee":
            assert level <= grant.level
            link = self.oracle.links[seller, provider]
            link.assigned.pop((person, role), None)
            if level:
                link.assigned[person, role] = level

    # Members -------------------------------------------------------------------------------------

    @rule(person=st.sampled_from(["e0", "e1", "both"]), provider=providers, what=st.integers(0, 2))
    def member(self, person, provider, what):
        """Suspend, resume, or remove and have them join anew: assignments do not revive (N8)."""
        known = self.oracle.members.get((person, provider))
        row = (
            Membership.objects.live()
            .filter(user=self.users[person], organization=self.firms[provider])
            .first()
        )
        if known is None or row is None or provider not in self.oracle.active_firms:
            return
        boss = self.users["a0" if provider == "p0" else "a1"]
        act = (members.suspend, members.resume, members.remove)[what]
        try:
            act(by=boss, membership=row)
        except DomainError:
            return
        row.refresh_from_db()
        if row.status == MembershipStatus.REMOVED:
            self.oracle.forget_member(person, provider)
            self.users[person].refresh_from_db()
            make.member(self.firms[provider], known[0], self.users[person])
            self.oracle.members[person, provider] = (known[0], "active")
        else:
            self.oracle.members[person, provider] = (known[0], str(row.status))

    @rule(person=people)
    def toggle_person(self, person):
        """The operator deactivates a person, or lets them in again."""
        user = self.users[person]
        user.is_active = not user.is_active
        user.save(update_fields=["is_active"])
        (self.oracle.active_people.add if user.is_active else self.oracle.active_people.discard)(
            person
        )

    @rule(firm=st.sampled_from(SELLERS + PROVIDERS))
    def toggle_firm(self, firm):
        """The operator suspends an account, or lifts it."""
        row = self.firms[firm]
        row.refresh_from_db()
        if row.status == "active":
            organizations.suspend_organization(by=self._operator(), organization=row, reason="x")
            self.oracle.active_firms.discard(firm)
        else:
            organizations.resume_organization(by=self._operator(), organization=row)
            self.oracle.active_firms.add(firm)
        row.refresh_from_db()

    def _operator(self):
        if not hasattr(self, "operator"):
            self.operator = make.person("Operator", is_staff=True, is_superuser=True)
        return self.operator

    # Reviewers and time --------------------------------------------------------------------------

    @rule(provider=providers, role=roles, level=LEVELS)
    def approval(self, provider, role, level):
        """A reviewer approves, lowers, revokes or restores (X3)."""
        row = ApprovedRole.objects.filter(provider=self.firms[provider], role__code=role).first()
        if row is None:
            if level:
                row = approved(self.firms[provider], role, Level(level).word)
        else:
            how = {"approved_role": row, "reason": "x", "version": row.version, "by": self.desk}
            try:
                if level == 0:
                    approvals.revoke_approved_role(**how)
                elif row.status != "active":
                    approvals.restore_approved_role(**how)
                else:
                    approvals.lower_approved_role(level=Level(level), **how)
            except DomainError:
                pass
            row.refresh_from_db()
        if row is not None:
            left = (row.expires_at - clock.now()).total_seconds() / 86400
            level = row.level if row.status == "active" else 0
            self.oracle.approved[provider, role] = (level, self.oracle.now + left)

    @precondition(lambda self: self.oracle.now < 500)
    @rule(days=st.sampled_from([0.5, 20, 200]))
    def wait(self, days):
        """Time passes; no sweep runs: reading alone must notice what has ended."""
        self.offset += timedelta(days=days)
        self.oracle.now += days

    # What must hold ------------------------------------------------------------------------------

    @invariant()
    def access_is_what_the_model_says(self):
        """N1 in both directions, for every person, seller and role."""
        for person, user in self.users.items():
            for seller in SELLERS:
                expected = {role: self.oracle.level(person, seller, role) for role in ROLES}
                try:
                    levels = access_for(user, self.firms[seller]).levels
                except NotRelated:
                    levels = {}
                found = {role: int(levels.get(role, 0)) for role in ROLES}
                assert found == expected, (person, seller)

    @rule(person=people, seller=sellers)
    def look(self, person, seller):
        """N1 and N6 at the pages: 200, 403 or 404 as the level says, and nobody else's marker."""
        shop, level = self.firms[seller], self.oracle.level(person, seller, SHIPMENTS)
        any_level = any(self.oracle.level(person, seller, role) for role in ROLES)
        client = signed_in(self.users[person])
        listed = client.get(reverse("seller:shipments", args=[shop.handle]))
        creating = client.get(reverse("seller:shipment-create", args=[shop.handle]))
        if person not in self.oracle.active_people:
            assert {listed.status_code, creating.status_code} == {302}
            return
        outside = 403 if any_level else 404
        assert listed.status_code == (200 if level >= 1 else outside)
        assert creating.status_code == (200 if level >= 2 else 403 if level else outside)
        for key, marker in self.markers.items():
            text = listed.text + creating.text
            assert (marker in text) == (key == seller and level >= 1)

    @rule(person=people, seller=sellers)
    def forge(self, person, seller):
        """A post without the level to it changes nothing (A2, N9)."""
        if self.oracle.level(person, seller, SHIPMENTS) >= 2:
            return
        before = self.firms[seller].pk, self._shipments(seller)
        user = self.users[person]
        answer = self._post(
            user, "seller:shipment-create", [self.firms[seller].handle], {"name": "Forged"}
        )
        assert answer.status_code in (302, 403, 404)
        assert (self.firms[seller].pk, self._shipments(seller)) == before

    def _shipments(self, seller):
        return ship.Shipment.objects.filter(seller=self.firms[seller]).count()


def walk(examples: int, **options: object) -> None:
    """Run the machine; raises the first broken promise it finds."""
    Delegation.TestCase.settings = hypothesis_settings(
        max_examples=examples,
        stateful_step_count=30,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        **options,
    )
    Delegation.TestCase("runTest").runTest()


@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.django_db
def test_nobody_acts_beyond_the_effective_level():
    """N1, N2, N6, N8, N9 over random histories."""
    walk(EXAMPLES)
