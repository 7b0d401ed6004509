"""What providers and reviewers type about applications."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms

from core.web.access import Level
from core.web.fields import ParagraphsField
from core.web.forms import EditForm, MergedForm
from roles.catalogue import questions_for
from roles.drafts import Entry, gaps, key_of
from roles.models import ApplicationLine, ApprovedRole, Role
from roles.reads.applications import restrictions_of
from roles.states import RefusalReason

NOT_ASKED_FOR = "Not applied for"


def _levels(highest: int) -> list[tuple[int, str]]:
    return [(level.value, level.word) for level in Level if 0 < level <= highest]


@dataclass(frozen=True)
class RoleRow:
    role: Role
    level: Any
    use_case: Any
    questions: Sequence[Any] = ()
    restrictions: Sequence[str] = field(default_factory=list)
    held: str = ""


class DraftForm(EditForm):
    """A level, a use case and answers for each role of one category; all may be missing."""

    def __init__(
        self,
        *args: Any,
        roles: Iterable[Role],
        lines: Iterable[ApplicationLine] = (),
        held: Mapping[int, str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.roles = list(roles)
        self.held = held or {}
        stored = {line.role_id: line for line in lines}
        for role in self.roles:
            self._add(role, stored.get(role.pk))

    def _add(self, role: Role, line: ApplicationLine | None) -> None:
        key = key_of(role)
        self.fields[f"{key}-level"] = forms.TypedChoiceField(
            label=f"{role.name}: level",
            choices=[(0, NOT_ASKED_FOR), *_levels(role.highest_level)],
            coerce=int,
            initial=line.level if line else 0,
            required=False,
        )
        self.fields[f"{key}-use_case"] = ParagraphsField(
            label=f"{role.name}: use case",
            max_length=2000,
            initial=line.use_case if line else "",
            required=False,
            widget=forms.Textarea(attrs={"rows": 3}),
        )
        for question in questions_for(role.restricted_because):
            self.fields[f"{key}-{question.slug}"] = ParagraphsField(
                label=f"{role.name}: {question.text}",
                help_text=question.help,
                max_length=question.max_length,
                initial=line.answers.get(question.slug, "") if line else "",
                required=False,
                widget=forms.Textarea(attrs={"rows": 3}),
            )

    @property
    def rows(self) -> list[RoleRow]:
        rows = []
        for role in self.roles:
            key = key_of(role)
            questions = questions_for(role.restricted_because)
            rows.append(
                RoleRow(
                    role,
                    self[f"{key}-level"],
                    self[f"{key}-use_case"],
                    [(question, self[f"{key}-{question.slug}"]) for question in questions],
                    restrictions_of(role),
                    self.held.get(role.pk, ""),
                )
            )
        return rows

    def entries(self) -> list[Entry]:
        return [self._entry(role) for role in self.roles]

    def _entry(self, role: Role) -> Entry:
        key = key_of(role)
        return Entry(
            role,
            Level(self.cleaned_data[f"{key}-level"] or 0),
            self.cleaned_data[f"{key}-use_case"],
            {
                question.slug: self.cleaned_data[f"{key}-{question.slug}"]
                for question in questions_for(role.restricted_because)
            },
        )

    def add_gaps(self) -> bool:
        """Put what a submission still misses at its field; whether anything is missing."""
        entries = self.entries()
        if not any(entry.level for entry in entries):
            self.add_error(None, "Choose a level for at least one role.")
        for entry in entries:
            for name, message in gaps(entry).items():
                self.add_error(f"{key_of(entry.role)}-{name}", message)
        return bool(self.errors)


class MessageForm(forms.Form):
    text = ParagraphsField(max_length=2000, widget=forms.Textarea(attrs={"rows": 5}))

    def __init__(self, *args: Any, label: str, help_text: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].label = label
        self.fields["text"].help_text = help_text


class DecisionForm(forms.Form):
    level = forms.TypedChoiceField(label="Decision", coerce=int)
    reason = forms.ChoiceField(
        label="Reason of a refusal",
        choices=[("", "No refusal"), *RefusalReason.choices],
        required=False,
    )
    note = ParagraphsField(
        label="Note to the provider",
        help_text="Goes out with the decision: what would make it a yes.",
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, data: Any = None, *, line: ApplicationLine) -> None:
        super().__init__(data, prefix=f"line-{line.pk}")
        levels = _levels(min(line.level, line.role.highest_level))
        self.fields["level"].choices = [  # type: ignore[attr-defined]
            ("", "Choose…"),
            *((value, f"Approve: {word}") for value, word in reversed(levels)),
            (0, "Refuse"),
        ]


class RefusalForm(forms.Form):
    reason = forms.ChoiceField(
        label="Reason", choices=[("", "Choose…"), *RefusalReason.choices], required=True
    )
    note = ParagraphsField(
        label="Note to the provider",
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, data: Any = None, *, line: ApplicationLine) -> None:
        super().__init__(data, prefix=f"second-{line.pk}")


class SeenForm(forms.Form):
    """The level that the second reviewer saw when agreeing or refusing."""

    seen_level = forms.IntegerField(min_value=1, max_value=3, widget=forms.HiddenInput)


class VersionForm(forms.Form):
    """Which state of a row somebody saw."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)


class ChangeForm(VersionForm):
    """Why an approved role is revoked or restored."""

    reason = ParagraphsField(
        label="Reason",
        help_text="The provider reads it.",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class LowerForm(ChangeForm):
    level = forms.TypedChoiceField(label="New level", coerce=lambda value: Level(int(value)))
    field_order = ("version", "level", "reason")

    def __init__(self, *args: Any, approved_role: ApprovedRole, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["level"].choices = _levels(approved_role.level - 1)  # type: ignore[attr-defined]


class CategoriesForm(MergedForm):
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, groups: Iterable[Any], categories: Iterable[Any], *args: Any, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.groups = {f"group-{group.pk}": group for group in groups}
        choices = [(str(row.pk), row.title) for row in categories]
        for name, group in self.groups.items():
            self.fields[name] = forms.MultipleChoiceField(
                choices=choices,
                required=False,
                label=group.name,
                error_messages={"invalid_choice": "Choose from the list."},
            )

    def choice(self) -> dict[int, frozenset[int]]:
        """Group id -> ids of the chosen categories."""
        return {
            group.pk: frozenset(map(int, self.cleaned_data[name]))
            for name, group in self.groups.items()
        }
