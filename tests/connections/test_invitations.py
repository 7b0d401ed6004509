"""The provider's answer: what it needs, its states, what the other side reads (S0.12, S0.13)."""

from datetime import UTC, timedelta
from typing import Any

import pytest

from accounts.invitations import transitions as mechanism
from accounts.models import IdentityCheck, Membership
from connections.models import ConnectionInvitation, PartnerLink
from connections.transitions import invitations
from core import clock
from core.errors import Conflict, NotPermitted, NotRelated
from tests.connections.conftest import Pair, queries
from tests.factories import connections as make
from tests.factories.accounts import administrator, organization, person
from tests.support import drain, nothing_changes, one_time_link, signed_in


def link_page(pair: Pair, link: PartnerLink, rest: str = "") -> str:
    return pair.provider_url(f"partner-links/{link.public_id}/{rest}")


def page(pair: Pair, row: ConnectionInvitation, rest: str = "") -> str:
    return pair.provider_url(f"clients/invitations/{row.public_id}/{rest}")


def test_reading_the_link_changes_nothing(pair: Pair) -> None:
    """U9: opening shows who asks and consumes nothing; that it was opened is all that is noted."""
    make.approved(pair.provider)
    link = make.partner_link(pair.seller, pair.provider)
    pair.at_provider().get(link_page(pair, link))
    before, link = link, type(link).objects.get(pk=link.pk)
    assert link.is_open
    assert (link.generation, link.expires_at) == (before.generation, before.expires_at)
    with nothing_changes():
        text = pair.at_provider().get(link_page(pair, link)).text
    assert pair.seller.name in text
    assert "Send invitation" in text


def test_without_an_approved_role_the_page_says_what_is_missing(pair: Pair) -> None:
    """S0.9, S0.13: the missing step and the way there; the button would not do anyway."""
    link = make.partner_link(pair.seller, pair.provider)
    client = pair.at_provider()
    text = client.get(link_page(pair, link)).text
    assert "At least one role is approved" in text
    assert pair.provider_url("applications/") in text
    assert "Send invitation" not in text
    with nothing_changes():
        assert client.post(link_page(pair, link, "answer/")).status_code == 403


@pytest.mark.parametrize(("status", "until"), [("revoked", 100), ("lapsed", 100), ("active", -1)])
def test_an_approval_that_is_not_in_force_does_not_count(
    pair: Pair, status: str, until: int
) -> None:
    now = clock.now()
    ended = None if status == "active" else now
    until_date = now + timedelta(days=until)
    make.approved(pair.provider, status=status, ended_at=ended, expires_at=until_date)
    link = make.partner_link(pair.seller, pair.provider)
    assert pair.at_provider().post(link_page(pair, link, "answer/")).status_code == 403


def test_who_presses_must_be_identified(pair: Pair) -> None:
    make.approved(pair.provider)
    link = make.partner_link(pair.seller, pair.provider)
    IdentityCheck.objects.all().delete()
    client = pair.at_provider()
    assert "Verify your identity" in client.get(link_page(pair, link)).text
    with nothing_changes():
        assert client.post(link_page(pair, link, "answer/")).status_code == 403


def test_a_draft_account_reads_the_link_but_cannot_answer(db: Any) -> None:
    pair = Pair(*make.pair(status="draft", activated_at=None))
    link = make.partner_link(pair.seller, pair.provider)
    client = pair.at_provider()
    assert "Your account is active" in client.get(link_page(pair, link)).text
    assert client.post(link_page(pair, link, "answer/")).status_code == 403


def test_answering_uses_the_link_up_and_mails_the_seller(pair: Pair) -> None:
    make.approved(pair.provider)
    second = administrator(pair.seller, identified=False)
    link = make.partner_link(pair.seller, pair.provider)
    client = pair.at_provider()
    assert client.post(link_page(pair, link, "answer/")).status_code == 302
    link.refresh_from_db()
    assert link.status == "answered"
    assert link.opened_at
    row = ConnectionInvitation.objects.get()
    assert row.expires_at == clock.end_of(clock.today(UTC) + timedelta(days=14), UTC)
    mails = drain()
    # The issuer is the first to be written to.
    assert [mail.to[0] for mail in mails] == [pair.seller_admin.email, second.email]
    with nothing_changes():
        assert client.post(link_page(pair, link, "answer/")).status_code == 410
        assert client.get(link_page(pair, link)).url == page(pair, row)


def test_a_link_to_an_address_belongs_to_its_verified_owner(pair: Pair, other: Pair) -> None:
    make.approved(pair.provider)
    link = make.partner_link(pair.seller, address=pair.provider_admin.email)
    colleague = signed_in(administrator(pair.provider))
    with nothing_changes():
        assert colleague.post(link_page(pair, link, "answer/")).status_code == 404
        foreign = other.provider_url(f"partner-links/{link.public_id}/answer/")
        assert other.at_provider().post(foreign).status_code == 404
    assert pair.at_provider().post(link_page(pair, link, "answer/")).status_code == 302
    link.refresh_from_db()
    assert (link.status, link.provider) == ("answered", pair.provider)


def test_an_unverified_address_owns_nothing(pair: Pair) -> None:
    """I1."""
    make.approved(pair.provider)
    link = make.partner_link(pair.seller, address="ana@firm.example")
    user = administrator(pair.provider, person(email="ana@firm.example", verified=False))
    client = signed_in(user)
    assert client.get(link_page(pair, link)).status_code == 404
    assert client.post(link_page(pair, link, "answer/")).status_code == 404


def test_an_owner_of_two_accounts_chooses_for_which_to_answer(pair: Pair) -> None:
    second = organization("provider")
    administrator(second, pair.provider_admin, identified=False)
    make.approved(pair.provider)
    link = make.partner_link(pair.seller, address=pair.provider_admin.email)
    text = pair.at_provider().get(link_page(pair, link)).text
    assert f"/provider/{second.handle}/partner-links/{link.public_id}/" in text


def test_an_address_without_an_account_opens_one_first(pair: Pair) -> None:
    """The link waits in its cookie while the account is made (S0.12)."""
    link = make.partner_link(pair.seller, address="new@firm.example")
    client = signed_in(person(email="new@firm.example"))
    one_time = mechanism.copy_link(row=link, by=pair.seller_admin)
    response = client.get(one_time.removeprefix("http://localhost"), follow=True)
    assert response.redirect_chain[-1][0] == "/start/provider/"
    assert "invitation" in client.cookies


def test_declining_tells_the_seller_why(pair: Pair) -> None:
    link = make.partner_link(pair.seller, pair.provider)
    client = pair.at_provider()
    assert "Reason" in client.get(link_page(pair, link, "decline/")).text
    client.post(link_page(pair, link, "decline/"), {"reason": "We are full until May."})
    link.refresh_from_db()
    assert (link.status, link.reason) == ("declined", "We are full until May.")
    (mail,) = drain()
    assert mail.to == [pair.seller_admin.email]
    assert "We are full until May." in str(mail.body)
    with nothing_changes():
        assert client.post(link_page(pair, link, "decline/")).status_code == 410


def test_nobody_is_invited_who_never_asked(pair: Pair, other: Pair) -> None:
    """I11: steps cannot be skipped, and a link of one seller opens no other."""
    make.approved(pair.provider)
    link = make.partner_link(other.seller, other.provider)
    with pytest.raises(NotRelated):
        invitations.send(link=link, provider=pair.provider, by=pair.provider_admin)
    assert ConnectionInvitation.objects.count() == 0


def test_a_link_to_connected_parties_leads_to_the_connection(pair: Pair) -> None:
    link = make.partner_link(pair.seller, pair.provider)
    row = pair.connect()
    response = pair.at_provider().post(link_page(pair, link, "answer/"))
    assert response.url == pair.provider_url(f"clients/{row.public_id}/")
    assert ConnectionInvitation.objects.count() == 0


def test_a_second_open_invitation_is_a_conflict(pair: Pair) -> None:
    make.approved(pair.provider)
    make.invitation(pair.seller, pair.provider)
    link = make.partner_link(pair.seller, address=pair.provider_admin.email)
    with nothing_changes():
        assert pair.at_provider().post(link_page(pair, link, "answer/")).status_code == 409


def test_an_overdue_invitation_makes_room(pair: Pair) -> None:
    make.approved(pair.provider)
    past = clock.now() - timedelta(minutes=1)
    old = make.invitation(pair.seller, pair.provider, expires_at=past)
    link = make.partner_link(pair.seller, pair.provider)
    assert pair.at_provider().post(link_page(pair, link, "answer/")).status_code == 302
    old.refresh_from_db()
    assert old.status == "expired"


def test_resending_renews_and_kills_the_old_link(pair: Pair) -> None:
    make.approved(pair.provider)
    row = make.invitation(pair.seller, pair.provider)
    client = pair.at_provider()
    old = client.post(page(pair, row, "copy/")).text.split('value="http://localhost')[1]
    assert client.post(page(pair, row, "resend/")).status_code == 429
    ConnectionInvitation.objects.update(sent_at=clock.now() - timedelta(minutes=11))
    assert client.post(page(pair, row, "resend/")).status_code == 302
    row.refresh_from_db()
    assert row.generation == 2
    (mail,) = drain()
    seller = pair.at_seller()
    assert seller.get(old.split('"')[0], follow=True).status_code == 410
    assert seller.get(one_time_link(mail), follow=True).status_code == 200


def test_an_expired_invitation_is_no_dead_end(pair: Pair) -> None:
    make.approved(pair.provider)
    past = clock.now() - timedelta(minutes=11)
    row = make.invitation(pair.seller, pair.provider, expires_at=past, sent_at=past)
    client = pair.at_provider()
    assert "Expired" in client.get(page(pair, row)).text
    assert client.post(page(pair, row, "resend/")).status_code == 302
    row.refresh_from_db()
    assert row.is_open


def test_expiry_is_told_to_the_provider(pair: Pair) -> None:
    past = clock.now() - timedelta(minutes=1)
    row = make.invitation(pair.seller, pair.provider, expires_at=past)
    assert mechanism.expire(row=row)
    (mail,) = drain()
    assert mail.to == [pair.provider_admin.email]
    assert pair.seller.name in mail.subject


def test_withdrawn_is_dead(pair: Pair) -> None:
    row = make.invitation(pair.seller, pair.provider)
    pair.at_provider().post(page(pair, row, "withdraw/"))
    accept = pair.seller_url(f"partners/invitations/{row.public_id}/")
    with nothing_changes():
        seller = pair.at_seller()
        assert seller.get(accept).status_code == 410
        assert seller.post(accept, {"grant-inventory.manage": "1"}).status_code == 410
        assert pair.at_provider().post(page(pair, row, "withdraw/")).status_code == 302
        assert pair.at_provider().post(page(pair, row, "resend/")).status_code == 409


def test_an_old_invitation_is_worth_nothing_after_a_connection(pair: Pair) -> None:
    """I11: after an end, the seller adds the provider again."""
    make.approved(pair.provider)
    past = clock.now() - timedelta(days=20)
    old = make.invitation(
        pair.seller, pair.provider, status="expired", expires_at=past, sent_at=past, created_at=past
    )
    now = clock.now()
    pair_row = make.connection(
        pair.seller, pair.provider, status="terminated", ended_at=now, ended_side="seller"
    )
    assert pair_row.started_at > old.created_at
    with pytest.raises(Conflict):
        mechanism.resend(row=old, by=pair.provider_admin)


def test_only_the_inviter_copies_the_link(pair: Pair) -> None:
    row = make.invitation(pair.seller, pair.provider)
    colleague = signed_in(administrator(pair.provider))
    assert "Show link" not in colleague.get(page(pair, row)).text
    assert colleague.post(page(pair, row, "copy/")).status_code == 403
    assert "/invitations/connection/" in pair.at_provider().post(page(pair, row, "copy/")).text


def test_employees_and_strangers_manage_no_invitations(pair: Pair, other: Pair) -> None:
    row = make.invitation(pair.seller, pair.provider)
    employee = signed_in(pair.employee())
    with nothing_changes():
        for rest in ("resend/", "withdraw/", "copy/"):
            assert employee.post(page(pair, row, rest)).status_code == 403
            foreign = other.provider_url(f"clients/invitations/{row.public_id}/{rest}")
            assert other.at_provider().post(foreign).status_code == 404
        # The seller sees the row on its own page, not on the provider's.
        assert pair.at_seller().post(page(pair, row, "withdraw/")).status_code == 404
    with pytest.raises((NotPermitted, NotRelated)):
        mechanism.revoke(row=row, by=pair.seller_admin)


def test_list_shows_waiting_sellers_and_sent_invitations(pair: Pair, other: Pair) -> None:
    make.partner_link(other.seller, pair.provider)
    make.invitation(pair.seller, pair.provider)
    client = pair.at_provider()
    text = client.get(pair.provider_url("clients/invitations/")).text
    assert pair.seller.name in text
    assert other.seller.name in text
    few = queries(client, pair.provider_url("clients/invitations/"))
    for _ in range(10):
        make.invitation(organization("seller"), pair.provider)
        make.partner_link(organization("seller"), pair.provider)
    assert queries(client, pair.provider_url("clients/invitations/")) == few


def test_an_inviter_who_left_cannot_be_accepted(pair: Pair) -> None:
    """I10."""
    make.approved(pair.provider)
    row = make.invitation(pair.seller, pair.provider)
    administrator(pair.provider)
    Membership.objects.filter(user=pair.provider_admin).update(role="employee")
    accept = pair.seller_url(f"partners/invitations/{row.public_id}/")
    with nothing_changes():
        response = pair.at_seller().post(accept, {f"grant-{make.FBA}": "1"})
    assert response.status_code == 410
