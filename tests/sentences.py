"""Finds sentences that people read and that are not marked for translation.

`python -m tests.sentences` takes those that are gone off the list of old ones, and shows the
others; it adds none.
"""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from tests.product import PROJECT

LIST = PROJECT / "tests/data/unmarked.txt"
PACKAGES = ("core", "accounts", "roles", "connections", "supplychain", "partnerhub")
# What only operators and developers read, or what is made up.
LEFT_OUT = re.compile(
    r"migrations/|management/|partnerhub/(env|settings|supervisor|embedded|prepare|celery|wsgi)\.py"
    r"|partnerhub/(demo|samples)/|partnerhub/portals/volumes|templates/(demo|components/gallery)"
    r"|/unknown/"
)
MARKS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", "pgettext"}
MARKS |= {"pgettext_lazy", "npgettext", "npgettext_lazy"}
# Their words are for programs and logs.
INSIDE = re.compile(
    r"Error$|Exception$|^(debug|info|warning|error|exception|log|execute|RunSQL|compile|sub|match"
    r"|search|fullmatch|filterwarnings|getLogger|refuse|say)$"
)
# Called so in every language.
NAMES = {"Supply Chain Connect", "PartnerHub", "Seller Central", "Solution Provider Portal"}
SENTENCE = re.compile(r"[A-Z][^\n]* [^\n]*[a-z]")
WORD = re.compile(r"[A-Z][a-z]+")
NAMING = {"label", "title", "help_text", "verbose_name", "verbose_name_plural", "short_description"}
NAMING |= {"description", "empty_label", "heading", "subject", "message", "headline"}


def in_python(source: str) -> Iterator[str]:
    """Unmarked sentences of a module."""
    tree = ast.parse(source)
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    documents = {
        node.body[0].value
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            named = _named(node, parents)
            said = node.value.strip()
            fits = SENTENCE.match(said) or (named and WORD.fullmatch(said))
            if fits and node not in documents and not _excused(node, parents):
                yield " ".join(said.split())


def _named(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> bool:
    parent = parents[node]
    if isinstance(parent, ast.keyword):
        return parent.arg in NAMING
    if isinstance(parent, ast.Assign):
        return any(getattr(target, "id", "") in NAMING for target in parent.targets)
    return False


def _excused(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> bool:
    """Whether it stands inside a mark, or in a call that nobody of ours reads."""
    while node in parents:
        node = parents[node]
        if isinstance(node, ast.Call):
            called = node.func
            name = getattr(called, "id", "") or getattr(called, "attr", "")
            if name in MARKS or INSIDE.search(name):
                return True
        if isinstance(node, ast.stmt) and not isinstance(node, (ast.Return, ast.Assign)):
            return False
    return False


def in_template(source: str) -> Iterator[str]:
    """Unmarked sentences of a template: between tags, in attributes, given to components."""
    text = re.sub(r"{% comment %}.*?{% endcomment %}|{#.*?#}", "\0", source, flags=re.DOTALL)
    text = re.sub(r"{% blocktranslate.*?{% endblocktranslate %}", "\0", text, flags=re.DOTALL)
    text = re.sub(r"<(script|style)\b.*?</\1>|<!--.*?-->|<!doctype[^>]*>", "\0", text, flags=re.S)
    for tag in re.findall(r"{%(?!\s*(?:translate|load|url|extends|if|elif|for)\b).*?%}", text):
        for words in re.findall(r"""\w+=(?:"([^"]+)"|'([^']+)')""", tag):
            if SENTENCE.match(said := "".join(words)):
                yield said
    text = re.sub(r"{[{%].*?[%}]}", "\0", text, flags=re.DOTALL)
    read = r"""\b(?:title|aria-label|placeholder|alt|label)=["']([^"']*)["']"""
    pieces = [piece for value in re.findall(read, text) for piece in value.split("\0")]
    pieces += re.sub(r"<[^>]*>", "\0", text).split("\0")
    for piece in pieces:
        words = " ".join(piece.split())
        if re.search(r"[A-Za-z]{2}", words) and not re.fullmatch(r"[\w./:=;-]+\.\w+", words):
            yield words


def found() -> Counter[str]:
    """Each unmarked sentence as "file: sentence", with how often it stands there."""
    lines: Counter[str] = Counter()
    paths = [p for name in PACKAGES for p in sorted((PROJECT / name).rglob("*.py"))]
    for path in [*paths, *sorted((PROJECT / "templates").rglob("*.*"))]:
        name = str(path.relative_to(PROJECT))
        if LEFT_OUT.search(name) or path.suffix not in {".py", ".html", ".txt"}:
            continue
        finder = in_python if path.suffix == ".py" else in_template
        sentences = (said for said in finder(path.read_text()) if said not in NAMES)
        lines.update(f"{name}: {sentence}" for sentence in sentences)
    return lines


def short(line: str) -> str:
    """What stands on the list: it is long enough as it is."""
    return sha256(line.encode()).hexdigest()[:10]


def listed(path: Path = LIST) -> Counter[str]:
    """The old ones, shortened."""
    return Counter(path.read_text().split())


if __name__ == "__main__":
    here = found()
    left = Counter({short(line): count for line, count in here.items()}) & listed()
    LIST.write_text("".join(f"{line}\n" for line in sorted(left.elements())))
    print("\n".join(sorted(line for line in here if short(line) in left)))
