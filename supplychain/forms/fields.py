"""Fields that several forms of this app share."""

from typing import Any

from django import forms
from django.core.validators import ProhibitNullCharactersValidator

from core.outbox.rendering import one_line

_refuse_nul = ProhibitNullCharactersValidator()


class LineField(forms.CharField):
    """Text on one line, without characters that nobody sees; NUL is refused, not dropped."""

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        _refuse_nul(text)
        return one_line(text)


class LinesField(forms.CharField):
    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        _refuse_nul(text)
        lines = text.splitlines()
        return "\n".join(filter(None, map(one_line, lines)))


class DayInput(forms.DateInput):
    """The browser's own calendar."""

    input_type = "date"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%Y-%m-%d", **kwargs)


class ReasonForm(forms.Form):
    reason = LineField(
        label="Reason",
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="The other side reads this.",
    )
