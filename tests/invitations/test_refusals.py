"""Never again: said on the decline page of every kind, not told, lifted by who said it (I18)."""

from collections.abc import Callable

import pytest
from django.urls import reverse

from accounts.models import Refusal
from accounts.tenancy import administered
from core import clock
from core.audit.models import Event
from supplychain.models import SupplierConnection, SupplierInvitation
from tests.factories import connections as ties
from tests.factories.accounts import administrator, organization, person
from tests.factories.invitations import KINDS, Scene
from tests.factories.supplychain import connected, seller, supplier, supplier_invitation
from tests.supplychain.pages import invite, partners_url
from tests.support import drain, nothing_changes, signed_in

pytestmark = pytest.mark.django_db


def decline(scene: Scene) -> object:
    """Decline for good on the page of this kind."""
    row, client = scene.row, signed_in(scene.invited)
    forms: dict[str, Callable[[], tuple[str, dict[str, str]]]] = {
        "employee": lambda: (
            reverse("employee-invitation-decline", args=[row.public_id]),
            {"never_again": "on"},
        ),
        "partner-link": lambda: (
            reverse("provider:partner-link-decline", args=[row.provider.handle, row.public_id]),
            {"never_again": "on"},
        ),
        "connection": lambda: (
            reverse("seller:connection-reject", args=[row.seller.handle, row.public_id]),
            {"never_again": "on"},
        ),
        "supplier": lambda: (
            reverse("supplier-invitation-decline", args=[row.public_id]),
            {"no-never_again": "on"},
        ),
    }
    url, data = forms[row.purpose]()
    return client.post(url, data)


# A guest declines on the page of the shipment: tests/supplychain/test_guests.py.
@pytest.mark.parametrize("name", [name for name in KINDS if name != "guest"])
def test_declining_for_good_tells_the_inviter_no_more_than_declining(name):
    """I18: the inviter hears "declined", and neither the mail nor its history says more."""
    scene = KINDS[name]()
    assert decline(scene).status_code == 302
    assert Refusal.objects.filter(organization=scene.organization).count() == 1
    [letter, *_] = drain()
    assert letter.to == [scene.inviter.email]
    assert "block" not in letter.body.lower()
    assert "again" not in letter.subject.lower()
    told = Event.objects.filter(organization_id=scene.organization.pk) | Event.objects.filter(
        counterparty_id=scene.organization.pk
    )
    assert not told.filter(verb__startswith="refusal").exists()
    assert Event.objects.filter(verb="refusal.set").count() == 1


def test_a_refused_seller_s_link_looks_sent_and_is_not_mailed():
    """I18, I15: the second link is made and "on its way"; the provider hears nothing."""
    scene = KINDS["partner-link"]()
    decline(scene)
    drain()
    shop, firm = scene.organization, scene.row.provider
    client = signed_in(scene.inviter)
    made = client.post(reverse("seller:partner-add", args=[shop.handle]), {"partner": firm.handle})
    link = type(scene.row).objects.exclude(pk=scene.row.pk).get()
    sent = client.post(made.url + "send/", follow=True)
    assert "On its way" in sent.content.decode()
    assert drain() == []
    assert "Nothing waits for you" in signed_in(scene.invited).get("/invitations/").content.decode()
    # Whoever holds the link all the same may answer: that takes the word back.
    ties.approved(firm)
    answer = reverse("provider:partner-link-answer", args=[firm.handle, link.public_id])
    assert signed_in(scene.invited).post(answer).status_code == 302
    assert not Refusal.objects.exists()


def test_a_seller_s_own_link_takes_back_its_word():
    """Who asks a provider to connect wants to hear its answer."""
    scene = KINDS["connection"]()
    decline(scene)
    shop, firm = scene.row.seller, scene.organization
    client = signed_in(scene.invited)
    client.post(reverse("seller:partner-add", args=[shop.handle]), {"partner": firm.handle})
    assert not Refusal.objects.exists()


def test_a_person_sees_and_lifts_what_they_said():
    """I18: listed under the account; lifted, the next invitation arrives."""
    scene = KINDS["employee"]()
    decline(scene)
    drain()
    client = signed_in(scene.invited)
    page = client.get(reverse("refusals"))
    assert scene.organization.name in page.content.decode()
    refusal = Refusal.objects.get()
    url = reverse("refusal-lift", args=[refusal.pk])
    others = [signed_in(person()), signed_in(scene.inviter)]
    with nothing_changes():
        assert [other.post(url).status_code for other in others] == [404, 404]
        assert client.get(url).status_code == 405
    assert client.post(url).status_code == 302
    assert client.post(url).status_code == 404
    assert "Nobody is blocked" in client.get(reverse("refusals")).content.decode()
    assert Event.objects.filter(verb="refusal.lifted").count() == 1


@pytest.fixture(params=["seller blocks", "supplier blocks"])
def pair(request: pytest.FixtureRequest) -> tuple:
    """A connected pair; the first of the two ends the connection and blocks the other."""
    one, two = (
        (seller(), supplier()) if request.param == "seller blocks" else (supplier(), seller())
    )
    shop, factory = (one[0], two[0]) if one[0].kind == "seller" else (two[0], one[0])
    row = connected(shop, factory)
    client = signed_in(one[1])
    url = partners_url(one[0], "remove", row.public_id)
    assert "Block them" in client.get(url).content.decode()
    assert client.post(url, {"block": "on"}).status_code == 302
    drain()
    return one, two


def test_a_blocked_account_s_invitation_looks_sent_and_does_not_arrive(pair):
    """I15: the blocked one reads "sent"; nothing is mailed, shown or merged."""
    (firm, boss), (other, rival) = pair
    client = signed_in(rival)
    assert invite(client, other, boss.email).status_code == 302
    assert "Sent" in client.get(partners_url(other)).content.decode()
    assert drain() == []
    assert other.name not in signed_in(boss).get(partners_url(firm)).content.decode()
    assert "Nothing waits for you" in signed_in(boss).get("/invitations/").content.decode()
    # Crossing: the blocker does not read that they have been invited already.
    assert invite(signed_in(boss), firm, rival.email).status_code == 302


def test_an_unknown_address_and_a_blocking_one_look_the_same(pair):
    """I15: same answer, same words, so that nobody learns whose address it is."""
    (_, boss), (other, rival) = pair
    client = signed_in(rival)
    answers = []
    for address in (boss.email, "nobody@mail.example"):
        page = client.post(partners_url(other), {
            "address": address, "name": "", "supplier_kind": "other",
        }, follow=True)  # fmt: skip
        answers.append(page.content.decode().count("Sent to") + page.status_code)
    assert answers[0] == answers[1]


def test_who_blocks_cannot_be_accepted_by_the_blocked_until_it_is_lifted(pair):
    """The blocker's own invitation waits until its word is lifted, which only it can do."""
    (firm, boss), (other, rival) = pair
    row = supplier_invitation(firm, rival.email, counterparty=other)
    client = signed_in(rival)
    url = partners_url(other, "accept", row.public_id)
    page = client.post(url)
    assert page.status_code == 409
    assert not SupplierConnection.objects.live().exists()
    refusal = Refusal.objects.get()
    portal = "seller" if firm.kind == "seller" else "supply"
    their = "supply" if portal == "seller" else "seller"
    with nothing_changes():
        wrong = reverse(f"{their}:refusal-lift", args=[other.handle, refusal.pk])
        assert client.post(wrong).status_code == 404
    lift = reverse(f"{portal}:refusal-lift", args=[firm.handle, refusal.pk])
    assert other.name in signed_in(boss).get(lift.rsplit("/", 3)[0] + "/").content.decode()
    assert signed_in(boss).post(lift).status_code == 302
    assert client.post(url).status_code == 302
    assert SupplierConnection.objects.live().count() == 1


def test_an_accepted_invitation_takes_the_word_back(pair):
    """Who answers of their own accord hears from them again."""
    (firm, boss), (other, rival) = pair
    row = supplier_invitation(other, boss.email, counterparty=firm)
    page = signed_in(boss).get(reverse("supplier-invitation", args=[row.public_id]))
    assert page.status_code == 200
    url = reverse("supplier-invitation-accept", args=[row.public_id])
    assert signed_in(boss).post(url, {"account": str(firm.public_id)}).status_code == 302
    assert not Refusal.objects.exists()
    assert signed_in(rival).get(partners_url(other)).status_code == 200


def test_declining_inside_the_portal_speaks_for_the_account():
    """Declined > blocked: every later invitation to any of its administrators is silent."""
    shop, owner = seller()
    factory, sam = supplier()
    row = supplier_invitation(shop, sam.email, counterparty=factory)
    signed_in(sam).post(partners_url(factory, "decline", row.public_id), {"never_again": "on"})
    refusal = Refusal.objects.get()
    assert (refusal.refuser, refusal.organization) == (factory, shop)
    drain()
    colleague = administrator(factory, identified=False)
    assert invite(signed_in(owner), shop, colleague.email).status_code == 302
    assert drain() == []


def test_an_address_with_another_account_is_still_written_to():
    """One account's word is not another's: the owner of both chooses."""
    shop, owner = seller()
    factory, sam = supplier()
    second = organization("supplier")
    administrator(second, sam, identified=False)
    Refusal.objects.create(organization=shop, refuser=factory)
    assert set(administered(sam).values_list("organization_id", flat=True)) == {
        factory.pk,
        second.pk,
    }
    assert invite(signed_in(owner), shop, sam.email).status_code == 302
    assert [letter.to for letter in drain()] == [[sam.email]]


def test_what_was_open_before_the_block_is_hidden_too():
    """Another invitation of theirs that waited already does not wait any more."""
    shop, owner = seller()
    factory, sam = supplier()
    row = connected(shop, factory)
    SupplierInvitation.objects.filter(organization=shop).delete()
    supplier_invitation(shop, sam.email, counterparty=factory, sent_at=clock.now())
    client = signed_in(sam)
    client.post(partners_url(factory, "remove", row.public_id), {"block": "on"})
    assert shop.name not in client.get(partners_url(factory)).content.decode().split(
        "Invite a seller"
    )[0].replace(f"no longer connected with {shop.name}", "")
    assert owner.pk
