"""docs/sources.md cannot lie: its rows, page names and tests exist."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.urls import get_resolver

PROJECT = Path(__file__).resolve().parent.parent
WANTED = [f"S0.{n}" for n in range(1, 21)] + [f"S1.{n}" for n in range(1, 20)]
_ROW = re.compile(r"^\| (S\d\.\d+) \| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)
_QUOTED = re.compile(r"`([^`]+)`")

ROWS = [match.groups() for match in _ROW.finditer((PROJECT / "docs/sources.md").read_text())]


def _names(patterns: Any, space: str = "") -> Iterator[str]:
    for pattern in patterns:
        if hasattr(pattern, "url_patterns"):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from _names(pattern.url_patterns, inner)
        elif pattern.name:
            yield f"{space}{pattern.name}"


def _tests(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_sentence_of_the_sources_has_one_row():
    assert [row[0] for row in ROWS] == WANTED


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_row_names_pages_that_exist(row):
    pages = _QUOTED.findall(row[2])
    assert pages
    assert set(pages) <= set(_names(get_resolver().url_patterns))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_row_names_tests_that_exist(row):
    shown = _QUOTED.findall(row[3])
    assert shown
    for test in shown:
        path, _, name = test.partition("::")
        assert (PROJECT / "tests" / path).is_file(), path
        assert name.startswith("test_")
        assert name in _tests(PROJECT / "tests" / path), test
