"""The forms of a rendered page, as a browser would find them."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

SKIPPED = {"csrfmiddlewaretoken"}


@dataclass
class Field:
    """One named control: its kind ("text", "select", "file", …), value and choices."""

    name: str
    kind: str
    values: list[str] = field(default_factory=list)
    choices: list[str] = field(default_factory=list)

    @property
    def is_text(self) -> bool:
        """Whether words can be typed into it."""
        return self.kind in ("text", "textarea", "email", "search")


@dataclass
class PageForm:
    """One form: where it goes, how, and what stands in it."""

    action: str
    method: str
    fields: dict[str, Field] = field(default_factory=dict)

    def filled(self) -> dict[str, Any]:
        """What a browser would send, with words typed into every empty text field."""
        data: dict[str, Any] = {}
        for each in self.fields.values():
            if each.is_text and not any(each.values):
                data[each.name] = f"typed into {each.name}"
            elif each.values and each.kind != "file":
                data[each.name] = each.values if len(each.values) > 1 else each.values[0]
        return data


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[PageForm] = []
        self.open: PageForm | None = None
        self.inside: Field | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        got = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.open = PageForm(got.get("action", ""), got.get("method", "get").lower())
            self.forms.append(self.open)
        name = got.get("name", "")
        if tag == "option" and self.inside:
            value = got.get("value", "")
            self.inside.choices.append(value)
            if "selected" in got:
                self.inside.values.append(value)
        if self.open is None or not name or name in SKIPPED or "disabled" in got:
            return
        kind = got.get("type", "text") if tag == "input" else tag
        if tag in ("input", "select", "textarea"):
            found = self.open.fields.setdefault(name, Field(name, kind))
            self._read(found, kind, got)
            self.inside = found if tag in ("select", "textarea") else None

    def _read(self, found: Field, kind: str, got: dict[str, str]) -> None:
        if kind in ("checkbox", "radio"):
            found.choices.append(got.get("value", "on"))
            if "checked" in got:
                found.values.append(got.get("value", "on"))
        elif kind not in ("select", "textarea", "file", "submit"):
            found.values.append(got.get("value", ""))

    def handle_data(self, data: str) -> None:
        if self.inside and self.inside.kind == "textarea":
            self.inside.values.append(data.removeprefix("\n"))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.open = None
        if tag in ("select", "textarea"):
            self.inside = None


def forms_of(html: str) -> list[PageForm]:
    """Every form of the page, in order."""
    reader = _Reader()
    reader.feed(html)
    return reader.forms
