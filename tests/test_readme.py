"""The map in README.md is the tree: its two upper levels, no more and no less."""

import re
import subprocess

import pytest

from tests.product import PACKAGES, PROJECT, modules

TEXT = (PROJECT / "README.md").read_text()
MAP, BELOW = TEXT.partition("## Map")[2].partition("## ")[0].split("```")[1:]
# Addresses of pages, not of files.
ROUTES = {"/demo/", "/demo/mail/", "/demo/clock/", "/admin/", "/readyz"}
APPS = ("accounts", "roles", "connections", "supplychain")


def folders():
    """The folders of the project that hold a file kept by git, two levels deep."""
    listed = subprocess.run(
        ["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True, check=True
    ).stdout
    parts = [line.split("/")[:-1] for line in listed.splitlines()]
    return {tuple(p[:depth]) for p in parts for depth in (1, 2) if len(p) >= depth}


def on_the_map():
    """Each top folder with the folders that its lines name."""
    found = {}
    for line in MAP.strip().splitlines():
        if not line.startswith(" "):
            top, _, line = line.partition("/")
            found[top] = set()
        found[top] |= set(re.findall(r"\b([a-z_]+)/(?!\w)", line))
    return found


def test_every_folder_is_on_the_map_and_nothing_else():
    tree = {path for path in folders() if not path[0].startswith(".")}
    assert set(on_the_map()) == {path[0] for path in tree}
    floors = set(re.findall(r"`([a-z_]+)`", BELOW))
    for top, named in on_the_map().items():
        below = {path[1] for path in tree if len(path) == 2 and path[0] == top}
        told = named | (floors if top in APPS else set())
        # They mirror the packages, and the apps inside core and the site.
        if top in ("tests", "templates"):
            told |= {*PACKAGES, "admin", "notifications", "portals", "demo"}
        assert below - told == set(), f"{top}: not on the map"
        assert named - below == set(), f"{top}: no longer there"


def test_every_target_of_make_is_in_its_help():
    makefile = (PROJECT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    explained = set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE))
    phony = set(re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)[1].split())
    assert targets == phony
    assert targets - explained == {"run-env", "dev-env", "bench-env"}


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "SECURITY.md"])
def test_named_paths_and_names_exist(document):
    """A path is one from the project's folder; a name in a recipe stands in the sources."""
    text = re.sub(r"```.*?```", "", (PROJECT / document).read_text(), flags=re.DOTALL)
    quoted = set(re.findall(r"`([^`\n]+)`", text))
    paths = {word for word in quoted if re.fullmatch(r"[\w./-]+/[\w./-]*", word)}
    assert {path for path in paths if not (PROJECT / path.rstrip("*")).exists()} - ROUTES == set()
    linked = set(re.findall(r"\]\(([^)#:]+)\)|\b(docs/[\w/.-]+\w)", text))
    targets = {path or other for path, other in linked}
    assert {path for path in targets if not [*PROJECT.glob(f"{path}*")]} == set()
    if document == "CONTRIBUTING.md":
        names = {word for word in quoted if re.fullmatch(r"[A-Za-z]\w*[A-Z_]\w*", word)}
        sources = " ".join(source for source, _ in modules().values())
        assert {name for name in names if not re.search(rf"\b{name}\b", sources)} == set()


def test_named_make_targets_exist():
    """README, CONTRIBUTING and docs name no target that is gone."""
    makefile = (PROJECT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    texts = [*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md")]
    named = {
        (path.name, name)
        for path in texts
        for name in re.findall(r"(?:^|[`(])make ([a-z-]+)", path.read_text(), re.MULTILINE)
    }
    assert {pair for pair in named if pair[1] not in targets} == set()
