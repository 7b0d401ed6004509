"""Layouts, components and forms: they stand with little context and keep the content policy."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from allauth.account.forms import SignupForm
from django import forms
from django.conf import settings as project
from django.contrib.auth.models import AnonymousUser
from django.forms.renderers import DjangoTemplates
from django.http import HttpRequest, QueryDict
from django.template import Context, Template, TemplateSyntaxError
from django.template.loader import get_template
from django.test import RequestFactory

from core.web import renderer
from core.web.templatetags import ui
from partnerhub.demo.components import GalleryForm, gallery_context

ROOT = Path(project.BASE_DIR)
PAGES = sorted(path for path in (ROOT / "templates").rglob("*.html"))
STATIC = ROOT / "core/web/static/partnerhub"
ERRORS = ["400", "403", "403_csrf", "404", "409", "410", "413", "422", "429", "500", "503"]


class Refuse(str):
    """What an undefined template variable becomes: an error that names it."""

    def __contains__(self, part: object) -> bool:
        return part == "%s"

    def __mod__(self, variable: object) -> str:
        raise TemplateSyntaxError(f"undefined: {variable}")


class Tags(HTMLParser):
    """All start tags of a page with their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.all: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"an attribute stands twice in <{tag} {names}>"
        self.all.append((tag, dict(attrs)))

    def ids(self) -> list[str]:
        return [attrs["id"] or "" for _, attrs in self.all if "id" in attrs]


@pytest.fixture
def strict(settings: Any) -> None:
    """An undefined variable is an error while this test renders."""
    engine = settings.TEMPLATES[0]
    options = engine["OPTIONS"] | {"string_if_invalid": Refuse("%s")}
    settings.TEMPLATES = [engine | {"OPTIONS": options}]


def request_to(path: str = "/") -> HttpRequest:
    request = RequestFactory().get(path)
    request.user = AnonymousUser()
    return request


@pytest.mark.usefixtures("strict")
def test_gallery_renders_every_component_without_an_undefined_variable() -> None:
    context = gallery_context(request_to()) | {
        "portal": {"key": "seller", "title": "Seller Central"},
        "organization": {"name": "Northwind", "handle": "northwind"},
        "switcher": [{"label": "Northwind", "sublabel": "", "url": "/", "current": True}],
        "navigation": [{"label": "Home", "url": "/", "icon": "home", "active": True, "badge": 2}],
        "acting_for": {
            "seller_name": "Northwind",
            "provider_name": "Blue Harbor",
            "roles": [{"name": "Shipments", "level": "edit"}],
            "leave_url": "/",
        },
        "unread_count": 3,
        "csrf_token": "x",
    }
    html = get_template("components/gallery.html").render(context)
    tags = Tags(html)
    ids = tags.ids()
    assert len(ids) == len(set(ids))
    for name in ("aria-describedby", "aria-labelledby", "for", "popovertarget", "data-copy"):
        for _, attrs in tags.all:
            for target in (attrs.get(name) or "").split():
                assert target in ids, f"{name} points to {target}"


@pytest.mark.usefixtures("strict")
@pytest.mark.parametrize("layout", ["portal", "seller", "provider", "supply", "public", "entrance"])
def test_layouts_stand_without_context(layout: str) -> None:
    html = get_template(f"layouts/{layout}.html").render({})
    assert project.SUPPORT_EMAIL in html
    assert 'href="#content"' in html


@pytest.mark.usefixtures("strict")
@pytest.mark.parametrize("name", ERRORS)
def test_error_pages_stand_without_context(name: str) -> None:
    source = get_template(f"{name}.html").render({})
    assert re.search(r"<h1>[A-Z].+</h1>", source)
    assert project.SUPPORT_EMAIL in source


def test_error_pages_need_no_manifest() -> None:
    assert "{% static" not in (ROOT / "templates/layouts/error.html").read_text()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_templates_keep_the_content_policy(path: Path) -> None:
    source = path.read_text()
    assert not re.search(r"\sstyle\s*=", source)
    assert not re.search(r"""\son[a-z]+\s*=\s*["']""", source)
    assert "<style" not in source
    assert not re.search(r"<script(?![^>]*(\ssrc=|type=\"application/json\"))", source)
    assert "javascript:" not in source


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_icons_named_in_templates_are_there(path: Path) -> None:
    for name in re.findall(r"""{% icon "([^"]+)" """, path.read_text()):
        assert "<svg" in ui.icon(name)


def test_vendored_files_name_no_source_map_and_no_other_host() -> None:
    for path in [*STATIC.rglob("*.css"), *STATIC.glob("*.js")]:
        source = path.read_text()
        assert "sourceMappingURL" not in source
        assert not re.search(r"url\([\"']?(https?:)?//", source)


def test_vendored_files_come_with_their_licences() -> None:
    for folder in (STATIC / "vendor").iterdir():
        assert (folder / "LICENSE.txt").read_text()
    assert (ROOT / "core/web/icons.LICENSE.txt").read_text()


def test_htmx_config_is_json_and_strict() -> None:
    html = get_template("layouts/public.html").render({})
    found = re.search(r"name=\"htmx-config\" content='([^']+)'", html)
    assert found
    config = json.loads(found[1])
    assert config["includeIndicatorStyles"] is False
    assert config["allowEval"] is False
    assert config["historyCacheSize"] == 0


def test_form_points_to_help_and_errors() -> None:
    form = GalleryForm({"email": "nobody", "level": "owner"})
    tags = Tags(str(form))
    ids = tags.ids()
    by_name = {attrs.get("name"): attrs for tag, attrs in tags.all if tag != "label"}
    assert by_name["email"]["aria-describedby"] == "id_email_helptext id_email_error"
    assert by_name["email"]["class"] == "form-control is-invalid"
    assert by_name["level"]["class"] == "form-select is-invalid"
    assert by_name["kind"]["class"] == "form-check-input"
    for _, attrs in tags.all:
        for target in (attrs.get("aria-describedby") or "").split():
            assert target in ids
    summary = [attrs["href"] or "" for tag, attrs in tags.all if tag == "a"]
    assert summary
    assert {href.removeprefix("#") for href in summary} <= set(ids)


def test_form_escapes_what_was_typed_and_what_was_refused() -> None:
    class Strict(forms.Form):
        name = forms.CharField(help_text="<b>help</b>")

        def clean_name(self) -> str:
            raise forms.ValidationError(f"Not {self.cleaned_data['name']}")

    html = str(Strict({"name": '"><script>alert(1)</script>'}))
    assert "<script>" not in html
    assert "<b>" not in html


def test_fields_that_may_stay_empty_say_so() -> None:
    html = str(GalleryForm()["note"].as_field_group())
    assert "optional" in html
    assert "optional" not in str(GalleryForm()["email"].as_field_group())


def test_sign_up_trap_is_hidden_without_inline_style() -> None:
    html = str(SignupForm())
    assert "style=" not in html
    trap = project.ACCOUNT_SIGNUP_FORM_HONEYPOT_FIELD
    assert re.search(rf'<div class="field-trap"><input [^>]*name="{trap}"', html)


def test_classes_set_by_a_form_stay() -> None:
    class Own(forms.Form):
        code = forms.CharField(widget=forms.TextInput(attrs={"class": "code"}))
        secret = forms.CharField(widget=forms.HiddenInput)

    form = Own()
    assert isinstance(form["code"], renderer.PortalBoundField)
    assert 'class="code form-control"' in str(form["code"])
    assert "class" not in str(form["secret"])


@pytest.mark.parametrize(
    ("state", "tone"),
    [("pending", "waiting"), ("accepted", "good"), ("undeliverable", "bad"), ("???", "quiet")],
)
def test_status_pill_takes_its_tone_from_the_state(state: str, tone: str) -> None:
    assert ui.status_pill(state, "<b>") == f'<span class="pill pill-{tone}">&lt;b&gt;</span>'
    assert "pill-info" in ui.status_pill(state, "x", "info")


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Blue Harbor Ltd", "BH"), ("ana@demo.example", "AD"), ("", ""), ("  & Söhne", "S")],
)
def test_initials(name: str, letters: str) -> None:
    assert ui.initials(name) == letters


def test_browser_in_words() -> None:
    chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36"
    edge = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/156 Safari/537 Edg/156"
    assert ui.browser(chrome) == "Chrome on Linux"
    assert ui.browser(edge) == "Edge on Windows"
    assert ui.browser("curl/8") == "Unknown browser"


def rendered(source: str, **context: Any) -> str:
    return Template("{% load ui %}" + source).render(Context(context))


def test_component_has_its_words_escaped_and_nothing_else_of_the_page() -> None:
    source = '{% component "alert" tone="info" %} {{ words }} {% endcomponent %}'
    html = rendered(source, words="<b>", title="of the page")
    assert "<p>&lt;b&gt;</p>" in html
    assert "of the page" not in html


def test_posting_component_has_the_token() -> None:
    html = rendered('{% component "post_button" action="/" %}Go{% endcomponent %}', csrf_token="t1")
    assert 'value="t1"' in html


def test_column_without_title_is_left_out() -> None:
    html = rendered('{% columns "SKU" more|yesno:"Prep," name num="SKU" acts=none %}', name="<i>")
    assert re.findall("<th .*?</th>", html) == [
        '<th scope="col" class="num">SKU</th>',
        '<th scope="col">&lt;i&gt;</th>',
    ]


class Choosing(forms.Form):
    """A select with groups, a word that needs escaping, and options with attributes."""

    one = forms.ChoiceField(
        choices=[("", "None"), ("North & South", [("a", "<A>"), ("b", "B")]), ("c", "C")]
    )
    many = forms.MultipleChoiceField(choices=[(1, "1"), (2, "2"), (3000, "3000")])


def test_a_select_has_the_options_that_the_library_writes() -> None:
    typed = QueryDict("one=b&many=1&many=3000")
    library = Choosing(typed, renderer=DjangoTemplates())
    for ours, theirs in zip(Choosing(typed), library, strict=True):
        tags = [tag for tag in Tags(str(ours)).all if tag[0] != "select"]
        assert tags == [tag for tag in Tags(str(theirs)).all if tag[0] != "select"]
        assert _labels(str(ours)) == _labels(str(theirs))
        assert 'class="form-select"' in str(ours)


def _labels(html: str) -> list[str]:
    return re.findall(r">([^<>]*)</option>", html)
