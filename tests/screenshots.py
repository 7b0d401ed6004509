"""Pictures of every page that the demo's people can reach, at two widths, with what is wrong.

`python -m tests.screenshots [FOLDER]`: starts a demo of its own, signs in as each of its people,
follows the links from page to page, and writes pictures and an index.html. Every page is also held
against the rules of the journeys; pages of the address table that nobody reached are listed.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from secrets import token_urlsafe
from typing import Any
from urllib.parse import urljoin, urlsplit

from playwright.sync_api import Browser, Page, sync_playwright

from partnerhub import embedded, supervisor
from partnerhub.demo.people import PEOPLE
from tests.journeys import browser, looks
from tests.journeys.watch import Watch

NOBODY = ("anonymous", "Nobody signed in")
# So many pictures of one address name for one person: lists lead to many rows of one kind.
SAME_PAGE = 1
MOST_PAGES = 90
START_SECONDS = 180
# Everybody's pages are taken once, not once for each person.
SHARED = re.compile(r"^/(accounts|help|demo|notifications)/|^/admin/(password|jsi18n)")
LEAVE_OUT = re.compile(r"/(logout|jsi18n|autocomplete)/|^/admin/r/|^/static/")


@dataclass
class Shot:
    """One page as one person saw it."""

    person: str
    name: str
    path: str
    title: str
    pictures: dict[str, str] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)


@contextmanager
def demo() -> Iterator[str]:
    """A demo on a free port, in a folder that is forgotten afterwards; its address."""
    port = embedded.free_port()
    with tempfile.TemporaryDirectory(prefix="partnerhub-pictures-") as var:
        ours = {"PORT": str(port), "VAR_DIR": var}
        dropped = ("DATABASE_URL", "REDIS_URL", "SITE_URL", "EMAIL_URL", "DJANGO_SETTINGS_MODULE")
        environment = {k: v for k, v in os.environ.items() if k not in dropped} | ours
        process = subprocess.Popen(
            [sys.executable, "-m", "partnerhub.supervisor", "demo"],
            cwd=browser.PROJECT,
            env=environment,
            start_new_session=True,
        )
        try:
            _wait_for(process, port)
            yield f"http://localhost:{port}"
        finally:
            embedded.stop_process(process, signal.SIGINT, grace=30)


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not supervisor.is_ready(port):
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit("The demo did not start.")
        time.sleep(0.2)


class Names:
    """The address table: which name an address has, and which names nobody reached."""

    def __init__(self, site: str) -> None:
        os.environ.update(
            DJANGO_SETTINGS_MODULE="partnerhub.settings",
            DEMO="1",
            SITE_URL=site,
            SECRET_KEY=token_urlsafe(40),
        )
        import django

        django.setup()
        from django.urls import Resolver404, get_resolver, resolve

        self._resolve, self._unknown = resolve, Resolver404
        self._all = set(self._walk(get_resolver().url_patterns, ""))
        self._seen: set[str] = set()

    def _walk(self, patterns: Any, space: str) -> Iterator[str]:
        for pattern in patterns:
            if hasattr(pattern, "url_patterns"):
                inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
                yield from self._walk(pattern.url_patterns, inner)
            elif pattern.name:
                yield f"{space}{pattern.name}"

    def of(self, path: str) -> str:
        """The name of the page at this path, or "" when there is none."""
        try:
            name: str = self._resolve(path).view_name
        except self._unknown:
            return ""
        self._seen.add(name)
        return name

    def missed(self) -> list[str]:
        """Names that no link led to; most take posts only."""
        return sorted(name for name in self._all - self._seen if not name.startswith("admin:"))


class Walk:
    """One person's way through the site, breadth first along the links."""

    def __init__(self, page: Page, person: str, names: Names, folder: Path) -> None:
        self._page, self._person, self._names, self._folder = page, person, names, folder
        self._watch = Watch(page.context)
        self._taken: Counter[str] = Counter()
        self.shots: list[Shot] = []

    def go(self, starts: list[str], done: set[str]) -> None:
        """Take every page from these on; `done` holds shared pages that were taken already."""
        waiting, known = list(starts), set(starts)
        while waiting and len(self.shots) < MOST_PAGES:
            path = waiting.pop(0)
            name = self._names.of(urlsplit(path).path)
            if not self._wanted(path, name, done):
                continue
            for link in self._take(path, name):
                if link not in known:
                    known.add(link)
                    waiting.append(link)

    def _wanted(self, path: str, name: str, done: set[str]) -> bool:
        if not name or LEAVE_OUT.search(path) or self._taken[name] >= SAME_PAGE:
            return False
        if SHARED.match(path):
            if path in done:
                return False
            done.add(path)
        return True

    def _take(self, path: str, name: str) -> list[str]:
        """Take the page in both widths; the paths it links to."""
        answer = self._page.context.request.get(path, max_redirects=0)
        if answer.status in (301, 302, 303):
            return [_own_path(self._page, answer.headers["location"])]
        if "attachment" in answer.headers.get("content-disposition", ""):
            return []
        if "html" not in answer.headers.get("content-type", ""):
            return []
        self._taken[name] += 1
        shot = Shot(self._person, name, path, "")
        self.shots.append(shot)
        if answer.status != 200:
            shot.complaints.append(f"answers {answer.status}")
        self._watch.complaints.clear()
        self._page.goto(path)
        self._picture(shot)
        shot.complaints += self._watch.complaints
        links = self._page.eval_on_selector_all("a[href]", "all => all.map(a => a.href)")
        return [path for link in links if (path := _own_path(self._page, link))]

    def _picture(self, shot: Shot) -> None:
        shot.title = self._page.title()
        checks = {"1280": (looks.fits, looks.accessible), "390": (looks.fits, looks.reachable)}
        for width, window in (("1280", browser.DESK), ("390", browser.PHONE)):
            self._page.set_viewport_size(window)
            for check in checks[width]:
                try:
                    check(self._page)
                except AssertionError as error:
                    shot.complaints.append(f"{width}: {error}")
            picture = f"{self._person}/{len(self.shots):03}-{_slug(shot.name)}-{width}.png"
            (self._folder / self._person).mkdir(parents=True, exist_ok=True)
            self._page.screenshot(path=self._folder / picture, full_page=True)
            shot.pictures[width] = picture


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower())


def _own_path(page: Page, link: str) -> str:
    """The path and query of a link into the site, "" for every other one."""
    here, there = urlsplit(page.url), urlsplit(urljoin(page.url, link))
    if there.netloc != here.netloc or there.scheme != here.scheme:
        return ""
    return there._replace(scheme="", netloc="", fragment="").geturl()


def sign_in(page: Page, key: str) -> None:
    """Be one of the demo's people, by the button of the demo's page."""
    page.goto("/demo/")
    form = page.locator("form").filter(has=page.locator(f'input[name="person"][value="{key}"]'))
    form.get_by_role("button").click()
    page.wait_for_url(lambda url: "/demo/" not in url)


def take_all(chromium: Browser, site: str, folder: Path) -> tuple[list[Shot], list[str]]:
    """Everybody's walk; the shots, and the names nobody reached."""
    names, done, shots = Names(site), set[str](), []
    for key, _ in [NOBODY, *((person.key, person.who) for person in PEOPLE)]:
        context = chromium.new_context(base_url=site, viewport=browser.DESK)
        page = context.new_page()
        page.goto("/demo/")
        starts = ["/", "/accounts/login/", "/demo/"]
        if key != NOBODY[0]:
            sign_in(page, key)
            starts = [urlsplit(page.url).path, "/"]
        walk = Walk(page, key, names, folder)
        walk.go(starts, done)
        print(f"{key}: {len(walk.shots)} pages", flush=True)
        shots += walk.shots
        context.close()
    return shots, names.missed()


STYLE = (
    "body{font:15px system-ui;margin:2rem;color:#222}figure{margin:0 0 3rem}"
    "img{border:1px solid #bbb;vertical-align:top;margin-right:1rem}"
    "img.w1280{width:60%}img.w390{width:18%}.bad{color:#a00;white-space:pre-wrap}"
)


def index(shots: list[Shot], missed: list[str]) -> str:
    """The page that shows the pictures."""
    who = dict([NOBODY, *((person.key, person.who) for person in PEOPLE)])
    parts = [f"<!doctype html><meta charset=utf-8><title>Pages</title><style>{STYLE}</style>"]
    for person in dict.fromkeys(shot.person for shot in shots):
        parts.append(f"<h1 id={person}>{escape(person)}: {escape(who[person])}</h1>")
        parts += [_figure(shot) for shot in shots if shot.person == person]
    parts.append("<h1>Reached by no link</h1><p>Most take posts only.</p><ul>")
    parts += [f"<li>{escape(name)}" for name in missed]
    return "\n".join([*parts, "</ul>"])


def _figure(shot: Shot) -> str:
    pictures = "".join(
        f'<a href="{path}"><img class=w{width} loading=lazy alt="{width} pixels" src="{path}"></a>'
        for width, path in shot.pictures.items()
    )
    complaints = "".join(f"<p class=bad>{escape(text)}</p>" for text in shot.complaints)
    words = f"<b>{escape(shot.title)}</b> {escape(shot.name)} <code>{escape(shot.path)}</code>"
    return f"<figure><figcaption><p>{words}</p>{complaints}</figcaption>{pictures}</figure>"


def main(folder: Path) -> int:
    """Take the pictures into `folder`; 1 when a page has something wrong."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the demo ends with us, tidily
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with demo() as site, sync_playwright() as playwright:
        chromium = browser.launch(playwright)
        shots, missed = take_all(chromium, site, folder)
        chromium.close()
    (folder / "index.html").write_text(index(shots, missed))
    bad = [shot for shot in shots if shot.complaints]
    for shot in bad:
        print(f"{shot.person} {shot.path}", *shot.complaints, sep="\n    ")
    print(f"{len(shots)} pages, {len(bad)} with something wrong: {folder / 'index.html'}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if sys.argv[1:] else browser.PROJECT / "var/screenshots"))
