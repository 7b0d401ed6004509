"""From where the running request comes; set by middleware, read when an event is written."""

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class Origin:
    """Client address and request id; both empty in tasks and commands."""

    ip: str = ""
    request_id: str = ""


NOWHERE = Origin()
origin: ContextVar[Origin] = ContextVar("audit_origin", default=NOWHERE)


def running_request() -> str:
    """The id of the running request; "" in tasks and commands."""
    return origin.get().request_id
