"""What somebody wants by mail, one question for each group of kinds."""

from collections.abc import Mapping
from typing import Any

from django import forms

from core.notifications.models import Choice
from core.notifications.preferences import choices_in
from core.outbox.kinds import Group
from core.web.forms import MergedForm


class PreferencesForm(MergedForm):
    """One row of choices for each of `groups`; `chosen` is what holds now."""

    def __init__(
        self, data: Any = None, *, groups: list[Group], chosen: Mapping[str, str], **kwargs: Any
    ) -> None:
        super().__init__(data, **kwargs)
        self.groups = [group.name for group in groups]
        for group in groups:
            self.fields[group.name] = forms.ChoiceField(
                label=group.title,
                help_text=group.text,
                choices=[(choice.value, choice.label) for choice in choices_in(group)],
                initial=chosen.get(group.name, Choice.MAIL),
                widget=forms.RadioSelect,
            )
