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

    def live(self, seller: str, provider: str) -> Link | None:
        """The connection of the pair, while its date is in force."""
        link = self.links.get((seller, provider))
        return link if link and link.ends_at > self.now else None

    def approved_level(self, provider: str, role: str) -> int:
        """What the provider may be granted now."""
        level, until = self.approved.get((provider, role), (0, 0.0))
        return level if until > self.now else 0

    def level(self, person: str, seller: str, role: str) -> int:
        """The effective level, the best over all providers."""
        best = 0
        for (member, provider), (rank, state) in self.members.items():
            link = self.live(seller, provider)
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
