"""The rule in plain Python, knowing nothing of Django: who may act for whom, and how far.

may_act(u, s, r) = min(approved, granted, assigned) while person, identity, membership, both
organizations, connection, grant and approval are in force; administrators count as assigned at
the granted level.
"""

from dataclasses import dataclass, field


@dataclass
class Link:
    """A live connection: its grants and assignments."""

    ends_at: float
    grants: dict[str, int] = field(default_factory=dict)
    assigned: dict[tuple[str, str], int] = field(default_factory=dict)
    # None: not paused. Else the day it goes on by itself, or never.
    paused_until: float | None = None
    # Role -> level that the provider asks for, until somebody answers or this day.
    asked: dict[str, int] = field(default_factory=dict)
    asked_until: float = 0.0


@dataclass
class Oracle:
    """What the product should know. Times are days; `now` moves forward only."""

    now: float = 0.0
    active_people: set[str] = field(default_factory=set)
    identity_until: dict[str, float] = field(default_factory=dict)
    # (person, provider) -> (role, state)
    members: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    active_firms: set[str] = field(default_factory=set)
    # (provider, role) -> (level, until)
    approved: dict[tuple[str, str], tuple[int, float]] = field(default_factory=dict)
    links: dict[tuple[str, str], Link] = field(default_factory=dict)
    # seller -> the people who administer it
    bosses: dict[str, set[str]] = field(default_factory=dict)
    # (seller, supplier) while they are connected
    supplied: set[tuple[str, str]] = field(default_factory=set)
    # (shipment, seller, supplier) while it is shared
    shared: set[tuple[str, str, str]] = field(default_factory=set)

    def live(self, seller: str, provider: str) -> Link | None:
        """The connection of the pair, while its date is in force."""
        link = self.links.get((seller, provider))
        return link if link and link.ends_at > self.now else None

    def acting(self, seller: str, provider: str) -> Link | None:
        """The connection of the pair, while it is neither over nor paused."""
        link = self.live(seller, provider)
        paused = link is not None and link.paused_until is not None
        return None if paused and link and (link.paused_until or 0) > self.now else link

    def shows(self, supplier: str, seller: str) -> bool:
        """Whether this supplier sees anything of the seller's (N4)."""
        connected = (seller, supplier) in self.supplied
        return connected and any(row[1:] == (seller, supplier) for row in self.shared)

    def approved_level(self, provider: str, role: str) -> int:
        """What the provider may be granted now."""
        level, until = self.approved.get((provider, role), (0, 0.0))
        return level if until > self.now else 0

    def level(self, person: str, seller: str, role: str) -> int:
        """The effective level, the best over all providers."""
        best = 0
        for (member, provider), (rank, state) in self.members.items():
            link = self.acting(seller, provider)
            in_force = (
                member == person
                and state == "active"
                and person in self.active_people
                and self.identity_until.get(person, 0.0) > self.now
                and {seller, provider} <= self.active_firms
                and link is not None
            )
            if not in_force or link is None:
                continue
            granted = link.grants.get(role, 0)
            assigned = granted if rank == "administrator" else link.assigned.get((person, role), 0)
            best = max(best, min(self.approved_level(provider, role), granted, assigned))
        return best

    def forget_member(self, person: str, provider: str) -> None:
        """A removed member's assignments go for good (N8)."""
        for (_, firm), link in self.links.items():
            if firm == provider:
                link.assigned = {k: v for k, v in link.assigned.items() if k[0] != person}

    def members_names(self) -> set[str]:
        """Everybody who has ever worked for a provider."""
        return {person for person, _ in self.members}
