"""What a lower package asks of one above it, which fills in the answer in its `apps.ready`.

Signals tell whoever listens; a hook asks and has one that answers. docs/ways-up.md lists both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.web.access import Level


class Hook[**P, R]:
    """A function that is known below by its type only."""

    answer: Callable[P, R]

    def fill(self, answer: Callable[P, R]) -> None:
        """Give the answer; from `apps.ready`, once."""
        self.answer = answer

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        return self.answer(*args, **kwargs)


@dataclass(frozen=True)
class Loss:
    """One person's level on one role, before and after; `seller` where several lose someone."""

    user_id: int
    name: str
    role_code: str
    role: str
    before: Level
    after: Level
    seller: str = ""


@dataclass(frozen=True)
class Work:
    """One kind of work that is still open: rows of number, details and URL (the last two for the
    seller alone), and how many more."""

    title: str
    rows: list[tuple[str, str, str]]
    more: int


@dataclass(frozen=True)
class MailSample:
    kind: str
    label: str
    group: str
    subject: str
    text: str
    html: str


# Mails a piece of the sellers: (cursor, limit, approved role id, change) -> next cursor, or None at
# the end; change is lowered, revoked, restored, lapsing or lapsed.
approval_drafts: Hook[[int, int, int, str], int | None] = Hook()
# (provider id, role id) -> (names of ten sellers who granted the role, how many there are)
sellers_relying_on: Hook[[int, int], tuple[list[str], int]] = Hook()
# (provider id, role id, level the approval falls to) -> (who loses what, whether there are more)
people_relying_on: Hook[[int, int, Level], tuple[list[Loss], bool]] = Hook()
# (seller id, role code -> person -> level kept) -> what those who lose rights have open, in words
open_work: Hook[[int, Mapping[str, Mapping[int, Level]]], list[str]] = Hook()
# (seller id, the seller's handle, provider id, since when) -> what its people left open there
work_left_open: Hook[[int, str, int, datetime], list[Work]] = Hook()
# (kind of mail) -> an example of it; raises KeyError
mail_sample: Hook[[str], MailSample] = Hook()
