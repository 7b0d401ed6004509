"""What a rule answers when it says no. Middleware turns each into a page with its status."""

from datetime import datetime
from http import HTTPStatus


class DomainError(Exception):
    """A refusal with a sentence for the person, the form field it came from, and a status."""

    status = HTTPStatus.BAD_REQUEST

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class NotPermitted(DomainError):
    """The person is related to the object, but may not do this."""

    status = HTTPStatus.FORBIDDEN


class NotRelated(DomainError):
    """No relation to the object: answered exactly like an object that does not exist."""

    status = HTTPStatus.NOT_FOUND

    def __init__(self, message: str = "There is no such page.") -> None:
        super().__init__(message)


class Conflict(DomainError):
    """Somebody else was faster, or the object is in a state that does not allow this."""

    status = HTTPStatus.CONFLICT


class TransitionNotAllowed(Conflict):
    """The state table has no arrow for this."""


class Ended(DomainError):
    """An invitation or link that was used, revoked, declined, superseded or has expired."""

    status = HTTPStatus.GONE


class Invalid(DomainError):
    """Input that breaks a rule only the transition can know."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY


class LimitReached(DomainError):
    """Too many of these for now; `retry_at` says when the next one is possible."""

    status = HTTPStatus.TOO_MANY_REQUESTS

    def __init__(self, message: str, *, retry_at: datetime | None = None) -> None:
        super().__init__(message)
        self.retry_at = retry_at
