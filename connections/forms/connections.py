"""What people type: whom to add, which levels, until when, why not."""

from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo
from typing import Any

from django import forms

from accounts.addresses import AddressError, one_address
from accounts.models import Membership, Organization
from accounts.states import OrganizationKind
from connections.field_names import cell_field, grant_field, until_field
from connections.models import RoleGrant
from connections.reads.grants import Offer
from connections.reads.requests import AskedRole
from core.spellings import search_key
from core.web.access import Level
from core.web.fields import LineField, ParagraphsField
from core.web.forms import DaysForm, LastDayField, MergedForm

LEVEL_WORDS = [(level.value, level.word.capitalize()) for level in Level]


class _HandleOrAddressField(LineField):
    """An address stays as it was typed: the rule for addresses refuses what looks like a letter,
    which cleaning a line would turn into that letter."""

    def to_python(self, value: Any) -> str:
        line = super().to_python(value)
        return forms.CharField.to_python(self, value) or "" if "@" in line else line


class PartnerForm(forms.Form):
    partner = _HandleOrAddressField(
        label="Public handle or e-mail address",
        max_length=254,
        help_text="The provider's handle, such as blue-harbor, or the e-mail address of one of its "
        "administrators. The link works for nobody else.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
        error_messages={"required": "Enter a handle or an e-mail address."},
    )

    def clean_partner(self) -> dict[str, Any]:
        """{"address": canonical address} or {"provider": account}."""
        text = self.cleaned_data["partner"].strip()
        if "@" in text:
            try:
                return {"address": one_address(text)}
            except AddressError as error:
                raise forms.ValidationError(str(error)) from None
        handle = search_key(text).removeprefix("/")
        provider = Organization.objects.filter(
            kind=OrganizationKind.PROVIDER, handle=handle, status__in=["active", "draft"]
        ).first()
        if provider is None:
            raise forms.ValidationError(
                "There is no active provider with this handle. Ask the provider for it, or enter "
                "the e-mail address of one of its administrators."
            )
        return {"provider": provider}


class ReasonForm(forms.Form):
    reason = ParagraphsField(
        label="Reason",
        max_length=300,
        required=False,
        help_text="The other side reads it.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class PauseDayForm(DaysForm):
    until = LastDayField(
        label="Paused until",
        required=False,
        help_text="It resumes by itself at the end of this day. Without a day it stays paused "
        "until you resume it.",
    )

    def resumes_at(self) -> datetime | None:
        """The end of the chosen day, or None without one; a day that stands stays as it is."""
        return self.end("until")


class PauseMoveForm(MergedForm, PauseDayForm):
    """The day of a pause that goes on."""

    def resumes_at(self) -> datetime | None:
        return super().resumes_at() if self.meant is None else self.cleaned_data.get("until")


class PauseForm(ReasonForm, PauseDayForm):
    field_order = ("until", "reason")


class DeclineForm(ReasonForm):
    never_again = forms.BooleanField(
        required=False,
        label="Send us no further invitations from this account",
        help_text="They are not told. You can lift it at any time.",
    )


NOT_OFFERED = (
    "A role that you chose can no longer be chosen: what is approved has changed. "
    "Look through the list again; nothing has been changed or sent."
)


class LevelField(forms.TypedChoiceField):
    def __init__(
        self, highest: Level, refusal: str, *, lowest: Level = Level.NONE, **options: Any
    ) -> None:
        super().__init__(
            choices=LEVEL_WORDS[lowest : highest + 1],
            coerce=lambda value: Level(int(value)),
            empty_value=Level.NONE,  # type: ignore[arg-type]
            required=False,
            error_messages={"invalid_choice": refusal},
            **options,
        )


class LevelsForm(forms.Form):
    """A level for each of some roles: one field a role, called grant_field(code)."""

    def clean(self) -> dict[str, Any]:
        """A level for a role that is not offered (any more) refuses the whole form: half of what
        somebody chose would not be what they meant.
        """
        sent = {name for name in self.data if name.startswith(grant_field(""))}
        if any(self.data[name] not in ("", "0") for name in sent - self.fields.keys()):
            self.add_error(None, NOT_OFFERED)
        return super().clean() or self.cleaned_data

    def levels(self) -> dict[str, Level]:
        """Role code -> chosen level, of every role that the form sent."""
        prefix = grant_field("")
        return {
            name.removeprefix(prefix): self.cleaned_data[name]
            for name in self.fields
            if name.startswith(prefix) and name in self.data
        }


class GrantForm(MergedForm, LevelsForm):
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, offers: Iterable[Offer], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.offers = list(offers)
        for offer in self.offers:
            self.fields[grant_field(offer.role.code)] = LevelField(
                offer.highest,
                _refusal(offer),
                lowest=offer.lowest,
                label=offer.role.name,
                initial=offer.held,
            )

    def levels(self) -> dict[str, Level]:
        sent = super().levels()
        if self.meant is None:
            return sent
        return {code: level for code, level in sent.items() if grant_field(code) in self.meant}

    def changes(self) -> list[tuple[str, Level, Level]]:
        """Role name, level held, level chosen, of every role that would change."""
        levels = self.levels()
        return [
            (offer.role.name, offer.held, levels[offer.role.code])
            for offer in self.offers
            if levels.get(offer.role.code, offer.held) != offer.held
        ]

    def takes_away(self) -> bool:
        return any(after < before for _, before, after in self.changes())

    def groups(self) -> list[dict[str, Any]]:
        """Roles by category, what can be granted apart from what cannot; the latter at the end."""
        groups: dict[int, dict[str, Any]] = {}
        for offer in self.offers:
            category = offer.role.category
            new = {"category": category, "rows": [], "locked": [], "size": 0, "refused": False}
            group = groups.setdefault(category.pk, new)
            group["size"] += 1
            row = self._row(offer)
            group["locked" if offer.is_locked else "rows"].append(row)
            # A level posted for a locked role is an error, which nobody shall have to unfold.
            group["refused"] |= bool(offer.is_locked and row["errors"])
        return sorted(groups.values(), key=lambda group: not group["rows"])

    def _row(self, offer: Offer) -> dict[str, Any]:
        bound = self[grant_field(offer.role.code)]
        value = str(bound.value() if bound.value() is not None else 0)
        until = until_field(offer.role.code)
        return {
            "offer": offer,
            "field": bound,
            "id": bound.id_for_label,
            "errors": bound.errors,
            "options": _options(offer.lowest, offer.highest, value),
            "until": self[until] if until in self.fields else None,
        }


class AcceptForm(GrantForm, DaysForm):
    until = LastDayField(
        label="Connected until",
        required=False,
        help_text="Everything granted here ends with this day, if nobody ends it earlier.",
    )

    def __init__(self, offers: Iterable[Offer], *args: Any, zone: tzinfo, **options: Any) -> None:
        super().__init__(offers, *args, zone=zone, **options)
        for offer in self.offers:
            if not offer.is_locked:
                self.fields[until_field(offer.role.code)] = LastDayField(
                    zone,
                    label=f"{offer.role.name}: ends on",
                    required=False,
                    initial=offer.ends_at,
                )

    def ends_at(self) -> datetime | None:
        """The chosen end; None for the one that stands."""
        return self.cleaned_data.get("until") if self.touched("until") else None

    def role_ends(self) -> dict[str, datetime | None]:
        """Role code -> end of the chosen day, None for no end, of every role whose day changed."""
        ends: dict[str, datetime | None] = {}
        for offer in self.offers:
            name = until_field(offer.role.code)
            if name in self.data and self.touched(name):
                ends[offer.role.code] = self.cleaned_data.get(name)
        return ends


class RequestForm(GrantForm):
    message = ParagraphsField(
        label="Why do you need it?",
        max_length=500,
        help_text="The seller reads it before deciding.",
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say why: the seller reads it before deciding."},
    )


class RefusalForm(ReasonForm):
    reason = ParagraphsField(
        label="Reason",
        max_length=300,
        help_text="The provider reads it.",
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Give a reason: the provider reads it."},
    )


class ConsentForm(LevelsForm):
    def __init__(self, lines: Iterable[AskedRole], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.lines = list(lines)
        for line in self.lines:
            highest = line.possible.word
            self.fields[grant_field(line.role.code)] = LevelField(
                line.possible,
                f"This can be answered with {highest} at most. {line.sentence}".strip(),
                lowest=line.now,
                label=line.role.name,
                initial=line.possible,
            )

    def rows(self) -> list[dict[str, Any]]:
        return [{"line": line, "field": self[grant_field(line.role.code)]} for line in self.lines]


class RenewalForm(DaysForm):
    until = LastDayField(label="Connected until", help_text="It counts once the other side agrees.")

    def ends_at(self) -> datetime:
        return self.cleaned_data["until"]


class AssignmentForm(MergedForm):
    state = forms.CharField(max_length=40, required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        grants: Iterable[RoleGrant],
        members: Iterable[Membership],
        held: Mapping[tuple[int, int], Level],
        *args: Any,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.grants, self.members, self.held = list(grants), list(members), held
        for grant in self.grants:
            for member in self.members:
                granted = Level(grant.level)
                self.fields[cell_field(grant.pk, member.pk)] = LevelField(
                    granted,
                    f"This role is granted up to {granted.word}.",
                    label=f"{grant.role.name}: {member.user.name}",
                    initial=min(granted, held.get((grant.pk, member.pk), Level.NONE)),
                )

    def changes(self) -> dict[int, dict[int, Level]]:
        """Membership id -> grant id -> level, of every cell that differs from what was shown."""
        changes: dict[int, dict[int, Level]] = {}
        for grant in self.grants:
            for member in self.members:
                name = cell_field(grant.pk, member.pk)
                if name in self.data and self.touched(name):
                    changes.setdefault(member.pk, {})[grant.pk] = self.cleaned_data[name]
        return changes

    def rows(self) -> list[dict[str, Any]]:
        return [
            {"grant": grant, "cells": [self._cell(grant, member) for member in self.members]}
            for grant in self.grants
        ]

    def _cell(self, grant: RoleGrant, member: Membership) -> dict[str, Any]:
        bound = self[cell_field(grant.pk, member.pk)]
        value = str(int(bound.value() or 0)) if not self.is_bound else str(bound.value() or 0)
        return {
            "name": bound.html_name,
            "person": member.user.name,
            "label": bound.label,
            "id": bound.id_for_label,
            "errors": bound.errors,
            "options": _options(Level.NONE, grant.level, value),
        }


def _options(lowest: int, highest: int, chosen: str) -> list[dict[str, Any]]:
    return [
        {"value": number, "label": word, "selected": str(number) == chosen}
        for number, word in LEVEL_WORDS[lowest : highest + 1]
    ]


def _refusal(offer: Offer) -> str:
    if offer.is_locked:
        return f"This role cannot be granted. {offer.sentence}".strip()
    return f"This role can be granted up to {offer.highest.word}. {offer.sentence}".strip()
