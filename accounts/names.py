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
from core.spellings import is_invisible

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

_WEB = "com|net|org|info|biz|io|app|dev|co|me|ly|link|click|online|site|shop|store|top|xyz|example"
# Mails make names inert; refused is what people would still take for a link. "Co.KG/Berlin" and
# "St.Gallen/Zürich" are places behind a firm.
_LINK = re.compile(rf"://|\bwww\.|\bmailto:|[\w-]\.(?:{_WEB})\b/|[\w-]\.(?-i:[a-z]{{2,}})/", re.I)
_DOMAIN = re.compile(rf"[^\W_][\w-]*\.(?:[a-z]{{2,}}\.)?(?:{_WEB})\b", re.IGNORECASE)
# Signs that are drawn like a dot, a slash or an "at" between plain letters.
_DISGUISED = re.compile(r"(?<=[a-z0-9])[․‧·。．｡﹒∙•⁄∕／＠﹫：︰](?=[a-z0-9])", re.IGNORECASE)
_ADDRESS = re.compile(r"\S[@＠﹫]\S")
_PHONE = re.compile(r"\+\d(?:[\s()/.-]*\d){6,}|\d(?:[\s()/.-]*\d){8,}")
_DIGITS = re.compile(
    r"\d(?:[\s.-]?\d){3,7}(?![\s.-]?\d)|\b(?=[A-Z-]*\d)[A-Z0-9]{3,5}-[A-Z0-9]{3,5}\b"
)
# What a code is called where people get one.
_CODE_WORD = re.compile(
    r"\b(?:codes?|pin|otp|tan|token|passcode|password|verif\w*|confirm\w*|securit\w*|kenn?wort|"
    r"passwort|kod|c[oó]digo|codice|contrase\w*|senha|mot de passe|2fa)\b|код|пароль|验证码|驗證碼|"
    r"密码|認証|コード|パスワード|인증|코드|비밀번호|รหัส|رمز|קוד",
    re.IGNORECASE,
)
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


def clean_name(raw: str, *, person: bool = False) -> str:
    """Return a display name in NFC on one line, with single spaces.

    Raises NameRefused for an empty or over-long name, for characters nobody sees (controls,
    direction marks) and for names that carry a link, an address, a phone number or a code
    (I14, B10). A `person` holds no domain and no number either, which firms are called.
    """
    _refuse_invisible(raw.strip())
    name = unicodedata.normalize("NFC", " ".join(raw.split()))
    if not any(char.isalnum() for char in name):
        raise NameRefused("Enter a name with at least one letter or digit.")
    if len(name) > MAX_NAME:
        raise NameRefused(f"A name has at most {MAX_NAME} characters.")
    if "<" in name or ">" in name:
        raise NameRefused("A name cannot hold < or >.")
    _refuse_messages(name, person=person)
    return name


def _refuse_messages(name: str, *, person: bool) -> None:
    plain = unicodedata.normalize("NFKC", name)
    plain = "".join(str(int(char)) if char.isdecimal() else char for char in plain)
    linked = _LINK.search(plain) or _ADDRESS.search(name) or _DISGUISED.search(name)
    if linked or (person and _DOMAIN.search(plain)):
        raise NameRefused("A name cannot hold a web or e-mail address.")
    if _PHONE.search(plain):
        raise NameRefused("A name cannot hold a phone number.")
    if (found := _DIGITS.search(plain)) and (person or _is_code(plain, found[0])):
        raise NameRefused(_("A name cannot hold a number that passes as a code."))


def _is_code(name: str, digits: str) -> bool:
    return name == digits or _CODE_WORD.search(name) is not None


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
            is_invisible(char) or script not in {"", main},
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


def _refuse_invisible(name: str) -> None:
    for place, char in enumerate(name):
        joins = char in _JOINERS and place > 0 and not name[place - 1].isascii()
        if is_invisible(char) and not joins:
            raise NameRefused("A name cannot hold line breaks or characters that cannot be seen.")


def _ascii_words(name: str) -> str:
    plain = unicodedata.normalize("NFKC", name).casefold().replace("&", " and ")
    bare = "".join(c for c in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(c))
    return re.sub(r"[^a-z0-9]+", "-", re.sub(r"['’.]", "", bare)).strip("-")


class NameField(forms.CharField):
    """A name; `own` is the token of HTML for what a browser knows of its owner ("name")."""

    def __init__(self, *, person: bool = False, own: str = "", **options: Any) -> None:
        self.person, self.own = person, own
        super().__init__(**options)

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        if text in self.empty_values:
            return text
        try:
            return clean_name(text, person=self.person)
        except NameRefused as error:
            raise ValidationError(_(str(error)), code="name") from error

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        attrs = super().widget_attrs(widget) | {"maxlength": str(MAX_NAME)}
        return attrs | {"autocomplete": self.own or "off", "autocapitalize": "words"}
