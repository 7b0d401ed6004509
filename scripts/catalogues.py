"""Catalogues of languages, with Babel: a bare machine has no gettext.

`scripts/catalogues.py compile` makes locale/*/LC_MESSAGES/django.mo; `update de` writes or
completes the German catalogue with every sentence that is marked in code and templates.
"""

import io
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "locale"
PACKAGES = ("core", "accounts", "roles", "connections", "supplychain", "partnerhub")
FUNCTIONS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
Found = tuple[str, int, object, list[str], str | None]


def catalogue_of(language: str, locale: Path = LOCALE) -> Path:
    """Where a language's catalogue stands: "de" in locale/de/LC_MESSAGES/django.po."""
    return locale / language / "LC_MESSAGES" / "django.po"


def marked() -> Iterator[Found]:
    """Every marked sentence with its file: (path, line, message or messages, comments, context)."""
    from django.utils.translation.template import templatize

    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield from _in_source(path, path.read_bytes())
    for path in sorted((ROOT / "templates").rglob("*.*")):
        if path.suffix in {".html", ".txt"}:
            # In brackets, or the indentation of HTML would be Python's.
            source = f"({templatize(path.read_text(), str(path))})"
            yield from _in_source(path, source.encode())


def _in_source(path: Path, source: bytes) -> Iterator[Found]:
    name = str(path.relative_to(ROOT))
    for line, message, comments, context in extract("python", io.BytesIO(source), FUNCTIONS):
        yield name, line, message, comments, context


def update(language: str, locale: Path = LOCALE) -> Catalog:
    """Write a language's catalogue anew from what is marked; its translations stay."""
    path = catalogue_of(language, locale)
    template = Catalog(project="PartnerHub", charset="utf-8", fuzzy=False)
    for name, _line, message, comments, context in marked():
        template.add(message, None, [(name, 0)], auto_comments=comments, context=context)
    catalogue = Catalog(locale=language, project="PartnerHub", fuzzy=False)
    if path.exists():
        catalogue = read_po(io.BytesIO(path.read_bytes()), locale=language)
    catalogue.update(template, no_fuzzy_matching=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalogue, width=100, include_lineno=False, ignore_obsolete=True)
    return catalogue


def compile_all(locale: Path = LOCALE) -> None:
    """Compile each catalogue; what is fuzzy counts as not translated."""
    for path in locale.glob("*/LC_MESSAGES/django.po"):
        catalogue = read_po(io.BytesIO(path.read_bytes()), locale=path.parts[-3])
        with path.with_suffix(".mo").open("wb") as file:
            write_mo(file, catalogue)


def missing(language: str, locale: Path = LOCALE) -> list[str]:
    """What is marked and has no translation in this language."""
    path = catalogue_of(language, locale)
    if not path.exists():
        return ["everything"]
    catalogue = read_po(io.BytesIO(path.read_bytes()), locale=language)
    lacking = []
    for _name, _line, message, _comments, context in marked():
        entry = catalogue.get(message if isinstance(message, str) else message[0], context)
        texts = entry.string if entry and not entry.fuzzy else ""
        if not all([texts] if isinstance(texts, str) else texts):
            lacking.append(str(message))
    return lacking


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["compile"]:
            compile_all()
        case ["update", language]:
            update(language)
        case _:
            sys.exit("usage: scripts/catalogues.py compile | update LANGUAGE")
