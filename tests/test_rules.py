"""Rules of docs/decisions that a reader would have to take on trust: read from the sources."""

import ast

import pytest

from tests.product import modules

# Where a state is written without a table. The list only gets shorter.
OWN_WRITES = {
    "core/state_tables.py": "advance and advance_all",
    "core/outbox/delivery.py": "a message is in the hands of whoever holds its lease",
}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
WRITERS = ("update", "move", "update_or_create", "get_or_create")


def writes_status(tree):
    """The lines that set a state by hand: `row.status = …`, update(status=…) and their kin."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == "status":
            if isinstance(node.ctx, ast.Store):
                yield node.lineno
        elif isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            named = {keyword.arg for keyword in node.keywords}
            texts = {part.value for part in ast.walk(node) if isinstance(part, ast.Constant)}
            if (
                (name in WRITERS and ("status" in named or "status" in _spread(node)))
                or (name in ("bulk_update", "setattr") and "status" in texts)
                or (name == "save" and "update_fields" in named and "status" in texts)
                or (name in ("execute", "RawSQL", "raw") and _sets_status(texts))
            ):
                yield node.lineno
        elif isinstance(node, ast.Constant) and _sets_status({node.value}):
            yield node.lineno


def _spread(call):
    """The keys of `**{…}` and of `defaults={…}`."""
    for keyword in call.keywords:
        if keyword.arg in (None, "defaults", "create_defaults"):
            yield from (part.value for part in ast.walk(keyword) if isinstance(part, ast.Constant))


def _sets_status(texts):
    return any(isinstance(text, str) and " SET status" in text for text in texts)


def test_status_is_written_by_advance_only():
    """Decision 0002; a row may begin with a state."""
    found = {name: [*writes_status(tree)] for name, (_, tree) in modules().items()}
    found = {name: lines for name, lines in found.items() if lines}
    assert {name: lines for name, lines in found.items() if name not in OWN_WRITES} == {}
    assert set(OWN_WRITES) - set(found) == set(), "no longer needed"


@pytest.mark.parametrize(
    "line",
    [
        "row.status = 'active'",
        "row.status, row.reason = 'ended', ''",
        "rows.filter(pk=1).update(status='ended')",
        "rows.update(**{'status': 'ended'})",
        "move(row, expect={}, status='ended')",
        "setattr(row, 'status', 'ended')",
        "rows.bulk_update(found, ['status', 'reason'])",
        "row.save(update_fields=['status'])",
        "rows.update_or_create(pk=1, defaults={'status': 'ended'})",
        "SQL = 'UPDATE accounts_membership SET status = 1'",
    ],
)
def test_every_way_to_write_a_state_is_seen(line):
    assert [*writes_status(ast.parse(line))] != []


@pytest.mark.parametrize(
    "line",
    [
        "Share(status='waiting')",
        "rows.create(status='waiting')",
        "rows.filter(status='waiting').update(reason='')",
        "render(request, page, status=409)",
        "move(row, expect={'status': row.status}, reason='')",
    ],
)
def test_beginning_reading_and_answering_are_no_writes(line):
    assert [*writes_status(ast.parse(line))] == []


# Imports ------------------------------------------------------------------------------------------
def lazy_imports(text, tree):
    """(line, source) of every import inside a function that has no reason on its line.

    In `ready` the reason is always the same: models can be imported only from there on.
    """
    lines = text.splitlines()
    functions = [node for node in ast.walk(tree) if isinstance(node, FUNCTIONS)]
    for function in functions:
        if function.name == "ready":
            continue
        imports = [n for n in ast.walk(function) if isinstance(n, ast.Import | ast.ImportFrom)]
        for node in imports:
            if not any(" # " in line for line in lines[node.lineno - 1 : node.end_lineno]):
                yield node.lineno, lines[node.lineno - 1].strip()


def test_an_import_inside_a_function_says_why():
    found = {name: [*lazy_imports(*both)] for name, both in modules().items()}
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_an_import_without_a_reason_is_seen():
    text = "def f():\n    from a import b  # a circle: b needs f\n    import c\n"
    assert [*lazy_imports(text, ast.parse(text))] == [(3, "import c")]
