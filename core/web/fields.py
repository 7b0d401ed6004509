"""Fields for words: what nobody sees goes, or is refused; keyboards are told what comes."""

from typing import Any

from django import forms
from django.core.validators import ProhibitNullCharactersValidator

from core.spellings import one_line, visible

# No keyboard changes what is typed.
VERBATIM = {"autocapitalize": "none", "autocorrect": "off", "spellcheck": "false"}
_refuse_nul = ProhibitNullCharactersValidator()


class LineField(forms.CharField):
    """Text on one line, without characters that nobody sees; NUL is refused, not dropped.

    Joiners stay inside words of the scripts that need them.
    """

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        _refuse_nul(text)
        return _seen(text)


class ParagraphsField(forms.CharField):
    """Text on several lines, cleaned as LineField does; empty lines between paragraphs stay."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        _refuse_nul(text)
        return "\n".join(map(_seen, text.splitlines())).strip()


class LinesField(ParagraphsField):
    """Lines one below the other, as in an address: empty ones go."""

    def to_python(self, value: Any) -> str:
        return "\n".join(filter(None, super().to_python(value).splitlines()))


def _seen(text: str) -> str:
    seen = visible(text)
    return one_line(seen if seen.isascii() else text.replace("\N{WORD JOINER}", ""))
