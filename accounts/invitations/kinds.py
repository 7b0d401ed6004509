"""The kinds of one-time links. Each app registers its own; the mechanism knows no domain."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from accounts.states import RESENDABLE
from core.audit import presenters


@dataclass(frozen=True)
class Sheet:
    """How the inviting side's list shows one kind (U1); see listing.

    `rows(organization)` is what it sent. `recipient(row)` is whom it went to and a word more;
    `urls(row)` the addresses of the acts "resend", "link" and "revoke", and of "page", the row's
    own, where it has one. `search` are the columns that are searched, `sent` and `inviter` those
    of when and by whom. `revoked` is the state it goes to when `take_back` is pressed,
    `resendable` the states that sending again renews; `mailed(row)` whether we mailed it at all.
    `inviting(organization)` are the ids of those who may invite, where not administrators only.
    """

    title: str
    rows: Callable[[Any], Any]
    recipient: Callable[[Any], tuple[str, str]]
    urls: Callable[[Any], dict[str, str]]
    search: tuple[str, ...] = ("address", "name")
    sent: str = "sent_at"
    inviter: str = "invited_by"
    take_back: str = "Revoke"
    revoked: str = "revoked"
    resendable: tuple[str, ...] = RESENDABLE
    mailed: Callable[[Any], bool] = lambda row: True
    inviting: Callable[[Any], set[int]] | None = None


@dataclass(frozen=True)
class Kind:
    """How one purpose behaves on the common pages.

    `headline(row)` says what is asked in words for somebody who may not know the details yet:
    it names the inviting organization, nothing else. `belongs_to(user, row)` tells whether this
    person may answer (verified address, or administrator of the invited organization).
    `answer_url(user, row)` is the page where that person answers. `inviter(row)` and
    `address(row)` are the inviting organization and the invited address ("" when bound to an
    organization). `verb` is the prefix of its history verbs ("employee_invitation").
    `check_inviter(row)` raises when the inviter may no longer invite (I10). `ask_again(row)`
    renews it on the wish of the invited (U6); without it the wish goes by mail to those who may
    invite. `waiting_for(user)` is a queryset of the open rows this person may answer (U7), and
    `manage_url(row)` the page where the inviting side looks after its invitations.
    `on_expired(row)` tells who should know that it ran out, in the transaction that moved it;
    `sheet` is how the inviting side's list shows it. `invites(row)` is the kind of account
    that answers ("" for a person), `invited(row)` the id of the account, where it is known.
    `guest_url(row)` is where somebody without an account goes on, where that is possible.
    """

    purpose: str
    model: type[Any]
    verb: str
    headline: Callable[[Any], str]
    belongs_to: Callable[[Any, Any], bool]
    answer_url: Callable[[Any, Any], str]
    inviter: Callable[[Any], Any]
    address: Callable[[Any], str]
    check_inviter: Callable[[Any], None]
    waiting_for: Callable[[Any], Any]
    manage_url: Callable[[Any], str]
    sheet: Sheet
    invites: Callable[[Any], str] = lambda row: ""
    invited: Callable[[Any], int | None] = lambda row: None
    guest_url: Callable[[Any], str] | None = None
    ask_again: Callable[[Any], None] | None = None
    on_expired: Callable[[Any], None] | None = None
    account_hint: str = ""


_KINDS: dict[str, Kind] = {}
_SENTENCES = {
    "renewal_asked": "passed on the wish for a new invitation",
    "list_confirmed": "confirmed a list of invitations",
    "list_cancelled": "took queued invitations back",
    "list_stopped": "stopped a list of invitations",
}


def register(kind: Kind) -> None:
    """Make a kind known, and the history verb of the common pages; called from AppConfig.ready."""
    _KINDS[kind.purpose] = kind
    presenters.register({f"{kind.verb}.{event}": words for event, words in _SENTENCES.items()})


def get(purpose: str) -> Kind | None:
    """The kind of this purpose, or None."""
    return _KINDS.get(purpose)


def all_kinds() -> list[Kind]:
    """Every registered kind."""
    return list(_KINDS.values())
