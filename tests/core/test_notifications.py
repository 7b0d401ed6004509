"""The notification centre, what people want by mail, and stopping repeating mail (U29)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core import clock
from core.notifications import preferences, tasks
from core.notifications.models import Choice, Notification, Preference
from core.notifications.services import Recipient, tell
from core.outbox import kinds, tokens
from core.outbox.models import Message
from core.outbox.rendering import Mail
from tests.factories.accounts import organization, person
from tests.support import drain, links_in, nothing_changes, parsed, signed_in

pytestmark = pytest.mark.django_db
SHARED, RECALLED = "supplychain.shipment_shared", "supplychain.share_recalled"
SIGN_IN, INVITED = "accounts.new_sign_in", "accounts.employee_invited"
SETTINGS, READ = "/notifications/settings/", "/notifications/read/"


def told(*people: Any, kind: str = SHARED, key: str = "event", **more: Any) -> None:
    """Tell people, or addresses without an account, of one event."""
    mail = Mail(
        subject=f"[Blue Harbor] FBA1: {key}",
        heading=f"Blue Harbor: {key}",
        button=("Open it", "http://localhost/notifications/"),
    )
    everybody = [Recipient(p) if isinstance(p, str) else Recipient.of(p) for p in people]
    with transaction.atomic():
        tell(everybody, key=key, kind=kind, mail=mail, path="/help/", **more)


def wants(user: Any, choice: str, group: str = "shipments") -> None:
    preferences.choose(user, {group: choice})


# The centre -----------------------------------------------------------------------------------
def test_the_bell_counts_what_is_unread():
    user = person()
    told(user, key="one")
    told(user, key="two")
    page = signed_in(user).get("/notifications/")
    assert "Notifications, 2 unread" in page.text
    assert page.text.count("news-line is-unread") == 2


def test_one_line_is_read_and_the_list_stays_where_it_was():
    user = person()
    told(user, key="one")
    told(user, key="two")
    notice = Notification.objects.get(title="Blue Harbor: one")
    here = "/notifications/?state=unread"
    response = signed_in(user).post(READ, {"notice": notice.pk, "next": here})
    assert response["Location"] == here
    unread = Notification.objects.filter(read_at=None).values_list("title", flat=True)
    assert list(unread) == ["Blue Harbor: two"]


def test_opening_marks_read_and_leads_on():
    user = person()
    told(user)
    notice = Notification.objects.get()
    response = signed_in(user).post(READ, {"notice": notice.pk, "open": "1"})
    assert response["Location"] == "/help/"
    notice.refresh_from_db()
    assert notice.read_at is not None
    assert '<a href="/help/">Blue Harbor: event</a>' in signed_in(user).get("/notifications/").text


def test_everything_is_read_at_once():
    user, other = person(), person()
    told(user, other)
    signed_in(user).post(READ)
    assert list(Notification.objects.filter(read_at=None).values_list("user", flat=True)) == [
        other.pk
    ]


@pytest.mark.parametrize("number", ["0", "x", "-1", "9" * 40, "٣", ""])
def test_no_line_of_that_number(number: str):
    user = person()
    told(user)
    client = signed_in(user)
    with nothing_changes():
        assert client.post(READ, {"notice": number}).status_code == 404


def test_the_line_of_somebody_else_is_not_there():
    told(person())
    client = signed_in(person())
    with nothing_changes():
        answer = client.post(READ, {"notice": Notification.objects.get().pk})
    assert answer.status_code == 404


@pytest.mark.both
def test_lines_are_filtered_by_group_sender_and_state():
    user, harbor, meadow = person(), organization("seller"), organization("supplier")
    told(user, key="shipment", organization=harbor)
    told(user, key="sign-in", kind=SIGN_IN)
    told(user, key="invitation", kind=INVITED, organization=meadow)
    Notification.objects.filter(kind=INVITED).update(read_at=clock.now())
    client = signed_in(user)

    def shown(**query: str) -> set[str]:
        text = client.get("/notifications/", query).text
        return {word for word in ("shipment", "sign-in", "invitation") if f": {word}<" in text}

    assert shown() == {"shipment", "sign-in", "invitation"}
    assert shown(about="shipments") == {"shipment"}
    assert shown(about="security") == {"sign-in"}
    assert shown(sender=meadow.handle) == {"invitation"}
    assert shown(state="unread") == {"shipment", "sign-in"}
    assert shown(about="invitations", sender=harbor.handle) == set()
    assert shown(about="no such group", sender="x") == shown()


def test_another_tenants_name_is_no_filter():
    user, hidden = person(), organization("seller", name="Hidden House")
    told(person(), organization=hidden)
    told(user)
    assert "Hidden House" not in signed_in(user).get("/notifications/").text


def test_a_page_of_lines_takes_the_same_few_queries(django_assert_max_num_queries: Any):
    user = person()
    client = signed_in(user)

    def queries() -> int:
        from django.db import connection

        with CaptureQueriesContext(
            connection,
        ) as caught:
            assert client.get("/notifications/").status_code == 200
        return len(caught)

    told(user, key="first", organization=organization("seller"))
    few = queries()
    for number in range(60):
        told(user, key=f"event {number}", organization=organization("seller"))
    assert queries() == few
    assert few <= 6
    page = client.get("/notifications/")
    assert page.text.count("news-line ") == 50
    assert 'rel="next"' in page.text


@pytest.mark.both
def test_telling_many_takes_three_statements(django_assert_num_queries: Any):
    """What they want by mail, their mails, their lines; and told() sets and drops a savepoint."""
    people = [person() for _ in range(7)]
    with django_assert_num_queries(3 + 2):
        told(*people, "guest@mail.example")


# Preferences ----------------------------------------------------------------------------------
def test_nothing_chosen_is_by_mail():
    told(person(), person())
    assert len(drain()) == 2


def test_without_mail_the_line_still_stands():
    quiet, loud = person(), person()
    wants(quiet, Choice.PORTAL)
    told(quiet, loud)
    assert [mail.to for mail in drain()] == [[loud.email]]
    assert Notification.objects.filter(user=quiet, held=False).count() == 1


def test_other_groups_are_not_touched():
    user = person()
    wants(user, Choice.PORTAL)
    told(user, kind=INVITED)
    assert len(drain()) == 1


def test_security_mail_cannot_be_switched_off():
    user = person()
    with pytest.raises(ValueError, match="security"):
        wants(user, Choice.PORTAL, group="security")
    Preference.objects.create(user=user, group="security", choice=Choice.PORTAL)
    told(user, kind=SIGN_IN)
    assert len(drain()) == 1
    page = signed_in(user).get(SETTINGS)
    assert "Always sent" in page.text
    assert 'name="security"' not in page.text


def test_settings_are_saved_and_shown_again():
    user = person()
    client = signed_in(user)
    filled = {group.name: Choice.MAIL for group in preferences.switchable(staff=False)} | {
        "shipments": Choice.DAILY,
        "reminders": Choice.PORTAL,
    }
    assert client.post(SETTINGS, filled).status_code == 302
    assert preferences.of_person(user) == filled
    page = client.get(SETTINGS).text
    assert 'name="shipments" value="daily" required id="id_shipments_1" checked' in page
    assert "reviews" not in filled


@pytest.mark.parametrize("spoiled", [{"reminders": "daily"}, {"shipments": "never"}])
def test_a_choice_that_is_not_offered_changes_nothing(spoiled: dict[str, str]):
    user = person()
    filled = {group.name: "mail" for group in preferences.switchable(staff=False)}
    client = signed_in(user)
    with nothing_changes():
        answer = client.post(SETTINGS, filled | spoiled)
    assert answer.status_code == 422


def test_the_footer_of_switchable_mail_leads_to_the_settings():
    user = person()
    told(user, key="shipment")
    told(user, key="sign-in", kind=SIGN_IN)
    told("stranger@mail.example", key="invitation", kind=INVITED)
    found = {m.subject.split()[-1]: f"http://localhost{SETTINGS}" in links_in(m) for m in drain()}
    assert found == {"shipment": True, "sign-in": False, "invitation": False}


def test_the_account_menu_leads_to_the_settings():
    assert f'href="{SETTINGS}"' in signed_in(person()).get("/notifications/").text


# The daily mail -------------------------------------------------------------------------------
@pytest.fixture
def moved(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    start = datetime(2026, 5, 4, 8, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: start)
    return lambda by: monkeypatch.setattr(clock, "now", lambda: start + by)


@pytest.mark.both
def test_the_daily_mail_holds_every_line_once(moved: Any):
    user, other = person(), person()
    wants(user, Choice.DAILY)
    told(user, other, key="one")
    told(user, key="two")
    assert [mail.to for mail in drain()] == [[other.email]]
    tasks.send_digests()
    tasks.send_digests()
    [mail] = drain()
    assert mail.to == [user.email]
    assert mail.subject == "[PartnerHub] Shipments: 2 shipment updates of 4 May"
    for part in (mail.body, mail.alternatives[0].content):
        assert part.count("Blue Harbor: one") == 1
        assert part.count("Blue Harbor: two") == 1
        assert "http://localhost/notifications/?about=shipments" in part
    assert all(url.startswith("http://localhost/") for url in links_in(mail))


def test_what_comes_after_the_daily_mail_waits_for_the_next_day(moved: Any):
    user = person()
    wants(user, Choice.DAILY)
    told(user, key="one")
    tasks.send_digests()
    told(user, key="two")
    tasks.send_digests()
    assert len(drain()) == 1
    assert Notification.objects.get(held=True).title == "Blue Harbor: two"
    moved(timedelta(days=1))
    tasks.send_digests()
    [mail] = drain()
    assert "Blue Harbor: two" in mail.body
    assert "Blue Harbor: one" not in mail.body


def test_a_recall_does_not_wait_for_the_daily_mail(moved: Any):
    user = person()
    wants(user, Choice.DAILY)
    told(user, kind=RECALLED)
    assert len(drain()) == 1
    tasks.send_digests()
    assert drain() == []


def test_who_gave_up_the_daily_mail_gets_none(moved: Any):
    user = person()
    wants(user, Choice.DAILY)
    told(user)
    wants(user, Choice.PORTAL)
    tasks.send_digests()
    assert drain() == []


def test_who_was_deactivated_gets_no_daily_mail(moved: Any):
    user = person()
    wants(user, Choice.DAILY)
    told(user)
    user.is_active = False
    user.save()
    tasks.send_digests()
    assert drain() == []
    assert not Notification.objects.filter(held=True).exists()


# Unsubscribing (RFC 8058) ---------------------------------------------------------------------
def stop_url(mail: Any) -> str:
    """The path in the header by which mail programs unsubscribe."""
    header = parsed(mail)["List-Unsubscribe"]
    assert header.startswith("<http://localhost/unsubscribe/")
    return str(header.strip("<>").removeprefix("http://localhost"))


def test_only_shipment_mail_carries_the_headers():
    user = person()
    for kind in (SHARED, SIGN_IN, INVITED, "connections.partner_link_sent"):
        told(user, key=kind, kind=kind)
    carrying = {}
    for mail in drain():
        source = parsed(mail)
        one_click = source["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert one_click == ("List-Unsubscribe" in source)
        carrying[mail.subject.split()[-1]] = one_click
    assert carrying == {kind: kind == SHARED for kind in carrying}
    assert len(carrying) == 4


def test_the_token_is_not_stored_and_stands_in_both_parts():
    told(person())
    row = Message.objects.get()
    assert "/unsubscribe/" not in row.text + row.content + row.html
    [mail] = drain()
    for part in (mail.body, mail.alternatives[0].content):
        assert f"http://localhost{stop_url(mail)}" in part
        assert tokens.UNSUBSCRIBE not in part


def test_one_click_needs_no_cookie_no_token_and_no_login():
    user, other = person(), person()
    told(user, other, key="one")
    address = {m.to[0]: stop_url(m) for m in drain()}[user.email]
    mail_program = Client(enforce_csrf_checks=True)
    answer = mail_program.post(address, {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert not mail_program.cookies
    told(user, other, key="two")
    assert [mail.to for mail in drain()] == [[other.email]]
    assert Notification.objects.filter(user=user).count() == 2
    assert preferences.of_person(user) == {"shipments": Choice.PORTAL}


def test_looking_at_the_link_changes_nothing():
    told(person())
    [mail] = drain()
    with nothing_changes():
        page = Client().get(stop_url(mail))
    assert page.status_code == 200
    assert '<button class="btn btn-primary">Stop this mail</button>' in page.text


def test_an_address_without_an_account_can_stop_it_too():
    told("guest@mail.example", key="one")
    [mail] = drain()
    for _ in range(2):
        assert Client().post(stop_url(mail)).status_code == 200
    told("guest@mail.example", key="two")
    told("guest@mail.example", key="three", kind=INVITED)
    assert [m.subject for m in drain()] == ["[Blue Harbor] FBA1: three"]


def test_the_link_ends_what_waits_for_the_daily_mail(moved: Any):
    user = person()
    told(user, key="one")
    [mail] = drain()
    wants(user, Choice.DAILY)
    told(user, key="two")
    Client().post(stop_url(mail))
    tasks.send_digests()
    assert drain() == []


def test_bent_tokens_and_tokens_of_other_purposes_are_not_valid():
    told(person(), key="shipment")
    told(person(), key="sign-in", kind=SIGN_IN)
    shipment, sign_in = Message.objects.order_by("id")
    good = tokens.unsubscribe_url(shipment.pk).split("/")[-2]
    claim = tokens.read(tokens.UNSUBSCRIBING, good)
    assert claim
    others = [
        good[:-1] + ("A" if good[-1] != "A" else "B"),
        "B" + good[1:],
        good + "=",
        tokens.sign(tokens.Claim("employee", claim.id, 0)),
        tokens.sign(tokens.Claim(tokens.UNSUBSCRIBING, claim.id, 1)),
        tokens.unsubscribe_url(sign_in.pk).split("/")[-2],
        "x",
    ]
    with nothing_changes():
        for token in others:
            assert Client().post(reverse("unsubscribe", args=[token])).status_code == 404
    assert Client().get(f"/invitations/employee/{good}/").status_code == 404


# Kinds ----------------------------------------------------------------------------------------
def test_every_group_has_kinds():
    assert {kind.group for kind in kinds.all_kinds()} == set(kinds.GROUPS)


def test_a_kind_that_nobody_registered_is_refused_before_anything_is_written():
    """A fault of the code, told where it is made: neither mail nor line, and words what to do."""
    with pytest.raises(LookupError, match="supplychain.unheard_of.*mail_kinds"), nothing_changes():
        told(person(), kind="supplychain.unheard_of")


def test_what_was_queued_before_its_kind_was_taken_out_still_leaves():
    told(person())
    Message.objects.update(kind="supplychain.of_last_year")
    assert len(drain()) == 1
