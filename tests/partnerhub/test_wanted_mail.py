"""Sent means still wanted: what waited is asked about again, all at once, before it leaves."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.db import connection as database
from django.db import transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.emails import members as member_emails
from accounts.models import Membership
from accounts.transitions import members
from connections.emails import assignments
from connections.emails import connections as connection_emails
from connections.transitions import endings
from core import clock
from core.notifications import preferences
from core.notifications.digests import send_digest
from core.notifications.models import Notification
from core.outbox import delivery, objections
from core.outbox.models import Message, Pause
from core.outbox.states import MessageStatus
from core.web.access import Level
from supplychain.emails import guests, shares, shipments
from supplychain.transitions import shares as share_transitions
from tests.factories import invitations
from tests.factories.accounts import administrator, identity, member, organization, person
from tests.factories.connections import assigned, connection, pair
from tests.factories.supplychain import right, seller, share, shipment, supplier, worker
from tests.support import drain

pytestmark = pytest.mark.django_db


def sent_to() -> list[str]:
    return sorted(mail.to[0] for mail in drain())


def queued(tell: Callable[[], Any]) -> None:
    with transaction.atomic():
        tell()


def remove(user: Any, by: Any) -> None:
    members.remove(by=by, membership=Membership.objects.active().get(user=user))


@pytest.fixture
def shop() -> Any:
    """A supplier with an administrator and a worker, and a shipment shared with them."""

    class Shop:
        seller, boss = seller()
        firm, head = supplier()
        worker = worker(firm, "shares_edit")
        shipment = shipment(seller)
        share = share(shipment, firm, shared_by=boss)

    return Shop


def test_who_was_removed_gets_nothing_but_the_word_of_it(shop: Any):
    queued(lambda: shares.ship_date_near(shop.share))
    remove(shop.worker, shop.head)
    mails = drain()
    assert [m.to[0] for m in mails if "has ended" in m.body] == [shop.worker.email]
    assert [m.to[0] for m in mails if "has ended" not in m.body] == [shop.head.email]
    dropped = Message.objects.get(status=MessageStatus.CANCELLED)
    assert (dropped.to, dropped.text, dropped.content) == (shop.worker.email, "", "")
    assert "no longer a member" in dropped.error


def test_who_lost_the_right_gets_nothing(shop: Any):
    queued(lambda: shares.ship_date_near(shop.share))
    members.set_rights(Membership.objects.get(user=shop.worker), [])
    assert sent_to() == [shop.head.email]


def test_who_administers_no_longer_gets_no_mail_for_administrators():
    firm = organization("supplier")
    boss, other = administrator(firm, identified=False), administrator(firm, identified=False)
    row = Membership.objects.get(user=member(firm))
    queued(lambda: member_emails.member_left(row))
    Membership.objects.filter(user=other).update(role="employee")
    assert sent_to() == [boss.email]


def test_suspended_member_reads_of_the_suspension_only(shop: Any):
    queued(lambda: shares.ship_date_near(shop.share))
    members.suspend(by=shop.head, membership=Membership.objects.get(user=shop.worker))
    mails = drain()
    assert [m.to[0] for m in mails if "suspended" in m.body] == [shop.worker.email]
    assert [m.to[0] for m in mails if "suspended" not in m.body] == [shop.head.email]


def test_partners_employee_without_assignment_gets_nothing_more():
    shop, boss, provider, _ = pair()
    helper = member(provider)
    identity(helper)
    row = connection(shop, provider)
    held = assigned(helper, row)
    firm, _ = supplier()
    sent = share(shipment(shop), firm, shared_by=helper)
    queued(lambda: shares.share_shipped(sent, by=None))
    Message.objects.update(created_at=clock.real_now())
    for one in held:
        one.delete()
    assert sent_to() == [boss.email]


def test_recalled_shipment_is_told_and_nothing_else_of_it(shop: Any):
    queued(lambda: shares.ship_date_near(shop.share))
    queued(lambda: shipments.shipment_changed(shop.shipment, by=None, shares=[shop.share]))
    share_transitions.recall_share(by=shop.boss, share=shop.share, reason="Too slow")
    mails = drain()
    assert {m.to[0] for m in mails} == {shop.head.email, shop.worker.email}
    assert all("took a shipment back" in m.body for m in mails)


def test_reminder_of_what_is_done_stays_silent(shop: Any):
    queued(lambda: shares.share_unopened(shop.share))
    shop.share.status = "packing"
    shop.share.save()
    assert sent_to() == []


def test_ended_connection_is_told_and_reminders_of_it_are_not():
    shop, boss, provider, head = pair()
    row = connection(shop, provider)
    queued(lambda: connection_emails.connection_ending(row, days=3))
    endings.terminate(connection=row, by=boss, organization=shop)
    mails = drain()
    assert {m.to[0] for m in mails} == {boss.email, head.email}
    assert all("ended by" in m.body for m in mails)


def test_end_of_an_assignment_goes_to_who_has_left_the_firm():
    _, boss, provider, head = pair()
    row, helper = connection(organization("seller"), provider), member(provider)
    queued(lambda: assignments.assignments_changed(row, helper, {}, by=head))
    queued(
        lambda: assignments.assignments_changed(
            row, helper, {"inventory.fba_shipments": Level.VIEW}, by=head
        )
    )
    Membership.objects.filter(user=helper).delete()
    [mail] = drain()
    assert "no longer act" in mail.body


@pytest.mark.parametrize("name", sorted(invitations.KINDS))
def test_link_that_has_ended_is_not_mailed(name: str):
    scene = invitations.KINDS[name]()
    row = scene.row
    message = Message(
        key=f"{row.about}:{name}", message_id=f"<{name}@x.example>", kind="accounts.renewal_asked",
        to="reader@mail.example", text="Come in", link_purpose=row.claim.purpose,
        link_id=row.claim.id, link_generation=row.claim.generation,
    )  # fmt: skip
    message.save()
    row.generation += 1
    row.save()
    assert sent_to() == []
    message.refresh_from_db()
    assert message.error == "not wanted: its link has ended"


def test_what_was_switched_off_meanwhile_is_not_mailed(shop: Any):
    queued(lambda: shares.ship_date_near(shop.share))
    preferences.choose(shop.worker, {"shipments": "portal"})
    assert sent_to() == [shop.head.email]


def test_what_is_wanted_once_a_day_goes_into_the_daily_mail(shop: Any):
    queued(lambda: shares.ship_date_near(shop.share))
    preferences.choose(shop.worker, {"shipments": "daily"})
    assert sent_to() == [shop.head.email]
    send_digest(shop.worker.pk)
    [mail] = drain()
    assert mail.to == [shop.worker.email]
    assert "to leave by" in mail.body


def test_mail_goes_to_the_address_that_its_reader_has_now(shop: Any):
    queued(lambda: shares.ship_date_near(shop.share))
    queued(lambda: shares.share_recalled(shop.share, by=None, reason=""))
    shop.worker.email = "moved@mail.example"
    shop.worker.save()
    assert sent_to() == sorted(["moved@mail.example", shop.head.email] * 2)


def test_deactivated_reader_gets_nothing(shop: Any):
    queued(lambda: shares.ship_date_near(shop.share))
    shop.worker.is_active = False
    shop.worker.save()
    assert sent_to() == [shop.head.email]


# The daily mail -------------------------------------------------------------------------------
def test_daily_mail_lists_nothing_of_an_account_that_its_reader_has_left(shop: Any):
    other, _ = supplier()
    member(other, user=shop.worker)
    right(shop.worker, other, "shares_edit")
    mine = share(shipment(shop.seller, name="Meadow"), other, shared_by=shop.boss)
    preferences.choose(shop.worker, {"shipments": "daily"})
    for row in (shop.share, mine):
        queued(lambda row=row: shipments.shipment_moved(row.shipment, "delivered", [row]))
    members.remove(
        by=shop.head, membership=Membership.objects.get(user=shop.worker, organization=shop.firm)
    )
    send_digest(shop.worker.pk)
    daily = [m for m in drain() if "daily mail" in m.body and m.to == [shop.worker.email]]
    assert len(daily) == 1
    assert mine.shipment.shipment_id in daily[0].body
    assert shop.shipment.shipment_id not in daily[0].body
    assert not Notification.objects.filter(user=shop.worker, held=True).exists()


def test_daily_mail_that_waits_is_written_anew_when_its_reader_leaves(shop: Any):
    other, _ = supplier()
    member(other, user=shop.worker)
    right(shop.worker, other, "shares_edit")
    mine = share(shipment(shop.seller), other, shared_by=shop.boss)
    preferences.choose(shop.worker, {"shipments": "daily"})
    for row in (shop.share, mine):
        queued(lambda row=row: shipments.shipment_moved(row.shipment, "delivered", [row]))
    send_digest(shop.worker.pk)
    members.remove(
        by=shop.head, membership=Membership.objects.get(user=shop.worker, organization=shop.firm)
    )
    [daily] = [m for m in drain() if "daily mail" in m.body and m.to == [shop.worker.email]]
    assert mine.shipment.shipment_id in daily.body
    assert shop.shipment.shipment_id not in daily.body
    html = daily.alternatives[0].content
    assert shop.shipment.shipment_id not in html


def test_daily_mail_of_which_nothing_is_left_stays(shop: Any):
    preferences.choose(shop.worker, {"shipments": "daily"})
    queued(lambda: shipments.shipment_moved(shop.shipment, "delivered", [shop.share]))
    drain()
    send_digest(shop.worker.pk)
    remove(shop.worker, shop.head)
    assert all("daily mail" not in mail.body for mail in drain())


# What is late ---------------------------------------------------------------------------------
def test_code_that_has_ended_is_not_sent_and_its_reader_is_told():
    row = invitations.guest().row
    row.code_sent_at = clock.now()
    queued(lambda: guests.guest_code(row, "482915", minutes=3))
    Message.objects.update(useful_until=clock.now() - timedelta(seconds=1))
    [mail] = drain()
    assert "482915" not in mail.body + mail.subject + mail.alternatives[0].content
    assert "ask for a new one" in mail.subject
    assert Message.objects.get().status == MessageStatus.SENT


def test_sign_in_code_knows_how_long_it_works(settings: Any):
    user = person()
    began = clock.now()
    Client().post("/accounts/password/reset/", {"email": user.email})
    message = Message.objects.get(kind="account.password_reset_code")
    assert began < message.useful_until <= clock.now() + timedelta(seconds=180)
    [mail] = drain()
    code = mail.subject.partition(" ")[0]
    assert f"\n{code}\n" in mail.body
    assert "3 minutes" in mail.body
    message.refresh_from_db()
    assert code not in message.subject


def test_reset_code_that_waited_too_long_asks_to_ask_again():
    user = person()
    Client().post("/accounts/password/reset/", {"email": user.email})
    text = Message.objects.get().text
    Message.objects.update(useful_until=clock.now())
    [mail] = drain()
    assert "came too late" in mail.body
    assert not set(text.split("\n")[2:5]) & set(mail.body.split("\n")) - {""}


def test_guest_whose_link_has_ended_gets_no_button_that_opens_nothing():
    row = invitations.guest().row
    one = row.share
    queued(lambda: shares.ship_date_near(one))
    row.expires_at = clock.now() - timedelta(seconds=1)
    row.save()
    assert sent_to() == []
    queued(lambda: shares.share_unopened(one))
    assert not Message.objects.filter(to=row.address, kind="supplychain.share_unopened").exists()


def test_scheduler_that_was_down_says_what_is_late(shop: Any):
    """A week late: not "near", not "three days"."""
    today = clock.today(shop.seller.zone)
    shop.shipment.ship_date = today - timedelta(days=5)
    shop.shipment.save()
    shop.share.shared_at = clock.now() - timedelta(days=10)
    shop.share.save()
    shop.share.refresh_from_db()
    queued(lambda: shares.ship_date_near(shop.share))
    queued(lambda: shares.share_unopened(shop.share))
    mails = drain()
    due, waiting = (
        next(m for m in mails if word in m.subject) for word in ("ship date passed", "waits")
    )
    assert "was to leave by" in due.body
    assert "10 days" in waiting.body


def test_reminder_that_is_late_counts_the_days_that_are_left():
    shop, _, provider, _ = pair()
    row = connection(shop, provider, ends_at=clock.now() + timedelta(days=2, hours=1))
    queued(lambda: connection_emails.connection_ending(row, days=30))
    mails = drain()
    assert len(mails) == 2
    assert all("in 3 days" in mail.subject for mail in mails)
    queued(lambda: connection_emails.connection_ending(row, days=1))
    Message.objects.update(useful_until=clock.now())
    assert drain() == []


def test_late_reminder_stays_silent(shop: Any):
    queued(lambda: shares.ship_date_near(shop.share))
    Message.objects.update(useful_until=clock.now())
    assert sent_to() == []
    assert set(Message.objects.values_list("status", flat=True)) == {MessageStatus.CANCELLED}


def test_mail_that_cannot_be_judged_waits_and_holds_up_no_other(shop: Any, monkeypatch: Any):
    """A check that stumbles over one: nothing leaves unasked, and all others leave."""

    def stumbles(items: Any) -> dict[int, str]:
        if any(item.address == shop.worker.email for item in items):
            raise ValueError("odd")
        return {}

    monkeypatch.setattr(objections, "_CHECKS", [*objections._CHECKS, stumbles])
    queued(lambda: shares.ship_date_near(shop.share))
    assert sent_to() == [shop.head.email]
    left = Message.objects.get(to=shop.worker.email)
    assert (left.status, left.attempts, left.error) == ("waiting", 1, "ValueError: odd")


# How dear it is -------------------------------------------------------------------------------
def test_asking_takes_as_many_statements_for_many_as_for_few(shop: Any):
    def asked(count: int) -> int:
        workers = [worker(shop.firm, "shares_edit") for _ in range(count)]
        with transaction.atomic():
            shares.ship_date_near(shop.share)
            link = invitations.guest().row
            guests.guest_code(link, "482915", minutes=3)
            EmailMessage("Code", "QWER-TZUI", to=["a@mail.example"]).send()
        with transaction.atomic():
            Membership.objects.filter(user__in=[user.pk for user in workers[::2]]).delete()
        claimed = delivery.claim()
        with CaptureQueriesContext(database) as captured:
            delivery._wanted(claimed)
        Message.objects.all().delete()
        Pause.objects.all().delete()
        return len(captured)

    few, many = asked(2), asked(40)
    assert few == many
    assert many <= 12
