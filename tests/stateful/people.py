"""People and accounts: members, administrators, what the operator does (N5, N8, N10)."""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from accounts.models import Membership
from accounts.states import MembershipStatus
from accounts.transitions import members, organizations
from connections.models import Connection, RoleGrant
from core.errors import DomainError
from tests.factories import accounts as make
from tests.stateful.base import PROVIDERS, SELLERS, SHIPMENTS, Scene, people, providers, sellers
from tests.support import fingerprint, signed_in

JOBS = [("e0", "p0"), ("e1", "p1"), ("both", "p0"), ("both", "p1")]
ACTS = ("leave", "demote", "remove", "promote")


class People(Scene):
    """Rules about members; the base of the whole walk."""

    @rule(job=st.sampled_from(JOBS), what=st.sampled_from([0, 0, 1, 2]))
    def member(self, job, what):
        """Suspend, resume, or remove and have them join anew: assignments do not revive (N8)."""
        person, provider = job
        known = self.oracle.members.get((person, provider))
        row = self._member(person, self.firms[provider])
        if known is None or row is None or provider not in self.oracle.active_firms:
            return
        boss = self.boss_of(provider)
        act = (members.suspend, members.resume, members.remove)[what]
        try:
            act(by=boss, membership=row)
        except DomainError:
            return
        row.refresh_from_db()
        if row.status == MembershipStatus.REMOVED:
            self.oracle.forget_member(person, provider)
            self.users[person].refresh_from_db()
            self.sessions[person] = signed_in(self.users[person])
            self.outside = True
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
        self.outside = True
        (self.oracle.active_people.add if user.is_active else self.oracle.active_people.discard)(
            person
        )
        for seller in SELLERS if not user.is_active else ():  # their open session notices at once
            self.look(person, seller)
        self.sessions[person] = signed_in(user)

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

    @rule(seller=sellers, act=st.sampled_from(ACTS), by_deputy=st.booleans())
    def administrators(self, seller, act, by_deputy):
        """The two administrators of a seller put each other out, or go: one stays (N5, A9)."""
        names = [f"boss-{seller}", f"deputy-{seller}"]
        actor, other = reversed(names) if by_deputy else names
        bosses, shop = self.oracle.bosses[seller], self.firms[seller]
        if seller not in self.oracle.active_firms or actor not in bosses:
            return None
        target = self._member(other if act in ("remove", "promote") else actor, shop)
        if act == "leave":
            answer = self._post(self.users[actor], "seller:leave", [shop.handle])
        elif target is None:
            return self._comes_back(other, shop)
        elif act == "remove":
            where = [shop.handle, target.public_id]
            answer = self._post(self.users[actor], "seller:member-remove", where)
        else:
            role = "administrator" if act == "promote" else "employee"
            where = [shop.handle, target.public_id]
            answer = self._post(self.users[actor], "seller:member", where, {"role": role})
        gone = {"leave": actor, "demote": actor, "remove": other}.get(act)
        if gone and bosses == {gone}:
            assert answer.status_code in (409, 422), answer.status_code
        elif gone:
            assert answer.status_code == 302, answer.status_code
            bosses.discard(gone)
        else:
            bosses.add(other)
        return None

    def _member(self, name, shop):
        rows = Membership.objects.live().filter(user=self.users[name], organization=shop)
        return rows.first()

    def _comes_back(self, name, shop):
        """Who is out is taken in again, as an employee."""
        self.users[name].refresh_from_db()
        self.sessions[name] = signed_in(self.users[name])
        make.member(shop, "employee", self.users[name])

    @rule(person=people, seller=sellers, provider=providers)
    def grab(self, person, seller, provider):
        """Nobody gives themselves anything: not a level, not a rank, not a client (N10)."""
        user, firm = self.users[person], self.firms[provider]
        known = self.oracle.members.get((person, provider))
        row = self._member(person, firm)
        if known is None or row is None or known[0] == "administrator":
            return
        before = fingerprint()
        posts = [("provider:member", [firm.handle, row.public_id], {"role": "administrator"})]
        connection = Connection.objects.filter(
            seller=self.firms[seller], provider=firm, status__in=("active", "paused")
        ).first()
        if connection:
            where = [firm.handle, connection.public_id]
            grants = RoleGrant.objects.filter(connection=connection, role__code=SHIPMENTS)
            cells = {f"assign-{grant.pk}-{row.pk}": str(grant.level) for grant in grants}
            posts.append(("provider:client-assignments", where, {"state": "", **cells}))
            posts.append(("provider:client-end", where, {}))
        for name, where, data in posts:
            assert self._post(user, name, where, data).status_code in (302, 403, 404)
        assert fingerprint() == before
