"""What every view does with a form: call the transition, and put a refusal where it belongs."""

from collections.abc import Callable
from http import HTTPStatus

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict

from core.errors import DomainError, LimitReached, NotPermitted, NotRelated
from core.web.formats import soon

LIMIT = "limit"
# The two buttons of a confirm page that carries a form: go on, or change what was typed.
CONFIRMED, REVISE = "confirmed", "revise"


def posted(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to: the data of a post, even an empty one, and nothing else."""
    return request.POST if request.method == "POST" else None


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
        if not error.field and error.status != HTTPStatus.UNPROCESSABLE_ENTITY:
            raise
        form.add_error(error.field if error.field in form.fields else None, error.message)
        return None


def answer(
    action: Callable[[], HttpResponse], refused: Callable[..., HttpResponse]
) -> HttpResponse:
    """The answer of `action`, or the page `refused(problem=…, status=…)` that tells its refusal.
    What somebody may not do, and what is not there for them, is told by pages of its own: those
    errors propagate."""
    try:
        return action()
    except (NotPermitted, NotRelated):
        raise
    except DomainError as error:
        return refused(problem=refusal_text(error), status=error.status)


def act(
    request: HttpRequest,
    action: Callable[[], object],
    *,
    to: str,
    refused: Callable[..., HttpResponse],
    done: str = "",
) -> HttpResponse:
    """Run the transition of a button, say `done` and go on to `to`; `refused` is as for
    answer()."""

    def acted() -> HttpResponse:
        action()
        if done:
            messages.success(request, done)
        return HttpResponseRedirect(to)

    return answer(acted, refused)


def is_confirmed(request: HttpRequest) -> bool:
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
        return HTTPStatus.OK
    limited = any(error.code == LIMIT for error in form.non_field_errors().as_data())
    return HTTPStatus.TOO_MANY_REQUESTS if limited else HTTPStatus.UNPROCESSABLE_ENTITY


def refusal_text(error: DomainError) -> str:
    """What to tell somebody who was refused; at a limit, with the time of the next try."""
    if not isinstance(error, LimitReached) or error.retry_at is None:
        return error.message
    return f"{error.message} The next one is possible on {soon(error.retry_at)}."
