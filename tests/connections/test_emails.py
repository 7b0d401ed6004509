"""Mails that other parts of the product set off: approvals that change under grants (X3)."""

import pytest
from django.db import transaction

from connections.emails import approval_changed_drafts
from connections.models import Connection
from core import clock
from core.notifications.models import Notification
from core.outbox import services as outbox
from tests.connections.conftest import Pair
from tests.factories import connections as make
from tests.factories.accounts import administrator, organization
from tests.support import drain


@pytest.mark.parametrize(
    ("change", "counts"),
    [("lowered", "view"), ("revoked", "none"), ("lapsed", "none"), ("restored", "view")],
)
def test_every_affected_seller_is_told_once(pair: Pair, change: str, counts: str) -> None:
    approval = make.approved(pair.provider, make.FBA, "view")
    pair.connect(fba="edit")
    second = organization("seller")
    colleague = administrator(second, identified=False)
    make.connection(second, pair.provider, {make.FBA: "view"})
    ended = organization("seller")
    administrator(ended, identified=False)
    make.connection(ended, pair.provider, {make.FBA: "view"}, status="ended", ended_at=clock.now())
    make.connection(organization("seller"), pair.provider, {make.LISTINGS: "view"})
    for _ in range(2):
        with transaction.atomic():
            outbox.queue_fan_out(
                key=f"approval:{approval.pk}:{change}",
                expander=approval_changed_drafts,
                approved_role_id=approval.pk,
                change=change,
            )
    mails = drain()
    assert {mail.to[0] for mail in mails} == {pair.seller_admin.email, colleague.email}
    assert f"Counts now as: {counts}" in str(mails[0].body)
    assert Notification.objects.filter(kind=f"connections.approval_{change}").count() == 2


def test_pieces_continue_where_the_last_one_ended(pair: Pair) -> None:
    approval = make.approved(pair.provider)
    for _ in range(5):
        seller = organization("seller")
        administrator(seller, identified=False)
        make.connection(seller, pair.provider)
    cursor, pieces = 0, 0
    while cursor is not None:
        cursor = approval_changed_drafts(
            after=cursor, limit=2, approved_role_id=approval.pk, change="revoked"
        )
        pieces += 1
    told = [mail.to[0] for mail in drain()]
    assert (len(told), len(set(told)), pieces) == (5, 5, 3)


def test_names_in_mails_are_inert(pair: Pair) -> None:
    """I14."""
    pair.provider.name = "Buy at https://evil.example now\nBcc: x@y.example"
    pair.provider.save()
    row = pair.connect(fba="edit")
    pair.at_seller().post(pair.seller_url(f"partners/{row.public_id}/end/"), {"reason": "www.x.yz"})
    for mail in drain():
        assert "\n" not in mail.subject
        assert "https://evil.example" not in str(mail.body)
        assert "www.x.yz" not in str(mail.body)
    assert Connection.objects.get().reason == "www.x.yz"
