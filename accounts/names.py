"""Names of people and organizations: what is accepted, what looks alike, and public handles."""

import re
import unicodedata
from collections.abc import Callable, Container
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts import confusables

MAX_NAME = 120
MIN_HANDLE = 3
MAX_HANDLE = 32
_RESERVED = """about account accounts admin administrator all anonymous api assets billing contact
    demo favicon healthz help home index info invitation invitations login logout mail me media new
    none null official operator partner partnerhub partners password postmaster privacy provider
    providers readyz review reviewer reviewers robots root security seller sellers settings signin
    signup static status supplier suppliers supply support system terms undefined user users
    webmaster well-known www"""
RESERVED_HANDLES = frozenset(_RESERVED.split())

_LINK = re.compile(r"://|\bwww\.|\bmailto:|[\w-]\.[a-z]{2,}/", re.IGNORECASE)
_ADDRESS = re.compile(r"\S@\S")
_PHONE = re.compile(r"\+?\d(?:[\s()/.-]*\d){7,}")
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Drawn as nothing although their category says letter or mark.
_BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0\u034f\u180b\u180c\u180d")
# Needed inside words of Persian and of Indian languages.
_JOINERS = frozenset("\u200c\u200d")


def masked_name(name: str) -> str:
    """A name so that its owners know it again and nobody else learns it: "H… D…"."""
    return " ".join(f"{word[:1]}…" for word in name.split())


class NameRefused(ValueError):
    """A name or handle is not accepted; `str()` is a sentence for the person."""


@dataclass(frozen=True)
class CodePoint:
    char: str
    code: str
    name: str
    script: str
    unusual: bool


def clean_name(raw: str) -> str:
    """Return a display name in NFC on one line, with single spaces.

    Raises NameRefused for an empty or over-long name, for characters nobody sees (controls,
    direction marks) and for names that carry a link, an address or a phone number (I14, B10).
    """
    _refuse_invisible(raw.strip())
    name = unicodedata.normalize("NFC", " ".join(raw.split()))
    if not any(char.isalnum() for char in name):
        raise NameRefused("Enter a name with at least one letter or digit.")
    if len(name) > MAX_NAME:
        raise NameRefused(f"A name has at most {MAX_NAME} characters.")
    if "<" in name or ">" in name:
        raise NameRefused("A name cannot hold < or >.")
    if _LINK.search(name) or _ADDRESS.search(name):
        raise NameRefused("A name cannot hold a web or e-mail address.")
    if _PHONE.search(name):
        raise NameRefused("A name cannot hold a phone number.")
    return name


def skeleton(name: str) -> str:
    """Equal for names that a reader may take for each other."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    bare = (c for c in unicodedata.normalize("NFKD", plain) if c.isalnum() or c == "|")
    return confusables.fold("".join(bare))


def code_points(name: str) -> tuple[CodePoint, ...]:
    """Unusual is a letter of another script than the first letter's, or an invisible one."""
    scripts = [confusables.script_of(char) for char in name]
    main = next(filter(None, scripts), "")
    return tuple(
        CodePoint(
            char,
            f"U+{ord(char):04X}",
            unicodedata.name(char, "UNNAMED"),
            script,
            _is_invisible(char) or script not in {"", main},
        )
        for char, script in zip(name, scripts, strict=True)
    )


def handle_for(name: str, taken: Container[str] | Callable[[str], bool]) -> str:
    """3 to 32 of a-z, 0-9 and hyphen. `taken` holds the used ones, or says of one whether it is."""
    is_taken = taken if callable(taken) else taken.__contains__
    base = _ascii_words(name)[:MAX_HANDLE].strip("-")
    if len(base) < MIN_HANDLE or base in RESERVED_HANDLES:
        base = f"{base}-org".strip("-")
    handle, number = base, 1
    while is_taken(handle) or handle in RESERVED_HANDLES:
        number += 1
        ending = f"-{number}"
        handle = base[: MAX_HANDLE - len(ending)].rstrip("-") + ending
    return handle


def _is_invisible(char: str) -> bool:
    return unicodedata.category(char) in _INVISIBLE or char in _BLANKS


def _refuse_invisible(name: str) -> None:
    for place, char in enumerate(name):
        joins = char in _JOINERS and place > 0 and not name[place - 1].isascii()
        if _is_invisible(char) and not joins:
            raise NameRefused("A name cannot hold line breaks or characters that cannot be seen.")


def _ascii_words(name: str) -> str:
    plain = unicodedata.normalize("NFKC", name).casefold().replace("&", " and ")
    bare = "".join(c for c in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(c))
    return re.sub(r"[^a-z0-9]+", "-", re.sub(r"['’.]", "", bare)).strip("-")


class NameField(forms.CharField):
    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        if text in self.empty_values:
            return text
        try:
            return clean_name(text)
        except NameRefused as error:
            raise ValidationError(_(str(error)), code="name") from error

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return super().widget_attrs(widget) | {"maxlength": str(MAX_NAME)}
