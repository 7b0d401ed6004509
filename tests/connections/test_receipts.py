"""The consent receipt: one paper for both sides, with what the history's seals vouch for (X8)."""

from typing import Any

import pypdfium2

from connections.models import RoleGrant
from connections.reads import receipts
from connections.transitions import assignments, endings, grants
from core.audit import seals
from core.audit.models import Event, Seal
from core.web.access import Level
from tests.connections.conftest import Pair
from tests.factories import connections as make


def words(pdf: bytes) -> str:
    """The text of every page, without its line breaks."""
    pages = pypdfium2.PdfDocument(pdf)
    return " ".join(" ".join(page.get_textpage().get_text_range().split()) for page in pages)


def download(client: Any, url: str) -> bytes:
    response = client.post(url)
    assert response.status_code == 200
    assert response["Content-Type"] == "application/pdf"
    assert "attachment" in response["Content-Disposition"]
    return bytes(response.content)


def both(pair: Pair, row: Any) -> tuple[bytes, bytes]:
    return (
        download(pair.at_seller(), pair.seller_url(f"partners/{row.public_id}/receipt/")),
        download(pair.at_provider(), pair.provider_url(f"clients/{row.public_id}/receipt/")),
    )


def test_both_sides_hold_the_same_paper(pair: Pair) -> None:
    """Who granted what to whom, from and until when, on which approval, and what happened."""
    row = pair.arrange(fba=Level.EDIT)
    seals.seal_all()
    mine, theirs = both(pair, row)
    assert mine == theirs
    text = words(mine)
    for part in (
        f"{pair.seller.name} ({pair.seller.handle})",
        f"{pair.provider.name} ({pair.provider.handle})",
        str(row.public_id),
        "Manage FBA Inventory/Shipments: edit",
        f"by {pair.seller_admin.name}",
        "approval by Amazon up to admin",
        "Connected and granted roles",
    ):
        assert part in text, part
    started = Event.objects.get(verb="connection.started")
    assert str(started.uid) in text
    solid = text.replace(" ", "")
    for party in (pair.seller, pair.provider):
        seal = Seal.objects.get(organization_id=party.pk, event_id=started.pk)
        assert seal.hash in solid
    assert "notsealedyet" not in solid


def test_paper_changes_with_what_it_is_about_and_with_nothing_else(pair: Pair) -> None:
    row = pair.arrange(fba=Level.EDIT)
    first, _ = both(pair, row)
    assert "not sealed yet" in words(first)
    again, _ = both(pair, row)
    assert first == again
    ana = pair.employee("Ana Berg")
    grant = RoleGrant.objects.get(connection=row)
    assignments.assign(
        connection=row,
        by=pair.provider_admin,
        changes={ana.memberships.get().pk: {grant.pk: Level.EDIT}},
    )
    grants.change(
        connection=row, by=pair.seller_admin, levels={make.FBA: Level.VIEW}, version=row.version
    )
    endings.terminate(connection=row, by=pair.provider_admin, organization=pair.provider)
    last = words(both(pair, row)[0])
    assert "edit → view" in last
    assert "Ana Berg" in last
    assert "Ended the connection" in last
    assert "by the provider" in last


def test_each_download_is_history_of_who_took_it(pair: Pair, other: Pair) -> None:
    row = pair.connect(fba="edit")
    both(pair, row)
    taken = Event.objects.filter(verb=receipts.DOWNLOADED).order_by("id")
    assert [(event.organization_id, event.counterparty_id) for event in taken] == [
        (pair.seller.pk, None),
        (pair.provider.pk, None),
    ]
    url = other.seller_url(f"partners/{row.public_id}/receipt/")
    assert other.at_seller().post(url).status_code == 404
    assert other.at_seller().get(url).status_code == 405


def test_a_long_history_runs_over_pages(pair: Pair) -> None:
    row = pair.arrange(fba=Level.EDIT)
    for number in range(30):
        row.refresh_from_db()
        levels = {make.FBA: Level.EDIT if number % 2 else Level.VIEW}
        grants.change(connection=row, by=pair.seller_admin, levels=levels, version=row.version)
    pdf, _ = both(pair, row)
    assert len(pypdfium2.PdfDocument(pdf)) > 2
    assert "page 3" in words(pdf)
