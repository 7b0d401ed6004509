"""Every field of every form: read by the one reader of its kind, and known to browsers."""

import importlib
import re

import pytest
from django import forms
from django.urls import get_resolver

from accounts.addresses import AddressField
from core.numbers import AmountField, WholeField
from tests.product import modules

PACKAGES = ("accounts", "roles", "connections", "supplychain", "partnerhub", "core")
# What stands in a field that is not hidden, by the reader that has to be asked.
BARE = {
    forms.IntegerField: WholeField,
    forms.DecimalField: AmountField,
    forms.FloatField: AmountField,
    forms.EmailField: AddressField,
    forms.CharField: None,
}
# The one place where a text is not of words: a list, which has a reader of its own.
RAW = {("ListForm", "pasted"), ("TrackingPasteForm", "pasted"), ("GalleryForm", "email")}
RAW |= {("GalleryForm", "note"), ("ProviderForm", "registration_number")}
RAW |= {("IdentityForm", "street_address"), ("SignupForm", "username")}
# Of whom a field asks: what a browser knows of its owner, by WCAG 1.3.5.
OWN = {
    ("IdentityForm", "legal_name"): "name",
    ("IdentityForm", "birth_date"): "bday",
    ("IdentityForm", "country"): "country",
    ("IdentityForm", "street_address"): "street-address",
    ("SignupNameForm", "name"): "name",
    ("SellerForm", "name"): "organization",
    ("SellerForm", "country"): "country",
    ("AnswerForm", "name"): "organization",
    ("AnswerForm", "country"): "country",
    ("CodeForm", "code"): "one-time-code",
    ("LoginForm", "password"): "current-password",
    ("SignupForm", "email"): "email",
    ("InviteForm", "address"): "off",
    ("InviteForm", "name"): "off",
    ("GuestForm", "address"): "off",
    ("InviteSellerForm", "address"): "off",
    ("ItemForm", "msku"): "off",
}


def all_forms():
    get_resolver().url_patterns  # noqa: B018 -- every page's module is loaded
    importlib.import_module("accounts.forms.credentials")
    found, waiting = {}, [forms.BaseForm]
    while waiting:
        for cls in waiting.pop().__subclasses__():
            waiting.append(cls)
            if cls.__module__.partition(".")[0] in PACKAGES:
                found[cls.__name__] = cls
    return found


def fields():
    for name, form in sorted(all_forms().items()):
        for key, field in form.base_fields.items():
            if not field.widget.is_hidden:
                yield name, key, field


def test_every_field_has_the_reader_of_its_kind():
    past = {
        (name, key)
        for name, key, field in fields()
        if type(field) in BARE and (name, key) not in RAW
    }
    assert past == set()
    assert len(list(fields())) > 50


def test_browsers_are_told_whose_words_a_field_takes():
    forms_ = all_forms()
    for (name, key), token in OWN.items():
        field = forms_[name].base_fields.get(key)
        if field is None:
            continue

        class One(forms.Form):
            pass

        One.base_fields = {key: field}
        html = str(One()[key])
        assert f'autocomplete="{token}"' in html, (name, key, html)


OTHERS = re.compile(r'type="(checkbox|radio|file|hidden|password)"')


def test_every_control_says_what_a_browser_may_fill_in():
    for name, key, field in fields():

        class One(forms.Form):
            pass

        One.base_fields = {key: field}
        html = str(One()[key])
        control = re.search(r"<(input|select|textarea)\b[^>]*>", html)
        if control is None or OTHERS.search(control[0]):
            continue
        assert "autocomplete=" in control[0], (name, key)


@pytest.mark.parametrize(("form", "field"), [("ItemForm", "msku"), ("InviteForm", "address")])
def test_keyboards_change_nothing_in_codes_and_addresses(form, field):
    attrs = all_forms()[form].base_fields[field].widget.attrs
    assert attrs["autocapitalize"] == "none"
    assert attrs["spellcheck"] == "false"


SEARCHES = re.compile(r"__i(contains|exact|startswith|endswith|regex)\b")
BY_NAME = re.compile(r"""order(?:_by\(|=\(|ing)[^)\n]*["'](?:-?)(?:\w+__)?name["']""")
READERS = re.compile(r"csv\.reader|charset_normalizer|getaddresses|Decimal\(value")


def test_no_search_list_or_reader_goes_past_the_one():
    text = {name: source for name, (source, _) in modules().items()}
    assert {name for name, source in text.items() if SEARCHES.search(source)} == set()
    by_name = {name for name, source in text.items() if BY_NAME.search(source)}
    assert by_name == {"roles/permissions.py"}, "groups of the desk have names of ours"
    readers = {name for name, source in text.items() if READERS.search(source)}
    assert readers == {
        "accounts/addresses.py",
        "accounts/invitations/batches/reading.py",
        "core/encodings.py",
        "core/web/spreadsheets.py",
        "supplychain/forms/pasted_items.py",
        "supplychain/packing/units.py",
    }
