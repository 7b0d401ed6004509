"""The world of the walk: who is there, what is connected, and how a request is sent."""

from contextlib import ExitStack
from datetime import timedelta

import pytest
from django.db import transaction
from django.test import TestCase
from django.urls import reverse
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from connections.models import Connection
from core import clock
from core.web.access import Level
from tests.factories import accounts as make
from tests.factories import supplychain as ship
from tests.factories.connections import approved, assigned
from tests.factories.connections import connection as connected
from tests.factories.roles import reviewer
from tests.stateful.oracle import Link, Oracle
from tests.support import signed_in

SHIPMENTS, OTHER = "inventory.fba_shipments", "inventory.manage"
ROLES = (SHIPMENTS, OTHER)
SELLERS, PROVIDERS, SUPPLIERS = ("s0", "s1"), ("p0", "p1"), ("f0", "f1")
# Person -> (provider, rank). "both" works for two firms.
STAFF = {
    "a0": [("p0", "administrator")],
    "e0": [("p0", "employee")],
    "a1": [("p1", "administrator")],
    "e1": [("p1", "employee")],
    "both": [("p0", "employee"), ("p1", "employee")],
}
SUPPLIER_PEOPLE = {"sam": "f0", "sue": "f1"}
LEVELS = st.integers(0, 3)
people, sellers = st.sampled_from(sorted(STAFF)), st.sampled_from(SELLERS)
providers, roles = st.sampled_from(PROVIDERS), st.sampled_from(ROLES)
suppliers = st.sampled_from(SUPPLIERS)


class Walk(RuleBasedStateMachine):
    """A history on a clock of its own; afterwards everything is undone."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.stack.enter_context(transaction.atomic())
        self.stack.callback(transaction.set_rollback, True)
        self.patch = self.stack.enter_context(pytest.MonkeyPatch.context())
        real_now, self.offset = clock.real_now, timedelta()
        self.patch.setattr(clock, "now", lambda: real_now() + self.offset)

    def teardown(self) -> None:
        """Everything of this history is undone."""
        self.stack.close()


class Scene(Walk):
    """Two sellers, two providers, two suppliers, their people, two roles; the model beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.oracle = Oracle()
        self._people()
        self._approvals()
        self._connections()
        self._suppliers()
        self.sessions = {key: signed_in(user) for key, user in self.users.items()}
        self.sessions["desk"] = signed_in(self.desk)
        self.sessions["second"] = signed_in(self.second)

    def _people(self) -> None:
        self.firms = {
            key: make.organization("seller" if key[0] == "s" else "provider", f"Firm {key}")
            for key in SELLERS + PROVIDERS
        }
        self.users = {key: make.person(f"Person {key}") for key in STAFF}
        for key in SELLERS:
            for name in (f"boss-{key}", f"deputy-{key}"):
                self.users[name] = make.administrator(self.firms[key])
            self.oracle.bosses[key] = {f"boss-{key}", f"deputy-{key}"}
        for person, jobs in STAFF.items():
            # Dates differ, so that each of them is the first to end for somebody.
            until = clock.now() + timedelta(days={"e0": 30, "a1": 90}.get(person, 700))
            make.identity(self.users[person], expires_at=until)
            self.oracle.identity_until[person] = self.day_of(until)
            for provider, rank in jobs:
                make.member(self.firms[provider], rank, self.users[person])
                self.oracle.members[person, provider] = (rank, "active")
        self.oracle.active_people = set(STAFF)
        self.oracle.active_firms = set(self.firms)
        self.desk, self.second = reviewer(lead=True), reviewer(lead=True)

    def _approvals(self) -> None:
        for provider, role, level, days in (
            ("p0", SHIPMENTS, 3, 365),
            ("p1", SHIPMENTS, 3, 60),
            ("p0", OTHER, 2, 300),
        ):
            until = clock.now() + timedelta(days=days)
            approved(self.firms[provider], role, Level(level).word, expires_at=until)
            self.oracle.approved[provider, role] = (level, self.day_of(until))

    def _connections(self) -> None:
        """Histories begin in the middle: most of what can go wrong needs a connection."""
        now = clock.now()
        # One of them is paused, and goes on by itself.
        paused = {"status": "paused", "paused_at": now, "paused_until": now + timedelta(days=3)}
        for seller, provider, level, granted, fields in (
            ("s0", "p0", 2, ROLES, {}),
            ("s0", "p1", 1, [SHIPMENTS], paused),
            ("s1", "p0", 3, [SHIPMENTS], {}),
        ):
            levels = dict.fromkeys(granted, Level(level).word)
            fields = {"ends_at": now + timedelta(days=150)} | fields
            row = connected(self.firms[seller], self.firms[provider], levels, **fields)
            link = Link(self.day_of(row.ends_at), dict.fromkeys(granted, level))
            self.oracle.links[seller, provider] = link
            if row.paused_until:
                link.paused_until = self.day_of(row.paused_until)
            for person, jobs in STAFF.items():
                # "both" begins without: what one employee has must not serve another.
                if (provider, "employee") in jobs and person != "both":
                    assigned(self.users[person], row, Level(level).word)
                    link.assigned |= {(person, role): level for role in granted}

    def _suppliers(self) -> None:
        self.markers = {key: f"marker-{key}-q7x" for key in SELLERS}
        for name, key in SUPPLIER_PEOPLE.items():
            self.firms[key] = make.organization("supplier", f"Firm {key}")
            self.users[name] = make.administrator(self.firms[key])
        for seller in SELLERS:
            ship.shipment(self.firms[seller], name=self.markers[seller])
            ship.connected(self.firms[seller], self.firms["f0"])
            self.oracle.supplied.add((seller, "f0"))

    # Tools ------------------------------------------------------------------------------------

    def day_of(self, moment):
        """The oracle's day of a moment."""
        return self.oracle.now + (moment - clock.now()).total_seconds() / 86400

    def name_of(self, user):
        """What the oracle calls this person; the desk has no other names."""
        if user.pk == self.second.pk:
            return "second"
        return next((key for key, row in self.users.items() if row.pk == user.pk), "desk")

    def firm_of(self, pk):
        """What the oracle calls this account."""
        return next(key for key, firm in self.firms.items() if firm.pk == pk)

    def _send(self, user, method, name, args, data=None):
        """One request in the person's open session; nobody reads too much."""
        with TestCase.captureOnCommitCallbacks(execute=True):
            session = self.sessions[self.name_of(user)]
            answer = getattr(session, method)(reverse(name, args=args), data or {})
        self.read(user, answer)
        return answer

    def _post(self, user, name, args, data=None):
        return self._send(user, "post", name, args, data)

    def boss_of(self, firm):
        """An administrator in force: the seller's, or the provider's."""
        if firm in PROVIDERS:
            return self.users["a0" if firm == "p0" else "a1"]
        return self.users[min(self.oracle.bosses[firm])]

    def read(self, user, answer):
        """N6: nobody reads a shipment's name without a right to it, whatever the page."""
        if answer.streaming:
            return
        text = answer.content.decode(errors="replace")
        for seller, marker in self.markers.items():
            if marker in text:
                assert self.may_read(user, seller), (user.name, marker)

    def may_read(self, user, seller):
        """Whether the model lets this person read what the seller ships."""
        name = self.name_of(user)
        if name in self.oracle.bosses[seller] or name in SUPPLIER_PEOPLE:
            return name not in SUPPLIER_PEOPLE or self.oracle.shows(SUPPLIER_PEOPLE[name], seller)
        return self.oracle.level(name, seller, SHIPMENTS) >= 1

    def _connection(self, seller, provider):
        return (
            Connection.objects.filter(seller=self.firms[seller], provider=self.firms[provider])
            .live(clock.now())
            .first()
        )
