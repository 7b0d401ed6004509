"""E-mail addresses: one spelling for each, and which ones are accepted at all.

The one spelling is trimmed, lower case, with an ASCII local part and the domain as IDNA writes it.
Accepted is what the owner of a mailbox would type. Needs neither Django nor a database.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import getaddresses
from typing import Any

import idna
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts import confusables
from core.spellings import shown, visible
from core.web.fields import VERBATIM

MAX_ADDRESS = 254
MAX_LOCAL = 64
# With a name before it.
LONGEST_TYPED = 400

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


@dataclass(frozen=True)
class Entry:
    """One person of a list that a mail program copied; `address` is not checked yet."""

    name: str
    address: str


def entries(text: str) -> list[Entry]:
    """The people in a list as mail programs copy it: names with addresses in angle brackets,
    commas or semicolons between them, a comma perhaps in a name. Empty where it is no such list.
    """
    pieces = [piece for piece in _split(visible(text), ";") if piece.strip(" ,")]
    found: list[Entry] = []
    for piece in pieces:
        people = _people(piece)
        if not people:
            return []
        found += people
    return found


def one_address(text: str) -> str:
    """The address that a field for one was given, as it is stored: plain, in angle brackets behind
    a name, or with joiners from a mail of ours. Raises AddressError as `canonical` does."""
    if any(unicodedata.category(char) == "Cc" and not char.isspace() for char in text):
        return canonical(text)
    seen = visible(text).strip().removeprefix("mailto:")
    if "<" not in seen:
        return canonical(seen)
    people = entries(seen)
    if len(people) > 1:
        raise AddressError(_("Enter one address: this field holds %s.") % len(people))
    return canonical(people[0].address if people else seen)


def name_beside(text: str) -> str:
    """The name that stood before an address in angle brackets; "" without one."""
    people = entries(text) if "<" in text else []
    return people[0].name if len(people) == 1 else ""


def _split(text: str, sign: str) -> Iterator[str]:
    """The parts between `sign` outside of quotation marks and angle brackets."""
    start, quoted, inside = 0, False, False
    for place, char in enumerate(text):
        if char == '"':
            quoted = not quoted
        elif char in "<>":
            inside = char == "<"
        elif char == sign and not quoted and not inside:
            yield text[start:place]
            start = place + 1
    yield text[start:]


def _people(piece: str) -> list[Entry]:
    """Those of a list with commas; a part without an address belongs to the name behind it."""
    people, before = [], ""
    parts = [part for part in _split(piece, ",") if part.strip()]
    brackets = sum("<" in part for part in parts)
    if not brackets and any(part.count("@") != 1 for part in parts):
        return []
    for part in parts:
        part = f"{before},{part}" if before else part
        if len(before) > LONGEST_TYPED:
            return []
        if "@" not in part.rpartition('"')[2]:
            before = part
            continue
        name, address = _person(part)
        if address.count("@") != 1 or (brackets and name and "<" not in part):
            return []
        people.append(Entry(name, address))
        before = ""
    return [] if before else people


def _person(part: str) -> tuple[str, str]:
    bare, open_bracket, rest = part.rpartition("<")
    if not open_bracket:
        return "", part.strip().removeprefix("mailto:")
    # Quoted for the library, which takes a name's comma for the end of a person.
    name = bare.strip().strip("'\"").strip().replace("\\", "").replace('"', "")
    rest = rest.strip().removeprefix("mailto:")
    [(name, address)] = getaddresses([f'"{name}" <{rest}'])
    return name.strip("' "), address


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
    """One address. A browser's own field for addresses refuses a name before it, and changes the
    letters of a domain."""

    widget = forms.TextInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"strip": True, **kwargs})

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        if text in self.empty_values:
            return text
        try:
            return one_address(text)
        except AddressError as error:
            raise ValidationError(_(str(error)), code="address") from error

    def prepare_value(self, value: Any) -> Any:
        return shown(value) if isinstance(value, str) else value

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        attrs = super().widget_attrs(widget)
        always = {"maxlength": str(LONGEST_TYPED), "inputmode": "email"}
        return {"autocomplete": widget.attrs.get("autocomplete", "off")} | attrs | always | VERBATIM


class NamedAddressForm(forms.Form):
    """A form for a `name` and an `address`: the address field may be given both at once."""

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        beside = name_beside(str(self.data.get(self.add_prefix("address"), "")))
        if beside and not str(self.data.get(self.add_prefix("name"), "")).strip():
            self.errors.pop("name", None)
            data["name"] = self._clean_beside(beside)
        return data

    def _clean_beside(self, name: str) -> str:
        try:
            return str(self.fields["name"].clean(name))
        except ValidationError as error:
            self.add_error("name", error)
            return ""
