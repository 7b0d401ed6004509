"""The kinds of one-time links. Each app registers its own; the mechanism knows no domain."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.urls import reverse

from accounts import portals
from accounts.models import Invitation, Membership, OneTimeLink, Organization, User
from accounts.states import RESENDABLE, InvitationStatus
from accounts.tenancy import owns_address, require_administrator, verified_addresses
from core import clock
from core.audit import presenters
from core.db import lock, lock_all
from core.errors import DomainError, Ended, NotRelated
from core.web.access import ADMINISTRATOR, Need


class Kind[R: OneTimeLink](ABC):
    """How the rows of one model behave: who may send and answer them, and how pages show them."""

    model: type[R]
    # The beginning of its verbs in the history.
    verb: str

    # Who may invite, as pages ask it; transitions ask `check`.
    need: Need = ADMINISTRATOR
    # What the invited read when whoever invited them may no longer do so.
    gone: str = "The person who invited you can no longer do so. Ask for a new invitation."
    # A word to people who open a link before they sign in.
    account_hint: str = ""

    # The inviting side's list, see listing: its title, in whose names a search looks ("" is its
    # own row, other words are relations), and names of columns.
    title: str
    search: tuple[str, ...] = ("",)
    sent: str = "sent_at"
    sender: str = "invited_by"

    # The buttons of a row, with the last part of their addresses and of the names of those.
    acts: Mapping[str, str] = {"resend": "resend", "link": "link", "revoke": "revoke"}
    # Whether a row has a page of its own, with the same buttons; and the page with the list.
    has_page: bool = False
    list_page: str = ""
    resendable: tuple[str, ...] = RESENDABLE
    resent: str = "Sent again to {row.address}. Older links no longer work."
    # What taking back is called, the state it leads to, and what is said then.
    take_back: str = "Revoke"
    revoked: str = InvitationStatus.REVOKED
    taken_back: str = "The invitation to {row.address} is taken back. Its link no longer works."
    senders_own: str = "Only who sent this invitation can see its link. Send it again first."

    @property
    def purpose(self) -> str:
        return self.model.purpose

    def rows(self) -> Any:
        """All rows, with everything that pages show of them."""
        manager: Any = self.model._default_manager
        return manager.with_list_data()

    # Who invites -------------------------------------------------------------------------------
    @abstractmethod
    def inviter(self, row: R) -> Organization:
        """The inviting organization."""

    @abstractmethod
    def sent_by(self, organization: Organization) -> Any:
        """The rows that this organization sent, with everything that pages show of them."""

    def parties(self, row: R) -> set[int | None]:
        """Ids of the organizations that are locked before the row."""
        return {self.inviter(row).pk}

    def check(self, by: User | None, organization: Organization) -> None:
        """Raise NotRelated or NotPermitted unless `by` may invite for `organization` now."""
        require_administrator(by, organization)

    def inviters(self, organization: Organization) -> set[int]:
        rows = Membership.objects.administrators(organization)
        return set(rows.values_list("user_id", flat=True))

    def check_inviter(self, row: R) -> None:
        """Raise Ended unless whoever sent the row may still invite (I10)."""
        try:
            self.check(getattr(row, self.sender), self.inviter(row))
        except DomainError:
            raise Ended(self.gone) from None

    def enter(self, row: R, by: User) -> tuple[R, int | None]:
        """Lock the row after its parties; says a delegate's firm. Raises as `check` does."""
        lock_all(Organization.objects.filter(pk__in=[pk for pk in self.parties(row) if pk]))
        self.check(by, self.inviter(row))
        return lock(self.rows(), pk=row.pk), None

    @abstractmethod
    def resend(self, row: R, *, by: User, acting: int | None) -> R:
        """Renew the locked row and mail it; returns the row that counts from now on (U2)."""

    def on_revoked(self, row: R, *, by: User) -> None:
        """What else happens when it was taken back, in the same transaction."""
        return

    def on_expired(self, row: R) -> None:
        """Tell who should know that it ran out, in the transaction that moved it."""
        return

    def on_ending(self, row: R) -> None:
        """Tell both sides that it is about to run out, in the transaction that notes so."""
        return

    # Who is invited ----------------------------------------------------------------------------
    def address(self, row: R) -> str:
        """The invited address, "" for a row that is bound to an organization."""
        return row.address

    def invites(self, row: R) -> str:
        """The kind of account that answers, "" for a person."""
        return ""

    def invited(self, row: R) -> int | None:
        """The id of the invited account, where it is known."""
        return None

    def counterparty(self, row: R) -> int | None:
        """The id of the invited account, where the inviter knows it: it sees the history, too."""
        return self.invited(row)

    @abstractmethod
    def headline(self, row: R) -> str:
        """What is asked, to whoever may not know details yet: names the inviter, nothing else."""

    def belongs_to(self, user: User, row: R) -> bool:
        return owns_address(user, row.address)

    def own(self, user: User, public_id: UUID) -> R:
        """The row when this person may answer it, in whatever state; raises NotRelated."""
        row: R | None = self.rows().filter(public_id=public_id).first()
        if row is None or not self.belongs_to(user, row):
            raise NotRelated
        return row

    def answer_url(self, user: User, row: R) -> str:
        return reverse(f"{self.purpose}-invitation", args=[row.public_id])

    def guest_url(self, row: R) -> str:
        """Where somebody without an account goes on, "" where nobody can."""
        return ""

    def waiting_for(self, user: User) -> Any:
        """The open rows that this person may answer, as a queryset (U7)."""
        return self.rows().open(clock.now()).welcome(verified_addresses(user))

    # How the inviting side sees it -------------------------------------------------------------
    def list_url(self, organization: Organization) -> str:
        return portals.page(organization, self.list_page)

    def manage_url(self, row: R) -> str:
        """The page that a mail to the inviting side leads to."""
        return self.list_url(self.inviter(row))

    def place(self, row: R) -> tuple[str, *tuple[Any, ...]]:
        """What the names of its addresses begin with, and their arguments."""
        return self.purpose, row.public_id

    def urls(self, row: R) -> dict[str, str]:
        """The addresses of its `acts`, and of "page", the row's own, where it has one."""
        organization, (name, *args) = self.inviter(row), self.place(row)
        urls = {
            act: portals.page(organization, f"{name}-{word}", *args)
            for act, word in self.acts.items()
        }
        return urls | ({"page": portals.page(organization, name, *args)} if self.has_page else {})

    @abstractmethod
    def recipient(self, row: R) -> tuple[str, str]:
        """Whom it went to, and a word more."""

    def mailed(self, row: R) -> bool:
        return True


class InvitationKind[R: Invitation](Kind[R]):
    def inviter(self, row: R) -> Organization:
        return row.organization

    def sent_by(self, organization: Organization) -> Any:
        return self.rows().filter(organization=organization)

    def recipient(self, row: R) -> tuple[str, str]:
        return row.address, row.name


_KINDS: dict[str, Kind[Any]] = {}
_SENTENCES = {
    "renewal_asked": "passed on the wish for a new invitation",
    "list_confirmed": "confirmed a list of invitations",
    "list_cancelled": "took queued invitations back",
    "list_stopped": "stopped a list of invitations",
}


def register(kind: Kind[Any]) -> None:
    _KINDS[kind.purpose] = kind
    presenters.register({f"{kind.verb}.{event}": words for event, words in _SENTENCES.items()})


def get(purpose: str) -> Kind[Any] | None:
    return _KINDS.get(purpose)


def of[R: OneTimeLink](row: R | type[R]) -> Kind[R]:
    return _KINDS[row.purpose]


def all_kinds() -> list[Kind[Any]]:
    return list(_KINDS.values())
