"""Server, worker, mail and browser of the journeys; one of each for all, one context a person.

The browser's library runs an event loop in the main thread, where Django would refuse the ORM: it
is allowed while the journeys run, and the browser ends with the last of them.
"""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import expect, sync_playwright

from core.outbox.models import Message
from partnerhub import embedded
from tests.journeys import browser
from tests.journeys import mailbox as mail
from tests.journeys.mailbox import Mailbox
from tests.journeys.person import Person
from tests.journeys.watch import Watch
from tests.journeys.worker import Worker

HERE = Path(__file__).parent
SECONDS = 15


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test of this folder drives the browser, on committed data."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.django_db(transaction=True))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Let fixtures know whether the test failed: then they keep pictures."""
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report


FAILED = pytest.StashKey[bool]()


@pytest.fixture(scope="package")
def chromium() -> Iterator[Any]:
    """One Chromium for all journeys."""
    expect.set_options(timeout=SECONDS * 1000)
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        running = browser.launch(playwright)
        yield running
        running.close()


@pytest.fixture(scope="package")
def post_office(
    django_db_setup: None, live_server: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mailbox]:
    """The mailbox, and the worker that sends into it."""
    port = embedded.free_port()
    log = tmp_path_factory.mktemp("worker") / "worker.log"
    worker: list[Worker] = []
    box = Mailbox(lambda: worker[0].account())
    server = mail.serve(box, port)
    worker.append(Worker(log, live_server.url, port))
    yield box
    worker[0].stop()
    server.stop()


@pytest.fixture
def live_worker() -> None:
    """Named so that the suite's fixtures leave the nudges alone."""


@pytest.fixture
def mailbox(post_office: Mailbox, live_worker: None, transactional_db: None) -> Iterator[Mailbox]:
    """The mailbox, empty; afterwards the worker has come to rest before tables are emptied."""
    post_office.empty()
    yield post_office
    deadline = time.monotonic() + SECONDS
    while Message.objects.filter(status="sending").exists() and time.monotonic() < deadline:
        time.sleep(0.05)


@pytest.fixture(autouse=True)
def one_address(live_server: Any, settings: Any) -> str:
    """The site's address is the live server's, on this side as on the worker's."""
    settings.SITE_URL = live_server.url
    return str(live_server.url)


@pytest.fixture
def meet(
    chromium: Any, mailbox: Mailbox, one_address: str, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Person]]:
    """Makes people: `meet("Ada Moss")`, on a phone with `phone=True`.

    At the end every browser must have been content; of a failed journey pictures are kept in
    var/journeys.
    """
    people: list[tuple[Person, Any, Watch]] = []

    def make(name: str, address: str = "", *, phone: bool = False) -> Person:
        context = chromium.new_context(
            base_url=one_address, viewport=browser.PHONE if phone else browser.DESK, has_touch=phone
        )
        context.set_default_timeout(SECONDS * 1000)
        watch = Watch(context)
        address = address or f"{name.lower().replace(' ', '.')}@mail.example"
        people.append((Person(context, mailbox, name, address), context, watch))
        return people[-1][0]

    yield make
    complaints = []
    for person, context, watch in people:
        if request.node.stash.get(FAILED, False):
            _keep(person, request.node.name)
        context.close()
        complaints += [f"{person.name}: {complaint}" for complaint in watch.complaints]
    assert not complaints, "\n".join(complaints)


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    """A scan that passes for an identity document."""
    path = tmp_path / "scan.png"
    Image.new("RGB", (800, 500), "white").save(path)
    return path


def _keep(person: Person, test: str) -> None:
    folder = browser.PROJECT / "var" / "journeys"
    folder.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^a-z0-9]+", "-", f"{test}-{person.name}".lower())
    person.page.screenshot(path=folder / f"{name}.png", full_page=True)
    (folder / f"{name}.html").write_text(person.page.content())
