"""Forms as a browser holds them: opened, and sent later by people who do not know of each other."""

from typing import Any

from tests.sweep.page_forms import forms_of


def opened(client: Any, url: str, *, holding: str = "shown") -> dict[str, Any]:
    """What a browser would send of the form of a page that has a field `holding`, untouched."""
    page = client.get(url)
    assert page.status_code == 200, (url, page.status_code)
    return held(page, holding=holding)


def held(page: Any, *, holding: str = "shown") -> dict[str, Any]:
    """The same of a page that was answered."""
    forms = forms_of(page.content.decode())
    form = next(f for f in forms if any(name.endswith(holding) for name in f.fields))
    data: dict[str, Any] = {}
    for field in form.fields.values():
        if field.kind in ("submit", "button", "file"):
            continue
        if field.values:
            data[field.name] = field.values if len(field.values) > 1 else field.values[0]
        elif field.kind == "select" and field.choices:
            data[field.name] = field.choices[0]
        elif field.kind == "textarea":
            data[field.name] = ""
    return data
