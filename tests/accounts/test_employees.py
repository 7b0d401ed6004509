"""Inviting colleagues through the pages: who may, what leaves, who joins (S0.7, S0.8, U1-U10)."""

import re
import smtplib
from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import portals
from accounts.models import EmployeeInvitation, Membership, MembershipRight, Refusal
from accounts.tasks import sweep
from accounts.tenancy import rights_of
from accounts.transitions import employees
from core import clock
from core.audit.models import Event
from core.errors import NotRelated
from core.notifications.models import Notification
from core.outbox import tokens
from core.outbox.models import Message
from tests.factories.accounts import (
    PASSWORD,
    administrator,
    identity,
    member,
    organization,
    person,
)
from tests.factories.invitations import employee
from tests.support import drain, nothing_changes, one_time_link, signed_in

pytestmark = pytest.mark.django_db
KINDS = ["provider", "seller", "supplier"]
ADDRESS = "colleague@mail.example"


@pytest.fixture(params=KINDS)
def firm(request):
    """An organization of each kind in turn."""
    return organization(request.param)


def send(client, firm, **values):
    """Press "Send invitation"."""
    values = {"address": ADDRESS, "name": "Sam Lee", "role": "employee"} | values
    return client.post(portals.members_page(firm), values)


def act(client, row, name):
    """Press one of the buttons beside an invitation."""
    return client.post(portals.page(row.organization, f"employee-{name}", row.public_id))


def answer(client, row, how, **values):
    """Press accept or decline."""
    return client.post(reverse(f"employee-invitation-{how}", args=[row.public_id]), values)


def events(row, verb):
    """How often this stands in the history of the row."""
    verb = f"employee_invitation.{verb}"
    return Event.objects.filter(object_id=str(row.public_id), verb=verb).count()


# Inviting --------------------------------------------------------------------------------------
def test_the_whole_way_from_the_form_to_the_member(firm):
    """S0.7, S0.8, I20: invited, mailed, opened, accepted; one event and one mail for each step."""
    boss, invited = administrator(firm), person(email=ADDRESS)
    response = send(signed_in(boss), firm)
    assert response.url == portals.members_page(firm)
    row = EmployeeInvitation.objects.get()
    assert (row.address, row.invited_by, row.status) == (ADDRESS, boss, "pending")
    [letter] = drain()
    assert letter.to == [ADDRESS]
    assert letter.subject.startswith(f"[{firm.name}] Invitation")
    assert boss.name in letter.body
    assert f"{row.expires_at:%Y}" in letter.body

    client = signed_in(invited)
    client.get(one_time_link(letter))
    page = client.get("/invitations/")
    assert page.url == reverse("employee-invitation", args=[row.public_id])
    assert boss.email in client.get(page.url).content.decode()
    response = answer(client, row, "accept")
    home = portals.page(firm, "home")
    assert response.url == ("/identity/" if firm.kind == "provider" else home)
    assert client.cookies["invitation"].value == ""
    membership = Membership.objects.get(user=invited)
    assert (membership.organization, membership.role) == (firm, "employee")
    [told] = drain()
    assert told.to == [boss.email]
    assert events(row, "sent") == events(row, "accepted") == 1
    assert Notification.objects.filter(user=boss, kind="accounts.employee_accepted").count() == 1


def test_a_verified_person_is_led_straight_to_the_provider(client):
    """S0.8: who has proved their identity already does not do it twice."""
    scene = employee("provider")
    identity(scene.invited)
    response = answer(signed_in(scene.invited), scene.row, "accept")
    assert response.url == portals.page(scene.organization, "home")


@pytest.mark.parametrize(
    ("kind", "asked", "held"),
    [
        ("seller", ["shipments_edit"], {"shipments_view", "shipments_edit"}),
        ("seller", ["history_view"], {"history_view"}),
        ("supplier", ["shares_edit"], {"shares_edit"}),
        ("supplier", [], set()),
    ],
)
def test_rights_of_the_invitation_are_those_of_the_member(kind, asked, held):
    """The role set of the row, given through guardian, and nothing more (N15)."""
    firm, invited = organization(kind), person(email=ADDRESS)
    send(signed_in(administrator(firm)), firm, rights=asked)
    row = EmployeeInvitation.objects.get()
    answer(signed_in(invited), row, "accept")
    assert rights_of(invited, firm) == held
    assert MembershipRight.objects.count() == len(held)


def test_administrators_need_no_rights(client):
    """An administrator has all rights by role: none is stored that would outlive the role."""
    firm, invited = organization("seller"), person(email=ADDRESS)
    send(signed_in(administrator(firm)), firm, role="administrator", rights=["shipments_edit"])
    answer(signed_in(invited), EmployeeInvitation.objects.get(), "accept")
    assert Membership.objects.get(user=invited).is_administrator
    assert rights_of(invited, firm) == set()


@pytest.mark.parametrize(
    ("kind", "values", "field"),
    [
        ("seller", {"rights": ["shares_edit"]}, "rights"),
        ("provider", {"role": "owner"}, "role"),
        ("provider", {"address": "mi\u212ae@mail.example"}, "address"),
        ("provider", {"address": "a@b@mail.example"}, "address"),
        ("provider", {"address": "x\0y@mail.example"}, "address"),
        ("provider", {"name": "see https://win.example/"}, "name"),
        ("provider", {"name": "a\r\nBcc: b@c.example"}, "name"),
    ],
)
def test_bad_input_is_told_at_its_field_and_kept(kind, values, field):
    """I14, I16: 422, the message at the field, what was typed still there, nothing sent."""
    firm = organization(kind)
    client = signed_in(administrator(firm))
    with nothing_changes():
        page = send(client, firm, **values)
    assert page.status_code == 422
    assert field in page.context["form"].errors
    assert "Sam Lee" in page.content.decode() or "name" in values


def test_a_right_that_the_kind_does_not_have_is_not_given_by_forging_it():
    """A3: a provider's form has no rights, so a forged one is ignored."""
    firm = organization("provider")
    send(signed_in(administrator(firm)), firm, rights=["shipments_edit"])
    assert EmployeeInvitation.objects.get().rights == []


def test_inviting_a_member_is_refused_with_the_reason(firm):
    """A clear error at the address instead of a second membership."""
    member(firm, user=person(email=ADDRESS))
    client = signed_in(administrator(firm))
    with nothing_changes():
        page = send(client, firm, address=ADDRESS.upper())
    assert page.status_code == 422
    assert "belongs to a member" in page.content.decode()


def test_inviting_twice_points_to_the_open_invitation(firm):
    """C10's neighbour: one open invitation for each address, and the way to it."""
    client = signed_in(administrator(firm))
    send(client, firm)
    with nothing_changes():
        page = send(client, firm)
    assert page.status_code == 422
    assert "employee-find=colleague%40mail.example#employee-list" in page.content.decode()


def test_what_ran_out_does_not_block_a_new_invitation(firm):
    """The clock decides, not the sweep: an overdue row is closed on the way."""
    boss = administrator(firm)
    scene = employee(organization=firm, invited_by=boss, invited=person(email=ADDRESS))
    EmployeeInvitation.objects.update(expires_at=clock.now() - timedelta(hours=1))
    assert send(signed_in(boss), firm).status_code == 302
    scene.row.refresh_from_db()
    assert scene.row.status == "expired"
    assert EmployeeInvitation.objects.filter(status="pending").count() == 1


def test_inviting_tells_nothing_about_accounts():
    """I15: a known and an unknown address read the same."""
    firm = organization("provider")
    client, known = signed_in(administrator(firm)), person()

    def seen(address):
        response = send(client, firm, address=address)
        page = client.get(response.url).content.decode()
        return response.status_code, page.count("Pending"), page.count(address)

    status, pending, named = seen(known.email)
    assert seen("nobody@mail.example") == (status, pending + 1, named)


@pytest.mark.parametrize("role", ["employee", "outsider", "other administrator"])
def test_only_administrators_invite(firm, role):
    """A1: employees read why not, everybody else finds no such page; nothing is sent."""
    if role == "employee":
        client = signed_in(member(firm))
    elif role == "outsider":
        client = signed_in(person())
    else:
        client = signed_in(administrator(organization(firm.kind)))
    expected = 403 if role == "employee" else 404
    with nothing_changes():
        assert client.get(portals.members_page(firm)).status_code == expected
        assert send(client, firm).status_code == expected


@pytest.mark.parametrize("name", ["resend", "revoke", "link"])
def test_no_invitation_of_another_account_is_touched(name):
    """A3: another firm's id in one's own address is an id that does not exist."""
    scene, rival = employee("provider"), organization("provider")
    client = signed_in(administrator(rival))
    with nothing_changes():
        url = portals.page(rival, f"employee-{name}", scene.row.public_id)
        assert client.post(url).status_code == 404
        assert act(client, scene.row, name).status_code == 404
        assert client.get(url).status_code == 405


# Limits ----------------------------------------------------------------------------------------
def test_the_budget_ends_with_a_time_and_not_with_a_lost_form():
    """I13: the eleventh of a new account's first day is refused with 429 and when to go on."""
    firm = organization("provider", created_at=clock.now(), activated_at=clock.now())
    client = signed_in(administrator(firm))
    for number in range(10):
        assert send(client, firm, address=f"c{number}@mail.example").status_code == 302
    with nothing_changes():
        page = send(client, firm)
    assert page.status_code == 429
    assert "The next one is possible on" in page.content.decode()
    assert "Sam Lee" in page.content.decode()
    assert send(signed_in(administrator(organization("provider"))), firm).status_code == 404


def test_casing_dots_and_tags_give_no_new_budget():
    """I13: five mails to one mailbox over all accounts, however it is written."""
    for spelling in ("a.b", "ab", "ab+1", "A.B+x", "ab+2"):
        firm = organization("provider")
        assert send(signed_in(administrator(firm)), firm, address=f"{spelling}@mail.example")
    firm = organization("provider")
    page = send(signed_in(administrator(firm)), firm, address="a.b+9@mail.example")
    assert page.status_code == 429


def test_fifty_open_invitations_are_enough():
    """I13: an account cannot pile up more than fifty unanswered ones."""
    firm = organization("provider")
    boss = administrator(firm)
    for number in range(50):
        employee(organization=firm, invited_by=boss, address=f"p{number}@mail.example")
    page = send(signed_in(boss), firm)
    assert page.status_code == 429
    assert "50 open invitations" in page.content.decode()


# Sending again, taking back, copying -----------------------------------------------------------
def test_sending_again_renews_and_kills_the_older_link(firm):
    """U2, I5: from pending, a new link and a new end; who sent it again is the inviter now."""
    boss, second = administrator(firm), administrator(firm)
    scene = employee(organization=firm, invited_by=boss)
    old, ends = tokens.claim_url(scene.row.claim), scene.row.expires_at
    assert act(signed_in(second), scene.row, "resend").status_code == 302
    scene.row.refresh_from_db()
    assert (scene.row.generation, scene.row.invited_by) == (2, second)
    assert scene.row.expires_at > ends
    [letter] = drain()
    assert one_time_link(letter) not in old
    client = signed_in(scene.invited)
    client.get(old.removeprefix("http://localhost"))
    assert client.get("/invitations/").status_code == 410
    client.get(one_time_link(letter))
    assert client.get("/invitations/").status_code == 302


@pytest.mark.parametrize("status", ["expired", "undeliverable"])
def test_what_ran_out_or_bounced_can_be_sent_again(status):
    """U2, X15: renewed from both states."""
    scene = employee("provider", status=status)
    assert act(signed_in(scene.inviter), scene.row, "resend").status_code == 302
    scene.row.refresh_from_db()
    assert scene.row.status == "pending"
    assert answer(signed_in(scene.invited), scene.row, "accept").status_code == 302


@pytest.mark.parametrize("status", ["accepted", "declined", "revoked"])
def test_what_was_answered_is_not_sent_again(status):
    """N16: no arrow leaves a final state."""
    scene = employee("provider", status=status, decided_at=clock.now())
    client = signed_in(scene.inviter)
    with nothing_changes():
        assert act(client, scene.row, "resend").status_code == 409


def test_a_second_resend_waits_ten_minutes():
    """I13: refused on the list, with the time."""
    scene = employee("provider")
    client = signed_in(scene.inviter)
    act(client, scene.row, "resend")
    with nothing_changes():
        page = act(client, scene.row, "resend")
    assert page.status_code == 429
    assert "The next one is possible on" in page.content.decode()


def test_taking_back_ends_it_and_twice_is_once(firm):
    """U3, I19, N29: the link is dead, the waiting mail does not leave."""
    client = signed_in(administrator(firm))
    send(client, firm)
    row = EmployeeInvitation.objects.get()
    assert act(client, row, "revoke").status_code == 302
    assert drain() == []
    with nothing_changes():
        assert act(client, row, "revoke").status_code == 302
    row.refresh_from_db()
    assert row.status == "revoked"
    assert events(row, "revoked") == 1


def test_revoke_and_invite_with_another_role(firm):
    """I5: the first invitation's link does not open the second one."""
    boss, invited = administrator(firm), person(email=ADDRESS)
    client = signed_in(boss)
    send(client, firm)
    [first] = drain()
    act(client, EmployeeInvitation.objects.get(), "revoke")
    send(client, firm, role="administrator")
    guest = signed_in(invited)
    guest.get(one_time_link(first))
    assert guest.get("/invitations/").status_code == 410
    with nothing_changes():
        old = EmployeeInvitation.objects.get(status="revoked")
        assert answer(guest, old, "accept").status_code == 410


def test_the_link_is_shown_to_who_sent_it_once_and_that_is_history(firm):
    """U10, I6: an audited post by the inviter is the only page that ever shows a link."""
    boss, second = administrator(firm), administrator(firm)
    client = signed_in(boss)
    send(client, firm)
    row = EmployeeInvitation.objects.get()
    link = tokens.claim_url(row.claim)
    page = act(client, row, "link")
    assert link in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    assert events(row, "link_copied") == 1
    assert link not in client.get(portals.members_page(firm)).content.decode()
    other = signed_in(second)
    with nothing_changes():
        assert act(other, row, "link").status_code == 403
    token = tokens.sign(row.claim)
    for message in Message.objects.all():
        assert token not in message.text + message.content + message.html
    assert token not in repr(list(Event.objects.values()) + list(Notification.objects.values()))


# Answering -------------------------------------------------------------------------------------
def test_only_the_owner_of_the_verified_address_answers():
    """I1: others, and an address nobody has confirmed, get nowhere; then it is proved."""
    scene = employee("provider", address=ADDRESS)
    someone = person()
    client = signed_in(someone)
    page = reverse("employee-invitation", args=[scene.row.public_id])
    claimed = EmailAddress.objects.create(user=someone, email=ADDRESS, verified=False)
    with nothing_changes():
        for _ in range(2):
            assert client.get(page).status_code == 404
            assert answer(client, scene.row, "accept").status_code == 404
            assert answer(client, scene.row, "decline").status_code == 404
            client.get(tokens.claim_url(scene.row.claim))
    EmailAddress.objects.filter(pk=claimed.pk).update(verified=True)
    assert client.get(page).status_code == 200
    assert answer(client, scene.row, "accept").status_code == 302
    assert Membership.objects.filter(user=someone, organization=scene.organization).exists()


@pytest.mark.parametrize("how", [employees.accept, employees.decline])
def test_the_rule_itself_asks_for_the_address_again(how):
    """I1: whoever calls it, the transition looks at the verified address under its lock."""
    scene, other = employee("provider"), person()
    EmailAddress.objects.create(user=other, email=scene.row.address, verified=False)
    with nothing_changes(), pytest.raises(NotRelated):
        how(by=other, public_id=scene.row.public_id)


def test_nobody_answers_without_signing_in():
    """A1: the answer page leads to the door."""
    scene = employee("provider")
    with nothing_changes():
        page = Client().get(reverse("employee-invitation", args=[scene.row.public_id]))
        assert page.url.startswith(reverse("account_login"))
        assert answer(Client(), scene.row, "accept").url.startswith(reverse("account_login"))


def test_looking_at_the_answer_page_accepts_nothing():
    """I3: reading the details is not an answer, and an answer is a post."""
    scene = employee("provider")
    client = signed_in(scene.invited)
    with nothing_changes():
        client.get(reverse("employee-invitation", args=[scene.row.public_id]))
        accept = reverse("employee-invitation-accept", args=[scene.row.public_id])
        assert client.get(accept).status_code == 405


def test_an_invitation_works_once():
    """I2: pressed again, from here and from another session: 410, nothing changes."""
    scene = employee("seller")
    first, second = signed_in(scene.invited), signed_in(scene.invited)
    assert answer(first, scene.row, "accept").status_code == 302
    with nothing_changes():
        assert answer(first, scene.row, "accept").status_code == 410
        assert answer(second, scene.row, "accept").status_code == 410
        assert answer(second, scene.row, "decline").status_code == 410
    assert events(scene.row, "accepted") == 1
    assert Membership.objects.filter(user=scene.invited).count() == 1


@pytest.mark.parametrize("state", ["expired", "revoked", "declined", "demoted", "suspended"])
def test_what_has_ended_is_not_accepted(state):
    """I4, I10: by the clock, by a decision, by what became of the inviter or the account."""
    scene = employee("provider")
    rows = EmployeeInvitation.objects.filter(pk=scene.row.pk)
    if state == "expired":
        rows.update(expires_at=clock.now())
    elif state == "demoted":
        Membership.objects.filter(user=scene.inviter).update(role="employee")
    elif state == "suspended":
        type(scene.organization).objects.update(status="suspended")
    else:
        rows.update(status=state, decided_at=clock.now())
    client = signed_in(scene.invited)
    page = reverse("employee-invitation", args=[scene.row.public_id])
    with nothing_changes():
        assert client.get(page).status_code == 410
        response = answer(client, scene.row, "accept")
    assert response.status_code == 410
    assert (b"Ask for a new one" in response.content) == (state != "suspended")


def test_the_inviters_side_sees_why_nobody_can_accept():
    """I10: the list says that the sender is gone, and sending again puts it right."""
    scene = employee("provider")
    other = administrator(scene.organization)
    Membership.objects.filter(user=scene.inviter).update(role="employee")
    client = signed_in(other)
    page = client.get(portals.members_page(scene.organization)).content.decode()
    assert "Its sender can no longer invite" in page
    act(client, scene.row, "resend")
    assert answer(signed_in(scene.invited), scene.row, "accept").status_code == 302


@pytest.mark.parametrize("status", ["active", "suspended"])
def test_a_member_does_not_join_twice(status):
    """A suspended member cannot lift the suspension by accepting an older invitation."""
    scene = employee("provider")
    member(scene.organization, user=scene.invited)
    Membership.objects.filter(user=scene.invited).update(status=status)
    client = signed_in(scene.invited)
    with nothing_changes():
        assert answer(client, scene.row, "accept").status_code == 409


def test_declining_tells_the_inviter_why():
    """U4, I18: the reason is told without becoming a link."""
    scene = employee("provider")
    client = signed_in(scene.invited)
    answer(client, scene.row, "decline", reason="No time, see www.evil.example")
    scene.row.refresh_from_db()
    assert (scene.row.status, scene.row.decided_by) == ("declined", scene.invited)
    [letter] = drain()
    assert letter.to == [scene.inviter.email]
    assert "No time" in letter.body
    assert "www.evil.example" not in letter.body
    assert not Membership.objects.filter(user=scene.invited).exists()


def test_a_reason_that_is_too_long_is_told_at_its_field():
    """422, and the invitation is still open."""
    scene = employee("provider")
    client = signed_in(scene.invited)
    with nothing_changes():
        page = answer(client, scene.row, "decline", reason="x" * 301)
    assert page.status_code == 422


def test_never_again_is_for_good_and_not_told():
    """I18: later invitations are not mailed, the inviter reads "sent"; asking takes it back."""
    scene = employee("provider")
    guest, client = signed_in(scene.invited), signed_in(scene.inviter)
    answer(guest, scene.row, "decline", never_again="on")
    drain()
    response = send(client, scene.organization, address=scene.invited.email)
    assert response.status_code == 302
    assert drain() == []
    assert "Sent" in client.get(portals.members_page(scene.organization)).content.decode()
    assert "Nothing waits for you" in guest.get("/invitations/").content.decode()
    ask = reverse("invitation-ask", args=["employee", scene.row.public_id])
    assert guest.post(ask).status_code == 302
    assert Refusal.objects.count() == 0


def test_an_invitation_that_ran_out_is_told_to_its_inviter_once():
    """U5, N24: the sweep moves the stored state; running it again tells nobody again."""
    scene = employee("provider")
    EmployeeInvitation.objects.update(expires_at=clock.now() - timedelta(minutes=1))
    sweep()
    [letter] = drain()
    assert letter.to == [scene.inviter.email]
    with nothing_changes():
        sweep()
    scene.row.refresh_from_db()
    assert scene.row.status == "expired"


def test_a_bounced_mail_is_a_visible_state_with_the_link_as_a_way_out(settings):
    """X15: could not be delivered, the link can be copied, and it still works."""
    scene = employee("provider")
    Message.objects.all().delete()
    client = signed_in(scene.inviter)
    act(client, scene.row, "resend")
    settings.MAILERS["transport"] = {"BACKEND": "tests.accounts.test_employees.Refusing"}
    drain()
    scene.row.refresh_from_db()
    assert scene.row.status == "undeliverable"
    page = client.get(portals.members_page(scene.organization)).content.decode()
    assert "Could not be delivered" in page
    assert "Show link" in page
    assert answer(signed_in(scene.invited), scene.row, "accept").status_code == 302


class Refusing(BaseEmailBackend):
    """A server that knows no such mailbox."""

    def send_messages(self, email_messages):
        """Refuse for good."""
        raise smtplib.SMTPRecipientsRefused({"x": (550, b"no such user")})


# Through the doors -----------------------------------------------------------------------------
def test_the_invitation_survives_sign_up_with_a_mailed_code():
    """S0.8, A16: link, sign-up, code from the mailbox, and the answer page is there."""
    scene = employee("seller", invited=person(), address=ADDRESS)
    client = Client()
    client.get(tokens.claim_url(scene.row.claim))
    values = {"email": ADDRESS, "password1": PASSWORD, "password2": PASSWORD, "name": "Sam Lee"}
    response = client.post(f"{reverse('account_signup')}?next=/invitations/", values)
    assert response.status_code == 302
    assert client.get("/invitations/").status_code == 200, "not proved yet"
    [letter] = drain()
    code = re.search(r"^[A-Z0-9-]{6,9}$", letter.body, re.MULTILINE)[0]
    response = client.post(response.url, {"code": code})
    assert response.url == "/invitations/"
    response = client.get(response.url)
    assert response.url == reverse("employee-invitation", args=[scene.row.public_id])
    assert answer(client, scene.row, "accept").status_code == 302
    assert Membership.objects.filter(user__email=ADDRESS, organization=scene.organization).exists()


def test_the_invitation_survives_signing_in():
    """S0.12's like: after the password, back to the invitation."""
    scene = employee("seller")
    client = Client()
    client.get(tokens.claim_url(scene.row.claim))
    values = {"login": scene.invited.email, "password": PASSWORD}
    response = client.post(reverse("account_login"), values)
    assert response.url == "/invitations/"


def test_links_are_built_from_the_configured_address(settings):
    """I8: whatever the request says about its host."""
    firm = organization("provider")
    client = signed_in(administrator(firm))
    client.post(
        portals.members_page(firm),
        {"address": ADDRESS, "role": "employee"},
        headers={"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"},
    )
    [letter] = drain()
    assert "evil.example" not in letter.body
    assert f"{settings.SITE_URL}/invitations/employee/" in letter.body


# Lists -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", KINDS)
def test_the_page_costs_the_same_for_one_and_for_many(kind, django_assert_num_queries):
    """U1: a fixed number of queries, pages after that."""
    firm = organization(kind)
    boss = administrator(firm)
    client, page = signed_in(boss), portals.members_page(firm)
    client.get(page)

    def fill(count):
        for number in range(count):
            row = employee(organization=firm, invited_by=boss).row
            if number % 2:
                EmployeeInvitation.objects.filter(pk=row.pk).update(
                    status="declined", decided_at=clock.now()
                )
            identity(member(firm))

    fill(2)
    with CaptureQueriesContext(connection) as few:
        client.get(page)
    fill(58)
    with django_assert_num_queries(len(few)):
        text = client.get(page).content.decode()
    assert len(few) <= 18
    assert text.count("Next") == 2


@pytest.mark.both
def test_keyset_pages_show_every_member_once():
    """A6: walking the pages meets each member exactly once."""
    firm = organization("provider")
    client, page = signed_in(administrator(firm)), portals.members_page(firm)
    everybody = {member(firm).email for _ in range(60)}
    seen, url = [], page
    while url:
        listed = client.get(url).context["members"]
        seen += [row.membership.user.email for row in listed]
        url = page + listed.next_url if listed.next_url else ""
    assert len(seen) == 61
    assert everybody < set(seen)


@pytest.mark.both
def test_finding_somebody_by_name_or_address():
    """The search box over the members."""
    firm = organization("provider")
    boss = administrator(firm)
    member(firm, user=person("Zora Quill"))
    member(firm, user=person("Zed Other"))
    page = signed_in(boss).get(portals.members_page(firm), {"find": "Quill"}).content.decode()
    assert "Zora Quill" in page
    assert "Zed Other" not in page


def test_time_moves_the_state_before_the_sweep_does():
    """What the clock has decided reads so at once."""
    scene = employee("provider")
    with time_machine.travel(clock.now() + timedelta(days=15)):
        page = signed_in(scene.inviter).get(portals.members_page(scene.organization))
        assert "Expired" in page.content.decode()
