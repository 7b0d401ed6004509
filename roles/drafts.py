"""What stands in a draft: an entry for each role, and what is missing before it is submitted."""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from core.errors import Invalid
from core.web.access import Level
from roles.catalogue import questions_for
from roles.models import ApplicationLine, Role, RoleApplication


def key_of(role: Role) -> str:
    """What this role's fields are called: its code without the category, which is the form's."""
    return role.code.partition(".")[2]


@dataclass(frozen=True)
class Entry:
    """One role of a draft; with level NONE it is not asked for, but what was typed is kept."""

    role: Role
    level: Level
    use_case: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)

    @property
    def facts(self) -> dict[str, Any]:
        """What was chosen and typed, by the names of the form's fields."""
        questions = questions_for(self.role.restricted_because)
        texts = {question.slug: self.answers.get(question.slug, "") for question in questions}
        values = {"level": self.level, "use_case": self.use_case, **texts}
        return {f"{key_of(self.role)}-{name}": value for name, value in values.items()}

    @classmethod
    def from_facts(cls, role: Role, facts: Mapping[str, Any]) -> "Entry":
        key = key_of(role)
        questions = questions_for(role.restricted_because)
        answers = {question.slug: facts[f"{key}-{question.slug}"] for question in questions}
        return cls(role, Level(facts[f"{key}-level"]), facts[f"{key}-use_case"], answers)

    @property
    def is_empty(self) -> bool:
        return not (self.level or self.use_case or any(self.answers.values()))

    @classmethod
    def of(cls, line: ApplicationLine) -> "Entry":
        return cls(line.role, Level(line.level), line.use_case, line.answers)


# A reviewer decides on these words: "ok" and "....." say nothing. Shorter than this is no sentence.
LEAST_LETTERS = 20


def letters(text: str) -> int:
    """How many letters and digits; one of Chinese, Japanese or Korean says as much as two."""
    return sum(
        2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text if sign.isalnum()
    )


def gaps(entry: Entry) -> dict[str, str]:
    """What a chosen role still misses: {"use_case" or a question's slug: sentence} (U23)."""
    if not entry.level:
        return {}
    missing = {}
    if letters(entry.use_case) < LEAST_LETTERS:
        missing["use_case"] = _(
            "Say what you need %(role)s for, in a sentence of at least %(least)d letters: "
            "the work, and for whom."
        ) % {"role": entry.role.name, "least": LEAST_LETTERS}
    for question in questions_for(entry.role.restricted_because):
        if letters(entry.answers.get(question.slug, "")) < LEAST_LETTERS:
            missing[question.slug] = _(
                "Answer this in a sentence of at least %(least)d letters to apply for %(role)s."
            ) % {"role": entry.role.name, "least": LEAST_LETTERS}
    return missing


def check_entries(entries: Iterable[Entry], category_id: int) -> None:
    """Raise Invalid for a role or level that this category's form never offers (A3)."""
    for entry in entries:
        if entry.role.category_id != category_id or not entry.role.grantable:
            raise Invalid(f"{entry.role.name} cannot be applied for here.")
        if entry.level > entry.role.highest_level:
            highest = Level(entry.role.highest_level).word
            raise Invalid(f"The highest level of {entry.role.name} is {highest}.")


def check_complete(entries: Iterable[Entry]) -> None:
    chosen = [entry for entry in entries if entry.level]
    if not chosen:
        raise Invalid("Choose a level for at least one role.")
    for entry in chosen:
        if missing := gaps(entry):
            raise Invalid(next(iter(missing.values())))


def line_of(application: RoleApplication, entry: Entry) -> ApplicationLine:
    """An unsaved line for this entry; only answers to the role's own questions are kept."""
    asked = {question.slug for question in questions_for(entry.role.restricted_because)}
    return ApplicationLine(
        application=application,
        role=entry.role,
        level=entry.level,
        use_case=entry.use_case,
        answers={slug: text for slug, text in entry.answers.items() if slug in asked and text},
    )
