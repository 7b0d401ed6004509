"""Every form and every button after the session has ended: where its person lands."""

from collections import Counter
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import resolve, reverse

from tests.sweep.engine import Sweep
from tests.sweep.table import ROWS

pytestmark = pytest.mark.django_db
# What is posted, and asks for a sign-in first.
POSTED = [row for row in ROWS if (row.get is None or row.body) and row.signed_out == 302]


def test_every_post_after_the_session_ended_lands_on_a_page(
    sweep: Sweep, record_property: Any
) -> None:
    """Sign-in leads on to a page that its person may look at, never to an address that only takes
    posts; that address itself, reloaded, has words and the way to the page."""
    landed: Counter[str] = Counter()
    wrong: list[str] = []
    for row in POSTED:
        url = row.url(sweep.world.home)
        if not getattr(resolve(url).func, "login_required", True):
            continue
        answer = sweep.send("anonymous", "POST", url)
        where = urlsplit(answer.location)
        target = parse_qs(where.query).get("next", [""])[0]
        if (answer.code, where.path) != (302, reverse("account_login")) or answer.changed:
            wrong.append(f"{row.name}: {answer.code} {answer.location}")
            continue
        page = sweep.send(row.manager, "GET", target)
        if page.code not in (200, 302, 409):
            wrong.append(f"{row.name}: lands on {target}, {page.code}")
        kind = "its own page" if target == url else "the page above"
        landed[kind if target != "/" else "the start page"] += 1
        again = sweep.send(row.manager, "GET", url)
        if again.code == 405 and f'<a class="action" href="{target}"' not in again.body:
            wrong.append(f"{row.name}: a 405 without the way to {target}")
    assert not wrong, "\n".join(wrong)
    for kind, number in landed.items():
        record_property(f"cells: after an ended session, {kind}", number)
