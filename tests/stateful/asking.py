"""A provider asks for more, and the seller consents to all, a part or nothing (X2)."""

from contextlib import suppress
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from connections.models import RoleGrant, RoleRequest
from connections.transitions import requests
from core import clock
from core.errors import DomainError
from core.web.access import Level
from tests.factories.connections import role_request
from tests.stateful.base import LEVELS, ROLES, SHIPMENTS, providers, sellers
from tests.stateful.promises import Promises

PAIR = {"seller": sellers, "provider": providers}
# Through the page, or past it at the transition: each has to hold by itself.
straight = st.booleans()


class Asking(Promises):
    """What is granted stays, whatever is asked and answered."""

    def __init__(self):
        super().__init__()
        # Histories begin with open requests: there is something to answer.
        for pair in (("s0", "p0"), ("s0", "p1")):
            until = clock.now() + timedelta(days=140)
            row, link = self._connection(*pair), self.oracle.links[pair]
            made = role_request(row, {SHIPMENTS: "admin"}, expires_at=until)
            link.asked, link.asked_until = {SHIPMENTS: 3}, self.day_of(made.expires_at)

    def _paired(self, seller, provider):
        """The live connection and what the oracle knows of it, both or none."""
        row, link = self._connection(seller, provider), self.oracle.live(seller, provider)
        assert (row is None) == (link is None)
        return row, link

    @rule(**PAIR, first=LEVELS, second=LEVELS)
    def ask(self, seller, provider, first, second):
        """One request at a time, within the approvals; nothing is granted by it."""
        row, link = self._paired(seller, provider)
        if row is None:
            return
        wanted = dict(zip(ROLES, (first, second), strict=True))
        data = {f"grant-{role}": str(level) for role, level in wanted.items()}
        data["message"] = "The season begins."
        before, args = self._open_requests(), [row.provider.handle, row.public_id]
        self._post(self.boss_of(provider), "provider:client-request", args, data)
        made = self._open_requests().keys() - before.keys()
        if made:
            assert made == {(seller, provider)}
            more = {r: level for r, level in wanted.items() if level > link.grants.get(r, 0)}
            assert all(v <= self.oracle.approved_level(provider, r) for r, v in more.items())
            standing = RoleRequest.objects.open(clock.now()).get(connection=row)
            link.asked, link.asked_until = more, self.day_of(standing.expires_at)

    @rule(
        **PAIR,
        by_provider=st.sampled_from([False, False, True]),
        first=LEVELS,
        second=LEVELS,
        past_the_page=straight,
    )
    def consent(self, seller, provider, by_provider, first, second, past_the_page):
        """All or part, never above the request or what is approved now, and by the seller alone."""
        row, link = self._paired(seller, provider)
        if row is None:
            return
        wanted = dict(zip(ROLES, (first, second), strict=True))
        asked = link.asked if link.asked_until > self.oracle.now else {}
        most = {r: min(v, self.oracle.approved_level(provider, r)) for r, v in asked.items()}
        who = self.boss_of(provider if by_provider else seller)
        if past_the_page:
            self._consent_straight(row, who, wanted)
        else:
            data = {f"grant-{role}": str(level) for role, level in wanted.items()}
            args = [row.seller.handle, row.public_id]
            self._post(who, "seller:connection-request", args, data)
        stored = dict(
            RoleGrant.objects.active().filter(connection=row).values_list("role__code", "level")
        )
        raised = {r: level for r, level in stored.items() if level != link.grants.get(r, 0)}
        assert link.grants.keys() <= stored.keys()
        assert not raised or not (by_provider or seller not in self.oracle.active_firms)
        for role, level in raised.items():
            assert link.grants.get(role, 0) < level <= min(wanted[role], most.get(role, 0))
        rises = {r: level for r, level in wanted.items() if level > link.grants.get(r, 0)}
        possible = all(level <= most.get(role, 0) for role, level in rises.items())
        if past_the_page and not by_provider and seller in self.oracle.active_firms:
            assert bool(raised) == bool(rises and possible)
        if raised:
            link.grants, link.asked = stored, {}

    def _consent_straight(self, row, who, wanted):
        request = RoleRequest.objects.filter(connection=row).order_by("-id").first()
        levels = {role: Level(level) for role, level in wanted.items()}
        if request:
            with suppress(DomainError):
                requests.consent(request=request, by=who, levels=levels)

    @rule(**PAIR, by_provider=straight)
    def refuse(self, seller, provider, by_provider):
        """The seller says no with a reason, the provider takes it back; what is granted stays."""
        row, link = self._paired(seller, provider)
        if row is None:
            return
        firm, name = (
            (provider, "provider:client-request-withdraw")
            if by_provider
            else (seller, "seller:connection-request-refuse")
        )
        args = [self.firms[firm].handle, row.public_id]
        answer = self._post(self.boss_of(firm), name, args, {"reason": "Not now."})
        if link.asked and link.asked_until > self.oracle.now:
            # A provider's administrator may be out of service; a seller in force always can.
            assert by_provider or firm not in self.oracle.active_firms or answer.status_code == 302
            if answer.status_code == 302 and (seller, provider) not in self._open_requests():
                link.asked = {}

    def _sides(self, row):
        return self.firm_of(row.seller_id), self.firm_of(row.provider_id)

    def _open_requests(self):
        """(seller, provider) -> role -> level asked for, of what can be answered now."""
        rows = RoleRequest.objects.open(clock.now()).prefetch_related("lines__role")
        return {
            self._sides(row.connection): {line.role.code: line.level for line in row.lines.all()}
            for row in rows.select_related("connection")
        }

    @invariant()
    def what_is_asked_is_what_the_model_says(self):
        """A request is open until it is answered, its time is over or the connection is."""
        for link in self.oracle.links.values():
            # The seller granted all of it without answering.
            if all(link.grants.get(role, 0) >= level for role, level in link.asked.items()):
                link.asked = {}
        expected = {
            pair: link.asked
            for pair, link in self.oracle.links.items()
            if link.asked and link.asked_until > self.oracle.now and self.oracle.live(*pair)
        }
        assert self._open_requests() == expected

    @invariant()
    def nobody_gives_what_is_not_theirs(self):
        """Past the page: the provider grants itself nothing, the seller nothing unapproved."""
        for request in RoleRequest.objects.open(clock.now()).select_related("connection"):
            seller, provider = self._sides(request.connection)
            link = self.oracle.live(seller, provider)
            assert link, "a request outlives its connection"
            asked = {role: Level(level) for role, level in link.asked.items()}
            too_much = {
                role: level
                for role, level in asked.items()
                if level > max(link.grants.get(role, 0), self.oracle.approved_level(provider, role))
            }
            self._refused(request, self.boss_of(provider), asked)
            self._refused(request, self.boss_of(seller), too_much)

    def _refused(self, request, who, levels):
        try:
            requests.consent(request=request, by=who, levels=levels)
        except DomainError:
            return
        raise AssertionError("consent by the provider, or above what is approved")
