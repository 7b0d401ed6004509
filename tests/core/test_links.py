"""One-time tokens: what we did not sign names nothing (I7)."""

import secrets
import string
import uuid

import pytest

from core.outbox import tokens
from core.outbox.tokens import Claim

CLAIM = Claim("employee", uuid.UUID(int=7), 2)
ALPHABET = string.ascii_letters + string.digits + "-_"


def test_token_names_its_row_and_generation():
    assert tokens.read("employee", tokens.sign(CLAIM)) == CLAIM


@pytest.mark.parametrize("position", range(68))
def test_any_changed_character_is_refused(position):
    token = tokens.sign(CLAIM)
    for replacement in ("A", "B", "-", "z"):
        if token[position] != replacement:
            bent = token[:position] + replacement + token[position + 1 :]
            assert tokens.read("employee", bent) is None


@pytest.mark.parametrize(
    "bend",
    [
        lambda token: token[:-1],
        lambda token: token + "=",
        lambda token: token + "A",
        lambda token: token.swapcase(),
        lambda token: " " + token,
        lambda token: token + "\n",
        lambda token: "",
    ],
)
def test_other_spellings_are_refused(bend):
    assert tokens.read("employee", bend(tokens.sign(CLAIM))) is None


def test_purpose_is_part_of_what_is_signed():
    assert tokens.read("supplier", tokens.sign(CLAIM)) is None


def test_random_tokens_never_match():
    for _ in range(10_000):
        token = "".join(secrets.choice(ALPHABET) for _ in range(67))
        assert tokens.read("employee", token) is None
        assert tokens.read("employee", f"{token[:24]}:{token[24:]}") is None


def test_key_rotation_keeps_links_until_the_old_key_goes(settings):
    token = tokens.sign(CLAIM)
    old, settings.SECRET_KEY = settings.SECRET_KEY, "n" * 60
    assert tokens.read("employee", token) is None
    settings.SECRET_KEY_FALLBACKS = [old]
    assert tokens.read("employee", token) == CLAIM


FIRST_KEY = "k" * 60
FIRST_FORM = "AAAAAAAAAAAAAAAAAAAABwACRcsCvr_2H8LJvwB0GoEhF3GQF4pozaTYa0ODhxPbcvw"


def test_a_link_of_the_first_form_is_still_read(settings):
    """As mails held it that were sent before django.core.signing signed them."""
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "n" * 60, [FIRST_KEY]
    assert tokens.read("employee", FIRST_FORM) == CLAIM
    assert tokens.read("supplier", FIRST_FORM) is None
    for position, character in enumerate(FIRST_FORM):
        for other in {"A", "B", "-", "z"} - {character}:
            bent = FIRST_FORM[:position] + other + FIRST_FORM[position + 1 :]
            assert tokens.read("employee", bent) is None
    settings.SECRET_KEY_FALLBACKS = []
    assert tokens.read("employee", FIRST_FORM) is None


def test_link_starts_with_the_configured_site(settings):
    settings.SITE_URL = "https://hub.example"
    assert tokens.claim_url(CLAIM).startswith("https://hub.example/invitations/employee/")
