"""Whose day it is: zones at sign-up and in settings, pages in the reader's zone, ends that stay."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts.models import Organization, User
from accounts.transitions.organizations import change_time_zone, register_organization
from connections.models import Connection, RoleGrant
from connections.transitions import links
from core import clock
from core.audit.models import Event
from core.errors import Conflict, Invalid, NotPermitted, NotRelated
from core.notifications import preferences, tasks
from core.notifications.models import Choice, Notification
from supplychain.plans import ShipmentFacts
from supplychain.tasks import sweep as sweep_shipments
from supplychain.transitions.shipments import change_shipment
from tests.accounts.test_entrance import code_in, confirm, sign_up
from tests.factories import connections as connect
from tests.factories import supplychain as ship
from tests.factories.accounts import administrator, make, member, organization, person
from tests.support import drain, signed_in

pytestmark = pytest.mark.django_db
LOS_ANGELES, AUCKLAND = "America/Los_Angeles", "Pacific/Auckland"
KATHMANDU = "Asia/Kathmandu"
# Five in the afternoon of 3 May in Los Angeles; the fourth has begun everywhere else.
AFTERNOON = datetime(2026, 5, 4, 0, 30, tzinfo=UTC)
FBA = f"grant-{connect.FBA}"


@pytest.fixture
def afternoon(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: AFTERNOON)
    return lambda moment: monkeypatch.setattr(clock, "now", lambda: moment)


@pytest.fixture(autouse=True)
def hurry(monkeypatch):
    monkeypatch.setattr("accounts.middleware.EVEN_SECONDS", 0)


# Whose zone ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("said", "zone"),
    [(KATHMANDU, KATHMANDU), ("Asia/Calcutta", "Asia/Calcutta"), ("Mars/Olympus", "UTC"),
     ("", "UTC"), ("../../etc/passwd", "UTC")],
)  # fmt: skip
def test_the_browsers_zone_is_taken_at_sign_up(said, zone):
    """One that nobody knows becomes UTC, and the person is told and shown where to choose."""
    client = Client()
    assert 'type="hidden" name="time_zone" data-time-zone' in client.get("/accounts/signup/").text
    sign_up(client, time_zone=said)
    home = confirm(client, code_in(drain()))
    user = User.objects.get()
    assert user.time_zone == zone
    text = client.get(home.url, follow=True).text
    assert ("named no time zone that we know" in text) is (said != zone)


def test_whoever_signed_up_before_the_owner_sets_no_zone():
    """A zone counts as the password does: in the browser that enters the mailed code."""
    sign_up(Client(), time_zone=AUCKLAND)
    drain()
    cache.clear()
    owner = Client()
    sign_up(owner, time_zone=LOS_ANGELES)
    confirm(owner, code_in(drain()))
    assert User.objects.get().time_zone == LOS_ANGELES


def test_a_person_chooses_another_zone_from_a_grouped_list():
    user = person()
    client, page = signed_in(user), reverse("time-zone")
    text = client.get(page).text
    assert '<optgroup label="Asia">' in text
    assert text.count("<option") < 700
    assert client.post(page, {"time_zone": "Mars/Olympus"}).status_code == 422
    assert client.post(page, {"time_zone": AUCKLAND}).status_code == 302
    user.refresh_from_db()
    assert user.time_zone == AUCKLAND
    assert re.search(r"It is <time [^>]+>[^<]+ NZ[SD]T</time> there now", client.get(page).text)


def test_an_account_begins_in_its_creators_zone():
    firm = register_organization(
        by=person(time_zone=KATHMANDU), kind="seller", name="Mugs", country="NP"
    )
    assert firm.zone == ZoneInfo(KATHMANDU)


@pytest.mark.parametrize("kind", ["seller", "provider", "supplier"])
def test_an_administrator_changes_the_accounts_zone_and_history_has_it(kind):
    firm = organization(kind)
    client = signed_in(administrator(firm))
    namespace = "supply" if kind == "supplier" else kind
    page = reverse(f"{namespace}:settings", args=[firm.handle])
    assert page in client.get(reverse(f"{namespace}:home", args=[firm.handle])).text
    assert client.post(page, {"time_zone": LOS_ANGELES}).url == page
    firm.refresh_from_db()
    event = Event.objects.get(verb="organization.time_zone_changed")
    assert (firm.time_zone, event.before, event.after) == (
        LOS_ANGELES, {"time_zone": "UTC"}, {"time_zone": LOS_ANGELES},
    )  # fmt: skip
    assert signed_in(member(firm)).get(page).status_code == 403


def test_the_rule_itself_refuses():
    firm = organization("seller")
    boss, change = administrator(firm), {"organization": firm, "time_zone": AUCKLAND}
    for by, error in ((member(firm), NotPermitted), (person(), (NotRelated, NotPermitted))):
        with pytest.raises(error):
            change_time_zone(by=by, **change)
    with pytest.raises(Invalid):
        change_time_zone(by=boss, **change | {"time_zone": "Mars/Olympus"})
    with pytest.raises(Conflict):
        change_time_zone(by=boss, **change, shown={"time_zone": KATHMANDU})


# Pages and mails ----------------------------------------------------------------------------------
def test_each_reads_a_moment_in_their_own_zone(afternoon):
    user = person(time_zone=LOS_ANGELES)
    Notification.objects.create(
        key="k", user=user, kind="roles.reviews_waiting", title="News", created_at=AFTERNOON
    )
    page = reverse("notification-list")
    assert ">3 May 2026, 17:30 PDT</time>" in signed_in(user).get(page).text
    User.objects.update(time_zone=KATHMANDU)
    assert ">4 May 2026, 06:15 UTC+05:45</time>" in signed_in(User.objects.get()).get(page).text


@pytest.mark.parametrize(
    ("cookie", "words"), [(KATHMANDU, "12:00 UTC+05:45"), ("Mars/Olympus", "06:15 UTC")]
)
def test_who_has_no_account_reads_the_browsers_zone(cookie, words):
    link = make.employee_invitation(
        organization("provider"),
        "ira@mail.example",
        expires_at=clock.now().replace(hour=6, minute=15) + timedelta(days=3),
    )
    client = Client()
    client.cookies["zone"] = cookie
    url = f"/invitations/employee/{link.claim and _token(link)}/"
    assert words in client.get(url, follow=True).text


def boss_of(firm, zone):
    boss = administrator(firm)
    User.objects.filter(pk=boss.pk).update(time_zone=zone)
    boss.refresh_from_db()
    return boss


def _token(link):
    from core.outbox.tokens import claim_url  # noqa: PLC0415

    return claim_url(link.claim).rstrip("/").rpartition("/")[2]


def test_a_mail_names_its_readers_zone():
    seller, provider = organization("seller", time_zone=LOS_ANGELES), organization("provider")
    sam = administrator(seller)
    boss_of(provider, AUCKLAND)
    links.send(link=links.issue(seller=seller, by=sam, provider=provider), by=sam)
    [mail] = drain()
    assert re.search(r"Answer until: \d+ \w+ \d{4}, (19|20|21):59 NZ[SD]T", mail.body)
    assert "Days and times are those of Pacific/Auckland." in mail.body


def test_a_stranger_reads_the_inviters_zone():
    seller = organization("seller", time_zone=LOS_ANGELES)
    sam = administrator(seller)
    links.send(link=links.issue(seller=seller, by=sam, address="pat@mail.example"), by=sam)
    [mail] = drain()
    end = clock.day_of(clock.now(), seller.zone) + timedelta(days=7)
    assert f"Answer until: {end.day} {end:%B %Y}\n" in mail.body
    assert "those of America/Los_Angeles." in mail.body


# Rules --------------------------------------------------------------------------------------------
def test_today_in_los_angeles_is_no_day_that_has_passed(afternoon):
    seller = organization("seller", time_zone=LOS_ANGELES)
    client = signed_in(administrator(seller))
    page = reverse("seller:shipment-create", args=[seller.handle])
    shown = client.get(page).text
    assert "Days are those of America/Los_Angeles." in shown
    data = {"name": "Mugs", "center_code": "ABE2", "mode": "SP", "ship_date": "2026-05-03"}
    assert "The ship date has passed." not in client.post(page, data).text
    Organization.objects.update(time_zone=AUCKLAND)
    assert "The ship date has passed." in client.post(page, data).text


@pytest.mark.parametrize(("zone", "told"), [(LOS_ANGELES, False), (AUCKLAND, True)])
def test_a_ship_date_is_near_by_the_sellers_days(afternoon, zone, told):
    seller, supplier = organization("seller", time_zone=zone), organization("supplier")
    boss_of(supplier, KATHMANDU)
    row = ship.shipment(seller, ship_date=date(2026, 5, 6))
    ship.connected(seller, supplier)
    ship.share(row, supplier)
    drain()
    sweep_shipments()
    assert any("ship date near" in mail.subject for mail in drain()) is told


@pytest.mark.parametrize(("zone", "born", "old"), [
    (LOS_ANGELES, "2008-05-04", False), (LOS_ANGELES, "2008-05-03", True),
    (AUCKLAND, "2008-05-04", True), (AUCKLAND, "2008-05-05", False),
])  # fmt: skip
def test_somebody_is_eighteen_by_their_own_day(afternoon, zone, born, old):
    client = signed_in(person(time_zone=zone))
    answer = client.post(reverse("identity"), {"birth_date": born})
    assert ("You have to be 18 years old." not in answer.text) is old


@pytest.mark.parametrize(
    ("zone", "hour", "sent"),
    [(LOS_ANGELES, 14, True), (LOS_ANGELES, 9, False), (AUCKLAND, 20, True), (AUCKLAND, 9, False)],
)
def test_the_daily_mail_comes_in_the_readers_morning(afternoon, zone, hour, sent):
    afternoon(datetime(2026, 5, 4, hour, 5, tzinfo=UTC))
    user = person(time_zone=zone)
    preferences.choose(user, {"shipments": Choice.DAILY})
    kind = "supplychain.share_shipped"
    Notification.objects.create(key="k", user=user, kind=kind, title="Shipped", held=True)
    tasks.send_digests()
    mails = drain()
    assert bool(mails) is sent
    if sent:
        day = clock.day_of(clock.now(), user.zone)
        assert mails[0].subject.endswith(f"of {day.day} May")


# Ends ---------------------------------------------------------------------------------------------
@pytest.fixture
def pair():
    seller, boss, provider, _ = connect.pair()
    Organization.objects.filter(pk=seller.pk).update(time_zone=AUCKLAND)
    seller.refresh_from_db()
    connect.approved(provider)
    row = connect.make.connection(seller, provider, {connect.FBA: "edit"})
    return seller, signed_in(boss), row


def roles_page(seller, row):
    return reverse("seller:connection-roles", args=[seller.handle, row.public_id])


def test_an_end_is_the_end_of_that_day_there_and_does_not_move(pair):
    """A zone changes, and the form is saved as it is shown: not one microsecond."""
    seller, client, row = pair
    page, chosen = roles_page(seller, row), clock.today(seller.zone) + timedelta(days=40)
    text = client.get(page).text
    assert "Days are those of Pacific/Auckland." in text
    data = {FBA: "2", f"until-{connect.FBA}": chosen.isoformat(), "version": "1",
            "until": (chosen + timedelta(days=20)).isoformat()}  # fmt: skip
    assert client.post(page, data).status_code == 302
    row.refresh_from_db()
    ends = row.ends_at, RoleGrant.objects.get().ends_at
    assert ends == tuple(
        clock.end_of(chosen + timedelta(days=n), ZoneInfo(AUCKLAND)) for n in (20, 0)
    )
    Organization.objects.filter(pk=seller.pk).update(time_zone=LOS_ANGELES)
    shown = client.get(page).text
    found = re.findall(r"<input[^>]*name=\"until[^>]*>", shown)
    part = re.compile(r'(name|value)="([^"]*)"')
    inputs = [dict(part.findall(tag)) for tag in found]
    days = {one["name"]: one["value"] for one in inputs}
    assert set(days) == {"until", f"until-{connect.FBA}"}
    # For Los Angeles the end lies within the day that is shown.
    assert days["until"] == clock.day_of(ends[0], ZoneInfo(LOS_ANGELES)).isoformat()
    again = {FBA: "1", "version": "2", **days}
    assert client.post(page, again | {"confirmed": "1"}).status_code == 302
    row.refresh_from_db()
    assert (row.ends_at, RoleGrant.objects.get().ends_at) == ends


def test_a_pause_lasts_until_the_end_of_its_day(pair, afternoon):
    seller, client, row = pair
    afternoon(clock.real_now())
    today = clock.today(seller.zone)
    page = reverse("seller:connection-pause", args=[seller.handle, row.public_id])
    assert client.post(page, {"until": today.isoformat()}).status_code == 302
    row.refresh_from_db()
    end = clock.end_of(today, ZoneInfo(AUCKLAND))
    assert row.paused_until == end
    afternoon(end - timedelta(seconds=1))
    assert Connection.objects.get().is_paused
    afternoon(end)
    assert not Connection.objects.get().is_paused


def test_the_history_is_filtered_by_the_readers_days():
    with time_machine.travel(AFTERNOON):
        seller = organization("seller")
        boss = boss_of(seller, LOS_ANGELES)
        change_time_zone(by=boss, organization=seller, time_zone=KATHMANDU)
        client, page = signed_in(boss), reverse("seller:history", args=[seller.handle])
        for day, there in (("2026-05-03", True), ("2026-05-04", False)):
            text = client.get(page, {"since": day, "until": day}).text
            assert ("hanged the time zone of the account" in text) is there


def test_the_day_of_a_pause_that_is_left_as_shown_is_the_one_that_stands(pair):
    seller, client, row = pair
    pages = [
        reverse(f"seller:connection-{name}", args=[seller.handle, row.public_id])
        for name in ("pause", "pause-day")
    ]
    day = clock.today(seller.zone) + timedelta(days=4)
    client.post(pages[0], {"until": day.isoformat()})
    row.refresh_from_db()
    end = row.paused_until
    Organization.objects.filter(pk=seller.pk).update(time_zone=LOS_ANGELES)
    shown = clock.day_of(end, ZoneInfo(LOS_ANGELES)).isoformat()
    assert f'value="{shown}"' in client.get(pages[1]).text
    assert "It is paused so already" in client.post(pages[1], {"until": shown}).text
    row.refresh_from_db()
    assert row.paused_until == end


def test_a_ship_date_that_moved_is_told_anew(afternoon):
    afternoon(clock.real_now())
    seller, supplier = organization("seller"), organization("supplier")
    boss, worker = administrator(seller), administrator(supplier)
    ship.connected(seller, supplier)
    today = clock.today(seller.zone)
    row = ship.shipment(seller, ship_date=today + timedelta(days=1))
    ship.share(row, supplier)
    near = []
    for days in (1, 10, 10):
        if row.ship_date != today + timedelta(days=days):
            facts = {name: getattr(row, name) for name in ShipmentFacts.__dataclass_fields__}
            facts["ship_date"] = today + timedelta(days=days)
            row = change_shipment(by=boss, shipment=row, facts=ShipmentFacts(**facts))
        drain()
        for _ in range(2):
            sweep_shipments()
        near.append([mail.to[0] for mail in drain() if "ship date near" in mail.subject])
        afternoon(clock.real_now() + timedelta(days=9 * (len(near) - 1)))
    assert near == [[worker.email], [], [worker.email]]
