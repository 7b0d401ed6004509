"""Many invitations at once: what is read, foreseen, sent, queued and stopped (U26, S1.8, I13)."""

import contextlib
import csv
import html
import io
import tracemalloc
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.invitation_kinds import ADDRESS
from accounts.invitations.batches import kinds
from accounts.invitations.batches.forms import ListForm
from accounts.invitations.batches.reading import read
from accounts.invitations.batches.transitions import batches, chunks
from accounts.models import (
    BatchRow,
    EmployeeInvitation,
    InvitationBatch,
    Membership,
    Organization,
    Refusal,
    Sending,
)
from accounts.signals import person_erased
from accounts.transitions import employees
from core import clock
from core.audit.models import Event
from core.errors import DomainError
from core.notifications.models import Notification
from core.outbox.models import Message
from supplychain.models import SupplierInvitation
from tests.factories.accounts import (
    administrator,
    employee_invitation,
    member,
    organization,
    person,
)
from tests.factories.supplychain import connected, supplier_invitation
from tests.support import drain, nothing_changes, one_time_link, signed_in

pytestmark = pytest.mark.django_db
KINDS = ("supplier", "employee")


@pytest.fixture
def firm():
    """A seller of middle age: 50 a day."""
    return organization("seller")


@pytest.fixture
def boss(firm):
    """Its administrator."""
    return administrator(firm)


@pytest.fixture
def client(boss):
    """Signed in."""
    return signed_in(boss)


def trusted(firm):
    """Old enough for a thousand a day."""
    old = clock.now() - timedelta(days=40)
    Organization.objects.filter(pk=firm.pk).update(activated_at=old, created_at=old)


def start_url(firm, purpose="supplier"):
    return f"/seller/{firm.handle}/invite-several/{purpose}/"


def give(client, firm, data, purpose="supplier", **more):
    """Upload a file, or paste lines when `data` is text."""
    fields = {"pasted": data} if isinstance(data, str) else {}
    if not fields:
        fields = {"file": SimpleUploadedFile("list.csv", data)}
    defaults = {"all-supplier_kind": "wholesaler"}
    if purpose == "employee":
        defaults = {"all-role": "employee"}
    return client.post(start_url(firm, purpose), fields | defaults | more)


def given(client, firm, data, purpose="supplier", **more):
    """The list that was made of it."""
    answer = give(client, firm, data, purpose, **more)
    assert answer.status_code == 302, answer.content.decode()
    return InvitationBatch.objects.get(public_id=answer["Location"].rstrip("/").split("/")[-1])


def page_of(batch, act=""):
    return start_url(batch.organization, batch.purpose) + f"{batch.public_id}/{act}"


def states(batch):
    """Status and reason of each row, by line."""
    return [(row.line, row.status, row.reason) for row in batch.rows.order_by("number")]


def sent(client, batch):
    """Confirm, and let the worker do its work."""
    assert client.post(page_of(batch, "confirm/")).status_code == 302
    chunks.send_due()
    batch.refresh_from_db()
    return batch


def lines(count, start=1):
    return "".join(f"friend{n}@mail.example\n" for n in range(start, start + count))


# Reading --------------------------------------------------------------------------------------

TABLE = "Name{0}E-Mail{0}What the supplier does\nMüller Mühle{0}mill@mail.example{0}manufacturer\n"


@pytest.mark.parametrize("sign", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_a_file_is_read_in_whatever_spreadsheets_write(client, firm, sign, encoding):
    batch = given(client, firm, TABLE.format(sign).replace("\n", "\r\n").encode(encoding))
    row = batch.rows.get()
    assert (row.address, row.values["name"]) == ("mill@mail.example", "Müller Mühle")
    assert (row.values["supplier_kind"], row.line) == ("manufacturer", 2)


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("EMAIL,Supplier Type", "a@mail.example,Freight Forwarder"),
        ("type,e-mail address", "freight_forwarder,A@MAIL.example"),
        ("E mail;KIND;Phone", "a@mail.example;freight forwarder;"),
        ("sep=;\nAddress;category", "a@mail.example;FREIGHT-FORWARDER"),
        ("\n\n  Mail , Kind ", " a@mail.example , forwarder "),
    ],
)
def test_header_names_are_taken_as_people_write_them(client, firm, header, cells):
    row = given(client, firm, f"{header}\n{cells}\n".encode()).rows.get()
    assert row.address == "a@mail.example"
    assert row.values["supplier_kind"] == "freight_forwarder"


def test_pasted_lines_are_read_as_people_write_them(client, firm):
    text = (
        "Ada Moss <ada@mail.example>\n"
        '"Bo, Ltd" <bo@mail.example>\n'
        "\n"
        "cy@mail.example\n"
        "dee@mail.example, Dee Works\n"
        "Eve Works; eve@mail.example; manufacturer\n"
        "Fay <fay@mail.example>; Gus <gus@mail.example>, \n"
        "nobody at all\n"
    )
    rows = given(client, firm, text).rows.order_by("number")
    read = [(row.line, row.address, row.values.get("name"), row.status) for row in rows]
    assert read == [
        (1, "ada@mail.example", "Ada Moss", "ready"),
        (2, "bo@mail.example", "Bo, Ltd", "ready"),
        (4, "cy@mail.example", "", "ready"),
        (5, "dee@mail.example", "Dee Works", "ready"),
        (6, "eve@mail.example", "Eve Works", "ready"),
        (7, "fay@mail.example", "Fay", "ready"),
        (7, "gus@mail.example", "Gus", "ready"),
        (8, "", None, "wrong"),
    ]
    assert [row.values["supplier_kind"] for row in rows if row.values] == [
        "wholesaler", "wholesaler", "wholesaler", "wholesaler",
        "manufacturer", "wholesaler", "wholesaler",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        '"Doe, Ann" <ann@x.example>, "Roe, Bob" <bob@x.example>',
        '"Doe, Ann" <ann@x.example>; "Roe, Bob" <bob@x.example>;',
        "Doe, Ann <ann@x.example>; Roe, Bob <bob@x.example>",
        "Doe, Ann <ann@x.example>, Roe, Bob <bob@x.example>",
        "'Doe, Ann' <ann@x.example>; 'Roe, Bob' <bob@x.example>",
        '"Doe, Ann" <ann@x.example>,\r\n "Roe, Bob" <bob@x.example>',
        '"Doe, Ann" <mailto:ann@x.example>; "Roe, Bob" <bob\u2060@x\u2060.\u2060example>',
    ],
)
def test_lists_that_mail_programs_copy_give_one_row_each(client, firm, text):
    rows = given(client, firm, text).rows.order_by("number")
    assert [(row.address, row.values["name"]) for row in rows] == [
        ("ann@x.example", "Doe, Ann"),
        ("bob@x.example", "Roe, Bob"),
    ]


def test_addresses_without_names_and_cells_with_names_are_read(client, firm):
    rows = given(client, firm, "a@x.example, b@x.example;c@x.example").rows.order_by("number")
    assert [row.address for row in rows] == ["a@x.example", "b@x.example", "c@x.example"]
    data = b'email\n"Doe, Ann <ann@x.example>"\n'
    row = given(client, firm, data).rows.get()
    assert (row.address, row.values["name"]) == ("ann@x.example", "Doe, Ann")


def test_the_encoding_is_said_and_can_be_chosen(client, firm):
    """Nothing is read as other letters in silence."""
    text = "name,email\n深圳市华强电子有限公司,a@x.example\n北京百度网讯科技有限公司,b@x.example\n"
    batch = given(client, firm, text.encode("gbk"))
    page = client.get(page_of(batch)).content.decode()
    assert "Read as Simplified Chinese (GBK, GB 18030): 深圳市华强电子有限公司" in page
    short = "name,email\n김철수,a@x.example\n".encode("cp949")
    refused = give(client, firm, short)
    assert refused.status_code == 422
    assert "“김철수” in Korean (EUC-KR)" in refused.content.decode()
    row = given(client, firm, short, encoding="cp949").rows.get()
    assert row.values["name"] == "김철수"
    assert given(client, firm, b"email\na@x.example\n").notes == []


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b" \r\n ", "empty"),
        (b"email\n", "no line below the header"),
        (b"email,name,e-mail address\na@mail.example,A,b@mail.example\n", "Two columns"),
        (b"name,phone\nAda,1\n", "No column holds the e-mail address"),
        (b"name|email\nAda|ada@mail.example\n", "name|email"),
        (b"PK\x03\x04" + b"\0" * 99, "Save the sheet as CSV"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 99, "Save the sheet as CSV"),
        (b"%PDF-1.7 \xff\xfe", "PDF"),
        (b"email\n\0\0\0\1\2\3\xff" * 9, "no text"),
        (b'email\n"' + b"x" * 200_000, "quotation mark"),
        (b"email\n" + b"a@mail.example\n" * 1001, "more than 1,000 rows"),
        (b"email\n" + b"a@mail.example\n" * 1_000_000, "larger than 1 MB"),
    ],
)
def test_what_is_no_list_is_refused_with_a_sentence(client, firm, data, words):
    with nothing_changes():
        answer = give(client, firm, data)
    assert answer.status_code == 422
    assert words in answer.content.decode().replace("&#x27;", "'")


def test_neither_and_both_are_refused_and_nothing_typed_is_lost(client, firm):
    assert "Choose a CSV file, or paste lines" in give(client, firm, "").content.decode()
    file = SimpleUploadedFile("list.csv", b"email\na@mail.example\n")
    answer = give(client, firm, "b@mail.example", file=file)
    assert answer.status_code == 422
    assert "b@mail.example" in answer.content.decode()


def test_bad_rows_say_why_at_their_cell(client, firm):
    data = (
        "name,email,kind,note\n"
        "Ada,not an address,,\n"
        "Bo,mi\u212ae@mail.example,,\n"
        "Cy www.evil.example/x,cy@mail.example,,\n"
        "Dee,dee@mail.example,farmer,\n"
        "Eve,eve@mail.example\n"
        "Fay,fay@mail.example,,,too wide\n"
        ",EVE@mail.example,,\n"
        '"Gus\nTwo",gus@mail.example,,\n'
    ).encode()
    rows = list(given(client, firm, data).rows.order_by("number"))
    assert [(row.line, row.status, row.field) for row in rows] == [
        (2, "wrong", "address"),
        (3, "wrong", "address"),
        (4, "wrong", "name"),
        (5, "wrong", "supplier_kind"),
        (6, "ready", ""),
        (7, "wrong", ""),
        (8, "duplicate", ""),
        (9, "wrong", ""),
    ]
    assert "“farmer” is none of these: Manufacturer" in rows[3].reason
    assert rows[6].reason == "Same address as line 6."


def test_lines_in_different_encodings_are_read_each_by_itself(client, firm):
    data = (
        b"name,email\n"
        + "Müller,a@mail.example\n".encode()
        + "Mühle,b@mail.example\n".encode("cp1252")
        + b"\x81\xff,c@mail.example\n"
    )
    rows = given(client, firm, data).rows.order_by("number")
    assert [row.typed["name"] for row in rows][:2] == ["Müller", "Mühle"]
    assert rows[2].status == "wrong"
    assert "cannot be read" in rows[2].reason


def test_a_list_in_another_account_does_not_exist(client, firm):
    batch = given(client, firm, "a@mail.example\n")
    stranger_firm = organization("seller")
    stranger = signed_in(administrator(stranger_firm))
    for act in ("", "to-mend/", "confirm/", "rows/", "discard/"):
        for handle in (firm.handle, stranger_firm.handle):
            url = page_of(batch, act).replace(firm.handle, handle)
            answer = stranger.get(url) if act in ("", "to-mend/") else stranger.post(url)
            assert answer.status_code == 404
    assert signed_in(member(firm)).get(page_of(batch)).status_code == 403
    wrong_kind = page_of(batch).replace("supplier", "employee")
    assert client.get(wrong_kind).status_code == 404


def test_a_provider_invites_no_suppliers_this_way():
    firm = organization("provider")
    client = signed_in(administrator(firm))
    assert client.get(f"/provider/{firm.handle}/invite-several/supplier/").status_code == 404
    assert client.get(f"/provider/{firm.handle}/invite-several/employee/").status_code == 200


# Foreseeing -----------------------------------------------------------------------------------


def test_the_preview_tells_each_row_what_will_happen_and_nothing_is_sent(client, firm, boss):
    mate = member(firm)
    employees.invite(by=boss, organization=firm, address="open@mail.example", role="employee")
    Refusal.objects.create(organization=firm, address="never@mail.example")
    text = (
        f"{mate.email}\nopen@mail.example\nnever@mail.example\nnew@mail.example\nbad\n"
        "NEW@mail.example\n" + lines(50)
    )
    batch = given(client, firm, text, "employee")
    with nothing_changes():
        page = client.get(page_of(batch)).content.decode()
    assert "A member of this account already." in page
    assert "Invited already, open until" in page
    assert "Same address as line 4." in page
    assert "<b>49</b> will be invited at once" in page
    assert "<b>3</b> will wait" in page
    assert "<b>3</b> need no invitation" in page
    assert "<b>1</b> cannot be invited" in page
    never = page.split("never@mail.example")[1].split("</tr>")[0]
    assert "Will be invited" in never
    later = client.get(page_of(batch) + "?show=later").content.decode()
    assert later.count("Waits until") == 3


def test_rows_can_be_left_out_and_taken_in_again(client, firm):
    batch = given(client, firm, lines(3))
    client.post(page_of(batch, "rows/"), {"act": "out", "rows": ["1", "2"]})
    assert [status for _, status, _ in states(batch)] == ["excluded", "excluded", "ready"]
    client.post(page_of(batch, "rows/"), {"act": "in", "rows": ["2"]})
    assert [status for _, status, _ in states(batch)] == ["excluded", "ready", "ready"]
    answer = client.post(page_of(batch, "rows/"), {"act": "out"})
    assert answer.status_code == 422
    sent(client, batch)
    addresses = set(SupplierInvitation.objects.values_list("address", flat=True))
    assert addresses == {"friend2@mail.example", "friend3@mail.example"}
    assert client.post(page_of(batch, "rows/"), {"act": "in", "rows": ["1"]}).status_code == 409


def test_a_list_is_thrown_away_before_it_is_confirmed_only(client, firm):
    batch = given(client, firm, lines(2))
    assert client.post(page_of(batch, "discard/")).status_code == 302
    assert not InvitationBatch.objects.exists()
    batch = sent(client, given(client, firm, lines(2)))
    assert client.post(page_of(batch, "discard/")).status_code == 409


# Sending --------------------------------------------------------------------------------------


@pytest.mark.parametrize("purpose", KINDS)
@pytest.mark.both
def test_a_thousand_rows_go_out_in_one_go(
    firm, boss, client, purpose, django_assert_max_num_queries
):
    """Set-based: so many statements for each 200 rows, and each row as if invited alone."""
    trusted(firm)
    batch = given(client, firm, lines(1000), purpose)
    client.post(page_of(batch, "confirm/"))
    with django_assert_max_num_queries(5 * 45):
        chunks.send_due()
    model = SupplierInvitation if purpose == "supplier" else EmployeeInvitation
    assert model.objects.filter(status="pending", invited_by=boss).count() == 1000
    assert Sending.objects.count() == 1000
    assert Message.objects.filter(about__startswith=f"{purpose}:", status="waiting").count() == 1000
    assert Event.objects.filter(verb=f"{purpose}_invitation.sent").count() == 1000
    batch.refresh_from_db()
    assert batch.status == "done"
    assert "Done: 1000 invited" in client.get(page_of(batch)).content.decode()


def test_a_row_is_an_invitation_like_any_other(client, firm, boss):
    batch = given(
        client,
        firm,
        b"email,name,role\nada@mail.example,Ada,admin\nbo@mail.example,,\n",
        "employee",
        **{"all-rights": ["shipments_edit"]},
    )
    sent(client, batch)
    ada, bo = EmployeeInvitation.objects.order_by("address")
    assert (ada.name, ada.role, ada.rights) == ("Ada", "administrator", [])
    assert (bo.role, bo.rights) == ("employee", ["shipments_edit", "shipments_view"])
    mails = {mail.to[0]: mail for mail in drain()}
    assert set(mails) == {"ada@mail.example", "bo@mail.example"}, "nobody is told of a list at once"
    user = person(email="ada@mail.example")
    browser = signed_in(user)
    browser.get(one_time_link(mails["ada@mail.example"]))
    assert browser.post(f"/invitations/employee/{ada.public_id}/accept/").status_code == 302
    assert Membership.objects.get(user=user, organization=firm).is_administrator
    event = Event.objects.filter(verb="employee_invitation.sent").first()
    confirmed = Event.objects.get(verb="employee_invitation.list_confirmed")
    assert (event.actor_ref, event.request_id) == (confirmed.actor_ref, confirmed.request_id)
    assert event.actor_ref is not None
    assert confirmed.after == {"rows": 2}


def test_who_wants_no_mail_gets_none_and_looks_like_the_others(client, firm):
    Refusal.objects.create(organization=firm, address="friend1@mail.example")
    batch = sent(client, given(client, firm, lines(2)))
    assert [status for _, status, _ in states(batch)] == ["sent", "sent"]
    assert [mail.to for mail in drain()] == [["friend2@mail.example"]]


def test_confirming_twice_and_working_twice_is_once(client, firm):
    batch = given(client, firm, lines(3))
    for _ in range(2):
        assert client.post(page_of(batch, "confirm/")).status_code == 302
    chunks.send_due()
    with nothing_changes():
        chunks.send_due()
        client.post(page_of(batch, "confirm/"))
    assert SupplierInvitation.objects.count() == 3
    assert len(drain()) == 3


def test_a_list_without_a_good_row_cannot_be_confirmed(client, firm):
    batch = given(client, firm, "bad\nworse\n")
    assert "Send the invitations" not in client.get(page_of(batch)).content.decode()
    answer = client.post(page_of(batch, "confirm/"))
    assert answer.status_code == 422
    assert "No row of this list can be invited" in answer.content.decode()


@pytest.mark.both
def test_what_was_interrupted_goes_on_where_it_stopped(client, firm, monkeypatch):
    monkeypatch.setattr(chunks, "CHUNK", 2)
    batch = given(client, firm, lines(5))
    client.post(page_of(batch, "confirm/"))
    assert chunks.send_next(firm.pk)
    assert SupplierInvitation.objects.count() == 2
    assert "Being sent: 2 of 5" in client.get(page_of(batch)).content.decode()
    chunks.send_due()
    assert SupplierInvitation.objects.count() == 5
    assert len(drain()) == 5


def test_a_row_that_fails_stops_alone(client, firm, monkeypatch):
    kind = chunks.kinds.get("supplier")
    real = kind.invite

    def fragile(*, plans, **others):
        if any(plan.address == "friend2@mail.example" for plan in plans):
            raise ValueError("a fault")
        return real(plans=plans, **others)

    monkeypatch.setattr(chunks.logger, "exception", lambda *args, **kwargs: None)
    object.__setattr__(kind, "invite", fragile)
    try:
        batch = sent(client, given(client, firm, lines(3)))
    finally:
        object.__setattr__(kind, "invite", real)
    assert [status for _, status, _ in states(batch)] == ["sent", "stopped", "sent"]
    assert batch.status == "done"
    assert len(drain()) == 2


def test_what_changed_since_the_preview_is_seen_again(client, firm, boss):
    batch = given(client, firm, lines(2), "employee")
    employees.invite(by=boss, organization=firm, address="friend1@mail.example", role="employee")
    sent(client, batch)
    assert [status for _, status, _ in states(batch)] == ["known", "sent"]
    assert EmployeeInvitation.objects.count() == 2


def test_suppliers_who_are_connected_or_have_invited_are_recognised(client, firm, boss):
    other, inviting = organization("supplier"), organization("supplier")
    their_boss = administrator(inviting)
    connected(firm, other)
    common = {"status": "accepted", "decided_at": clock.now(), "expires_at": clock.now()}
    supplier_invitation(firm, "joined@mail.example", counterparty=other, **common)
    supplier_invitation(inviting, boss.email, counterparty=firm)
    hidden = administrator(other)
    batch = sent(
        client, given(client, firm, f"joined@mail.example\n{their_boss.email}\n{hidden.email}\n")
    )
    assert states(batch) == [
        (1, "known", "Connected with you already."),
        (2, "known", "They have invited you already: accept their invitation."),
        # Whose account an address belongs to is not told (I15).
        (3, "sent", ""),
    ]
    assert SupplierInvitation.objects.get(address=hidden.email).counterparty == other


# Waiting --------------------------------------------------------------------------------------


def later(monkeypatch, **delta):
    at = clock.now() + timedelta(**delta)
    monkeypatch.setattr(clock, "now", lambda: at)


def test_rows_beyond_the_day_wait_with_their_date_and_go_by_themselves(
    client, firm, boss, monkeypatch
):
    """I13: 50 a day and 50 open at once; the next go when there is room."""
    batch = sent(client, given(client, firm, lines(60), "employee"))
    assert batch.rows.filter(status="sent").count() == 50
    assert batch.state == "waiting"
    due = set(batch.rows.filter(status="queued").values_list("due_at", flat=True))
    assert min(due) > clock.now() + timedelta(hours=23)
    page = client.get(f"/seller/{firm.handle}/members/").content.decode()
    assert "Queued until" in page
    later(monkeypatch, hours=25)
    chunks.send_due()
    assert batch.rows.filter(status="sent").count() == 50, "50 are open: nobody has answered"
    EmployeeInvitation.objects.update(status="declined", decided_at=clock.now())
    later(monkeypatch, hours=2)
    chunks.send_due()
    batch.refresh_from_db()
    assert (batch.rows.filter(status="sent").count(), batch.status) == (60, "done")
    [told] = [letter for letter in drain() if letter.to == [boss.email]]
    assert "done: 60 invited" in told.body
    assert str(batch.public_id) in told.body
    assert Notification.objects.get(user=boss).kind == "accounts.list_done"
    with nothing_changes():
        chunks.send_due()


def test_first_come_first_served(client, firm, monkeypatch):
    first = given(client, firm, lines(55))
    second = given(client, firm, lines(5, start=200), "employee")
    sent(client, first)
    sent(client, second)
    assert second.rows.filter(status="queued").count() == 5
    ahead = max(first.rows.filter(status="queued").values_list("due_at", flat=True))
    assert min(second.rows.filter(status="queued").values_list("due_at", flat=True)) >= ahead


def test_queued_rows_are_taken_back_from_the_list_of_invitations(client, firm):
    batch = sent(client, given(client, firm, lines(53), "employee"))
    row = batch.rows.filter(status="queued").first()
    answer = client.post(
        page_of(batch, "rows/"), {"act": "cancel", "rows": row.number, "back": "invitations"}
    )
    assert answer["Location"] == f"/seller/{firm.handle}/members/"
    client.post(page_of(batch, "rows/"), {"act": "cancel", "every": "on"})
    batch.refresh_from_db()
    assert batch.status == "done"
    assert batch.rows.filter(status="cancelled").count() == 3
    verbs = Event.objects.filter(verb="employee_invitation.list_cancelled")
    assert [event.after for event in verbs.order_by("id")] == [{"rows": 1}, {"rows": 2}]


@pytest.mark.parametrize("what", ["demoted", "erased", "suspended"])
def test_the_rest_stops_with_a_reason_when_nobody_may_send_it(
    client, firm, boss, what, monkeypatch
):
    batch = sent(client, given(client, firm, lines(52)))
    other = administrator(firm) if what == "demoted" else None
    if what == "demoted":
        Membership.objects.filter(user=boss).update(role="employee")
    elif what == "erased":
        InvitationBatch.objects.update(confirmed_by=None)
    else:
        Organization.objects.filter(pk=firm.pk).update(status="suspended")
    later(monkeypatch, hours=25)
    chunks.send_due()
    batch.refresh_from_db()
    assert batch.status == "done"
    stopped = batch.rows.filter(status="stopped")
    assert stopped.count() == 2
    word = "suspended" if what == "suspended" else "no longer invite"
    assert word in stopped.first().reason
    assert Event.objects.filter(verb="supplier_invitation.list_stopped").count() == 1
    told = Message.objects.filter(kind="accounts.list_stopped")
    assert set(told.values_list("to", flat=True)) == {(other if what == "demoted" else boss).email}
    assert word in told.get().text
    assert not Message.objects.filter(kind="accounts.list_done").exists()


def test_an_address_that_has_had_enough_waits_alone(client, firm):
    for _ in range(5):
        Sending.objects.create(
            organization=organization("seller"), budget_key="friend1@mail.example", about="x"
        )
    batch = sent(client, given(client, firm, lines(2)))
    assert [status for _, status, _ in states(batch)] == ["queued", "sent"]
    row = batch.rows.get(number=1)
    assert row.due_at > clock.now() + timedelta(hours=23)
    assert batch.state == "waiting"


# Mending --------------------------------------------------------------------------------------


def test_wrong_rows_come_back_mended(client, firm):
    """B9: cells are neutral in the file, and what they were when it comes back."""
    data = (
        'name,email,kind\n=SUM(1),bad,\n"-Ada, Ltd",ok@mail.example,farmer\nBo,bo@mail.example,\n'
    )
    batch = given(client, firm, data.encode())
    answer = client.get(page_of(batch, "to-mend/"))
    assert "attachment" in answer["Content-Disposition"]
    text = b"".join(answer).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == ["Name", "E-mail address", "What the supplier does", "Reason"]
    assert [row[:2] for row in rows[1:]] == [["'=SUM(1)", "bad"], ["'-Ada, Ltd", "ok@mail.example"]]
    assert all(row[3] for row in rows[1:])
    mended = text.replace("bad", "good@mail.example").replace("farmer", "other")
    second = given(client, firm, mended.encode("utf-8-sig"))
    assert second.notes == []
    assert [row.values["name"] for row in second.rows.order_by("number")] == [
        "=SUM(1)",
        "-Ada, Ltd",
    ]
    sent(client, second)
    assert SupplierInvitation.objects.count() == 2


# Cost -----------------------------------------------------------------------------------------


def test_the_pages_cost_the_same_for_one_row_and_for_many(client, firm, django_assert_num_queries):
    trusted(firm)
    few, many = given(client, firm, lines(1)), given(client, firm, lines(400, start=10))
    with CaptureQueriesContext(connection) as before:
        client.get(page_of(few))
    with django_assert_num_queries(len(before)):
        client.get(page_of(many))
    for batch in (few, many):
        sent(client, batch)
    with CaptureQueriesContext(connection) as after:
        client.get(page_of(few))
    with django_assert_num_queries(len(after)):
        client.get(page_of(many))
    assert BatchRow.objects.filter(status="sent").count() == 401


def test_too_many_lists_or_rows_wait(client, firm):
    for _ in range(batches.MAX_DRAFTS):
        given(client, firm, "a@mail.example\n")
    assert give(client, firm, "b@mail.example\n").status_code == 429


# Beside the single form -----------------------------------------------------------------------


def scene(kind):
    """An account with one address in each state; its administrator, and all the addresses."""
    firm = organization(kind)
    boss = administrator(firm)
    mate = member(firm)
    soon, past = clock.now() + timedelta(days=3), clock.now() - timedelta(days=1)
    for address, end in (("open", soon), ("overdue", past), ("bounced", soon)):
        status = "undeliverable" if address == "bounced" else "pending"
        employee_invitation(firm, f"{address}@mail.example", expires_at=end, status=status)
    Refusal.objects.create(organization=firm, address="never@mail.example")
    for index in range(10):
        key = "often@mail.example"
        Sending.objects.create(organization=firm, budget_key=key, about=f"x{index}")
    for _ in range(5):
        other = organization("seller")
        Sending.objects.create(organization=other, budget_key="wanted@mail.example", about="y")
    words = ("open", "overdue", "bounced", "never", "often", "wanted", "o.ften+x", "new")
    return firm, boss, [mate.email, *(f"{word}@mail.example" for word in words), *lines(40).split()]


def outcome(firm):
    """Who is invited, who is mailed, what is counted and what history says."""
    rows = EmployeeInvitation.objects.filter(organization=firm)
    mails = Message.objects.filter(organization_id=firm.pk, link_id__isnull=False)
    counted = Sending.objects.filter(organization=firm)
    events = Event.objects.filter(organization_id=firm.pk)
    return {
        "rows": sorted(rows.values_list("address", "status", "role", "rights")),
        "mails": sorted(mails.values_list("to", "subject", "kind")),
        "keys": sorted(counted.values_list("budget_key", flat=True)),
        "events": sorted(events.values_list("verb", flat=True)),
    }


@pytest.mark.parametrize("kind", ["seller", "supplier", "provider"])
def test_a_list_ends_like_the_same_invitations_one_by_one(kind):
    """The set-based way has no rules of its own: same rows, mails, counts and history."""
    one, boss_of_one, addresses = scene(kind)
    for address in addresses:
        with contextlib.suppress(DomainError):
            employees.invite(by=boss_of_one, organization=one, address=address, role="employee")
    expected = outcome(one)
    Sending.objects.filter(budget_key="wanted@mail.example").delete()
    EmployeeInvitation.objects.filter(organization=one).delete()
    many, boss, addresses = scene(kind)
    batch = batches.keep(
        by=boss,
        organization=many,
        purpose="employee",
        source="Pasted lines",
        reading=read("\n".join(addresses), kinds.get("employee").columns(many)),
        options={"role": "employee"},
    )
    batches.confirm(by=boss, batch=batch)
    chunks.send_due()
    found = outcome(many)
    found["events"].remove("employee_invitation.list_confirmed")
    expected["mails"] = [
        (to, subject.replace(one.name, many.name), name) for to, subject, name in expected["mails"]
    ]
    assert found == expected
    assert len(found["rows"]) > 30


# Forgetting -----------------------------------------------------------------------------------


@pytest.mark.both
def test_old_lists_are_forgotten_and_running_ones_are_not(client, firm, monkeypatch):
    given(client, firm, "a@mail.example\n")
    sent(client, given(client, firm, "b@mail.example\n"))
    running = sent(client, given(client, firm, lines(60)))
    later(monkeypatch, days=15)
    batches.forget_old()
    assert InvitationBatch.objects.count() == 2
    later(monkeypatch, days=80)
    batches.forget_old()
    assert InvitationBatch.objects.get() == running


def test_an_erased_person_stands_in_no_list(client, firm):
    user = person("Ada Moss", email="ada@mail.example")
    draft = given(client, firm, "Ada Moss <ada@mail.example>\nbo@mail.example\n")
    person_erased.send(sender=None, user=user)
    row = draft.rows.get(number=1)
    assert (row.address, row.typed, row.values, row.status) == ("", {}, {}, "excluded")
    sent(client, draft)
    assert SupplierInvitation.objects.get().address == "bo@mail.example"


# Size -----------------------------------------------------------------------------------------


def test_a_million_rows_are_refused_quickly_and_without_reading_them(tmp_path):
    """B6: the upload lies on disk; nothing of it is taken into memory."""
    file = TemporaryUploadedFile("huge.csv", "text/csv", 0, "utf-8")
    file.write(b"email\n" + b"a@mail.example\n" * 1_000_000)
    file.size = file.tell()
    file.seek(0)
    tracemalloc.start()
    form = ListForm({}, {"file": file}, columns=(ADDRESS,))
    assert not form.is_valid()
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.stop()
    file.close()
    assert "larger than 1 MB" in str(form.errors["file"])


def test_wrong_rows_can_be_mended_where_lines_are_pasted(client, firm):
    batch = given(client, firm, 'ada(at)mail.example, "=Ada, Ltd"\nbo@mail.example\n')
    page = client.get(f"{start_url(firm)}?mend={batch.public_id}").content.decode()
    pasted = page.split("<textarea")[1].split(">", 1)[1].split("</textarea>")[0]
    text = html.unescape(pasted).strip().replace("(at)", "@")
    row = given(client, firm, text).rows.get()
    assert (row.address, row.values["name"]) == ("ada@mail.example", "=Ada, Ltd")
    theirs = organization("seller")
    stranger = signed_in(administrator(theirs))
    page = stranger.get(f"{start_url(theirs)}?mend={batch.public_id}").content.decode()
    assert "(at)" not in page
