"""An approval changes: its grants follow at once, and everybody concerned is told (X3, X5)."""

from datetime import timedelta
from typing import Any

import pytest

from accounts.models import User
from connections.rights.access import effective_level
from core import clock
from core.web.access import Level
from roles.tasks import sweep
from tests.factories import connections, roles
from tests.support import drain, signed_in

pytestmark = pytest.mark.django_db
FBA = connections.FBA


@pytest.fixture
def world() -> Any:
    """A seller who granted admin, and the approval under it."""
    seller, hers, provider, his = connections.pair()
    connections.connection(seller, provider, {FBA: "admin"})
    return seller, hers, provider, his, connections.approved(provider)


def desk(row: Any, verb: str, **data: Any) -> None:
    row.refresh_from_db()
    data = {"version": row.version, "reason": "Labels were wrong.", "confirmed": "1"} | data
    client = signed_in(roles.reviewer(lead=True))
    response = client.post(f"/admin/roles/approvedrole/{row.pk}/{verb}/", data)
    assert response.status_code == 302


def mails_to(person: User) -> list[str]:
    return [mail.subject for mail in drain() if mail.to == [person.email]]


def test_lowered_revoked_restored(world: Any) -> None:
    seller, hers, _provider, his, approval = world
    assert effective_level(his, seller, FBA) == Level.ADMIN
    desk(approval, "lower", level="1")
    assert effective_level(his, seller, FBA) == Level.VIEW
    assert len(mails_to(hers)) == 1
    desk(approval, "revoke")
    assert effective_level(his, seller, FBA) == Level.NONE
    assert len(mails_to(hers)) == 1
    desk(approval, "restore")
    assert effective_level(his, seller, FBA) == Level.NONE
    desk(approval, "confirm")
    assert effective_level(his, seller, FBA) == Level.VIEW
    assert len(mails_to(hers)) == 1
    # The same change a second time is news again.
    desk(approval, "revoke")
    assert len(mails_to(hers)) == 1


def test_dry_run_names_the_sellers(world: Any) -> None:
    seller, _hers, provider, _his, approval = world
    other, _ = connections.pair()[0:2]
    connections.connection(other, provider, {FBA: "view"})
    page = signed_in(roles.reviewer(lead=True)).get(
        f"/admin/roles/approvedrole/{approval.pk}/revoke/"
    )
    text = page.content.decode()
    assert "2 sellers have granted this role" in text
    assert seller.name in text
    assert other.name in text


def test_sellers_are_reminded_and_told_of_the_end(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _seller, hers, _provider, _his, approval = world
    counts = []
    for days in (60, 59, 30, 7, -1):
        moment = approval.expires_at - timedelta(days=days)
        monkeypatch.setattr(clock, "now", lambda moment=moment: moment)
        sweep()
        counts.append(sum("laps" in subject for subject in mails_to(hers)))
    assert counts == [1, 0, 1, 1, 1]
