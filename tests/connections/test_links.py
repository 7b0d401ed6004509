"""The seller's partner link: whom it is bound to, its states, its limits (S0.10, S0.11, I12)."""

from datetime import UTC, timedelta
from typing import Any

import pytest

from accounts.models import Membership, Sending
from connections.models import PartnerLink
from core import clock
from core.audit.models import Event
from core.outbox import tokens
from tests.connections.conftest import Pair
from tests.factories import connections as make
from tests.factories.accounts import administrator, member, organization, person
from tests.support import drain, fingerprint, nothing_changes, one_time_link, signed_in


def issue(pair: Pair, partner: str) -> Any:
    return pair.at_seller().post(pair.seller_url("partners/add/"), {"partner": partner})


def path(pair: Pair, link: PartnerLink, rest: str = "") -> str:
    return pair.seller_url(f"partners/links/{link.public_id}/{rest}")


def test_link_for_a_handle_is_bound_to_the_provider_and_lasts_seven_days(pair: Pair) -> None:
    issue(pair, f"  {pair.provider.handle.upper()} ")
    link = PartnerLink.objects.get()
    assert (link.provider, link.address, link.status) == (pair.provider, "", "issued")
    assert link.expires_at == clock.end_of(clock.today(UTC) + timedelta(days=7), UTC)
    text = pair.at_seller().get(path(pair, link)).text
    assert pair.provider.name in text
    assert "Waiting for the provider" in text


def test_link_for_an_address_is_bound_to_its_canonical_form(pair: Pair) -> None:
    issue(pair, " Ana@Firm.EXAMPLE ")
    link = PartnerLink.objects.get()
    assert (link.provider, link.address) == (None, "ana@firm.example")


@pytest.mark.parametrize(
    "partner", ["", "nobody-here", "a@b", "x" * 300, "a\0b", "../..", "%", "ana@firm", "\u202e"]
)
def test_what_is_neither_handle_nor_address_is_refused_at_the_field(
    pair: Pair, partner: str
) -> None:
    with nothing_changes():
        response = issue(pair, partner)
    assert response.status_code == 422
    assert "field-errors" in response.text


def test_other_kinds_and_closed_accounts_are_not_found_by_handle(pair: Pair, other: Pair) -> None:
    closed = organization("provider", status="closed")
    suspended = organization("provider", status="suspended")
    for handle in (other.seller.handle, closed.handle, suspended.handle):
        assert issue(pair, handle).status_code == 422


def test_known_and_unknown_addresses_look_the_same(pair: Pair) -> None:
    """I15: neither the answer nor any page tells whether an address has an account."""
    pages = []
    for address in (pair.provider_admin.email, "nobody@nowhere.example"):
        issue(pair, address)
        link = PartnerLink.objects.latest("id")
        client = pair.at_seller()
        for rest in ("", "roles/"):
            text = client.get(path(pair, link, rest)).text
            text = text.replace(address, "ADDRESS").replace(str(link.public_id), "ID")
            pages.append("\n".join(line for line in text.splitlines() if "csrf" not in line))
    assert pages[0] == pages[2]
    assert pages[1] == pages[3]


def test_a_second_link_leads_to_the_open_one(pair: Pair) -> None:
    for partner in (pair.provider.handle, "ana@firm.example"):
        issue(pair, partner)
        link = PartnerLink.objects.latest("id")
        response = issue(pair, partner)
        assert response.url == path(pair, link)
    assert PartnerLink.objects.count() == 2


def test_a_connected_provider_leads_to_the_connection(pair: Pair) -> None:
    row = pair.connect()
    response = issue(pair, pair.provider.handle)
    assert response.url == pair.seller_url(f"partners/{row.public_id}/")
    assert PartnerLink.objects.count() == 0


def test_an_open_invitation_of_the_provider_leads_to_it(pair: Pair) -> None:
    row = make.invitation(pair.seller, pair.provider)
    response = issue(pair, pair.provider.handle)
    assert response.url == pair.seller_url(f"partners/invitations/{row.public_id}/")


def test_an_overdue_link_makes_room_for_a_new_one(pair: Pair) -> None:
    past = clock.now() - timedelta(minutes=1)
    old = make.partner_link(pair.seller, pair.provider, expires_at=past)
    issue(pair, pair.provider.handle)
    old.refresh_from_db()
    assert old.status == "expired"
    assert PartnerLink.objects.filter(status="issued").count() == 1


def test_copying_is_a_post_of_the_issuer_written_to_history(pair: Pair) -> None:
    issue(pair, pair.provider.handle)
    link = PartnerLink.objects.get()
    client = pair.at_seller()
    assert "/invitations/partner-link/" not in client.get(path(pair, link)).text
    assert client.get(path(pair, link, "copy/")).status_code == 405
    text = client.post(path(pair, link, "copy/")).text
    assert "http://localhost/invitations/partner-link/" in text
    assert Event.objects.filter(verb="partner_link.link_copied").count() == 1
    colleague = signed_in(administrator(pair.seller))
    assert colleague.post(path(pair, link, "copy/")).status_code == 403


def test_sending_goes_to_the_address_or_to_every_administrator(pair: Pair) -> None:
    second = administrator(pair.provider)
    member(pair.provider)
    issue(pair, pair.provider.handle)
    link = PartnerLink.objects.get()
    pair.at_seller().post(path(pair, link, "send/"))
    assert {mail.to[0] for mail in drain()} == {pair.provider_admin.email, second.email}
    issue(pair, "ana@firm.example")
    link = PartnerLink.objects.latest("id")
    pair.at_seller().post(path(pair, link, "send/"))
    (mail,) = drain()
    assert mail.to == ["ana@firm.example"]
    assert pair.seller.name in str(mail.body)
    assert one_time_link(mail).startswith("/invitations/partner-link/")


def test_sending_counts_in_the_limits(pair: Pair) -> None:
    issue(pair, "ana@firm.example")
    link = PartnerLink.objects.get()
    client = pair.at_seller()
    assert client.post(path(pair, link, "send/")).status_code == 302
    assert Sending.objects.get().budget_key == "ana@firm.example"
    assert client.post(path(pair, link, "send/")).status_code == 429
    link.refresh_from_db()
    link.mailed_at = clock.now() - timedelta(minutes=11)
    link.save()
    assert client.post(path(pair, link, "send/")).status_code == 302


def test_five_accounts_may_write_to_a_strange_address_a_day(pair: Pair) -> None:
    for _ in range(5):
        someone = organization("seller")
        Sending.objects.create(organization=someone, budget_key="ana@firm.example", about="x")
    issue(pair, "A.na+tag@firm.example")
    link = PartnerLink.objects.get()
    assert pair.at_seller().post(path(pair, link, "send/")).status_code == 429
    assert drain() == []


def test_fifty_links_may_be_open(pair: Pair) -> None:
    for number in range(50):
        make.partner_link(pair.seller, address=f"a{number}@firm.example")
    with nothing_changes():
        response = issue(pair, pair.provider.handle)
    assert response.status_code == 429
    assert "Cancel one first" in response.text


def test_many_sellers_may_write_to_a_provider_that_is_known(pair: Pair) -> None:
    for _ in range(6):
        someone = organization("seller")
        key = f"provider:{pair.provider.pk}"
        Sending.objects.create(organization=someone, budget_key=key, about="x")
    issue(pair, pair.provider.handle)
    link = PartnerLink.objects.get()
    assert pair.at_seller().post(path(pair, link, "send/")).status_code == 302


def test_cancelled_is_dead_and_its_waiting_mail_is_taken_back(pair: Pair) -> None:
    issue(pair, pair.provider.handle)
    link = PartnerLink.objects.get()
    client = pair.at_seller()
    address = client.post(path(pair, link, "copy/")).text.split('value="http://localhost')[1]
    client.post(path(pair, link, "send/"))
    client.post(path(pair, link, "cancel/"))
    assert drain() == []
    with nothing_changes():
        provider = pair.at_provider()
        assert provider.get(address.split('"')[0], follow=True).status_code == 410
        answer = pair.provider_url(f"partner-links/{link.public_id}/answer/")
        assert provider.post(answer).status_code == 410
        assert client.post(path(pair, link, "cancel/")).status_code == 302
        assert client.post(path(pair, link, "send/")).status_code == 410
        assert client.post(path(pair, link, "copy/")).status_code == 410


def test_expired_can_be_renewed_and_the_old_link_stays_dead(pair: Pair) -> None:
    make.approved(pair.provider)
    issue(pair, pair.provider.handle)
    link = PartnerLink.objects.get()
    client = pair.at_seller()
    assert client.post(path(pair, link, "renew/")).status_code == 409
    old = client.post(path(pair, link, "copy/")).text.split('value="http://localhost')[1]
    PartnerLink.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    assert "Expired" in client.get(path(pair, link)).text
    assert client.post(path(pair, link, "renew/")).status_code == 302
    link.refresh_from_db()
    assert (link.status, link.generation) == ("issued", 2)
    assert pair.at_provider().get(old.split('"')[0], follow=True).status_code == 410
    new = client.post(path(pair, link, "copy/")).text.split('value="http://localhost')[1]
    assert pair.at_provider().get(new.split('"')[0], follow=True).status_code == 200


@pytest.mark.parametrize("state", ["open", "expired"])
def test_a_link_for_an_address_is_sent_again_and_only_the_new_one_counts(
    pair: Pair, state: str
) -> None:
    """U2, I5: a new generation and a new end, mailed to the address; the old link is dead."""
    make.approved(pair.provider)
    ends = clock.now() + timedelta(days=1) * (1 if state == "open" else -1)
    link = make.partner_link(pair.seller, address=pair.provider_admin.email, expires_at=ends)
    old = tokens.claim_url(link.claim).removeprefix("http://localhost")
    assert pair.at_seller().post(path(pair, link, "resend/"), {"list": "1"}).status_code == 302
    link.refresh_from_db()
    assert (link.generation, link.status, link.provider) == (2, "issued", None)
    assert link.expires_at > clock.now() + timedelta(days=6)
    [letter] = drain()
    assert letter.to == [pair.provider_admin.email]
    provider, stranger = signed_in(pair.provider_admin), signed_in(person())
    page = provider.get(old, follow=True)
    assert (page.status_code, "There is a newer link" in page.text) == (410, True)
    new = one_time_link(letter)
    assert new != old
    assert "Send invitation" in provider.get(new, follow=True).text
    assert "for somebody else" in stranger.get(new, follow=True).text


def test_preview_greys_all_68_roles_without_an_approval(pair: Pair) -> None:
    issue(pair, pair.provider.handle)
    link = PartnerLink.objects.get()
    text = pair.at_seller().get(path(pair, link, "roles/")).text
    assert text.count("<select") == text.count(" disabled") == 68
    assert text.count("has not applied for this role") == 65
    assert text.count("never given to a provider") == 3


def test_preview_says_what_is_approved_and_lets_nothing_be_chosen(pair: Pair) -> None:
    make.approved(pair.provider, make.FBA, "edit")
    issue(pair, pair.provider.handle)
    link = PartnerLink.objects.get()
    text = pair.at_seller().get(path(pair, link, "roles/")).text
    assert "1 of 68 roles" in text
    assert "Approved up to edit only, not admin." in text
    assert text.count(" disabled") == 68


def test_preview_for_an_address_says_that_nobody_has_answered(pair: Pair) -> None:
    make.approved(pair.provider)
    issue(pair, pair.provider_admin.email)
    link = PartnerLink.objects.get()
    text = pair.at_seller().get(path(pair, link, "roles/")).text
    assert text.count(" disabled") == 68
    assert text.count("Nobody has answered this link yet") == 65


def test_only_administrators_of_this_seller_reach_its_links(pair: Pair, other: Pair) -> None:
    issue(pair, pair.provider.handle)
    link = PartnerLink.objects.get()
    staff = signed_in(member(pair.seller))
    with nothing_changes():
        for rest in ("", "roles/"):
            assert staff.get(path(pair, link, rest)).status_code == 403
            assert other.at_seller().get(path(pair, link, rest)).status_code == 404
            assert pair.at_provider().get(path(pair, link, rest)).status_code == 404
        foreign = other.seller_url(f"partners/links/{link.public_id}/")
        for rest in ("", "copy/", "send/", "cancel/", "renew/"):
            method = "get" if not rest else "post"
            assert getattr(other.at_seller(), method)(foreign + rest).status_code == 404


def test_link_shows_nothing_to_strangers_and_gives_no_right(pair: Pair, other: Pair) -> None:
    """I12: only an administrator of the provider it is bound to may answer it."""
    make.approved(pair.provider)
    make.approved(other.provider)
    issue(pair, pair.provider.handle)
    link = PartnerLink.objects.get()
    address = pair.at_seller().post(path(pair, link, "copy/")).text
    one_time = address.split('value="http://localhost')[1].split('"')[0]
    employee, stranger = signed_in(pair.employee()), signed_in(person())
    before = fingerprint()
    for visitor in (stranger, employee, other.at_provider(), pair.at_seller()):
        assert "somebody else" in visitor.get(one_time, follow=True).text
    mine = pair.provider_url(f"partner-links/{link.public_id}/")
    theirs = other.provider_url(f"partner-links/{link.public_id}/")
    assert employee.get(mine).status_code == 403
    assert employee.post(f"{mine}answer/").status_code == 403
    for rest in ("", "answer/", "decline/"):
        method = "post" if rest else "get"
        assert getattr(other.at_provider(), method)(theirs + rest).status_code == 404
        assert getattr(other.at_provider(), method)(mine + rest).status_code == 404
    assert fingerprint() == before


def test_link_of_an_issuer_who_left_is_worth_nothing(pair: Pair) -> None:
    """I10: an invitation is worth no more than its inviter's right today."""
    make.approved(pair.provider)
    issue(pair, pair.provider.handle)
    link = PartnerLink.objects.get()
    administrator(pair.seller)
    Membership.objects.filter(user=pair.seller_admin).update(role="employee")
    with nothing_changes():
        answer = pair.provider_url(f"partner-links/{link.public_id}/answer/")
        assert pair.at_provider().post(answer).status_code == 410


def test_lists_take_a_fixed_number_of_queries(pair: Pair, django_assert_num_queries: Any) -> None:
    client = pair.at_seller()

    def queries() -> int:
        from django.db import connection as database
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(database) as captured:
            assert client.get(pair.seller_url("partners/links/")).status_code == 200
        return len(captured)

    make.partner_link(pair.seller, pair.provider)
    few = queries()
    for number in range(20):
        make.partner_link(pair.seller, address=f"a{number}@firm.example")
    assert queries() == few


def test_the_seller_reads_that_the_provider_has_opened_it(pair: Pair) -> None:
    """Opened by its administrator, once; looking again and the opener's firm change nothing."""
    link = make.partner_link(pair.seller, pair.provider)
    page = pair.provider_url(f"partner-links/{link.public_id}/")
    assert pair.at_provider().get(page).status_code == 200
    link.refresh_from_db()
    assert (link.status, link.opened_at is not None) == ("opened", True)
    with nothing_changes():
        pair.at_provider().get(page)
    text = pair.at_seller().get(pair.seller_url("permissions/")).text
    assert "Opened by the provider" in text
    assert "Waiting for the provider" not in text
    assert Event.objects.filter(verb="partner_link.opened").count() == 1
