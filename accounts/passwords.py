"""Passwords: the form in which they are compared, and which ones others would try first."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from zxcvbn import zxcvbn

from core.spellings import search_key, shown

# Of five: 3 is a hundred million guesses, which a stolen table of hashes withstands.
ENOUGH = 3
# What is left of a password without the words that everybody here knows.
ENOUGH_LEFT = 2
# More is not judged: it takes long and changes nothing.
JUDGED = 72
SHORTEST_WORD = 3
MOST_FIRMS = 20
OUR_WORDS = ("PartnerHub", "partner", "seller central", "solution provider", "supply chain connect")
# One word with a year, a number or signs around it; Han, Kana and Hangul are more than letters.
_LETTER = r"[^\W\d_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
_DECORATED = re.compile(rf"[\d\W_]*{_LETTER}{{1,12}}[\W_]{{0,3}}\d*[\W_]*")


def normal(password: str) -> str:
    """One form of the same password: keyboards and phones compose letters differently."""
    return unicodedata.normalize("NFKC", password)


class GuessedFirstValidator:
    """Refuses passwords made of words of this site and of its person, and common patterns."""

    def validate(self, password: str, user: Any = None) -> None:
        words = _known(user)
        judged = normal(password)[:JUDGED]
        if zxcvbn(judged, user_inputs=words)["score"] < ENOUGH:
            raise ValidationError(
                _("This password is among those that are tried first. Use several words, or more.")
            )
        if _DECORATED.fullmatch(judged):
            raise ValidationError(
                _("One word with numbers or signs is tried first. Use several words.")
            )
        left = _without(search_key(judged), words)
        if len(left) < len(search_key(judged)) and (
            not left or zxcvbn(left)["score"] < ENOUGH_LEFT
        ):
            raise ValidationError(
                _("This is little more than a name that others know. Use words of your own.")
            )

    def get_help_text(self) -> str:
        return _("Use several words that have nothing to do with your name or your firm's.")


def _known(user: Any) -> list[str]:
    """Words of the site, and of the person as far as they are known."""
    site = [*OUR_WORDS, settings.MARKETPLACE_NAME, urlsplit(settings.SITE_URL).hostname or ""]
    own = [getattr(user, "name", ""), shown(getattr(user, "email", "") or "")]
    own += getattr(user, "password_hints", ())
    if getattr(user, "pk", None):
        rows = user.memberships.values_list("organization__name", flat=True)
        own += rows[:MOST_FIRMS]
    return sorted(_words([*site, *own]))


def _words(texts: Iterable[str]) -> set[str]:
    found = set()
    for text in map(search_key, texts):
        parts = re.split(r"[\W_]+", text)
        found |= {"".join(parts), *parts}
    return {word for word in found if len(word) >= SHORTEST_WORD}


def _without(text: str, words: Iterable[str]) -> str:
    for word in sorted(words, key=len, reverse=True):
        text = text.replace(word, "")
    return text
