"""Making an account, signing in with each second factor."""

import pytest


@pytest.fixture
def ada(meet):
    """A person with a new account, signed in."""
    ada = meet("Ada Moss")
    ada.open("/accounts/signup/")
    ada.looks_right()
    zone = ada.page.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone")
    assert ada.page.locator("[data-time-zone]").input_value() == zone
    ada.sign_up()
    return ada


def test_the_zone_of_the_browser_is_the_persons(ada):
    ada.open("/time-zone/")
    ada.looks_right()
    zone = ada.page.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone")
    assert ada.page.get_by_label("Time zone").input_value() == zone
    ada.page.get_by_label("Time zone").select_option("Asia/Kathmandu")
    ada.press("Save")
    ada.sees("UTC+05:45")


def test_new_person_signs_in_with_the_code_of_an_authenticator_app(ada):
    ada.open("/accounts/2fa/totp/activate/")
    ada.set_up_second_factor()
    ada.looks_right()
    ada.sign_out()
    ada.open("/accounts/login/")
    ada.looks_right()
    ada.sign_in()
    ada.open("/accounts/2fa/")
    ada.sees("Authenticator app")
    ada.read("second factor")


def test_new_person_signs_in_with_a_passkey(ada):
    ada.gets_a_passkey_device()
    ada.open("/accounts/2fa/webauthn/add/")
    ada.confirm_password()
    ada.fill({"Name": "Laptop"})
    ada.page.get_by_label("Passwordless").check()
    ada.press("Add")
    ada.leaves("add")
    ada.sign_out()
    ada.open("/accounts/login/")
    ada.press("Sign in with a passkey")
    ada.leaves("login")
    ada.open("/accounts/2fa/")
    ada.sees("Security keys")
