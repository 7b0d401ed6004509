"""What every view does with a form: call the transition, and put a refusal where it belongs; and
fields for days, which belong to somebody."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, tzinfo
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.utils.translation import gettext as _

from core import clock
from core.edits import Overtaken, merge, word, words
from core.errors import (
    Conflict,
    DomainError,
    LimitReached,
    NotPermitted,
    NotRelated,
    TransitionNotAllowed,
)
from core.web.formats import soon

LIMIT, CONFLICT = "limit", "conflict"
# The two buttons of a confirm page that carries a form: go on, or change what was typed.
CONFIRMED, REVISE = "confirmed", "revise"


class DayInput(forms.DateInput):
    """The browser's own calendar."""

    input_type = "date"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%Y-%m-%d", **kwargs)


def whose_days(zone: tzinfo) -> str:
    """For the help of a field: in which zone the day begins and ends."""
    return _("Days are those of %(zone)s.") % {"zone": zone}


class LastDayField(forms.DateField):
    """The day until whose end something holds, in `zone`: cleans to that moment, and shows a moment
    as the day on which it falls there."""

    widget = DayInput

    def __init__(self, zone: tzinfo = UTC, **options: Any) -> None:
        super().__init__(**options)
        self.zone = zone

    def _day(self, value: Any) -> Any:
        return clock.day_of(value, self.zone) if isinstance(value, datetime) else value

    def prepare_value(self, value: Any) -> Any:
        return self._day(value)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self._day(initial), data)

    def clean(self, value: Any) -> Any:
        chosen: date | None = super().clean(value)
        return clock.end_of(chosen, self.zone) if chosen else None


class DaysForm(forms.Form):
    """A form whose last days are those of one zone, which their help names."""

    def __init__(self, *args: Any, zone: tzinfo, **options: Any) -> None:
        super().__init__(*args, **options)
        for field in self.fields.values():
            if isinstance(field, LastDayField):
                field.zone = zone
                field.help_text = f"{field.help_text} {whose_days(zone)}".strip()

    def end(self, name: str) -> datetime | None:
        """The end that was chosen. A day that was left as it stood is the very moment that stands,
        in whatever zone that was a day's end."""
        if name in self.changed_data:
            return self.cleaned_data.get(name)
        # Not get_initial_for_field, which drops microseconds.
        standing: datetime | None = self.initial.get(name, self.fields[name].initial)
        return standing


def posted(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to: the data of a post, even an empty one, and nothing else."""
    return request.POST if request.method == "POST" else None


class ShownField(forms.CharField):
    """The words of what a form showed, by field; None from a page that does not say."""

    widget = forms.HiddenInput

    def __init__(self) -> None:
        super().__init__(required=False, strip=False)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return False

    def clean(self, value: Any) -> Any:
        try:
            found = json.loads(super().clean(value))
        except ValueError:
            return None
        return words(found) if isinstance(found, dict) else None


class EditForm(forms.Form):
    """A form about something that others may change while it is open.

    It carries the words of what it showed in the hidden field `shown`, which a page that lays its
    fields out itself writes once; as cleaned data they are what core.edits.merge takes. Where
    somebody else was faster, apply() shows both values and leaves what was typed in the field:
    sent again, it is meant.
    """

    shown = ShownField()

    def standing(self) -> dict[str, Any]:
        """What the form was made from, by field: a subclass may name other things than fields."""
        return {
            # Not get_initial_for_field, which drops microseconds.
            name: field.prepare_value(self.initial.get(name, field.initial))
            for name, field in self.fields.items()
            if not field.widget.is_hidden
        }

    def get_initial_for_field(self, field: forms.Field, field_name: str) -> Any:
        if field_name == "shown" and not self.initial.get("shown"):
            return json.dumps(words(self.standing()))
        return super().get_initial_for_field(field, field_name)

    def overtaken(self, now: Mapping[str, Any]) -> None:
        """Tell what somebody else saved meanwhile, and leave what was typed in its field."""
        data: Any = self.data.copy()  # type: ignore[attr-defined]
        shown = self.cleaned_data.get("shown") or {}
        data[self.add_prefix("shown")] = json.dumps({**shown, **words(now)})
        self.data = data
        for name, value in now.items():
            text = _(
                "Somebody else saved “%(theirs)s” here in the meantime. What you entered is not "
                "saved yet: save again to replace theirs."
            )
            if not (told := self.told(name, value)):
                text = _(
                    "Somebody else emptied this in the meantime. What you entered is not saved "
                    "yet: save again to put it here."
                )
            error = ValidationError(text % {"theirs": told}, code=CONFLICT)
            self.add_error(name if name in self.fields else None, error)

    def saved(self) -> None:
        """What was typed is stored: a form that is shown once more stands on it."""
        data: Any = self.data.copy()  # type: ignore[attr-defined]
        shown = self.cleaned_data.get("shown") or {}
        data[self.add_prefix("shown")] = json.dumps({**shown, **words(self.cleaned_data)})
        self.data = data

    def told(self, name: str, value: Any) -> str:
        """How a person reads a value of this field."""
        choices = getattr(self.fields.get(name), "choices", ())
        return next((str(label) for key, label in choices if word(key) == word(value)), word(value))


class MergedForm(EditForm):
    """The same for what is guarded by a version of the whole: the form is merged with what stands
    as it is sent, so that its cleaned data are what to write, and the transition refuses it for any
    other version of that."""

    # The fields to write, once the form is valid; None where the page did not say what it showed.
    meant: frozenset[str] | None = None

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        shown = data.get("shown")
        if self.errors or shown is None:
            return data
        self.cleaned_data, fields, now = data, self.fields, self.standing()
        wanted = {name: self._wanted(name) for name in now if name in data and self._sent(name)}
        try:
            merged = merge(now, wanted, shown)
        except Overtaken as error:
            self.overtaken(error.now)
            return self.cleaned_data
        self.meant = frozenset(merged)
        for name in wanted:
            if name not in merged:
                data[name] = self.initial.get(name, fields[name].initial)
            elif isinstance(merged[name], frozenset):
                data[name] = merged[name]
        gone = [name for name in shown.keys() - fields.keys() if self._sent(name)]
        if any(word(self.data[self.add_prefix(name)]) != shown[name] for name in gone):
            text = _("Something that you chose is not there any more: look through the page again.")
            self.add_error(None, ValidationError(text, code=CONFLICT))
        return data

    def _wanted(self, name: str) -> Any:
        value = self.cleaned_data[name]
        ticks = isinstance(self.fields[name], forms.MultipleChoiceField)
        return frozenset(value) if ticks else self.fields[name].prepare_value(value)

    def _sent(self, name: str) -> bool:
        """Whether a browser sent the field: nothing is sent of a list without a tick."""
        field = self.fields.get(name)
        ticks = isinstance(field, forms.MultipleChoiceField)
        return ticks or self.add_prefix(name) in self.data

    def touched(self, name: str) -> bool:
        return name in (self.changed_data if self.meant is None else self.meant)


def apply[T](form: BaseForm, action: Callable[[], T]) -> T | None:
    """The result of `action`, or None when it refused what the form holds.

    A DomainError with a field, or with status 422, becomes an error of the form, which the view
    shows again with status 422; a reached limit becomes one that says when, with status 429; a
    conflict one with status 409, so that what was typed is kept; every other one propagates to its
    page. `action` returns what it changed, which is never None:

        if form.is_valid() and (row := apply(form, lambda: transition(by=user, ...))):
            return redirect(...)
    """
    try:
        return action()
    except LimitReached as error:
        form.add_error(None, ValidationError(refusal_text(error), code=LIMIT))
        return None
    except Overtaken as error:
        if not isinstance(form, EditForm):
            raise
        form.overtaken(error.now)
        return None
    except DomainError as error:
        if not error.field and type(error) in (Conflict, TransitionNotAllowed):
            form.add_error(None, ValidationError(error.message, code=CONFLICT))
            return None
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


def typed(form: BaseForm) -> list[tuple[str, str]]:
    """Label and words of everything that was typed or chosen, for a page without the form."""
    found = []
    for field in form:
        if field.is_hidden or not (value := field.value()):
            continue
        choices = {str(key): str(label) for key, label in getattr(field.field, "choices", ())}
        values = value if isinstance(value, list) else [value]
        words = ", ".join(choices.get(str(each), str(each)) for each in values)
        found.append((str(field.label), words))
    return found


def status_of(form: BaseForm) -> int:
    """The status of a page that shows this form: 429 at a limit, 409 where somebody else was
    faster, 422 for another refusal."""
    if not form.is_bound or not form.errors:
        return HTTPStatus.OK
    codes = {error.code for errors in form.errors.as_data().values() for error in errors}
    if LIMIT in codes:
        return HTTPStatus.TOO_MANY_REQUESTS
    return HTTPStatus.CONFLICT if CONFLICT in codes else HTTPStatus.UNPROCESSABLE_ENTITY


def refusal_text(error: DomainError) -> str:
    """What to tell somebody who was refused; at a limit, with the time of the next try."""
    if not isinstance(error, LimitReached) or error.retry_at is None:
        return error.message
    return f"{error.message} The next one is possible on {soon(error.retry_at)}."
