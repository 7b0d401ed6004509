"""A person's whole account, by the operator: deactivated, reactivated, erased (A9, A11, D6)."""

from io import StringIO
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.contrib.sessions.models import Session
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from accounts.models import (
    EmployeeInvitation,
    IdentityCheck,
    IdentityDocument,
    Membership,
    Organization,
    User,
)
from accounts.signals import person_erased
from accounts.transitions import people
from connections.models import Assignment, PartnerLink
from core import clock
from core.audit import seals
from core.audit.models import Actor, Event, Seal
from core.errors import Conflict, Invalid, NotPermitted
from core.notifications.models import Notification
from core.notifications.services import Recipient, tell
from core.outbox.models import Message
from core.outbox.rendering import Mail, inert
from tests.factories import connections as ties
from tests.factories.accounts import PASSWORD, administrator, member, organization, person
from tests.factories.reviewers import desk_reviewer, scan
from tests.support import drain, nothing_changes, signed_in

pytestmark = pytest.mark.django_db
DESK = "/admin/accounts/person/"
NAME, ADDRESS = "Quillon Vex", "quillon.vex@mail.example"


@pytest.fixture
def operator() -> User:
    return person("Olive Operator", is_staff=True, is_superuser=True)


@pytest.fixture
def desk(operator: User) -> Client:
    return signed_in(operator)


def live(user: User) -> int:
    return Membership.objects.live().filter(user=user).count()


# Who may ----------------------------------------------------------------------------------------
def test_reviewers_do_not_get_near_people(desk: Client) -> None:
    """N11: neither the list nor an act, and nothing below the form either."""
    worker = member(organization("seller"))
    reviewer = desk_reviewer()
    client = signed_in(reviewer)
    assert DESK not in client.get("/admin/").text
    assert DESK in desk.get("/admin/").text
    with nothing_changes():
        for path in ("", f"{worker.pk}/change/"):
            assert client.get(DESK + path).status_code in (403, 404)
        for act in ("deactivate", "reactivate", "erase"):
            assert client.post(f"{DESK}{worker.pk}/{act}/").status_code in (403, 404)
        for run in (people.deactivate_person, people.erase_person):
            with pytest.raises(NotPermitted):
                run(by=reviewer, person=worker, successors={})


def test_support_does_nothing_to_people_of_the_desk() -> None:
    """Whoever could stop or erase a lead reviewer would choose who supervises them."""
    support, lead = desk_reviewer(support=True), desk_reviewer(lead=True)
    client = signed_in(support)
    for colleague in (lead, desk_reviewer(), desk_reviewer(support=True)):
        page = client.get(f"{DESK}{colleague.pk}/change/").text
        assert "only lead reviewers can do this" in page
        assert f"{DESK}{colleague.pk}/erase/" not in page
        with nothing_changes():
            assert client.post(f"{DESK}{colleague.pk}/deactivate/").status_code == 403
            assert client.post(f"{DESK}{colleague.pk}/erase/").status_code == 403
    assert signed_in(lead).post(f"{DESK}{support.pk}/deactivate/").status_code == 302


def test_nobody_does_it_to_themselves(operator: User, desk: Client) -> None:
    with nothing_changes():
        for act in ("deactivate", "reactivate", "erase"):
            assert desk.post(f"{DESK}{operator.pk}/{act}/").status_code == 403
        with pytest.raises(NotPermitted):
            people.erase_person(by=operator, person=operator, successors={})
    assert "another operator" in desk.get(f"{DESK}{operator.pk}/change/").text


def test_the_desk_shows_nothing_about_signing_in(desk: Client) -> None:
    """A7: no hash, no secret, nothing to edit."""
    worker = member(organization("seller"))
    for path in ("", "?q=person", f"{worker.pk}/change/", f"{worker.pk}/erase/"):
        text = desk.get(DESK + path).text
        assert "pbkdf2" not in text
        assert worker.password not in text
    for path in ("add/", f"{worker.pk}/delete/", f"{worker.pk}/password/"):
        assert desk.get(DESK + path).status_code == 404


# Deactivating -----------------------------------------------------------------------------------
def test_deactivation_ends_every_session_and_reactivation_brings_all_back(desk: Client) -> None:
    """A5: two browsers, out at once; what the person could do counts again afterwards."""
    seller, _, provider, _ = ties.pair()
    ana = member(provider, user=person("Ana Berg"))
    ties.assigned(ana, ties.connection(seller, provider))
    home = f"/provider/{provider.handle}/"
    windows = [signed_in(ana), signed_in(ana)]
    assert [window.get(home).status_code for window in windows] == [200, 200]
    assert desk.post(f"{DESK}{ana.pk}/deactivate/").status_code == 302
    assert [window.get(home).status_code for window in windows] == [302, 302]
    page = Client().post("/accounts/login/", {"login": ana.email, "password": PASSWORD})
    assert "inactive" in page.url
    desk.post(f"{DESK}{ana.pk}/reactivate/")
    ana.refresh_from_db()
    assert signed_in(ana).get(home).status_code == 200
    assert Assignment.objects.filter(user=ana).count() == 1
    assert [mail.to for mail in drain()] == [[ana.email]] * 2
    verbs = Event.objects.filter(verb__startswith="person.").values_list("verb", flat=True)
    assert sorted(verbs) == ["person.deactivated", "person.reactivated"]


def test_doing_it_twice_is_told(desk: Client) -> None:
    worker = member(organization("seller"))
    desk.post(f"{DESK}{worker.pk}/deactivate/")
    with nothing_changes():
        page = desk.post(f"{DESK}{worker.pk}/deactivate/")
    assert page.status_code == 409
    assert "deactivated already" in page.text


# Never without an administrator -----------------------------------------------------------------
@pytest.mark.parametrize("act", ["deactivate", "erase"])
def test_the_last_administrator_needs_a_successor(desk: Client, act: str) -> None:
    """A9, N5: refused at the field, then handed over in the same step."""
    firm = organization("seller")
    boss, heir = administrator(firm), member(firm)
    with nothing_changes():
        page = desk.post(f"{DESK}{boss.pk}/{act}/")
    assert page.status_code == 422
    assert "Choose who administers it" in page.text
    row = firm.memberships.get(user=heir)
    with nothing_changes():
        for wrong in ("999999", str(firm.memberships.get(user=boss).pk), "x"):
            field = {f"successor-{firm.pk}": wrong}
            assert desk.post(f"{DESK}{boss.pk}/{act}/", field).status_code == 422
    field = {f"successor-{firm.pk}": str(row.pk)}
    assert desk.post(f"{DESK}{boss.pk}/{act}/", field).status_code == 302
    row.refresh_from_db()
    assert row.is_administrator
    assert [mail.to for mail in drain() if "Membership" in mail.subject] == [[heir.email]]


@pytest.mark.parametrize("run", [people.deactivate_person, people.erase_person])
def test_no_path_below_the_pages_leaves_nobody(run: Any, operator: User) -> None:
    """The rule stands in the transition: suspended and inactive members are no successors."""
    firm = organization("provider")
    boss, away, gone = administrator(firm), member(firm), member(firm)
    Membership.objects.filter(user=away).update(status="suspended")
    User.objects.filter(pk=gone.pk).update(is_active=False)
    stranger = member(organization("provider"))
    for who in (away, gone, stranger, boss):
        for by in (operator, None):
            chosen = {firm.pk: Membership.objects.get(user=who).pk}
            with pytest.raises(Invalid), nothing_changes():
                run(by=by, person=boss, successors=chosen)


def test_an_account_without_another_member_is_closed_first(desk: Client, operator: User) -> None:
    firm = organization("seller")
    boss = administrator(firm, identified=False)
    with nothing_changes():
        page = desk.post(f"{DESK}{boss.pk}/erase/")
    assert f"/admin/accounts/organization/{firm.pk}/change/" in page.text
    desk.post(f"/admin/accounts/organization/{firm.pk}/close/", {"reason": "Gives up."})
    assert desk.post(f"{DESK}{boss.pk}/erase/").status_code == 302
    assert live(boss) == 0


def test_erasing_closes_a_draft_that_nobody_else_administers(operator: User) -> None:
    draft = organization("provider", status="draft", activated_at=None)
    boss = administrator(draft, identified=False)
    people.erase_person(by=operator, person=boss, successors={})
    draft.refresh_from_db()
    assert draft.status == "closed"


def test_the_library_offers_no_way_to_delete_an_account() -> None:
    client = signed_in(person())
    for path in ("delete", "deactivate", "close"):
        assert client.get(f"/accounts/{path}/").status_code == 404


# Erasing ----------------------------------------------------------------------------------------
@pytest.fixture
def known(settings: Any) -> dict[str, Any]:
    """Somebody whose name and address stand in every kind of row."""
    seller, seller_admin, provider, boss = ties.pair()
    quillon = member(provider, user=person(NAME, email=ADDRESS))
    EmailAddress.objects.create(user=quillon, email="vex@second.example", verified=True)
    client = signed_in(quillon)
    client.post(
        "/identity/",
        {
            "legal_name": NAME,
            "birth_date": "1980-05-17",
            "country": "US",
            "street_address": "7 Quillon Lane",
            "government_id": scan("id.png"),
            "proof_of_address": scan("proof.png"),
        },
    )
    assert IdentityDocument.objects.count() == 2
    row = ties.connection(seller, provider)
    ties.assigned(quillon, row)
    rival = organization("seller", "Rival Shop")
    common = {"address": ADDRESS, "name": NAME, "invited_by": seller_admin}
    soon = clock.now() + clock.timedelta(days=9)
    open_one = EmployeeInvitation.objects.create(organization=seller, expires_at=soon, **common)
    EmployeeInvitation.objects.create(
        organization=rival, expires_at=soon, status="declined", decided_at=clock.now(), **common
    )
    link = ties.partner_link(seller, None, address=ADDRESS)
    for recipient in (Recipient.of(quillon), Recipient.of(boss)):
        tell(
            [recipient],
            key=f"test:{recipient.user_id}",
            kind="accounts.member_left",
            mail=Mail(
                subject=f"[Firm] {NAME} did something",
                heading=f"{inert(NAME)} has an address, {inert(ADDRESS)}",
                paragraphs=("Quillonesque words stay.",),
                button=("Open", f"{settings.SITE_URL}/"),
            ),
            path="/",
        )
    client.post(f"/provider/{provider.handle}/leave/")
    member(provider, user=quillon)
    return {
        "user": quillon,
        "client": client,
        "boss": boss,
        "open": open_one,
        "link": link,
        "provider": provider,
        "seller": seller,
    }


def traces(*words: str) -> list[str]:
    """Every column of every table that holds one of these words."""
    found = []
    for model in apps.get_models():
        if model._meta.proxy or not model._meta.managed:
            continue
        for field in model._meta.local_concrete_fields:
            with connection.cursor() as cursor:
                cursor.execute(f'SELECT "{field.column}" FROM "{model._meta.db_table}"')
                texts = [str(value).lower() for (value,) in cursor.fetchall()]
            place = f"{model._meta.db_table}.{field.column}"
            held = [word for word in words if any(word.lower() in text for text in texts)]
            found += [f"{place}: {word}" for word in held]
    return found


def test_erasing_leaves_no_trace_in_any_table_or_file(known: Any, operator: User) -> None:
    """D6, N32: name, addresses, documents; the walk finds them before and not after."""
    words = (NAME, ADDRESS, inert(NAME), inert(ADDRESS), "vex@second.example", "Quillon Lane")
    files = [row.file.name for row in IdentityDocument.objects.all()]
    before = traces(*words)
    assert len(before) > 15, before
    people.erase_person(by=operator, person=known["user"], successors={})
    assert traces(*words) == []
    assert not any(default_storage.exists(name) for name in files)
    assert IdentityCheck.objects.filter(user=known["user"]).count() == 0
    drain()
    assert traces(*words) == []


def test_erasing_ends_sessions_memberships_and_assignments(known: Any, operator: User) -> None:
    client, user = known["client"], known["user"]
    window = signed_in(user)
    people.erase_person(by=operator, person=user, successors={})
    for each in (client, window):
        assert each.get("/notifications/").status_code == 302
    assert live(user) == Assignment.objects.filter(user=user).count() == 0
    sessions = [row.get_decoded() for row in Session.objects.all()]
    assert not [data for data in sessions if data.get("_auth_user_id") == str(user.pk)]
    known["open"].refresh_from_db()
    known["link"].refresh_from_db()
    assert (known["open"].status, known["link"].status) == ("revoked", "cancelled")
    user.refresh_from_db()
    assert (user.is_active, user.has_usable_password()) == (False, False)


def test_history_keeps_an_alias_and_every_chain_stays_whole(known: Any, operator: User) -> None:
    """X9: the hashes of what was sealed before are what they would be now."""
    for party in seals.parties_with_unsealed():
        seals.seal_party(party)
    assert Seal.objects.count() > 0
    actors = set(Actor.objects.filter(user=known["user"]).values_list("ref", flat=True))
    people.erase_person(by=operator, person=known["user"], successors={})
    names = set(Actor.objects.filter(ref__in=actors).values_list("name", "ip", "user"))
    assert len(names) == 1
    name, ip, user = names.pop()
    assert (name[:14], ip, user) == ("Erased person ", "", None)
    for seal in Seal.objects.all():
        event = Event.objects.get(pk=seal.event_id)
        assert seal.hash == seals.fingerprint(seal.previous_hash, event)
    page = signed_in(known["boss"]).get(f"/provider/{known['provider'].handle}/history/").text
    assert name in page
    assert NAME not in page


def test_what_others_were_sent_loses_the_name_and_what_waits_goes_without_it(
    known: Any, operator: User
) -> None:
    boss = known["boss"]
    waiting = Message.objects.get(key__startswith=f"test:{boss.pk}")
    sent = Message.objects.create(
        key="old", message_id="<old@x>", kind="k", to=boss.email, subject=f"{NAME}: x",
        text=f"{NAME} left", html="", status="sent", sent_at=clock.real_now(),
    )  # fmt: skip
    other = Message.objects.create(
        key="word", message_id="<word@x>", kind="k", to=boss.email, subject="x",
        text=f"{NAME}ian words", html="", status="sent", sent_at=clock.real_now(),
    )  # fmt: skip
    people.erase_person(by=operator, person=known["user"], successors={})
    for row in (waiting, sent, other):
        row.refresh_from_db()
    assert "Erased person" in waiting.text
    assert "Erased person" in waiting.html_part
    assert NAME not in waiting.html_part.replace(f"{NAME}esque", "")
    assert "Quillonesque words stay." in waiting.text
    assert (waiting.status, sent.text, sent.key) == ("waiting", "", "old")
    assert sent.subject.startswith("Erased person")
    assert other.text == f"{NAME}ian words"
    [own] = Message.objects.filter(key__startswith=f"test:{known['user'].pk}")
    assert (own.status, own.text, own.html_part, own.recipient) == ("cancelled", "", "", None)
    assert "Erased person" in Notification.objects.get(key=f"test:{boss.pk}:{boss.pk}").title
    assert {mail.to[0] for mail in drain()} & {ADDRESS, own.to} == set()


def test_the_address_is_free_and_inherits_nothing(known: Any, operator: User) -> None:
    """A11: signing up again is a new account that belongs to nothing and was invited to nothing."""
    people.erase_person(by=operator, person=known["user"], successors={})
    again = person(NAME, email=ADDRESS)
    assert again.pk != known["user"].pk
    client = signed_in(again)
    for path in (f"/provider/{known['provider'].handle}/", f"/seller/{known['seller'].handle}/"):
        assert client.get(path).status_code == 404
    assert "invites you" not in client.get("/invitations/").text
    assert not PartnerLink.objects.filter(address=ADDRESS).exists()
    assert Notification.objects.filter(user=again).count() == 0


def test_an_erased_person_stays_erased(known: Any, operator: User, desk: Client) -> None:
    user = known["user"]
    assert desk.post(f"{DESK}{user.pk}/erase/").status_code == 302
    for run in (people.erase_person, people.deactivate_person):
        with pytest.raises(Conflict), nothing_changes():
            run(by=operator, person=user, successors={})
    with pytest.raises(Conflict), nothing_changes():
        people.reactivate_person(by=operator, person=user)
    page = desk.get(f"{DESK}{user.pk}/change/")
    assert "Erase</a>" not in page.text
    assert "/reactivate/" not in page.text


def test_a_listener_that_fails_leaves_everything_as_it_was(known: Any, operator: User) -> None:
    def fail(**kwargs: Any) -> None:
        raise RuntimeError("cannot forget")

    files = [row.file.name for row in IdentityDocument.objects.all()]
    person_erased.connect(fail)
    try:
        with nothing_changes(), pytest.raises(RuntimeError):
            people.erase_person(by=operator, person=known["user"], successors={})
    finally:
        person_erased.disconnect(fail)
    assert all(default_storage.exists(name) for name in files)


def test_a_reviewer_who_is_erased_reviews_no_more(operator: User) -> None:
    reviewer = desk_reviewer()
    people.erase_person(by=operator, person=reviewer, successors={})
    reviewer = User.objects.get(pk=reviewer.pk)
    assert (reviewer.is_staff, reviewer.groups.count()) == (False, 0)


# Commands ---------------------------------------------------------------------------------------
def run(name: str, *arguments: str) -> str:
    out = StringIO()
    call_command(name, *arguments, stdout=out)
    return out.getvalue()


def test_the_operator_s_commands() -> None:
    firm = organization("seller")
    boss, heir = administrator(firm), member(firm)
    for wrong in (("nobody@mail.example",), ("no address",), (boss.email,)):
        with pytest.raises(CommandError), nothing_changes():
            run("deactivate_person", *wrong)
    follows = f"--successor={firm.handle}={heir.email}"
    assert "deactivated" in run("deactivate_person", boss.email, follows)
    assert "works again" in run("deactivate_person", boss.email, "--undo")
    with pytest.raises(CommandError, match="--yes"), nothing_changes():
        run("erase_person", boss.email)
    assert "erased" in run("erase_person", boss.email, "--yes")
    assert not User.objects.filter(email=boss.email).exists()
    assert Organization.objects.get(pk=firm.pk).memberships.live().get().user == heir
