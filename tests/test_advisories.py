"""scripts/advisories never says "none" about what it could not ask."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from threading import Thread

import pytest

from tests.test_sources import PROJECT

HOLE = {"id": "X-1", "aliases": ["CVE-1"], "fixed_in": ["2.1"], "withdrawn": None}
CONTROL = "/pypi/django/3.2/json"


def loaded():
    """The script as a module; its name has no ending."""
    loader = SourceFileLoader("advisories", str(PROJECT / "scripts/advisories"))
    script = module_from_spec(spec_from_loader("advisories", loader))
    loader.exec_module(script)
    return script


@pytest.fixture
def advisories(monkeypatch):
    """The script, with two locked versions and no newer releases."""
    script = loaded()
    monkeypatch.setattr(script, "locked", lambda: [("one", "1.0"), ("two", "2.0")])
    monkeypatch.setattr(script, "newer_releases", list)
    return script


@pytest.fixture
def index(monkeypatch):
    """What the index answers: path to the list of holes; 404 for every other path."""
    pages = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            known = self.path in pages
            self.send_response(200 if known else 404)
            self.end_headers()
            self.wfile.write(json.dumps({"vulnerabilities": pages.get(self.path)}).encode())

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{server.server_port}/simple/")
    yield pages
    server.shutdown()
    server.server_close()


def test_what_is_known_is_said(advisories, index, capsys):
    index |= {CONTROL: [HOLE], "/pypi/one/1.0/json": [], "/pypi/two/2.0/json": [HOLE]}
    assert advisories.main() == 1
    assert "two 2.0: X-1, CVE-1, mended in 2.1" in capsys.readouterr().out


def test_none_is_said_when_every_locked_version_was_asked(advisories, index, capsys):
    index |= {CONTROL: [HOLE], "/pypi/one/1.0/json": [], "/pypi/two/2.0/json": []}
    assert advisories.main() == 0
    assert "Known holes:\n  none\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    "pages",
    [
        {},
        {"/pypi/one/1.0/json": [], "/pypi/two/2.0/json": []},
        {CONTROL: [], "/pypi/one/1.0/json": [], "/pypi/two/2.0/json": []},
        {CONTROL: [HOLE], "/pypi/one/1.0/json": []},
        {CONTROL: None, "/pypi/one/1.0/json": [], "/pypi/two/2.0/json": []},
    ],
    ids=["nothing there", "no control", "keeps no advisories", "one missing", "another shape"],
)
def test_an_index_that_cannot_be_asked_fails(advisories, index, capsys, pages):
    index |= pages
    assert advisories.main() == 2
    out = capsys.readouterr().out
    assert "COULD NOT BE ASKED" in out
    assert "Known holes:\n  none" not in out
    assert "known holes" not in out


def test_every_locked_line_is_read():
    names = {name for name, _ in loaded().locked()}
    assert {"django", "uv", "ruff", "django-invitations", "psycopg2-binary"} <= names
