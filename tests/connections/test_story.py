"""Phase 2 from front to end, over HTTP and mails (S0.1, S0.10 to S0.15)."""

from typing import Any

from connections.models import Connection, ConnectionInvitation, PartnerLink
from tests.connections.conftest import Pair, grants_in
from tests.factories import connections as make
from tests.support import drain, one_time_link, signed_in


def test_seller_adds_provider_who_invites_and_seller_grants(pair: Pair, run_callbacks: Any) -> None:
    make.approved(pair.provider, make.FBA, "edit")
    seller, provider = pair.at_seller(), pair.at_provider()

    response = seller.post(pair.seller_url("partners/add/"), {"partner": pair.provider.handle})
    link = PartnerLink.objects.get()
    page = pair.seller_url(f"partners/links/{link.public_id}/")
    assert response.url == page
    assert pair.provider.name in seller.get(page).text
    seller.post(f"{page}send/")
    (mail,) = drain()
    assert mail.to == [pair.provider_admin.email]

    # The link is opened by somebody signed out, survives signing in, and leads to its page.
    visitor = signed_in(pair.provider_admin)
    first = visitor.get(one_time_link(mail), follow=True)
    assert first.status_code == 200
    assert first.redirect_chain[-1][0] == pair.provider_url(f"partner-links/{link.public_id}/")
    assert pair.seller.name in first.text
    response = visitor.post(pair.provider_url(f"partner-links/{link.public_id}/answer/"))
    invitation = ConnectionInvitation.objects.get()
    assert response.url == pair.provider_url(f"clients/invitations/{invitation.public_id}/")
    (mail,) = drain()
    assert mail.to == [pair.seller_admin.email]

    accept = pair.seller_url(f"partners/invitations/{invitation.public_id}/")
    page_again = seller.get(one_time_link(mail), follow=True)
    assert page_again.redirect_chain[-1][0] == accept
    response = seller.post(accept, {"grant-inventory.fba_shipments": "2", "until": ""})
    connection = Connection.objects.get()
    assert response.url == pair.seller_url(f"partners/{connection.public_id}/")
    assert grants_in(connection) == {make.FBA: 2}
    assert {message.to[0] for message in drain()} == {
        pair.seller_admin.email,
        pair.provider_admin.email,
    }
    assert seller.get(response.url).status_code == 200
    assert provider.get(pair.provider_url("clients/")).text.count(pair.seller.name)
    client = provider.get(pair.provider_url(f"clients/{connection.public_id}/"))
    assert client.status_code == 200
    assert f"/seller/{pair.seller.handle}/" in client.text
