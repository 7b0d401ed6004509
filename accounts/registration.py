"""Registration numbers of businesses: checked by the public rule of the country where one exists.

A number is stored in one spelling, and `business_key` says which spellings name one business, so
that a business has one provider account (S0.16).
"""

import importlib
import re
import unicodedata
from dataclasses import dataclass

from stdnum import lei
from stdnum.exceptions import ValidationError

MAX_TYPED = 60
_PLAIN = re.compile(r"(?=.*[0-9])[A-Z0-9]{4,30}")
_FILLING = re.compile(r"[\s./-]+")
_ANY_COUNTRY = "company register number (4 to 30 letters and digits) or LEI"


class RegistrationError(ValueError):
    """The number fits no rule of its country; `str()` says which number is expected."""


@dataclass(frozen=True)
class _Rule:
    """One kind of number: a python-stdnum module, or a pattern where no check digit exists."""

    hint: str
    module: str = ""
    pattern: str = ""
    # The part that is the company's own number, in a branch's or a tax number.
    company: slice = slice(None)

    def normalised(self, typed: str) -> str | None:
        if self.pattern:
            bare = _FILLING.sub("", typed)
            return bare if re.fullmatch(self.pattern, bare) else None
        rule = importlib.import_module(f"stdnum.{self.module}")
        for text in (typed, typed.lower()):
            try:
                return str(rule.validate(text))
            except ValidationError:
                continue
        return None


_RULES: dict[str, tuple[_Rule, ...]] = {
    "AT": (_Rule("Firmenbuchnummer", "at.businessid"), _Rule("UID (ATU and 8 digits)", "at.uid")),
    "AU": (
        _Rule("ABN (11 digits)", "au.abn", company=slice(-9, None)),
        _Rule("ACN (9 digits)", "au.acn"),
    ),
    "BE": (_Rule("enterprise number (10 digits)", "be.vat"),),
    "BG": (_Rule("VAT number (9 or 10 digits)", "bg.vat"),),
    "BR": (_Rule("CNPJ (14 characters)", "br.cnpj"),),
    "CA": (_Rule("business number (9 digits)", "ca.bn", company=slice(9)),),
    "CH": (_Rule("UID (CHE and 9 digits)", "ch.uid"),),
    "CN": (_Rule("unified social credit code (18 characters)", "cn.uscc"),),
    "CY": (_Rule("VAT number (8 digits and a letter)", "cy.vat"),),
    "CZ": (_Rule("IČO or DIČ (8 to 10 digits)", "cz.dic"),),
    "DE": (
        _Rule("USt-IdNr. (DE and 9 digits)", "de.vat"),
        _Rule("Handelsregisternummer (court, HRA or HRB, number)", "de.handelsregisternummer"),
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
            pattern=r"[0-9]{8}|[A-Z]{2}[0-9]{6}|R[0-9]{7}",
        ),
        _Rule("VAT number (9 digits)", "gb.vat"),
    ),
    "GR": (_Rule("ΑΦΜ (9 digits)", "gr.vat"),),
    "HR": (_Rule("OIB (11 digits)", "hr.oib"),),
    "HU": (_Rule("ANUM (8 digits)", "hu.anum"),),
    "IE": (
        _Rule("VAT number (7 digits and 1 or 2 letters)", "ie.vat"),
        _Rule("company number (5 or 6 digits)", pattern=r"[0-9]{5,6}"),
    ),
    "IL": (_Rule("company number (9 digits)", "il.hp"),),
    "IN": (
        _Rule("GSTIN (15 characters)", "in_.gstin", company=slice(2, 12)),
        _Rule("PAN (10 characters)", "in_.pan"),
    ),
    "IT": (_Rule("partita IVA (11 digits)", "it.iva"),),
    "JP": (_Rule("corporate number (13 digits)", "jp.cn"),),
    "KR": (_Rule("business registration number (10 digits)", "kr.brn"),),
    "LT": (_Rule("PVM code (9 or 12 digits)", "lt.pvm"),),
    "LU": (_Rule("TVA number (8 digits)", "lu.tva"),),
    "LV": (_Rule("PVN number (11 digits)", "lv.pvn"),),
    "MT": (_Rule("VAT number (8 digits)", "mt.vat"),),
    "MX": (_Rule("RFC (12 or 13 characters)", "mx.rfc"),),
    "NL": (
        _Rule("KVK number (8 digits)", pattern=r"[0-9]{8}"),
        _Rule("btw number (9 digits, B, 2 digits)", "nl.btw"),
    ),
    "NO": (_Rule("organisasjonsnummer (9 digits)", "no.orgnr"),),
    "NZ": (
        _Rule("NZBN (13 digits)", pattern=r"94[0-9]{11}"),
        _Rule("IRD number (8 or 9 digits)", "nz.ird"),
    ),
    "PL": (_Rule("NIP (10 digits)", "pl.nip"), _Rule("REGON (9 digits)", "pl.regon")),
    "PT": (_Rule("NIF (9 digits)", "pt.nif"),),
    "RO": (_Rule("CUI (up to 10 digits)", "ro.cui"),),
    "SE": (_Rule("organisationsnummer (10 digits)", "se.orgnr"),),
    "SG": (_Rule("UEN (9 or 10 characters)", "sg.uen"),),
    "SI": (_Rule("DDV number (8 digits)", "si.ddv"),),
    "SK": (_Rule("IČ DPH (10 digits)", "sk.dph"),),
    "TR": (_Rule("VKN (10 digits)", "tr.vkn"),),
    "TW": (_Rule("UBN (8 digits)", "tw.ubn"),),
    "US": (_Rule("EIN (9 digits, as in 12-3456789)", "us.ein"),),
    "VN": (_Rule("MST (10 or 13 digits)", "vn.mst", company=slice(10)),),
}


def validate_registration(country: str, number: str) -> str:
    """The one spelling. A LEI is accepted for every country. Raises RegistrationError."""
    return _checked(country, number)[0]


def business_key(country: str, number: str) -> str:
    """Return "CC:NUMBER", equal for all spellings that name one business (S0.16).

    A branch's or tax number counts as its company's where the one holds the other.
    Raises RegistrationError as `validate_registration` does.
    """
    return _checked(country, number)[1]


def registration_hint(country: str) -> str:
    rules = _RULES.get(country.strip().upper(), ())
    return " or ".join([*(rule.hint for rule in rules), "LEI"]) if rules else _ANY_COUNTRY


def _checked(country: str, number: str) -> tuple[str, str]:
    code = country.strip().upper()
    if not re.fullmatch("[A-Z]{2}", code):
        raise RegistrationError("Choose the country first.")
    typed = unicodedata.normalize("NFKC", number).strip().upper()
    if not typed:
        raise RegistrationError("Enter the registration number of the business.")
    if len(typed) > MAX_TYPED or not typed.isprintable():
        raise RegistrationError(_expected(code))
    bare = _FILLING.sub("", typed)
    if len(bare) == 20 and bare.isascii() and lei.is_valid(bare):
        return bare, f"LEI:{bare}"
    for rule in _RULES.get(code, (_Rule(_ANY_COUNTRY, pattern=_PLAIN.pattern),)):
        found = rule.normalised(typed)
        if found is not None:
            company = _FILLING.sub("", found[rule.company]).upper()
            return found, f"{code}:{company}"
    raise RegistrationError(_expected(code))


def _expected(code: str) -> str:
    return f"This is not a valid number. Expected: {registration_hint(code)}."
