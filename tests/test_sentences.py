"""Languages can begin: nothing new is unmarked, catalogues need no gettext."""

import re
import runpy
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project
from django.test import Client
from django.utils import translation
from django.utils.translation import trans_real

from tests.product import PROJECT
from tests.sentences import found, in_python, in_template, listed, short

PASSWORD = "violet-harbour-lantern-42"
CATALOGUES: Any = runpy.run_path(str(PROJECT / "scripts/catalogues.py"))


def test_no_new_sentence_is_unmarked_and_the_old_ones_only_fall():
    """A changed sentence is a new one."""
    here = found()
    now = Counter({short(line): count for line, count in here.items()})
    new = now - listed()
    assert sorted(line for line in here if short(line) in new) == [], "mark them for translation"
    gone = sum((listed() - now).values())
    assert gone == 0, "some are marked now: python -m tests.sentences takes them off the list"


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ('"""A module that explains itself."""', 0),
        ('label = "State"', 1),
        ('label = _("State")', 0),
        ('raise Conflict("Somebody was faster. Look again.")', 1),
        ('raise Conflict(_("Somebody was faster. Look again."))', 0),
        ('raise ValueError("Nobody reads this here.")', 0),
        ('logger.warning("Nobody reads this here.")', 0),
        ('say(f"Until {day} nothing changes")', 0),
        ('show(f"Until {day} Nothing changes here.")', 1),
        ('forms.CharField(label="Name", help_text="As in your ID.")', 2),
        ('class A:\n    X = "x", "Waiting for you"', 1),
        ('messages.success(request, _("Saved and sent.") if x else "Saved, not sent.")', 1),
        ('ngettext("One file is here", "%d files are here", n)', 0),
    ],
)
def test_sentences_of_code_are_found(source: str, count: int):
    assert len(list(in_python(source))) == count


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("<p>Hello there</p>", 1),
        ('<p>{% translate "Hello there" %}</p>', 0),
        ("<p>{% blocktranslate %}Hello <b>you</b>{% endblocktranslate %}</p>", 0),
        ('<a title="Close">{{ x }}</a>', 1),
        ('<a title="{% translate "Close" %}" class="Wide and high">·</a>', 0),
        ('{% include "x.html" with text="Look at this" %}', 1),
        ('{% include "x.html" with text=_("Look at this") %}', 0),
        ("{# A word #}{% comment %}More words{% endcomment %}<script>let Some = 1</script>", 0),
        ("{% if a %}Yes{% else %}No{% endif %}", 2),
    ],
)
def test_sentences_of_templates_are_found(source: str, count: int):
    assert len(list(in_template(source))) == count


@pytest.fixture
def locale(tmp_path: Path, settings: Any) -> Any:
    """A place for catalogues that the product reads; afterwards it knows none of them."""
    settings.LOCALE_PATHS = [tmp_path]
    settings.LANGUAGES = [("en", "English"), ("de", "Deutsch")]
    yield tmp_path
    trans_real._translations.pop("de", None)


@pytest.mark.django_db
def test_language_begins(locale: Path, client: Client):
    """From marked sentences to a page: written, translated by hand, compiled, asked for."""
    trans_real._translations.pop("de", None)
    assert CATALOGUES["missing"]("de", locale) == ["everything"]
    CATALOGUES["update"]("de", locale)
    path = CATALOGUES["catalogue_of"]("de", locale)
    text = path.read_text()
    assert text.count("msgid") > 500
    word = 'msgid "Sign out"\nmsgstr ""'
    assert word in text
    path.write_text(text.replace(word, word[:-1] + 'Abmelden"'))
    CATALOGUES["update"]("de", locale)
    assert "Abmelden" in path.read_text(), "translations stay"
    CATALOGUES["compile_all"](locale)
    with translation.override("de"):
        assert translation.gettext("Sign out") == "Abmelden"
    assert "Sign out" not in CATALOGUES["missing"]("de", locale)
    answer = client.get("/help/", headers={"accept-language": "de"})
    assert '<html lang="de"' in answer.text


@pytest.mark.django_db
def test_what_waits_to_be_sent_is_not_called_sent(client: Client):
    """Before, "We've sent a code", while nothing could leave."""
    data = {
        "email": "new@mail.example",
        "password1": PASSWORD,
        "password2": PASSWORD,
        "name": "Sam",
    }
    page = client.post("/accounts/signup/", data, follow=True).text
    assert "on its way to" in page
    assert not re.search(r"\bsent (a code|to)\b", page)


@pytest.mark.django_db
def test_nothing_half_translated_is_shown(client: Client):
    """Only what is complete is offered."""
    for code, _name in project.LANGUAGES:
        assert code == "en" or CATALOGUES["missing"](code) == []
    answer = client.get("/accounts/login/", headers={"accept-language": "de, fr;q=0.9"})
    assert '<html lang="en' in answer.text
    assert "Passwort" not in answer.text
