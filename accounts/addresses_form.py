"""The form field and the model validator for e-mail addresses."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.addresses import MAX_ADDRESS, AddressError, canonical


def validate_address(value: str) -> None:
    """Raise ValidationError unless the value is an acceptable address (I16)."""
    try:
        canonical(value)
    except AddressError as error:
        raise ValidationError(_(str(error)), code="address") from error


class AddressField(forms.CharField):
    """An e-mail address; cleans to its canonical spelling."""

    widget = forms.EmailInput

    def __init__(self, **kwargs: Any) -> None:
        """Take what CharField takes; the length is limited by the address rules themselves."""
        super().__init__(**{"strip": True, **kwargs})

    def to_python(self, value: Any) -> str:
        """Return the canonical address, or "" for an empty one that may be empty."""
        text = super().to_python(value) or ""
        if text in self.empty_values:
            return text
        try:
            return canonical(text)
        except AddressError as error:
            raise ValidationError(_(str(error)), code="address") from error

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Add what helps phones: no capitals, the address keyboard and the length."""
        attrs = super().widget_attrs(widget)
        return attrs | {"maxlength": str(MAX_ADDRESS), "autocapitalize": "none"}
