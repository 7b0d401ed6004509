"""Identity checks: asked for, decided, ended; and who sees the documents."""

import errno
import os
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts import tasks
from accounts.models import IdentityCheck, IdentityDocument, Organization
from core import clock
from core.audit.models import Event
from core.outbox.models import Message
from tests.factories.accounts import administrator, identity, member, organization, person
from tests.factories.reviewers import desk_reviewer, scan
from tests.support import drain, nothing_changes, signed_in

pytestmark = pytest.mark.django_db

REGISTRATION = {"name": "Blue Harbor", "country": "US", "registration_number": "12-3456789"}


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def stored(media: Path) -> list[Path]:
    return sorted(path for path in media.rglob("*") if path.is_file())


def data(**changes):
    return {
        "legal_name": "Alex Meyer",
        "birth_date": "1985-04-12",
        "country": "DE",
        "street_address": "Lindenweg 4\n10115 Berlin",
        "government_id": scan("../../id.png"),
        "proof_of_address": scan("bill.png"),
    } | changes


def submit(user_or_client, **changes):
    client = user_or_client if isinstance(user_or_client, Client) else signed_in(user_or_client)
    return client.post("/identity/", data(**changes))


def decide(reviewer, check, **fields):
    client = reviewer if isinstance(reviewer, Client) else signed_in(reviewer)
    return client.post(f"/admin/accounts/identitycheck/{check.pk}/decide/", fields)


def later(monkeypatch, **delta):
    moment = clock.real_now() + timedelta(**delta)
    monkeypatch.setattr(clock, "now", lambda: moment)


# Asking ------------------------------------------------------------------------------------------
def test_a_check_is_asked_for_with_two_documents(media):
    user = person()
    page = submit(user)
    check = IdentityCheck.objects.get()
    assert (page.status_code, page.url) == (302, "/identity/")
    assert (check.user, check.status, check.legal_name) == (user, "submitted", "Alex Meyer")
    assert check.birth_date == date(1985, 4, 12)
    names = {path.name for path in stored(media)}
    assert names == {document.stored_name for document in check.documents.all()}
    assert len(names) == 2
    assert not any("id" in name or "bill" in name for name in names)
    assert Event.objects.get().verb == "identity_check.submitted"
    (mail,) = drain()
    assert mail.to == [user.email]
    assert "received" in mail.subject
    assert "Meyer" not in mail.body
    text = signed_in(user).get("/identity/").content.decode()
    assert "Being reviewed since" in text
    assert "proof_of_address" not in text


def test_a_second_check_waits_for_the_first():
    user = person()
    submit(user)
    client = signed_in(user)
    with nothing_changes():
        assert submit(client).status_code == 409


def test_a_verified_person_reads_until_when_and_renews_near_the_end(monkeypatch):
    user = person()
    identity(user)
    client = signed_in(user)
    assert "Valid until" in client.get("/identity/").content.decode()
    with nothing_changes():
        assert submit(client).status_code == 409
    later(monkeypatch, days=620)
    assert "Renew it" in client.get("/identity/").content.decode()
    assert submit(client).status_code == 302


def test_a_refused_person_reads_what_to_fix_and_tries_again():
    user = person()
    identity(user, "failed", reason="old_proof")
    page = signed_in(user).get("/identity/").content.decode()
    assert "older than 180 days" in page
    assert submit(user).status_code == 302


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("legal_name", "", "required"),
        ("legal_name", "Visit https://x.example", ""),
        ("birth_date", "yesterday", "valid date"),
        ("birth_date", (clock.real_now() - timedelta(days=17 * 365)).strftime("%Y-%m-%d"), "18"),
        ("birth_date", "1822-01-01", "year"),
        ("country", "QQ", "valid choice"),
        ("street_address", "", "required"),
        ("street_address", "A\u202eB", "cannot be seen"),
        ("street_address", "A\x00B", "Null"),
        ("government_id", "", "required"),
        (
            "government_id",
            SimpleUploadedFile("id.pdf", b"<html><script>x</script>", "application/pdf"),
            "none of them",
        ),
        ("proof_of_address", SimpleUploadedFile("x.pdf.exe", b"MZ\x90\x00"), "none of them"),
        ("proof_of_address", SimpleUploadedFile("x.svg", b"<svg onload=x>"), "none of them"),
        ("proof_of_address", SimpleUploadedFile("x.png", b""), "empty"),
    ],
)
def test_what_is_wrong_stands_at_the_field_and_the_rest_stays(media, field, value, words):
    client = signed_in(person())
    with nothing_changes():
        page = submit(client, **{field: value})
    form = page.context["form"]
    assert page.status_code == 422
    assert list(form.errors) == [field]
    assert words in str(form.errors[field])
    kept = "legal_name" if field != "legal_name" else "country"
    assert form[kept].value()
    assert stored(media) == []


def test_a_full_disk_is_a_sentence_and_leaves_nothing(media, monkeypatch):
    from django.core.files.storage import FileSystemStorage

    save, calls = FileSystemStorage._save, []

    def full(self, name, content):
        calls.append(name)
        if len(calls) > 1:
            raise OSError(28, "No space left on device")
        return save(self, name, content)

    monkeypatch.setattr(FileSystemStorage, "_save", full)
    client = signed_in(person())
    with nothing_changes():
        page = submit(client)
    assert page.status_code == 422
    assert "could not be stored" in page.content.decode()
    assert stored(media) == []


def test_five_checks_a_day_are_enough(monkeypatch):
    user = person()
    for _ in range(5):
        identity(user, "failed")
    client = signed_in(user)
    with nothing_changes():
        assert submit(client).status_code == 429
    later(monkeypatch, days=2)
    assert submit(client).status_code == 302


def test_an_unproved_address_asks_for_nothing():
    client = signed_in(person(verified=False))
    with nothing_changes():
        assert submit(client).status_code == 403


def test_the_page_takes_a_fixed_number_of_queries(django_assert_num_queries):
    user = person()
    client = signed_in(user)
    with django_assert_num_queries(5):
        client.get("/identity/")
    for status in ("failed", "failed", "expired", "submitted"):
        identity(user, status)
    with django_assert_num_queries(6):
        client.get("/identity/")


def test_a_full_disk_leaves_no_half_document(media, monkeypatch):
    """Half a file was written when the disk was full; neither it nor the check stays."""
    whole = FileSystemStorage._save

    def full(self, name, content):
        stored_as = whole(self, name, ContentFile(b"half"))
        if len(stored(media)) > 1:
            raise OSError(errno.ENOSPC, "No space left on device")
        return stored_as

    monkeypatch.setattr(FileSystemStorage, "_save", full)
    user = person()
    assert "could not be stored" in submit(user).text
    assert not stored(media)
    assert not IdentityCheck.objects.exists()


def test_files_that_no_row_names_go_after_a_day(media):
    submit(person())
    kept = stored(media)
    assert len(kept) == 2
    fresh, old = media / "identity/fresh.png", media / "identity/old.png"
    for path in (fresh, old):
        path.write_bytes(b"x")
    yesterday = (clock.real_now() - timedelta(hours=25)).timestamp()
    for path in (old, *kept):
        os.utime(path, (yesterday, yesterday))
    tasks.sweep_orphans()
    assert stored(media) == sorted([*kept, fresh])


# Documents ---------------------------------------------------------------------------------------
def test_documents_are_downloads_for_the_person_and_reviewers_only():
    user = person()
    submit(user)
    document = IdentityDocument.objects.get(kind="government_id")
    own = f"/identity/documents/{document.public_id}/"
    check = document.check_of
    desk = f"/admin/accounts/identitycheck/{check.pk}/documents/{document.public_id}/"
    reviewer = desk_reviewer()

    lead, page = desk_reviewer(lead=True), desk.replace(f"documents/{document.public_id}", "change")
    original = {"reason": "The picture cannot be read."}
    whole = (
        signed_in(user).get(own),
        signed_in(lead).post(f"{desk}original/", original),
    )
    for answer in whole:
        assert answer["Content-Disposition"] == 'attachment; filename="government-id.png"'
        assert answer["Content-Type"] == "image/png"
        assert b"".join(answer.streaming_content).startswith(b"\x89PNG")
    [event] = Event.objects.filter(verb="identity_document.downloaded")
    assert event.after["reason"] == original["reason"]
    assert signed_in(lead).post(f"{desk}original/", {"reason": "x"}).url == page
    assert signed_in(reviewer).post(f"{desk}original/", original).status_code == 403

    drawn = signed_in(reviewer).get(desk)
    assert drawn["Content-Type"] == "image/jpeg"
    assert "Content-Disposition" not in drawn
    assert drawn.content.startswith(b"\xff\xd8\xff")
    assert desk in signed_in(reviewer).get(page).text
    assert signed_in(reviewer).get(f"{desk}?page=1").status_code == 404
    for answer in (*whole, drawn):
        assert answer.status_code == 200
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert "no-store" in answer["Cache-Control"]

    assert signed_in(person()).get(own).status_code == 404
    assert signed_in(reviewer).get(own).status_code == 404
    assert signed_in(user).get(desk).status_code in (302, 403)
    assert signed_in(person(is_staff=True)).get(desk).status_code in (403, 404)
    assert signed_in(reviewer, second_factor=False).get(desk).url.startswith("/second-factor/")
    assert Client().get(own).status_code == 302
    assert Client().get(desk).status_code == 302


@pytest.mark.parametrize("left", ["nobody", "reviewer", "person", "both"])
def test_a_reviewer_with_a_stake_sees_no_documents(left):
    """Who left the account that both were in still has a stake for a year."""
    user = person()
    submit(user)
    reviewer = desk_reviewer()
    shared = organization("seller")
    gone = {"status": "removed", "removed_at": clock.now() - timedelta(days=364)}
    for name, somebody in (("person", user), ("reviewer", reviewer)):
        ended = gone if left in (name, "both") else {}
        shared.memberships.create(user=somebody, role="employee", **ended)
    check = IdentityCheck.objects.get()
    client = signed_in(reviewer)
    page = client.get(f"/admin/accounts/identitycheck/{check.pk}/change/").content.decode()
    assert "You share an account with this person" in page
    assert "/documents/" not in page
    document = check.documents.first()
    desk = f"/admin/accounts/identitycheck/{check.pk}/documents/{document.public_id}/"
    assert client.get(desk).status_code == 403
    with nothing_changes():
        assert decide(client, check, decision="verify").status_code == 403


def test_documents_go_thirty_days_after_the_decision(media, monkeypatch):
    user = person()
    submit(user)
    check = IdentityCheck.objects.get()
    tasks.sweep()
    assert len(stored(media)) == 2
    decide(desk_reviewer(), check, decision="verify")
    later(monkeypatch, days=29)
    tasks.sweep()
    assert len(stored(media)) == 2
    later(monkeypatch, days=31)
    tasks.sweep()
    tasks.sweep()
    assert stored(media) == []
    document = check.documents.first()
    assert document.deleted_at
    client = signed_in(user)
    assert "deleted" in client.get("/identity/").content.decode()
    assert client.get(f"/identity/documents/{document.public_id}/").status_code == 410


# Deciding ----------------------------------------------------------------------------------------
def test_verifying_tells_the_person_and_lasts_two_years():
    user = person()
    submit(user)
    drain()
    check = IdentityCheck.objects.get()
    page = decide(desk_reviewer(), check, decision="verify")
    check.refresh_from_db()
    assert page.status_code == 302
    assert check.status == "verified"
    assert (check.expires_at - check.decided_at).days == 730
    (mail,) = drain()
    assert mail.to == [user.email]
    assert "verified" in mail.subject


def test_refusing_needs_a_reason_from_the_list():
    user = person()
    submit(user)
    drain()
    check, client = IdentityCheck.objects.get(), signed_in(desk_reviewer())
    for reason in ("", "I do not like them"):
        with nothing_changes():
            assert decide(client, check, decision="refuse", reason=reason).status_code == 422
    assert decide(client, check, decision="refuse", reason="unreadable").status_code == 302
    check.refresh_from_db()
    assert (check.status, check.reason) == ("failed", "unreadable")
    (mail,) = drain()
    assert "not accepted" in mail.subject
    assert "sharper photo" in " ".join(mail.body.split())


def test_the_second_decision_reads_who_made_the_first():
    submit(person())
    check = IdentityCheck.objects.get()
    first = desk_reviewer(person("Robin First"))
    decide(first, check, decision="verify")
    second = signed_in(desk_reviewer())
    with nothing_changes():
        page = decide(second, check, decision="refuse", reason="unreadable")
    assert page.status_code == 409
    assert "Robin First verified this check on" in page.content.decode()


def test_nobody_decides_on_themselves():
    reviewer = desk_reviewer()
    client = signed_in(reviewer)
    submit(client)
    check = IdentityCheck.objects.get()
    with nothing_changes():
        assert decide(client, check, decision="verify").status_code == 403


def test_only_reviewers_decide():
    submit(person())
    check = IdentityCheck.objects.get()
    for user in (person(), person(is_staff=True)):
        client = signed_in(user)
        with nothing_changes():
            assert decide(client, check, decision="verify").status_code in (302, 403, 404)


def test_a_look_at_the_decision_decides_nothing():
    submit(person())
    check = IdentityCheck.objects.get()
    client = signed_in(desk_reviewer())
    with nothing_changes():
        url = f"/admin/accounts/identitycheck/{check.pk}/decide/?decision=verify"
        assert client.get(url).status_code == 302


# Drafts that wait for it -------------------------------------------------------------------------
def test_account_first_then_identity():
    user = person()
    signed_in(user).post("/start/provider/", REGISTRATION)
    submit(user)
    drain()
    decide(desk_reviewer(), IdentityCheck.objects.get(), decision="verify")
    made = Organization.objects.get()
    assert made.status == "active"
    assert made.activated_at
    [mail] = drain()
    assert mail.subject.split("] ")[1] == "Account: active"
    assert f"{user.name} is verified until" in mail.body
    assert [e.verb for e in Event.objects.order_by("id")][-2:] == [
        "identity_check.verified",
        "organization.activated",
    ]


def test_administrators_read_that_their_employee_is_verified():
    provider = organization("provider")
    boss, worker = administrator(provider), member(provider)
    member(organization("supplier"), user=worker)
    submit(worker)
    drain()
    decide(desk_reviewer(), IdentityCheck.objects.get(user=worker), decision="verify")
    mails = {mail.to[0]: mail for mail in drain()}
    assert set(mails) == {worker.email, boss.email}
    assert f"{worker.name} is verified" in mails[boss.email].body


def test_identity_first_then_account():
    user = person()
    submit(user)
    decide(desk_reviewer(), IdentityCheck.objects.get(), decision="verify")
    signed_in(user).post("/start/provider/", REGISTRATION)
    assert Organization.objects.get().status == "active"


def test_of_two_drafts_of_one_business_the_first_verified_wins():
    reviewer, owners = desk_reviewer(), [person(), person()]
    for owner in owners:
        signed_in(owner).post("/start/provider/", REGISTRATION)
        submit(owner)
    drain()
    for owner in owners:
        check = IdentityCheck.objects.get(user=owner)
        assert decide(reviewer, check, decision="verify").status_code == 302
    statuses = [Organization.objects.get(created_by=owner).status for owner in owners]
    assert statuses == ["active", "draft"]
    assert IdentityCheck.objects.filter(status="verified").count() == 2
    mails = {(mail.to[0], mail.subject.split("] ")[1]) for mail in drain()}
    assert (owners[0].email, "Account: active") in mails
    assert (owners[1].email, "Account: your company already has one") in mails


# The end -----------------------------------------------------------------------------------------
def test_a_check_is_announced_and_ends(monkeypatch):
    user = person()
    check = identity(user, expires_at=clock.real_now() + timedelta(days=40))
    tasks.sweep()
    assert drain() == []
    subjects = []
    for days in (11, 20, 34, 35, 41, 42):
        later(monkeypatch, days=days)
        tasks.sweep()
        tasks.sweep()
        subjects += [mail.subject.split("] ")[1] for mail in drain()]
    assert subjects == [
        "Identity check: ends soon",
        "Identity check: ends soon",
        "Identity check: expired",
    ]
    check.refresh_from_db()
    assert check.status == "expired"
    assert Event.objects.get().verb == "identity_check.expired"


def test_close_to_the_end_one_reminder_is_enough():
    identity(person(), expires_at=clock.real_now() + timedelta(days=3))
    tasks.sweep()
    assert Message.objects.count() == 1


def test_renewing_ends_the_older_check(monkeypatch):
    user = person()
    older = identity(user, expires_at=clock.real_now() + timedelta(days=30))
    submit(user)
    check = IdentityCheck.objects.get(status="submitted")
    decide(desk_reviewer(), check, decision="verify")
    older.refresh_from_db()
    check.refresh_from_db()
    assert (older.status, check.status) == ("expired", "verified")


def test_the_sweep_takes_a_fixed_number_of_queries(django_assert_max_num_queries):
    for _ in range(3):
        identity(person())
    with django_assert_max_num_queries(24):
        tasks.sweep()
