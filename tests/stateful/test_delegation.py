"""N1 to N11, N16, N26 and N29 over random histories, through the pages people use.

Each example runs in one transaction that is rolled back. Acts go through HTTP wherever a person of
the story does them; what the operator and time do goes through transitions and the clock.
"""

import os
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from hypothesis import HealthCheck, Phase
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from accounts.models import Membership
from connections.models import PartnerLink, RoleGrant
from core import clock
from core.audit.models import Event
from core.web.access import Level
from roles.models import ApprovedRole
from supplychain.models import Shipment
from tests.factories.connections import approved
from tests.stateful.asking import Asking
from tests.stateful.base import (
    LEVELS,
    OTHER,
    ROLES,
    SHIPMENTS,
    people,
    providers,
    roles,
    sellers,
)  # fmt: skip
from tests.stateful.oracle import Link
from tests.stateful.promises import Promises
from tests.support import fingerprint, nothing_changes

EXAMPLES = 300 if os.environ.get("SOAK") == "1" else 12
FOREVER = datetime(2099, 1, 1, tzinfo=UTC)
# History, mail and notices follow every act.
BOOKS = ("audit", "outbox", "notifications")


class Delegation(Asking):
    """What sellers, providers, reviewers and time do."""

    # Seller and provider ------------------------------------------------------------------------

    @rule(seller=sellers, provider=providers, level=LEVELS, other=LEVELS)
    def connect(self, seller, provider, level, other):
        """Link, answer, acceptance with some levels, forbidden ones among them."""
        if not {seller, provider} <= self.oracle.active_firms:
            return
        shop, firm = self.firms[seller], self.firms[provider]
        admin = self.boss_of(seller)
        self._post(admin, "seller:partner-add", [shop.handle], {"partner": firm.handle})
        link = PartnerLink.objects.filter(seller=shop, provider=firm).open(clock.now()).first()
        if link is None:
            assert self.oracle.live(seller, provider) or PartnerLink.objects.filter(seller=shop)
            return
        boss = self.boss_of(provider)
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
        grants = {code: value for code, value in wanted.items() if value}
        self.oracle.links[seller, provider] = Link(self.day_of(made.ends_at), grants)

    @rule(seller=sellers, provider=providers, role=roles, level=LEVELS)
    def change_grant(self, seller, provider, role, level):
        """Raise, lower, add or remove one role; never above the approval (A4)."""
        row, link = self._connection(seller, provider), self.oracle.live(seller, provider)
        assert (row is None) == (link is None)
        if row is None or not {seller, provider} <= self.oracle.active_firms:
            return
        data = {f"grant-{code}": str(value) for code, value in link.grants.items()}
        data |= {f"grant-{role}": str(level), "version": str(row.version), "confirmed": "1"}
        admin = self.boss_of(seller)
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
        firm, where = (
            (provider, "provider:client-end") if by_provider else (seller, "seller:connection-end")
        )
        args, boss = [self.firms[firm].handle, row.public_id], self.boss_of(firm)
        with nothing_changes():
            self._send(boss, "get", where, args)
        ended = Event.objects.filter(verb="connection.terminated")
        events = ended.count()
        self._post(boss, where, args)
        row.refresh_from_db()
        if row.status == "terminated":
            del self.oracle.links[seller, provider]
            assert ended.count() == events + 1, "an end without history"
            with nothing_changes():
                again = self._post(boss, where, args).status_code
            assert again in (302, 409, 410), again

    @rule(seller=sellers, provider=providers, days=st.sampled_from([None, 3, 40]))
    def pause(self, seller, provider, days):
        """The seller stops everything for a while; a second press lets it go on (X6)."""
        row, link = self._connection(seller, provider), self.oracle.live(seller, provider)
        if row is None or seller not in self.oracle.active_firms:
            return
        args, boss = [row.seller.handle, row.public_id], self.boss_of(seller)
        if self.oracle.acting(seller, provider) is None:
            self._post(boss, "seller:connection-resume", args)
            link.paused_until = None
            return
        day = (clock.now() + timedelta(days=days)).date() if days else None
        answer = self._post(
            boss, "seller:connection-pause", args, {"until": day.isoformat() if day else ""}
        )
        row.refresh_from_db()
        if answer.status_code == 302 and row.status == "paused":
            link.paused_until = self.day_of(row.paused_until or FOREVER)

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
        boss = self.boss_of(provider)
        page, args = "provider:client-assignments", [row.provider.handle, row.public_id]
        shown = self._send(boss, "get", page, args)
        if shown.status_code != 200:
            return
        data = {"state": shown.context["state"], f"assign-{grant.pk}-{membership.pk}": str(level)}
        answer = self._post(boss, page, args, data)
        rank = self.oracle.members[person, provider][0]
        listed = person in self.oracle.active_people  # nobody else stands on the page
        if answer.status_code == 302 and rank == "employee" and listed:
            assert level <= grant.level
            link = self.oracle.links[seller, provider]
            link.assigned.pop((person, role), None)
            if level:
                link.assigned[person, role] = level

    # Reviewers and time --------------------------------------------------------------------------

    @rule(provider=providers, role=roles, level=LEVELS)
    def approval(self, provider, role, level):
        """A reviewer approves, lowers, revokes or restores (X3)."""
        row = ApprovedRole.objects.filter(provider=self.firms[provider], role__code=role).first()
        if row is None:
            if level:
                self.outside = True
                row = approved(self.firms[provider], role, Level(level).word)
        else:
            self._decide(row, level)
            row.refresh_from_db()
        if row is not None:
            level = row.level if row.status == "active" else 0
            self.oracle.approved[provider, role] = (level, self.day_of(row.expires_at))

    def _decide(self, row, level):
        """A reviewer's act changes the approval, history and mail: nothing else (N11)."""
        act = "lower" if level else "revoke"
        if level and row.status != "active":
            act = "restore"
        data = {"version": str(row.version), "reason": "Checked.", "level": str(level)}
        data["confirmed"] = "1"
        name, before = f"admin:roles_approvedrole_{act}", fingerprint(but=("roles", *BOOKS))
        answer = self._post(self.desk, name, [row.pk], data)
        assert answer.status_code in (302, 409, 422), answer.status_code
        if act == "restore" and answer.status_code == 302:
            row.refresh_from_db()
            assert row.status != "active", "one person restored it"
            seen = {"version": str(row.version)}
            answer = self._post(self.second, "admin:roles_approvedrole_confirm", [row.pk], seen)
            assert answer.status_code == 302
        assert fingerprint(but=("roles", *BOOKS)) == before, "a reviewer changed more"

    @precondition(lambda self: self.oracle.now < 500)
    @rule(days=st.sampled_from([0.5, 20, 60, 60, 200]))
    def wait(self, days):
        """Time passes; no sweep runs: reading alone must notice what has ended."""
        self.offset += timedelta(days=days)
        self.oracle.now += days
        # A pause may be over: rights come back by nobody's act.
        self.outside = True

    @rule(person=people, seller=sellers)
    def look(self, person, seller):
        """N1 and N6 at the pages: 200, 403 or 404 as the level says, and nobody else's marker."""
        shop, level = self.firms[seller], self.oracle.level(person, seller, SHIPMENTS)
        any_level = any(self.oracle.level(person, seller, role) for role in ROLES)
        client = self.sessions[person]
        listed = client.get(reverse("seller:shipments", args=[shop.handle]))
        creating = client.get(reverse("seller:shipment-create", args=[shop.handle]))
        if person not in self.oracle.active_people:
            assert {listed.status_code, creating.status_code} == {302}
            return
        outside = 403 if any_level else 404
        assert listed.status_code == (200 if level >= 1 else outside)
        assert creating.status_code == (200 if level >= 2 else 403 if level else outside)
        for answer in (listed, creating):
            self.read(self.users[person], answer)
        assert (self.markers[seller] in listed.text) == (level >= 1)
        # N7: the list and the single pages agree.
        for row in Shipment.objects.filter(seller=shop):
            page = client.get(reverse("seller:shipment", args=[shop.handle, row.public_id]))
            assert page.status_code == (200 if level >= 1 else outside)

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
        return Shipment.objects.filter(seller=self.firms[seller]).count()


def walk(examples: int, **options: object) -> None:
    """Run so many short histories: late in a long one little is in force, and little can go wrong.

    Raises the first broken promise it finds. Promises.steps counts.
    """
    Promises.steps = 0
    Delegation.TestCase.settings = hypothesis_settings(
        max_examples=examples,
        stateful_step_count=15,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        **options,
    )
    Delegation.TestCase("runTest").runTest()


@pytest.mark.grows
@pytest.mark.timeout(1800)
@pytest.mark.django_db
def test_nobody_acts_beyond_the_effective_level():
    """N1 to N11, N16, N26 and N29 over random histories; many more of them under SOAK."""
    walk(EXAMPLES, phases=[Phase.generate])
