"""What a mail server or a provider said, sorted by who has to do something about it."""

import re
from dataclasses import dataclass
from enum import Enum, auto


class Outcome(Enum):
    TAKEN = auto()
    REFUSED = auto()  # this message, for good
    LATER = auto()  # this message, for now
    UNHEARD = auto()  # no answer, and the server cannot have the message
    UNCERTAIN = auto()  # no answer, and the server may have it
    AWAY = auto()  # nobody's message: the server is busy, or out of reach
    OURS = auto()  # nobody's message: the server does not let us send, until we mend something


SILENT = (Outcome.UNHEARD, Outcome.UNCERTAIN)
# Answers to the line: no message is charged a try for them.
OF_THE_LINE = (Outcome.AWAY, Outcome.OURS)


@dataclass(frozen=True)
class Answer:
    """`wait` are the seconds that the server asked for; None when it named none. An answer that
    seems to be for the line is `otherwise` for its message, once the line turns out to be good."""

    outcome: Outcome
    reason: str = ""
    wait: float | None = None
    otherwise: Outcome = Outcome.LATER


_ADDRESS = re.compile(r"[^\s<>'\"]+@[^\s<>'\"]+")


def without_addresses(text: str) -> str:
    """For looking at what it says: somebody's address may hold any word."""
    return _ADDRESS.sub("", text)


def words(error: BaseException) -> str:
    """An error on one line, for the row of the message and the desk."""
    return " ".join(f"{type(error).__name__}: {error}".split())
