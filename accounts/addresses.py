"""E-mail addresses: one spelling for each, and which ones are accepted at all.

The one spelling is trimmed, lower case, with an ASCII local part and the domain as IDNA writes it.
Accepted is what the owner of a mailbox would type. Needs neither Django nor a database.
"""

import re
import unicodedata
from typing import Any

import idna
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts import confusables

MAX_ADDRESS = 254
MAX_LOCAL = 64

_LOCAL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_TWO_LETTERS = re.compile(r"[a-z][a-z0-9-]*[a-z]")
_SCRIPTS_LIKE_LATIN = frozenset({"CYRILLIC", "GREEK", "COPTIC", "ARMENIAN", "CHEROKEE"})


class AddressError(ValueError):
    """The text is no acceptable e-mail address; `str()` is a sentence for the person."""


def canonical(raw: str) -> str:
    """Return the one spelling of an e-mail address.

    Takes what was typed. White space around it is ignored, everything else must be right.
    Raises AddressError for quoted, commented, IP-literal, over-long and look-alike addresses,
    for control characters and for domains without a dot or a top level of two letters (I16).
    """
    text = raw.strip()
    if not text:
        raise AddressError("Enter an e-mail address.")
    _refuse_strange_characters(text)
    local, domain = text.split("@")
    address = f"{_canonical_local(local)}@{_canonical_domain(domain)}"
    if len(address) > MAX_ADDRESS:
        raise AddressError(f"This address is longer than {MAX_ADDRESS} characters.")
    return address


def budget_key(address: str) -> str:
    """Dots and +tag are left out: limits count by it, and nothing else may use it (I13)."""
    local, domain = canonical(address).split("@")
    bare = local.split("+")[0].replace(".", "")
    return f"{bare or local}@{domain}"


def masked(address: str) -> str:
    """Return an address so that its owner knows it again and nobody else learns it: a***@b…"""
    local, _, domain = address.partition("@")
    return f"{local[:1]}***@{domain[:1]}…"


def _refuse_strange_characters(text: str) -> None:
    if any(unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Cn"} for char in text):
        raise AddressError("This address holds a character that cannot be seen. Type it again.")
    if any(char.isspace() for char in text):
        raise AddressError("An e-mail address holds no spaces.")
    if text.count("@") != 1:
        raise AddressError("An e-mail address has exactly one @, as in name@example.com.")
    if '"' in text or "(" in text or ")" in text:
        raise AddressError("Enter the plain address, without quotation marks or comments.")


def _canonical_local(local: str) -> str:
    # Before any normalisation: NFC alone would turn the Kelvin sign into a K.
    if not local.isascii():
        raise AddressError("The part before the @ may hold unaccented letters and digits only.")
    if len(local) > MAX_LOCAL:
        raise AddressError(f"The part before the @ is longer than {MAX_LOCAL} characters.")
    if not _LOCAL.fullmatch(local.lower()):
        raise AddressError("The part before the @ is not right. Check its dots and signs.")
    return local.lower()


def _canonical_domain(typed: str) -> str:
    if typed.startswith("["):
        raise AddressError("Enter a domain name after the @, not a network address.")
    if typed.endswith("."):
        raise AddressError("Leave out the dot at the end.")
    if "." not in typed:
        raise AddressError("The part after the @ needs a dot, as in example.com.")
    labels = [_canonical_label(label) for label in typed.split(".")]
    if not labels[-1].startswith("xn--") and not _TWO_LETTERS.fullmatch(labels[-1]):
        raise AddressError("The ending after the last dot needs at least two letters.")
    _refuse_look_alike_domain(labels)
    return ".".join(labels)


def _canonical_label(typed: str) -> str:
    if any(_folds_to_ascii(char) for char in typed):
        raise AddressError("The part after the @ holds letters that only look like plain ones.")
    label = unicodedata.normalize("NFC", typed).lower()
    try:
        if not label.isascii():
            label = idna.alabel(label).decode("ascii")
        elif label.startswith("xn--"):
            idna.ulabel(label)
    except UnicodeError as error:
        raise AddressError("The part after the @ is not a domain name.") from error
    if not _LABEL.fullmatch(label):
        raise AddressError("The part after the @ is not a domain name.")
    return label


def _folds_to_ascii(char: str) -> bool:
    """Say whether a character is another spelling of plain ones (fullwidth, Kelvin, long s)."""
    if char.isascii():
        return False
    return unicodedata.normalize("NFKC", char).isascii() or char.lower().isascii()


def _refuse_look_alike_domain(labels: list[str]) -> None:
    """Refuse Cyrillic, Greek and the like unless the whole name plainly is in that script."""
    shown = [idna.ulabel(label) if label.startswith("xn--") else label for label in labels]
    scripts = {confusables.script_of(char) for char in "".join(shown)} - {""}
    if not scripts & _SCRIPTS_LIKE_LATIN:
        return
    if len(scripts) > 1 or confusables.to_latin(shown[-1]).isascii():
        raise AddressError("The part after the @ mixes letters that look like each other.")


class AddressField(forms.CharField):
    widget = forms.EmailInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"strip": True, **kwargs})

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        if text in self.empty_values:
            return text
        try:
            return canonical(text)
        except AddressError as error:
            raise ValidationError(_(str(error)), code="address") from error

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        attrs = super().widget_attrs(widget)
        return attrs | {"maxlength": str(MAX_ADDRESS), "autocapitalize": "none"}
