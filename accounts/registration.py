"""Registration numbers of businesses: read as the registers of each country write them.

A number is kept as it was typed. `business_key` says which spellings name one business, so that a
business has one provider account (S0.16). Numbers with a public check digit are checked; where a
country's rules are not known here, or a register has none, `registration_note` tells the reviewer.
"""

import importlib
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _
from stdnum import lei
from stdnum.exceptions import ValidationError

from core.spellings import one_line, visible

MAX_TYPED = 60
_PLAIN = re.compile(r"(?=.*[0-9])[^\W_]{4,40}")
_FILLING = re.compile(r"[\s./\-‐-―−:,()\\'’]+")
# Words around a number, as registers and letterheads write them: "RCS Paris B", "MVA", "KRS:".
_BEFORE = re.compile(r"\A(?:[^\d\s]+[\s.:]+)+(?=\S*\d)")
_BEHIND = re.compile(r"(?<=\d)(?:[\s.]+[^\d\s]+)+\Z|(?<=\d)(?:MVA|MWST|TVA|IVA)\Z")
_ANY_COUNTRY = "company register number (4 to 40 letters and digits) or LEI"


class RegistrationError(ValueError):
    """The number fits no rule of its country; `str()` says which number is expected."""


@dataclass(frozen=True)
class _Rule:
    """One kind of number: a python-stdnum module, or a pattern where no check digit is known.

    `check` says of a number that fits the pattern whether its own check digit is right.
    """

    hint: str
    module: str = ""
    pattern: str = ""
    # The part that is the company's own number, in a branch's or a tax number.
    company: slice = slice(None)
    check: Callable[[str], bool] | None = None
    # What is added in front where people leave zeros out.
    width: int = 0

    def normalised(self, typed: str) -> str | None:
        if not self.pattern:
            return self._by_library(typed)
        bare = _FILLING.sub("", typed)
        if not re.fullmatch(self.pattern, bare) or (self.check and not self.check(bare)):
            return None
        letters = re.match(r"\D*", bare)[0]  # type: ignore[index]
        return letters + bare[len(letters) :].zfill(self.width - len(letters))

    def _by_library(self, typed: str) -> str | None:
        rule = importlib.import_module(f"stdnum.{self.module}")
        for text in (typed, typed.lower()):
            try:
                return str(rule.validate(text))
            except ValidationError:
                continue
        return None

    @property
    def is_checked(self) -> bool:
        return bool(self.module or self.check)


def _taiwan(number: str) -> bool:
    """Since 2023 by five, as all older numbers can be; a 7 in seventh place counts as 1 or 0."""
    products = (int(digit) * weight for digit, weight in zip(number, _TAIWAN, strict=True))
    total = sum(sum(divmod(product, 10)) for product in products)
    return total % 5 == 0 or (number[6] == "7" and (total + 1) % 5 == 0)


def _slovakia(number: str) -> bool:
    total = sum(int(digit) * weight for digit, weight in zip(number, range(8, 1, -1), strict=False))
    return (11 - total % 11) % 10 == int(number[7])


def _hungary(number: str) -> bool:
    total = sum(int(d) * w for d, w in zip(number[:7], (9, 7, 3, 1, 9, 7, 3), strict=True))
    return -total % 10 == int(number[7])


_TAIWAN = (1, 2, 1, 2, 1, 2, 4, 1)

_RULES: dict[str, tuple[_Rule, ...]] = {
    "AT": (_Rule("Firmenbuchnummer", "at.businessid"), _Rule("UID (ATU and 8 digits)", "at.uid")),
    "AU": (
        _Rule("ABN (11 digits)", "au.abn", company=slice(-9, None)),
        _Rule("ACN (9 digits)", "au.acn"),
    ),
    "BE": (_Rule("enterprise number (10 digits)", "be.vat"),),
    "BG": (
        _Rule("EIK or VAT number (9 or 10 digits)", "bg.vat"),
        _Rule("EIK of a branch (13 digits)", pattern=r"[0-9]{13}", company=slice(9)),
    ),
    "BR": (_Rule("CNPJ (14 characters)", "br.cnpj"),),
    "CA": (
        _Rule("business number (9 digits)", "ca.bn", company=slice(9)),
        _Rule("corporation number (7 digits)", pattern=r"[0-9]{7}"),
    ),
    "CH": (
        _Rule("UID (CHE and 9 digits)", "ch.uid"),
        _Rule("old register number (CH and 11 digits)", pattern=r"CH[0-9]{11}"),
    ),
    "CN": (
        _Rule("unified social credit code (18 characters)", "cn.uscc"),
        _Rule("old registration number (15 digits)", pattern=r"[0-9]{15}"),
    ),
    "CY": (
        _Rule("VAT number (8 digits and a letter)", "cy.vat"),
        _Rule("registration number (HE and up to 6 digits)", pattern=r"(HE|ΗΕ|AE|BN|S)[0-9]{1,6}"),
    ),
    "CZ": (_Rule("IČO or DIČ (8 to 10 digits)", "cz.dic"),),
    "DE": (
        _Rule("USt-IdNr. (DE and 9 digits)", "de.vat"),
        _Rule("Handelsregisternummer (court, HRA or HRB, number)", "de.handelsregisternummer"),
        _Rule(
            "Wirtschafts-Identifikationsnummer (DE, 9 and 5 digits)",
            pattern=r"DE[0-9]{14}",
            company=slice(2, 11),
        ),
        _Rule("register number", pattern=r"[A-ZÄÖÜß]*(HRA|HRB|GNR|VR|PR|GSR)[0-9]{1,6}[A-Z]{0,3}"),
    ),
    "DK": (_Rule("CVR number (8 digits)", "dk.cvr"),),
    "EE": (_Rule("KMKR number (9 digits)", "ee.kmkr"), _Rule("registrikood", "ee.registrikood")),
    "ES": (_Rule("NIF (9 characters)", "es.nif"),),
    "FI": (_Rule("Y-tunnus (7 digits, hyphen, digit)", "fi.ytunnus"),),
    "FR": (
        _Rule("SIREN (9 digits)", "fr.siren"),
        _Rule("SIRET (14 digits)", "fr.siret", company=slice(9)),
        _Rule("TVA number (FR and 11 characters)", "fr.tva", company=slice(-9, None)),
    ),
    "GB": (
        _Rule(
            "company number (8 digits, or 2 letters and 6 digits)",
            pattern=r"[0-9]{4,8}|[A-Z]{2}[0-9]{4,6}|R[0-9]{7}",
            width=8,
        ),
        _Rule("society's number (2 letters, 5 digits, R)", pattern=r"[A-Z]{2}[0-9]{5}R"),
        _Rule("VAT number (9 digits)", "gb.vat"),
        _Rule("UTR (10 digits)", "gb.utr"),
    ),
    "GR": (
        _Rule("ΑΦΜ (9 digits)", "gr.vat"),
        _Rule("ΓΕΜΗ (12 digits)", pattern=r"[0-9]{12}"),
    ),
    "HR": (_Rule("OIB (11 digits)", "hr.oib"), _Rule("MBS (9 digits)", pattern=r"[0-9]{8,9}")),
    "HU": (
        _Rule("adószám (8 digits, or 8, 1 and 2)", "hu.anum"),
        _Rule(
            "adószám (8 digits, or 8, 1 and 2)",
            pattern=r"[0-9]{11}",
            company=slice(8),
            check=_hungary,
        ),
        _Rule("cégjegyzékszám (2, 2 and 6 digits)", pattern=r"[0-9]{10}"),
    ),
    "IE": (
        _Rule("VAT number (7 digits and 1 or 2 letters)", "ie.vat"),
        _Rule("company number (5 or 6 digits)", pattern=r"[0-9]{5,6}"),
    ),
    "IL": (_Rule("company number (9 digits)", "il.hp"),),
    "IN": (
        _Rule("GSTIN (15 characters)", "in_.gstin", company=slice(2, 12)),
        _Rule("PAN (10 characters)", "in_.pan"),
        _Rule("CIN (21 characters)", pattern=r"[LU][0-9]{5}[A-Z]{2}[0-9]{4}[A-Z]{3}[0-9]{6}"),
        _Rule("LLPIN (3 letters and 4 digits)", pattern=r"[A-Z]{3}[0-9]{4}"),
        _Rule("FCRN (F and 5 digits)", pattern=r"F[0-9]{5}"),
        _Rule("Udyam number", pattern=r"UDYAM[A-Z]{2}[0-9]{9}"),
    ),
    "IT": (
        _Rule("partita IVA (11 digits)", "it.iva"),
        _Rule("codice fiscale (16 characters)", "it.codicefiscale"),
        _Rule("REA (2 letters and up to 7 digits)", pattern=r"[A-Z]{2}[0-9]{4,7}"),
    ),
    "JP": (
        _Rule("corporate number (13 digits)", "jp.cn"),
        _Rule("register number (12 digits)", pattern=r"[0-9]{12}"),
    ),
    "KR": (
        _Rule("business registration number (10 digits)", "kr.brn"),
        _Rule("corporate registration number (13 digits)", pattern=r"[0-9]{13}"),
    ),
    "LT": (
        _Rule("PVM code (9 or 12 digits)", "lt.pvm"),
        _Rule("įmonės kodas (9 digits)", pattern=r"[0-9]{9}"),
    ),
    "LU": (
        _Rule("TVA number (8 digits)", "lu.tva"),
        _Rule("RCS number (B and digits)", pattern=r"[A-J][0-9]{3,7}"),
    ),
    "LV": (_Rule("PVN number (11 digits)", "lv.pvn"),),
    "MT": (
        _Rule("VAT number (8 digits)", "mt.vat"),
        _Rule("company number (C and digits)", pattern=r"C[0-9]{2,6}"),
    ),
    "MX": (_Rule("RFC (12 or 13 characters)", "mx.rfc"),),
    "NL": (
        _Rule("KVK number (8 digits)", pattern=r"[0-9]{8}"),
        _Rule("btw number (9 digits, B, 2 digits)", "nl.btw"),
        _Rule("RSIN (9 digits)", "nl.bsn"),
        _Rule("vestigingsnummer (12 digits)", pattern=r"[0-9]{12}"),
    ),
    "NO": (_Rule("organisasjonsnummer (9 digits)", "no.orgnr"),),
    "NZ": (
        _Rule("NZBN (13 digits)", pattern=r"94[0-9]{11}"),
        _Rule("IRD number (8 or 9 digits)", "nz.ird"),
        _Rule("company number (up to 7 digits)", pattern=r"[0-9]{4,7}"),
    ),
    "PL": (
        _Rule("NIP (10 digits)", "pl.nip"),
        _Rule("REGON (9 or 14 digits)", "pl.regon"),
        _Rule("KRS (10 digits)", pattern=r"0[0-9]{9}"),
    ),
    "PT": (_Rule("NIF (9 digits)", "pt.nif"),),
    "RO": (
        _Rule("CUI (up to 10 digits)", "ro.cui"),
        _Rule("Registrul Comerțului (J40/1234/2020)", pattern=r"[JFC][0-9]{6,14}"),
    ),
    "SE": (_Rule("organisationsnummer (10 digits)", "se.orgnr"),),
    "SG": (_Rule("UEN (9 or 10 characters)", "sg.uen"),),
    "SI": (
        _Rule("DDV number (8 digits)", "si.ddv"),
        _Rule(
            "matična številka (7 or 10 digits)", pattern=r"[0-9]{7}(?:[0-9]{3})?", company=slice(7)
        ),
    ),
    "SK": (
        _Rule("IČO (8 digits)", pattern=r"[0-9]{8}", check=_slovakia),
        _Rule("IČ DPH (10 digits)", "sk.dph"),
        _Rule("DIČ (10 digits)", pattern=r"[0-9]{10}"),
    ),
    "TR": (
        _Rule("VKN (10 digits)", "tr.vkn"),
        _Rule("MERSİS (16 digits)", pattern=r"[0-9]{16}"),
    ),
    "TW": (_Rule("UBN (8 digits)", pattern=r"[0-9]{8}", check=_taiwan),),
    "US": (
        _Rule("EIN (9 digits, as in 12-3456789)", "us.ein"),
        _Rule("state's file number", pattern=r"[A-Z]?[0-9]{7}|[A-Z]{1,2}[0-9]{11}|[0-9]{12}"),
    ),
    "VN": (_Rule("MST (10 or 13 digits)", "vn.mst", company=slice(10)),),
}


_UNKNOWN = (_Rule(_ANY_COUNTRY, pattern=_PLAIN.pattern),)


def validate_registration(country: str, number: str) -> str:
    """The spelling that is compared. A LEI is accepted for every country. Raises
    RegistrationError."""
    return _read(country, number)[0]


def business_key(country: str, number: str) -> str:
    """Return "CC:NUMBER", equal for all spellings that name one business (S0.16).

    A branch's or tax number counts as its company's where the one holds the other.
    Raises RegistrationError as `validate_registration` does.
    """
    return _read(country, number)[1]


def kept_number(number: str) -> str:
    """The number as it was typed, on one line."""
    return one_line(visible(number))


def registration_note(country: str, number: str) -> str:
    """What a reviewer has to know of the number: "" where its check digit is right."""
    try:
        checked = _read(country, number)[2]
    except RegistrationError as error:
        return str(error)
    if checked:
        return ""
    return _("No public rule checks this number: look it up in the country's register.")


def registration_hint(country: str) -> str:
    rules = _RULES.get(country.strip().upper(), ())
    hints = dict.fromkeys(rule.hint for rule in rules)
    return " or ".join([*hints, "LEI"]) if rules else _ANY_COUNTRY


def _read(country: str, number: str) -> tuple[str, str, bool]:
    """The number's one spelling, its key, and whether a check digit was right."""
    code = country.strip().upper()
    if not re.fullmatch("[A-Z]{2}", code):
        raise RegistrationError("Choose the country first.")
    if any(unicodedata.category(char) == "Cc" and not char.isspace() for char in number):
        raise RegistrationError(_expected(code))
    plain = unicodedata.normalize("NFKC", visible(number)).strip().upper()
    typed = "".join(str(int(char)) if char.isdecimal() else char for char in plain)
    if not typed:
        raise RegistrationError("Enter the registration number of the business.")
    if len(typed) > MAX_TYPED or not typed.isprintable():
        raise RegistrationError(_expected(code))
    rules = _RULES.get(code, _UNKNOWN)
    for text in _spellings(typed, code):
        bare = _FILLING.sub("", text)
        if len(bare) == 20 and bare.isascii() and lei.is_valid(bare):
            return bare, f"LEI:{bare}", True
        for rule in rules:
            found = rule.normalised(text)
            if found is not None:
                company = _FILLING.sub("", found[rule.company]).upper()
                return found, f"{code}:{company}", rule.is_checked
    raise RegistrationError(_expected(code))


def _spellings(typed: str, country: str) -> Iterator[str]:
    """As it was typed, then without the words around it, then without the country's letters; where
    no rule is known, without the words at once."""
    bare = _BEHIND.sub("", typed)
    if country in _RULES:
        yield from (typed, bare)
    yield _BEFORE.sub("", bare)
    if bare.startswith(country):
        yield bare.removeprefix(country).strip()


def _expected(code: str) -> str:
    return f"This is not a valid number. Expected: {registration_hint(code)}."
