"""What every view does with a form: call the transition, and put a refusal where it belongs."""

from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.forms import BaseForm
from django.http import HttpRequest
from django.template.defaultfilters import date

from core.errors import DomainError, LimitReached

UNPROCESSABLE = 422
TOO_MANY = 429
LIMIT = "limit"
# The two buttons of a confirm page that carries a form: go on, or change what was typed.
CONFIRMED, REVISE = "confirmed", "revise"


def apply[T](form: BaseForm, action: Callable[[], T]) -> T | None:
    """The result of `action`, or None when it refused what the form holds.

    A DomainError with a field, or with status 422, becomes an error of the form, which the view
    shows again with status 422; a reached limit becomes one that says when, with status 429;
    every other one propagates to its page. `action` returns what it changed, which is never None:

        if form.is_valid() and (row := apply(form, lambda: transition(by=user, ...))):
            return redirect(...)
    """
    try:
        return action()
    except LimitReached as error:
        form.add_error(None, ValidationError(refusal_text(error), code=LIMIT))
        return None
    except DomainError as error:
        if not error.field and error.status != UNPROCESSABLE:
            raise
        form.add_error(error.field if error.field in form.fields else None, error.message)
        return None


def is_confirmed(request: HttpRequest) -> bool:
    """Whether the post comes from the confirm page's button."""
    return request.POST.get(CONFIRMED) == "1"


def carried(request: HttpRequest) -> list[tuple[str, str]]:
    """What was posted, as a confirm page carries it: name and value, the buttons left out."""
    own = ("csrfmiddlewaretoken", CONFIRMED, REVISE)
    return [
        (name, value)
        for name, values in request.POST.lists()
        if name not in own
        for value in values
    ]


def status_of(form: BaseForm) -> int:
    """The status of a page that shows this form: 429 at a limit, 422 for another refusal."""
    if not form.is_bound or not form.errors:
        return 200
    limited = any(error.code == LIMIT for error in form.non_field_errors().as_data())
    return TOO_MANY if limited else UNPROCESSABLE


def refusal_text(error: DomainError) -> str:
    """What to tell somebody who was refused; at a limit, with the time of the next try."""
    if not isinstance(error, LimitReached) or error.retry_at is None:
        return error.message
    return f"{error.message} The next one is possible on {date(error.retry_at, 'j F, H:i')} UTC."
