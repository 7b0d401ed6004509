"""What the gallery of components shows: every part once, in the states that differ."""

from typing import Any

from django import forms
from django.http import HttpRequest

_LEVELS = [("view", "View"), ("edit", "Edit"), ("admin", "Admin")]


class GalleryForm(forms.Form):
    email = forms.EmailField(label="E-mail address", help_text="The invitation goes there.")
    level = forms.ChoiceField(label="Level", choices=_LEVELS)
    note = forms.CharField(label="Note", widget=forms.Textarea, required=False)
    kind = forms.ChoiceField(
        label="Kind of supplier",
        choices=[("maker", "Manufacturer"), ("freight", "Freight forwarder")],
        widget=forms.RadioSelect,
        help_text="What they do for you most of the time.",
    )
    roles = forms.MultipleChoiceField(
        label="Roles", choices=_LEVELS, widget=forms.CheckboxSelectMultiple, required=False
    )
    until = forms.DateField(
        label="Ends on", widget=forms.DateInput(attrs={"type": "date"}), required=False
    )
    document = forms.FileField(label="Document", help_text="PDF or photo, up to 10 MB.")
    agree = forms.BooleanField(label="I may speak for this company")


def gallery_context(request: HttpRequest) -> dict[str, Any]:
    return {
        "form": GalleryForm(request.POST or None, request.FILES or None),
        "refused": GalleryForm({"email": "not an address", "level": "owner"}, prefix="refused"),
        "steps": _steps(),
        "events": _events(),
        "facts": [
            ("Handle", "blue-harbor"),
            ("Registration number", "DE 136 695 976"),
            ("Approved until", "22 November 2027"),
        ],
        "tabs": [
            {"label": "Open", "url": "?tab=open", "current": True, "count": 4},
            {"label": "Accepted", "url": "?tab=accepted", "current": False, "count": 0},
            {"label": "Ended", "url": "?tab=ended", "current": False, "count": 12},
        ],
        "rows": [
            ("ana@freight.example", "20 Nov 2026", "4 Dec 2026", "pending", "Pending"),
            ("li@factory.example", "2 Nov 2026", "16 Nov 2026", "accepted", "Accepted"),
            ("sam@nowhere.example", "1 Nov 2026", "15 Nov 2026", "undeliverable", "Undeliverable"),
        ],
        "tones": [(tone, tone.title()) for tone in ["good", "waiting", "info", "bad", "quiet"]],
        "alerts": [
            ("info", "The review takes up to 14 days", "We write to you when it is done."),
            ("good", "The connection is active", "Two people can work from now on."),
            ("waiting", "This approval ends in 30 days", "Renew it, or three grants lose effect."),
            ("bad", "The mail came back", "Copy the link and send it another way."),
        ],
        "consequences": ["Ana Ruiz loses Manage FBA Inventory (edit).", "Two open shares end."],
        "page": {"previous_url": "?page=before", "next_url": "?page=after"},
    }


def _steps() -> list[dict[str, Any]]:
    return [
        {"title": "Verify who you are", "state": "done", "who": "Ana Ruiz, 3 November"},
        {
            "title": "Apply for roles",
            "text": "Choose the services you offer and say what you need each role for.",
            "state": "current",
            "who": "you",
            "button": {"label": "Start the application", "url": "#steps", "post": False},
        },
        {
            "title": "Review by the marketplace",
            "text": "Promised within 14 days.",
            "state": "waiting",
            "who": "reviewers",
            "button": {"label": "Send a reminder", "url": "#steps", "post": False},
        },
        {"title": "Connect with a seller", "state": "todo", "who": "a seller"},
    ]


def _events() -> list[dict[str, str]]:
    return [
        {
            "when": "22 November 2026, 09:14",
            "who": "Jo Park, Northwind Goods",
            "text": "Lowered Manage FBA Inventory from edit to view",
            "tone": "waiting",
        },
        {
            "when": "20 November 2026, 16:02",
            "who": "Ana Ruiz, Blue Harbor",
            "text": "Accepted the invitation",
            "detail": "Three roles, until 20 November 2027",
            "tone": "good",
        },
        {"when": "19 November 2026", "who": "System", "text": "Invitation sent", "tone": "info"},
    ]
