"""Mail that did not arrive: who sees it, sending it again, and addresses that take none (X15)."""

import re
import smtplib
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from anymail.signals import AnymailTrackingEvent, tracking
from django.db import transaction
from django.urls import reverse

from accounts.invitations.transitions import resend
from accounts.models import EmployeeInvitation
from accounts.transitions import employees
from core import clock
from core.audit.models import Event
from core.notifications.models import Choice, Notification
from core.notifications.preferences import of_person
from core.notifications.services import Recipient, tell
from core.outbox import bounces, delivery, transport
from core.outbox.models import MarkedAddress, Message, SoftBounce
from core.outbox.rendering import Mail
from core.outbox.states import UNKNOWN, MarkReason, MessageStatus, plain_reason
from tests.factories import supplychain as ship
from tests.factories.accounts import administrator, member, organization, person
from tests.factories.reviewers import desk_reviewer
from tests.support import drain, nothing_changes, signed_in

pytestmark = pytest.mark.django_db
PAGE, AGAIN = "/notifications/undelivered/", "/notifications/undelivered/again/"
NO_SUCH_MAILBOX = smtplib.SMTPRecipientsRefused({"a": (550, b"no such user")})


class Refusing:
    """A transport that refuses every message to certain addresses."""

    def __init__(self, *addresses: str, error: Exception = NO_SUCH_MAILBOX) -> None:
        self.addresses, self.error = addresses, error
        self.sent: list[Any] = []

    def open(self) -> None:
        """Always there."""

    def close(self) -> None:
        """Nothing to close."""

    def send_messages(self, messages: list[Any]) -> int:
        """Refuse, or take."""
        if messages[0].to[0] in self.addresses:
            raise self.error
        self.sent += messages
        return 1


@pytest.fixture
def refuse(monkeypatch: pytest.MonkeyPatch) -> Any:
    """refuse(address): the mail server refuses it; drains, and returns what was sent instead."""

    def use(*addresses: str, error: Exception = NO_SUCH_MAILBOX) -> list[Any]:
        server = Refusing(*addresses, error=error)
        with monkeypatch.context() as patch:
            patch.setattr(transport, "mailers", {"transport": server})
            delivery.drain()
        return server.sent

    return use


@pytest.fixture
def firm() -> SimpleNamespace:
    """A seller with an administrator who has invited a colleague at an address that is wrong."""
    seller = organization("seller", name="Blue Harbor")
    boss = administrator(seller)
    row = employees.invite(
        by=boss, organization=seller, address="gone@mail.example", name="Gone", role="employee"
    )
    return SimpleNamespace(seller=seller, boss=boss, row=row)


def told(to: str, by: Any, *, key: str = "event", **more: Any) -> Message:
    with transaction.atomic():
        tell(
            [Recipient(to)],
            key=key,
            kind="supplychain.shipment_shared",
            mail=Mail(subject=f"[Blue Harbor] FBA1: {key}", heading=key, paragraphs=("It is so.",)),
            caused_by=by,
            **more,
        )
    return Message.objects.get(key=f"{key}:{to}")


def an_hour_later() -> None:
    Message.objects.update(due_at=clock.real_now() - timedelta(hours=1))


def report(kind: str, to: str, **fields: Any) -> None:
    """What the provider reports, as django-anymail hands it on."""
    event = AnymailTrackingEvent(event_type=kind, recipient=to, **fields)
    tracking.send(sender=None, event=event, esp_name="Test")


# Who sees it ----------------------------------------------------------------------------------
def test_who_caused_it_is_told_why_and_where(firm: Any, refuse: Any):
    sent = refuse("gone@mail.example")
    [mail] = [mail for mail in sent if mail.to == [firm.boss.email]]
    assert mail.subject == "[PartnerHub] Mail: could not be delivered"
    assert "The mail server of this address refuses it" in mail.body
    assert f"http://localhost{PAGE}" in mail.body
    notice = Notification.objects.get(user=firm.boss)
    assert (notice.kind, notice.path) == ("notifications.undelivered", PAGE)
    page = signed_in(firm.boss).get(PAGE).text
    assert "gone@mail.example" in page
    assert "The mail server of this address refuses it: check the spelling." in page
    assert "Send again" in page


def test_other_administrators_see_it_employees_and_strangers_do_not(firm: Any, refuse: Any):
    refuse("gone@mail.example")
    second, staff = administrator(firm.seller), member(firm.seller)
    assert "gone@mail.example" in signed_in(second).get(PAGE).text
    for nobody in (staff, administrator(organization("seller"))):
        client = signed_in(nobody)
        assert "gone@mail.example" not in client.get(PAGE).text
        with nothing_changes():
            found = {"message": Message.objects.get(status="failed").message_id}
            assert client.post(AGAIN, found).status_code == 404


def test_the_invitation_list_says_why(firm: Any, refuse: Any):
    refuse("gone@mail.example")
    page = signed_in(firm.boss).get(reverse("seller:members", args=[firm.seller.handle])).text
    assert "Could not be delivered" in page
    assert "check the spelling" in page


def test_addresses_that_the_causer_never_typed_stay_hidden(refuse: Any):
    causer = person()
    told("secret.person@other.example", causer)
    refuse("secret.person@other.example")
    page = signed_in(causer).get(PAGE).text
    assert "secret.person" not in page
    assert "s***@o…" in page


def test_a_broken_server_sends_one_mail_an_hour_but_lists_each(refuse: Any, monkeypatch: Any):
    causer = person()
    for number in range(3):
        told(f"gone{number}@mail.example", causer, key=f"event {number}")
    sent = refuse(*[f"gone{number}@mail.example" for number in range(3)])
    assert [mail.to for mail in sent] == [[causer.email]]
    assert Notification.objects.filter(user=causer).count() == 3


def test_nobody_is_told_that_the_telling_failed(refuse: Any):
    causer = person()
    told("gone@mail.example", causer)
    told(causer.email, causer, key="own")
    refuse("gone@mail.example", causer.email)
    assert Notification.objects.filter(user=causer).count() == 1
    assert Message.objects.filter(status="failed").count() == 3


def test_shared_shipment_page_shows_what_the_supplier_did_not_get(refuse: Any):
    seller, boss = ship.seller()
    supplier, worker = ship.supplier()
    ship.connected(seller, supplier)
    share = ship.share(ship.shipment(seller), supplier)
    told(worker.email, boss, key=f"share:{share.public_id}:shared", organization=seller)
    refuse(worker.email)
    address = reverse("seller:shipment", args=[seller.handle, share.shipment.public_id])
    page = signed_in(boss).get(address).text
    assert "Mail that did not arrive" in page
    assert Message.objects.get(status="failed").message_id.strip("<>") in page


# Sending again --------------------------------------------------------------------------------
def test_sending_again_keeps_the_message_id_and_the_link(firm: Any, refuse: Any):
    refuse("gone@mail.example")
    failed = Message.objects.get(status="failed")
    an_hour_later()
    answer = signed_in(firm.boss).post(AGAIN, {"message": failed.message_id})
    assert answer["Location"] == PAGE
    firm.row.refresh_from_db()
    assert firm.row.status == "undeliverable"
    [mail] = [mail for mail in drain() if mail.to == ["gone@mail.example"]]
    assert mail.extra_headers["Message-ID"] == failed.message_id
    firm.row.refresh_from_db()
    assert (firm.row.status, firm.row.generation) == ("pending", 1)
    verbs = Event.objects.filter(object_id=str(firm.row.public_id)).values_list("verb", flat=True)
    assert list(verbs.order_by("id")) == [
        "employee_invitation.sent",
        "employee_invitation.undeliverable",
        "employee_invitation.delivered",
    ]


def test_not_within_ten_minutes_of_the_failure(firm: Any, refuse: Any):
    refuse("gone@mail.example")
    client, failed = signed_in(firm.boss), Message.objects.get(status="failed")
    with nothing_changes():
        assert client.post(AGAIN, {"message": failed.message_id}).status_code == 429


def test_invitations_count_against_their_limits(firm: Any, refuse: Any, monkeypatch: Any):
    monkeypatch.setattr("accounts.invitations.limits.PER_PAIR", 2)
    client = signed_in(firm.boss)
    codes = []
    for _ in range(2):
        refuse("gone@mail.example")
        failed = Message.objects.get(to="gone@mail.example")
        an_hour_later()
        codes.append(client.post(AGAIN, {"message": failed.message_id}).status_code)
    assert codes == [302, 429]


def test_what_is_on_its_way_is_not_sent_twice(firm: Any):
    waiting = Message.objects.get()
    client = signed_in(firm.boss)
    with nothing_changes():
        assert client.post(AGAIN, {"message": waiting.message_id}).status_code == 409


@pytest.mark.parametrize("name", ["", "x", "<no@such>", "a\0b", "m" * 5000])
def test_no_such_mail(name: str):
    client = signed_in(person())
    assert client.post(AGAIN, {"message": name}).status_code in (400, 404)


def test_renewing_takes_the_failed_mail_from_the_list(firm: Any, refuse: Any):
    refuse("gone@mail.example")
    EmployeeInvitation.objects.update(sent_at=clock.now() - timedelta(hours=1))
    resend(by=firm.boss, row=firm.row)
    assert "gone@mail.example" not in signed_in(firm.boss).get(PAGE).text


def test_the_page_takes_a_fixed_number_of_queries(refuse: Any, django_assert_num_queries: Any):
    causer = person()
    client = signed_in(causer)
    houses = [organization("seller") for _ in range(3)]
    for number in range(30):
        told("gone@mail.example", causer, key=f"e{number}", organization=houses[number % 3])
    refuse("gone@mail.example")
    with django_assert_num_queries(6):
        page = client.get(PAGE).text
    assert page.count('action="/notifications/undelivered/again/"') == 25


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("SMTPRecipientsRefused: {'a': (550, b'x')}", "check the spelling"),
        ("maybe sent: TimeoutError", "may have arrived"),
        ("SMTPDataError: (451, b'later')", "put it off for a whole day"),
        ("SMTPDataError: (554, b'spam')", "refused the message"),
        ("SMTPNotSupportedError: STARTTLS", "no encryption"),
        ("ConnectionRefusedError: ", "could not be reached"),
        ("bounced: 550 no such user", "came back"),
        ("complained: ", "unwanted"),
        ("?", UNKNOWN),
    ],
)
def test_reasons_are_plain_words(error: str, words: str):
    assert words in plain_reason(error)
    assert "SMTP" not in plain_reason(error)


# Bounces and complaints -----------------------------------------------------------------------
def test_a_bounce_marks_the_address_and_the_invitation(firm: Any):
    drain()
    number = Message.objects.get().pk
    for _ in range(2):
        report(
            "bounced",
            "Gone@Mail.example",
            reject_reason="bounced",
            mta_response="550 no such user",
            metadata={"message": str(number)},
        )
    firm.row.refresh_from_db()
    assert firm.row.status == "undeliverable"
    mark = MarkedAddress.objects.get()
    assert (mark.address, mark.reason, mark.detail) == (
        "gone@mail.example",
        "bounced",
        "550 no such user",
    )
    assert Notification.objects.filter(user=firm.boss).count() == 1
    page = signed_in(firm.boss).get(PAGE).text
    assert "The mail came back" in page
    assert AGAIN not in page


def test_a_bounce_without_our_number_is_about_the_newest_mail(firm: Any):
    drain()
    report("bounced", "gone@mail.example")
    firm.row.refresh_from_db()
    assert firm.row.status == "undeliverable"


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("deferred", {}),
        ("delivered", {}),
        ("opened", {}),
        ("bounced", {"reject_reason": "timed_out"}),
        ("bounced", {"reject_reason": "blocked"}),
    ],
)
def test_what_passes_marks_nothing(kind: str, fields: dict[str, str], firm: Any):
    drain()
    with nothing_changes():
        report(kind, "gone@mail.example", **fields)


@pytest.mark.parametrize("number", ["x", "9" * 40, "-1", "0", None, [], {"a": 1}, "\0"])
def test_a_strange_number_harms_nothing(number: Any):
    with nothing_changes():
        report("bounced", "gone@mail.example", metadata={"message": number})


@pytest.mark.parametrize(
    "raw",
    [
        {"bounce": {"bounceType": "Transient", "bounceSubType": "General"}},
        {"bounce": {"bounceType": "Undetermined"}},
        {"RecordType": "Bounce", "Type": "SoftBounce"},
        {"event": "soft_bounce"},
        {"event-data": {"event": "failed", "severity": "temporary"}},
        {"event": "bounce", "type": "blocked"},
        {"event": "bounce", "type": "bounce", "status": "4.2.2"},
    ],
)
def test_what_came_back_for_now_marks_after_five_within_a_week(raw: Any):
    """An answer that somebody is away ends no mail; a mailbox that stays full does."""
    user, causer = person(), person()
    for number in range(6):
        message = told(user.email, causer, key=f"soft:{number}")
        drain()
        for _ in range(2):  # told twice is once
            report(
                "bounced", user.email, reject_reason="bounced", esp_event=raw,
                metadata={"message": str(message.pk)},
            )  # fmt: skip
        if number == 0:
            SoftBounce.objects.update(at=clock.real_now() - timedelta(days=8))
        assert MarkedAddress.objects.exists() is (number == 5)
    assert Message.objects.filter(status=MessageStatus.FAILED).count() == 1


def test_code_of_the_receiving_server_tells_a_full_mailbox(firm: Any):
    drain()
    fields = {"reject_reason": "bounced", "mta_response": "452 4.2.2 mailbox full"}
    report("bounced", "gone@mail.example", **fields)
    assert not MarkedAddress.objects.exists()
    assert SoftBounce.objects.count() == 1


@pytest.mark.parametrize("kind", ["bounced", "complained", "unsubscribed"])
def test_report_about_an_address_that_we_never_mailed_changes_nothing(kind: str):
    user = person()
    told("other@mail.example", person())
    drain()
    number = str(Message.objects.get().pk)
    with nothing_changes():
        report(kind, user.email, reject_reason="bounced")
        report(kind, user.email, reject_reason="bounced", metadata={"message": number})


def test_report_that_is_years_old_changes_nothing(firm: Any):
    drain()
    with nothing_changes():
        for days in (31, 3 * 365):
            at = clock.real_now() - timedelta(days=days)
            report("bounced", "gone@mail.example", reject_reason="bounced", timestamp=at)


def test_report_from_before_the_last_proof_changes_nothing():
    user = person()
    told(user.email, person())
    drain()
    before = clock.real_now()
    bounces.clear([user.email])
    report("bounced", user.email, reject_reason="bounced", timestamp=before)
    assert not MarkedAddress.objects.exists()
    after = clock.real_now() + timedelta(seconds=1)
    report("bounced", user.email, reject_reason="bounced", timestamp=after)
    assert MarkedAddress.objects.exists()


def test_nothing_more_is_sent_to_a_marked_address_but_what_is_asked_for(client: Any):
    user, causer = person(), person()
    bounces.mark(user.email, MarkReason.BOUNCED, detail="550 gone")
    message = told(user.email, causer)
    client.post("/accounts/password/reset/", {"email": user.email})
    assert [mail.to for mail in drain() if mail.to != [causer.email]] == [[user.email]]
    message.refresh_from_db()
    assert message.status == MessageStatus.FAILED
    assert "came back" in plain_reason(message.error)
    assert Notification.objects.filter(user=causer).count() == 1
    assert "No mail goes to this address" in signed_in(user).get("/notifications/settings/").text


def test_a_mailed_code_clears_the_mark(client: Any):
    user = person()
    bounces.mark(user.email, MarkReason.COMPLAINED)
    client.post("/accounts/password/reset/", {"email": user.email})
    code = re.search(r"^\s*([A-Z0-9]{4}-[A-Z0-9]{4})\s*$", drain()[0].body, re.MULTILINE).group(1)
    client.post("/accounts/password/reset/confirm/", {"code": code})
    new = {"password1": "a new correct horse", "password2": "a new correct horse"}
    client.post("/accounts/password/reset/complete/", new)
    assert not bounces.is_marked(user.email)


def test_a_complaint_stops_repeating_mail_and_outweighs_a_bounce():
    user = person()
    told(user.email, person())
    drain()
    report("bounced", user.email)
    report("complained", user.email)
    report("bounced", user.email)
    assert MarkedAddress.objects.get().reason == "complained"
    assert of_person(user) == {"shipments": Choice.PORTAL}


def test_unsubscribing_at_the_provider_marks_nothing():
    user = person()
    told(user.email, person())
    drain()
    report("unsubscribed", user.email)
    assert of_person(user) == {"shipments": Choice.PORTAL}
    assert not MarkedAddress.objects.exists()


def test_a_marked_address_is_not_tried_again_by_hand(firm: Any):
    drain()
    report("bounced", "gone@mail.example")
    an_hour_later()
    client, failed = signed_in(firm.boss), Message.objects.get(status="failed")
    with nothing_changes():
        assert client.post(AGAIN, {"message": failed.message_id}).status_code == 409


def test_the_desk_clears_a_mark_and_writes_it_down(firm: Any):
    bounces.mark("gone@mail.example", MarkReason.BOUNCED)
    mark = MarkedAddress.objects.get()
    address = reverse("admin:outbox_markedaddress_change", args=[mark.pk])
    reviewer, lead = signed_in(desk_reviewer()), signed_in(desk_reviewer(lead=True))
    assert reviewer.get(address).status_code == 404
    assert "Let mail go there again" in lead.get(address).text
    assert MarkedAddress.objects.exists()
    lead.post(address)
    assert not MarkedAddress.objects.exists()
    event = Event.objects.get(verb="marked_address.cleared")
    assert "gone" not in f"{event.before}{event.after}{event.object_id}"


# The provider ---------------------------------------------------------------------------------
def test_mail_through_a_provider_carries_our_number_and_headers(settings: Any):
    settings.MAILERS = settings.MAILERS | {
        "transport": {"BACKEND": "anymail.backends.test.EmailBackend"}
    }
    message = told("reader@mail.example", person())
    [mail] = drain()
    params = mail.anymail_test_params
    assert params["metadata"] == {"message": str(message.pk)}
    assert params["extra_headers"]["Message-ID"] == message.message_id
    assert params["extra_headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    message.refresh_from_db()
    assert message.status == MessageStatus.SENT
