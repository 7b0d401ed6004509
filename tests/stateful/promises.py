"""What must hold after every step, whatever it was (N1, N2, N3, N5, N8, N10, N16)."""

from django.db.models import Count
from hypothesis.stateful import invariant

from accounts.models import Membership, Organization
from accounts.states import MEMBERSHIP, ORGANIZATION
from connections.models import Connection, ConnectionInvitation, PartnerLink, RoleGrant
from connections.rights.access import access_for
from connections.states import CONNECTION, GRANT, PARTNER_LINK
from core.audit.models import Actor, Event
from core.errors import NotRelated
from roles.models import ApprovedRole, RoleApplication
from roles.states import APPROVED_ROLE
from supplychain.models import Share, SupplierConnection
from supplychain.states import SHARE, SUPPLIER_CONNECTION
from tests.access.leftovers import leftovers
from tests.stateful.base import ROLES, SELLERS
from tests.stateful.suppliers import Supplying

TABLES = {
    Organization: ORGANIZATION,
    Membership: MEMBERSHIP,
    PartnerLink: PARTNER_LINK,
    ConnectionInvitation: ConnectionInvitation.table,
    Connection: CONNECTION,
    RoleGrant: GRANT,
    ApprovedRole: APPROVED_ROLE,
    SupplierConnection: SUPPLIER_CONNECTION,
    Share: SHARE,
}
# Drawn by hand, beside the product's own tables: what is over stays over.
FINAL = {
    Organization: {"closed"},
    Membership: {"removed"},
    PartnerLink: {"answered", "declined", "cancelled"},
    ConnectionInvitation: {"accepted", "declined", "revoked"},
    Connection: {"ended", "terminated"},
    RoleGrant: {"ended"},
    SupplierConnection: {"removed"},
    Share: {"recalled", "declined", "void"},
}
# At most one of these at a time: model, states that count, what makes two of them the same.
ONE_LIVE = [
    (Connection, ("active", "paused"), ("seller", "provider")),
    (SupplierConnection, ("active",), ("seller", "supplier")),
    (PartnerLink, ("issued", "opened"), ("seller", "provider", "address")),
    (ConnectionInvitation, ("pending", "undeliverable"), ("organization", "seller")),
    (RoleApplication, ("draft", "submitted", "in_review"), ("provider", "category")),
    (RoleGrant, ("active",), ("connection", "role")),
    (Share, ("shared", "viewed", "packing"), ("shipment", "connection")),
]


def reachable(table, old, new):
    """Whether arrows lead from one state to the other; one step of the walk may take several."""
    seen, waiting = {old}, [old]
    while waiting:
        more = table.arrows.get(waiting.pop(), frozenset()) - seen
        seen |= more
        waiting += more
    return new in seen


class Promises(Supplying):
    """Looks at everything after each step."""

    outside = False
    steps = 0

    def __init__(self):
        super().__init__()
        self.levels, self.events = {}, 0
        self.states = {}

    @invariant()
    def access_is_what_the_model_says(self):
        """N1 in both directions, N2 and N10, for every person, seller and role."""
        Promises.steps += 1
        found = {}
        for person, user in self.users.items():
            for seller in SELLERS:
                if person in self.oracle.members_names():
                    found |= self._levels(person, user, seller)
        risen = {key[0] for key, level in found.items() if level > self.levels.get(key, 0)}
        if self.levels and not self.outside:
            self._somebody_else_did_it(risen)
        self.levels, self.outside = found, False
        self.events = Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0

    def _levels(self, person, user, seller):
        expected = {role: self.oracle.level(person, seller, role) for role in ROLES}
        try:
            levels = access_for(user, self.firms[seller]).levels
        except NotRelated:
            levels = {}
        found = {role: int(levels.get(role, 0)) for role in ROLES}
        assert found == expected, (person, seller)
        return {(person, seller, role): level for role, level in found.items()}

    def _somebody_else_did_it(self, risen):
        """N10: each rise has an event of this step by another person."""
        refs = Event.objects.filter(pk__gt=self.events).values("actor_ref")
        actors = set(Actor.objects.filter(ref__in=refs).values_list("user_id", flat=True))
        for person in risen:
            assert actors - {self.users[person].pk}, f"{person} has risen by their own act"

    @invariant()
    def nothing_is_there_twice(self):
        """N3: at most one live row of each pair."""
        for model, states, pair in ONE_LIVE:
            rows = model.objects.filter(status__in=states).values(*pair).order_by()
            assert not rows.annotate(n=Count("pk")).filter(n__gt=1).exists(), model

    @invariant()
    def somebody_administers_every_account(self):
        """N5: every account in force has an administrator in force."""
        bosses = Membership.objects.filter(role="administrator", status="active")
        rows = Organization.objects.filter(status="active")
        assert not rows.exclude(pk__in=bosses.values("organization_id")).exists()

    @invariant()
    def no_permission_row_is_left_over(self):
        """N8, A11."""
        assert leftovers() == []

    @invariant()
    def states_move_along_the_arrows(self):
        """N16: nothing leaves a final state, and nothing jumps."""
        for model, table in TABLES.items():
            now = dict(model.objects.values_list("pk", "status"))
            before = self.states.get(model, {})
            for pk, old in before.items():
                new = now.get(pk, old)
                assert old not in FINAL.get(model, ()) or new == old, (model, old, new)
                assert reachable(table, old, new), (model, old, new)
            self.states[model] = now
