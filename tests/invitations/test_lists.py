"""The inviting side's list, the same for every kind: filters, search, acts, back again (U1)."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import portals
from accounts.invitations import kinds
from core import clock
from core.audit.models import Event
from core.outbox import tokens
from core.outbox.models import Message
from tests.factories.accounts import administrator, organization
from tests.factories.connections import approved
from tests.factories.invitations import KINDS, Scene
from tests.supplychain.pages import shipment_page
from tests.support import drain, nothing_changes, one_time_link, signed_in

pytestmark = pytest.mark.django_db
PAGES = {
    "employee": lambda scene: portals.members_page(scene.organization),
    "partner-link": lambda scene: portals.page(scene.organization, "partner-links"),
    "connection": lambda scene: portals.page(scene.organization, "client-invitations"),
    "supplier": lambda scene: portals.page(
        scene.organization, "suppliers" if scene.organization.kind == "seller" else "sellers"
    ),
    "guest": lambda scene: shipment_page(scene.row.shipment),
}


@pytest.fixture(params=KINDS)
def scene(request: pytest.FixtureRequest) -> Scene:
    """An open row of each kind in turn."""
    return KINDS[request.param]()


def kind_of(scene: Scene) -> kinds.Kind:
    """The scene's kind."""
    return kinds.get(scene.row.purpose)


def recipient(scene: Scene) -> str:
    """Whom the list names."""
    return kind_of(scene).recipient(scene.row)[0]


def shown(scene: Scene, client: object = None, **choice: str) -> str:
    """The part of the page that is the list, by these filters."""
    client = client or signed_in(scene.inviter)
    query = {f"{scene.row.purpose}-{name}": value for name, value in choice.items()}
    text = client.get(PAGES[scene.row.purpose](scene), query).content.decode()
    start = text.index(f'<section id="{scene.row.purpose}-list"')
    return text[start : text.index("</section>", start)]


def act(scene: Scene, name: str, query: str = "", client: object = None) -> object:
    """Press a row's button on the list."""
    url = kind_of(scene).urls(scene.row)[name]
    return (client or signed_in(scene.inviter)).post(url + query, {"list": "1"})


def put(scene: Scene, **values: object) -> None:
    """Write columns of the row."""
    type(scene.row).objects.filter(pk=scene.row.pk).update(**values)


def long_ago(scene: Scene) -> None:
    """Sent long enough ago to be sent again."""
    if scene.row.purpose == "connection":
        approved(scene.organization)
    if scene.row.purpose != "partner-link":
        put(scene, sent_at=clock.now() - timedelta(days=1))


def test_a_row_says_whom_when_by_whom_until_when_and_how_it_stands(scene):
    """U1, X15: recipient, sent, by, expires, state and the state of its mail."""
    text = shown(scene)
    assert recipient(scene) in text
    assert scene.inviter.name in text
    assert scene.row.expires_at.strftime("%Y") in text
    for label in ("Send again", "Show link", kind_of(scene).take_back):
        assert f"{label}<span" in text


@pytest.mark.both
def test_filters_show_what_they_say(scene):
    """Open, expired, could not be delivered, ended; what ran out can be sent again."""
    name = recipient(scene)
    assert name in shown(scene)
    assert name not in shown(scene, show="ended")
    assert name not in shown(scene, show="undelivered")
    put(scene, expires_at=clock.now() - timedelta(minutes=1))
    assert name not in shown(scene)
    expired = shown(scene, show="expired")
    assert name in expired
    assert "Send again<span" in expired
    assert name not in shown(scene, show="ended")
    put(scene, status=kind_of(scene).revoked, decided_at=clock.now())
    assert name not in shown(scene)
    ended = shown(scene, show="ended")
    assert name in ended
    assert "Send again<span" not in ended


def test_undelivered_is_a_filter_and_sending_again_renews(scene):
    """X15, U2: a mail that was refused for good is found, copied or sent anew."""
    long_ago(scene)
    if scene.row.purpose == "partner-link":
        put(scene, mailed_at=clock.now() - timedelta(hours=1))
        Message.objects.create(
            key="k", message_id="<m@x>", to="x@mail.example", status="failed",
            about=scene.row.about, organization_id=scene.organization.pk,
        )  # fmt: skip
    else:
        put(scene, status="undeliverable")
    assert recipient(scene) in shown(scene, show="undelivered")
    assert act(scene, "resend").status_code == 302
    assert recipient(scene) not in shown(scene, show="undelivered")


@pytest.mark.both
def test_search_finds_the_recipient_and_keeps_the_filter(scene):
    """Words are taken literally (B4); the filter is kept in the form."""
    name = recipient(scene)
    assert name in shown(scene, find=name[:6].upper())
    assert name not in shown(scene, find="%")
    assert 'value="ended"' in shown(scene, find=name, show="ended")


@pytest.mark.parametrize("state", ["open", "expired"])
def test_sending_again_makes_a_new_link_and_kills_the_old(scene, state):
    """U2, I5: new generation, new end, old link dead; back on the list with its filter."""
    long_ago(scene)
    old = tokens.claim_url(scene.row.claim).removeprefix("http://localhost")
    if state == "expired":
        put(scene, expires_at=clock.now() - timedelta(minutes=1))
    purpose = scene.row.purpose
    response = act(scene, "resend", f"?{purpose}-find=x&evil=https://evil.example")
    assert response.status_code == 302
    path, _, anchor = response.url.partition("#")
    assert path.endswith(f"?{purpose}-find=x"), "nothing but the list's own filter comes back (I9)"
    assert anchor in (f"{purpose}-list", "connect")
    scene.row.refresh_from_db()
    assert (scene.row.generation, scene.row.is_open) == (2, True)
    assert scene.row.expires_at > clock.now() + timedelta(days=6)
    client = signed_in(scene.invited)
    client.get(old)
    assert client.get("/invitations/").status_code == 410
    [letter] = drain()
    client.get(one_time_link(letter))
    assert client.get("/invitations/").status_code == 302


def test_sending_again_within_ten_minutes_is_told_on_the_list(scene):
    """I13: 429 with the sentence, on the list; nothing has changed."""
    long_ago(scene)
    client = signed_in(scene.inviter)
    act(scene, "resend", client=client)
    drain()
    with nothing_changes():
        page = act(scene, "resend", client=client)
    assert page.status_code == 429
    assert "ten minutes" in page.content.decode()
    assert f'<section id="{scene.row.purpose}-list"' in page.content.decode()


def test_taking_back_and_copying_do_not_leave_the_list(scene):
    """U3, U10, I6: the link is shown once, on the list, and it is history; then it is dead."""
    client = signed_in(scene.inviter)
    page = act(scene, "link", client=client)
    assert page.status_code == 200
    token = tokens.sign(scene.row.claim)
    assert token in page.content.decode()
    assert token not in shown(scene, client)
    assert Event.objects.filter(verb__endswith=".link_copied").count() == 1
    assert act(scene, "revoke", client=client).status_code == 302
    scene.row.refresh_from_db()
    assert scene.row.status == kind_of(scene).revoked
    with nothing_changes():
        assert act(scene, "revoke", client=client).status_code == 302


def test_only_who_sent_it_copies_and_nobody_else_acts(scene):
    """I6, A3: a second administrator may send again, and so takes it over; others: 404."""
    second = administrator(scene.organization)
    assert "Show link<span" not in shown(scene, signed_in(second))
    rival = signed_in(administrator(organization(scene.organization.kind)))
    client = signed_in(second)
    with nothing_changes():
        assert act(scene, "link", client=client).status_code == 403
        for name in ("resend", "link", "revoke"):
            assert act(scene, name, client=rival).status_code == 404


def test_who_cannot_invite_any_more_is_said(scene):
    """I10: the inviting side sees why nobody can answer, and what to do."""
    second = administrator(scene.organization)
    scene.inviter.memberships.update(role="employee")
    assert "Its sender can no longer invite" in shown(scene, signed_in(second))


def twin(row: object, **values: object) -> object:
    """Another row like this one, not yet stored."""
    copy = type(row).objects.get(pk=row.pk)
    copy.pk, copy.public_id, copy._state.adding = None, uuid4(), True
    for name, value in values.items():
        setattr(copy, name, value)
    return copy


def test_the_list_costs_the_same_for_one_and_for_many(scene, django_assert_num_queries):
    """U1: a fixed number of statements."""
    client = signed_in(scene.inviter)
    shown(scene, client)
    with CaptureQueriesContext(connection) as few:
        shown(scene, client)
    row = scene.row
    for number in range(5):
        other = twin(row, address=f"n{number}@mail.example", expires_at=clock.now())
        if row.purpose == "partner-link":
            other.provider = None
        if row.purpose == "connection":
            other.partner_link = twin(row.partner_link)
            other.partner_link.save()
            other.seller = organization("seller")
        other.save()
    with django_assert_num_queries(len(few)):
        shown(scene, client)


def test_the_tabs_are_links_without_scripts(scene):
    """The filters work by plain addresses; a script only saves the round trip."""
    text = shown(scene)
    found = re.findall(r'href="([^"]*)"[^>]*>(?:Open|Could not be delivered|Ended)', text)
    assert len(found) == 3
    client = signed_in(scene.inviter)
    page = PAGES[scene.row.purpose](scene)
    for href in found:
        address = href.partition("#")[0]
        url = address if address.startswith("/") else page + address
        assert client.get(url).status_code == 200


def test_the_answer_to_an_act_leads_back_to_the_list(scene):
    """Its tabs and its search stand on a page that only answers a form: they lead elsewhere."""
    text = act(scene, "link", client=signed_in(scene.inviter)).content.decode()
    text = text[text.index(f'<section id="{scene.row.purpose}-list"') :]
    text = text[: text.index("</section>")]
    page = PAGES[scene.row.purpose](scene)
    hrefs = re.findall(r'href="([^"]*)"[^>]*>(?:Open|Could not be delivered|Ended)', text)
    assert len(hrefs) == 3
    assert all(href.startswith(f"{page}?") for href in hrefs)
    assert f'action="{page}"' in text


def test_user_permissions_carry_the_seller_s_lists():
    """Both lists of a seller on one page, each with filters of its own."""
    scene = KINDS["supplier"]()
    client = signed_in(scene.inviter)
    url = reverse("seller:permissions", args=[scene.organization.handle])
    text = client.get(url, {"supplier-show": "ended", "partner-link-find": "x"}).content.decode()
    assert 'id="supplier-list"' in text
    assert 'id="partner-link-list"' in text
    assert scene.row.address not in text
