"""What a row of the table says, and which answer follows from it for each persona."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.urls import reverse

from tests.sweep import engine
from tests.sweep.world import Tenant

EVERYBODY = frozenset(engine.PERSONAS)
SIGNED_IN = EVERYBODY - set(engine.SIGNED_OUT)
RANDOM_ID = UUID("00000000-0000-4000-8000-0000000000ff")
RANDOM_NUMBER = 987654321

SELLERS = frozenset({"seller_admin", "seller_editor", "seller_viewer", "seller_staff"})
DELEGATES = frozenset({"provider_admin", "provider_employee"})
PROVIDERS = frozenset({"provider_admin", "provider_employee", "provider_staff"})
SUPPLIERS = frozenset({"supplier_admin", "supplier_worker", "supplier_staff"})
# Who has any relation to the home tenant's organization in each portal: 403 rather than 404.
RELATED = {"seller": SELLERS | DELEGATES, "provider": PROVIDERS, "supply": SUPPLIERS}
HOUSES = {"seller": "seller", "provider": "provider", "supply": "supplier"}

Codes = int | tuple[int, ...]
Body = Callable[[Tenant], Mapping[str, Any]]


@dataclass(frozen=True)
class Row:
    """One URL name.

    `at` names what fills the address: organizations and rows of the tenant, or "=text" as it is.
    `may` are let in and get `get`, or `post` for an empty form; None is a wrong method (405).
    `refused` have a relation, but too little right (403). Everybody else signed in: `missing`.
    `body` is the form as the first of `by` fills it in, answered by `then`.
    `but` are the exceptions of single personas; `readers` may look, and not post; `query` the
    parameters that the page reads.
    `logged` says that a look at it stands in the history: each one, or the first.
    """

    name: str
    at: Mapping[str, str] = field(default_factory=dict)
    may: frozenset[str] = SIGNED_IN
    refused: frozenset[str] = frozenset()
    get: Codes | None = 200
    post: Codes | None = None
    missing: Codes = 404
    signed_out: Codes = 302
    by: str = ""
    body: Body | None = None
    then: Codes = 302
    but: Mapping[str, Codes] = field(default_factory=dict)
    readers: frozenset[str] = frozenset()
    query: tuple[str, ...] = ()
    logged: bool = False

    @property
    def portal(self) -> str:
        """The namespace of the name: "seller"; "" outside of the portals."""
        return self.name.partition(":")[0] if ":" in self.name else ""

    @property
    def manager(self) -> str:
        """Who fills in the form."""
        return self.by or min(self.may)

    def url(
        self, tenant: Tenant, *, house: Tenant | None = None, org: str = "", found: bool = True
    ) -> str:
        """The address with this tenant's rows, in `house`'s account or the one called `org`.

        Not `found`: with ids that nobody has.
        """
        values: dict[str, Any] = {}
        for key, what in self.at.items():
            if what.startswith("="):
                values[key] = what[1:]
            elif key == "org":
                values[key] = org or (house or tenant)[what].handle
            elif key.endswith("_id"):
                values[key] = tenant[what].public_id if found else RANDOM_ID
            else:
                values[key] = tenant[what].pk if found else RANDOM_NUMBER
        return reverse(self.name, kwargs=values)

    @property
    def has_ids(self) -> bool:
        """Whether an object's id stands in the address."""
        return any(key != "org" and not what.startswith("=") for key, what in self.at.items())

    def allows(self, method: str) -> bool:
        """Whether the page answers this method at all."""
        if method == "POST":
            return self.post is not None
        return method in ("GET", "HEAD") and self.get is not None

    def expected(self, persona: str, method: str) -> tuple[int, ...]:
        """The statuses that may come back for the home tenant's address."""
        if method in ("PUT", "PATCH", "DELETE"):
            return (405,)
        if persona not in self.may and persona in engine.SIGNED_OUT:
            return (*_codes(self.signed_out), *(() if self.allows(method) else (405,)))
        if not self.allows(method):
            return self._wrong_method(persona, method)
        if persona in self.readers and method != "POST":
            return _codes(self.get)
        if persona in self.but:
            return _codes(self.but[persona])
        if persona in self.may:
            return _codes(self.post if method == "POST" else self.get)
        return (403,) if persona in self.refused else _codes(self.missing)

    def _wrong_method(self, persona: str, method: str) -> tuple[int, ...]:
        allowed: tuple[int, ...] = (405,)
        if method == "OPTIONS":
            # Nothing but a look: a view may take it for one.
            allowed = (405, 200, *_codes(self.get))
        if persona in self.may and persona not in self.but:
            return allowed
        refusal = (403,) if persona in self.refused else _codes(self.missing)
        return (*allowed, *refusal, *_codes(self.but.get(persona)))


def _codes(value: Codes | None) -> tuple[int, ...]:
    if value is None:
        return ()
    return value if isinstance(value, tuple) else (value,)


def portal(name: str, *, may: frozenset[str] | set[str], **fields: Any) -> Row:
    """A page inside a portal of the home tenant: who is related, but may not, is refused."""
    where = name.partition(":")[0]
    related = fields.pop("related", RELATED[where])
    at = {"org": HOUSES[where], **fields.pop("at", {})}
    refused = frozenset(related - set(may))
    return Row(name, at=at, may=frozenset(may), refused=refused, **fields)


def each(rows: list[Row]) -> Iterator[tuple[str, Row]]:
    """Name and row, for parametrized tests."""
    return ((row.name, row) for row in rows)
