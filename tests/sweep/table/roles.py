"""A provider's applications for roles."""

from typing import Any

from tests.sweep.table.rows import PROVIDERS, Row, portal
from tests.sweep.world import Tenant

ADMIN = {"provider_admin"}


def _row(name: str, state: str, **fields: Any) -> Row:
    return portal(f"provider:{name}", may=ADMIN, at={"public_id": f"application_{state}"}, **fields)


def _draft(t: Tenant) -> dict[str, Any]:
    return {"coupons-level": "2", "coupons-use_case": "Coupons for every client."}


ROWS = [
    portal("provider:applications", may=PROVIDERS, query=("page",)),
    portal(
        "provider:application-new", may=ADMIN, post=422, body=lambda t: {"category": "settings"}
    ),
    portal(
        "provider:application-renew", may=ADMIN, at={"category": "=inventory"}, get=None,
        post=(302, 409),
    ),
    _row("application", "submitted"),
    _row("application-save", "draft", get=None, post=302, body=_draft),
    _row("application-submit", "draft", get=None, post=422, body=_draft),
    _row("application-answer", "asked", get=None, post=422, body=lambda t: {"text": "Two."}),
    _row("application-withdraw", "submitted", post=302, body=lambda t: {}),
    _row("application-again", "decided", get=None, post=302, body=lambda t: {}),
]  # fmt: skip
