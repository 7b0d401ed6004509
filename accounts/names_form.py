"""The form field and the model validator for display names."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.names import MAX_NAME, NameRefused, clean_name


def validate_name(value: str) -> None:
    """Raise ValidationError unless the value is an acceptable display name (I14)."""
    try:
        clean_name(value)
    except NameRefused as error:
        raise ValidationError(_(str(error)), code="name") from error


class NameField(forms.CharField):
    """A display name; cleans to its NFC form on one line."""

    def to_python(self, value: Any) -> str:
        """Return the cleaned name, or "" for an empty one that may be empty."""
        text = super().to_python(value) or ""
        if text in self.empty_values:
            return text
        try:
            return clean_name(text)
        except NameRefused as error:
            raise ValidationError(_(str(error)), code="name") from error

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Add the length to what CharField says."""
        return super().widget_attrs(widget) | {"maxlength": str(MAX_NAME)}
